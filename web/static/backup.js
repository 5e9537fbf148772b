// Backups: says how strong a passphrase is, that something takes long, and when it is done.

import "./bring.js";
import { _, ngettext } from "./words.js";

const EVERY = 1_000; // milliseconds

// Work that takes long says so; the button is not pressed twice.
for (const form of document.querySelectorAll("form[data-busy]")) {
  form.addEventListener("submit", () => {
    form.querySelector(".busy").textContent = form.dataset.busy;
    setTimeout(() => form.querySelectorAll("button").forEach((button) => (button.disabled = true)));
  });
  // Back from the next page, it can be pressed again.
  addEventListener("pageshow", () => {
    form.querySelector(".busy").textContent = "";
    form.querySelectorAll("button").forEach((button) => (button.disabled = false));
  });
}

// How strong a passphrase is, in words.
const strength = document.getElementById("strength");
document.getElementById("passphrase")?.addEventListener("input", ({ target }) => {
  if (!strength) return;
  const [length, different] = [[...target.value].length, new Set(target.value).size];
  const shortest = Number(strength.dataset.shortest);
  if (!length) strength.textContent = "";
  else if (length < shortest)
    strength.textContent = ngettext("%(num)s more character", "%(num)s more characters", shortest - length);
  else if (different < shortest / 2) strength.textContent = _("Too much alike: mix words");
  else strength.textContent = length < 20 ? _("Long enough") : _("Strong");
});

// What waits for the desk: shown until it is done.
const pending = document.getElementById("pending");
async function look() {
  const calls = document.getElementById("pending-calls");
  try {
    const response = await fetch(pending.dataset.url, { headers: { Accept: "application/json" } });
    const said = response.ok ? await response.json() : { waits: response.status === 503, calls: 0 };
    const text = said.waits ? waiting(said.calls) : calls.dataset.done;
    if (calls.textContent !== text) calls.textContent = text;
    if (!said.waits) return setTimeout(() => location.assign("/"), EVERY);
  } catch {
    // The server is away for a moment: look again.
  }
  return setTimeout(look, EVERY);
}
const waiting = (count) =>
  count
    ? ngettext("It waits for %(num)s call to end.", "It waits for %(num)s calls to end.", count)
    : _("No call is there: it takes a moment.");
if (pending) look();
