// Questions and lists that stand in front of the page.

import { put } from "./rows.js";
import { _ } from "./words.js";

const question = document.getElementById("choose");
const shortcuts = document.getElementById("shortcuts");

/** Ask what a click on a person means during a call: resolves to "transfer", "dial" or "". */
export function choose(person, who) {
  document.getElementById("choose-title").textContent = person;
  put(question, "transfer", _("Transfer %(who)s to %(person)s", { who, person }));
  put(question, "dial", _("Call %(person)s; %(who)s goes on hold", { who, person }));
  question.returnValue = "";
  question.showModal();
  return new Promise((resolve) => {
    question.addEventListener("close", () => resolve(question.returnValue), { once: true });
  });
}

/** Show the list of shortcuts. */
export function showShortcuts() {
  if (!shortcuts.open) shortcuts.showModal();
}

document.getElementById("help").addEventListener("click", showShortcuts);
