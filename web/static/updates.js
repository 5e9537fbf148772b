// Updates: looks how the one goes that is under way, also while the box restarts, and shows the end of it.

const EVERY = 2_000; // milliseconds
const panel = document.getElementById("progress");
const text = document.getElementById("progress-text");

const say = (said) => {
  if (text.textContent !== said) text.textContent = said;
};

async function look() {
  try {
    const response = await fetch(panel.dataset.url, { headers: { Accept: "application/json" } });
    if (response.status === 401) return location.reload();
    if (!response.ok) throw new Error();
    const said = await response.json();
    if (!said.runs) return location.reload();
    say(said.text);
    panel.querySelector("progress").value = said.percent;
  } catch {
    say(panel.dataset.away);
  }
  return setTimeout(look, EVERY);
}
if (panel) look();
