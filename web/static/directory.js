// The directory: it is searched while somebody types, and all on the page can be ticked at once.

const form = document.getElementById("asked");
const found = document.getElementById("found");
const counted = document.getElementById("counted");
const PAUSE = 150; // ms after the last key
let later, asking;

function address(path) {
  const said = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
  return said.size ? `${path}?${said}` : path;
}

async function look() {
  asking?.abort();
  asking = new AbortController();
  try {
    const response = await fetch(address(form.dataset.found), { signal: asking.signal });
    if (!response.ok) {
      form.submit(); // the server says what is the matter
      return;
    }
    found.innerHTML = await response.text();
    counted.textContent = found.querySelector("[data-text]").dataset.text;
    history.replaceState(null, "", address(form.getAttribute("action")));
    ready();
  } catch (error) {
    if (error.name !== "AbortError") form.submit();
  }
}

function ready() {
  const all = document.getElementById("tick-all");
  if (all) all.hidden = false;
}

form.addEventListener("input", () => {
  clearTimeout(later);
  later = setTimeout(look, PAUSE);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(later);
  look();
});
found.addEventListener("change", ({ target }) => {
  const ticks = [...found.querySelectorAll("input[name=id]")];
  const all = document.getElementById("tick-all");
  if (target === all) for (const tick of ticks) tick.checked = all.checked;
  if (target.name === "id") {
    const many = ticks.filter((tick) => tick.checked).length;
    all.checked = many === ticks.length;
    all.indeterminate = many > 0 && many < ticks.length;
  }
});
ready();
