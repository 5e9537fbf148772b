// Questions and lists that stand in front of the page.

import { askInTurn } from "./ask.js";
import { copy, picture, put } from "./rows.js";
import { hush } from "./speech.js";

const place = (id) => document.getElementById(id);
const question = place("choose");
const keypad = place("keypad");

/**
 * Ask which of several things is meant: each is [value, icon, text], the likeliest first. Resolves to a value,
 * or to "" when none is.
 */
export function choose(title, aside, choices) {
  place("choose-title").textContent = title;
  place("choose-aside").textContent = aside;
  const buttons = choices.map(([value, icon, text], rank) => {
    const button = copy("choice");
    button.value = value;
    button.className = rank ? "" : "go";
    picture(button, icon);
    put(button, "text", text);
    return button;
  });
  place("choices").replaceChildren(...buttons);
  question.returnValue = "";
  question.showModal();
  return new Promise((resolve) => {
    question.addEventListener("close", () => resolve(question.returnValue), { once: true });
  });
}

function show(dialog) {
  hush();
  if (!dialog.open) dialog.showModal();
}

/** Show the list of shortcuts. */
export const showShortcuts = () => show(place("shortcuts"));

/** Show the keypad. Digits may be a PIN: they are sent one by one and written nowhere. */
export const showKeypad = () => show(keypad);

/** Show the dialog that forwards all calls. */
export const showForwarding = () => show(place("forwarding"));

/** Put the keypad away: there is nobody to hear it. */
export const closeKeypad = () => keypad.close();

function press(button) {
  askInTurn("send_digits", { digits: button.dataset.digit });
  button.animate([{ filter: "brightness(0.8)" }, { filter: "none" }], 200);
}

keypad.addEventListener("click", (event) => {
  const button = event.target.closest("[data-digit]");
  if (button) press(button);
});

keypad.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const button = keypad.querySelector(`[data-digit="${CSS.escape(event.key)}"]`);
  if (button) press(button);
});

for (const button of document.querySelectorAll("dialog [data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}

place("help").addEventListener("click", showShortcuts);
