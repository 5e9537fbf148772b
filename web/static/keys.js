// Single-letter shortcuts. They can be switched off (WCAG 2.1.4), and never act while somebody types.

import { ask } from "./ask.js";
import { beginTransfer, endTransfer } from "./calls.js";
import { showShortcuts } from "./dialogs.js";
import { mute } from "./status.js";
import { active, current, grouped } from "./store.js";

const checkbox = document.getElementById("shortcuts-on");
const groups = () => grouped(current().calls);

const actions = {
  a: () => ask("answer"),
  r: () => ask("reject"),
  h: () => (active() || !groups().held.length ? ask("hold") : ask("resume")),
  p: () => (active() ? ask("park") : ask("retrieve")),
  t: () => beginTransfer((active() ?? groups().held[0] ?? [""])[0]),
  e: () => ask("hang_up"),
  m: mute,
  d: () => document.getElementById("number").focus(),
  "?": showShortcuts,
};

const typing = (element) => element.matches("input, textarea, select, [contenteditable]");

function onKey(event) {
  if (event.key === "Escape" && typing(event.target)) {
    if (event.target.form.matches(".transfer")) endTransfer();
    else event.target.blur();
  }
  if (!checkbox.checked || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (typing(event.target) || document.querySelector("dialog[open]") || !current()) return;
  const act = actions[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
}

function remember() {
  localStorage.shortcuts = checkbox.checked ? "on" : "off";
  document.documentElement.dataset.shortcuts = localStorage.shortcuts;
}

checkbox.checked = localStorage.shortcuts !== "off";
checkbox.addEventListener("change", remember);
remember();
document.addEventListener("keydown", onKey);
