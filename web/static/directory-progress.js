// What goes on in the background is shown as it goes on; when it is over, the page is loaded with what came of it.

const state = document.getElementById("state");
const PAUSE = 700; // ms

async function look() {
  try {
    const response = await fetch(state.dataset.state);
    if (!response.ok) throw new Error(response.statusText);
    const text = await response.text();
    if (!text.includes("data-running")) {
      location.reload();
      return;
    }
    const fresh = document.createElement("div");
    fresh.innerHTML = text;
    // The heading stays, so that a screen reader does not say it again and again.
    const [old, progress] = [state.querySelector("progress"), fresh.querySelector("progress")];
    if (old && progress) {
      old.value = progress.value;
      old.nextSibling?.replaceWith(progress.nextSibling ?? "");
    } else state.replaceChildren(...fresh.childNodes);
  } catch {
    // The page's server is busy or gone for a moment.
  }
  setTimeout(look, PAUSE);
}

if (state && "running" in state.dataset) setTimeout(look, PAUSE);
