// Giving a call to somebody: transferred, announced first, or diverted while it rings. The field that takes a
// number stands in the call's row; while it is open a click on a person does the same.

import { ask } from "./ask.js";
import { whoIs } from "./parties.js";
import { mark, put } from "./rows.js";
import { current } from "./store.js";
import { _ } from "./words.js";

const panel = document.getElementById("calls");
const choosing = document.getElementById("choosing");
const purposes = {
  transfer: _("Transfer to a number, or choose a person"),
  divert: _("Divert to a number, or choose a person (empty: as set up)"),
};
let giving = ""; // the call that is being given away
let how = ""; // "transfer" or "divert"

const rowOf = (key) => panel.querySelector(`.call[data-key="${CSS.escape(key)}"]`);
const fieldOf = (key) => rowOf(key)?.querySelector(".give");

/** Whether the call can still be given away like that. */
function possible(call) {
  return how === "divert" ? call?.state === "ringing" : ["answered", "held"].includes(call?.state);
}

/** Open the field of a call; `wish` is "transfer" or "divert". */
export function beginGiving(key, wish) {
  endGiving();
  how = wish;
  const form = fieldOf(key);
  if (!form || !possible(current().calls[key])) return;
  giving = key;
  mark(document.body, "data-giving", wish);
  const who = whoIs(current().calls[key]);
  choosing.textContent = _("Choose who gets %(who)s", { who });
  put(form, "purpose", purposes[wish]);
  form.target.required = wish !== "divert";
  for (const button of form.querySelectorAll("button[value]")) {
    button.hidden = (button.value === "divert") !== (wish === "divert");
  }
  form.hidden = false;
  form.target.focus();
}

/** Close the field, whatever became of it. */
export function endGiving() {
  const form = fieldOf(giving);
  const inside = form?.contains(document.activeElement);
  if (form) {
    form.reset();
    form.hidden = true;
  }
  if (inside) rowOf(giving).querySelector(`[data-do="${how}"]`).focus();
  giving = "";
  choosing.textContent = "";
  mark(document.body, "data-giving", null);
}

/** Close the field of a call that can no longer be given away. */
export function followGiving(calls) {
  if (giving && !possible(calls[giving])) endGiving();
}

async function give(wish, target) {
  const members = wish === "divert" ? { call: giving, ...(target && { number: target }) } : { call: giving, target };
  if (await ask(wish, members)) endGiving();
}

/** Give the call that waits for it to a person; false when there is none. */
export function giveTo(number) {
  if (giving) give(how, number);
  return giving !== "";
}

panel.addEventListener("submit", (event) => {
  if (!event.target.matches(".give")) return;
  event.preventDefault();
  const { submitter } = event; // Enter presses the first button, even where it is hidden
  give(submitter && !submitter.hidden ? submitter.value : how, event.target.target.value.trim());
});

panel.addEventListener("click", (event) => {
  if (event.target.closest("[data-cancel]")) endGiving();
});
