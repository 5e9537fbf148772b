// Single-letter shortcuts. They can be switched off (WCAG 2.1.4), and never act while somebody types.

import { ask } from "./ask.js";
import { showKeypad, showShortcuts } from "./dialogs.js";
import { beginGiving, endGiving } from "./give.js";
import { disturb } from "./own.js";
import { mute } from "./status.js";
import { active, current, grouped, longestHeld } from "./store.js";
import { goToTab, openTab } from "./tabs.js";

const checkbox = document.getElementById("shortcuts-on");
const keyOf = (entry) => entry?.[0] ?? "";

function findPerson() {
  openTab("people");
  document.getElementById("find").focus();
}

const actions = {
  a: () => ask("answer"),
  r: () => ask("reject"),
  v: () => beginGiving(keyOf(grouped(current().calls).waiting[0]), "divert"),
  h: () => ask(active() || !longestHeld() ? "hold" : "resume"),
  s: () => ask("resume"),
  p: () => ask(active() ? "park" : "retrieve"),
  t: () => beginGiving(keyOf(active() ?? longestHeld()), "transfer"),
  c: () => ask("complete"),
  b: () => ask("come_back"),
  j: () => ask("confer"),
  k: () => active() && showKeypad(),
  e: () => ask("hang_up"),
  m: mute,
  n: disturb,
  l: () => ask("redial"),
  d: () => document.getElementById("number").focus(),
  f: findPerson,
  1: () => goToTab(0),
  2: () => goToTab(1),
  3: () => goToTab(2),
  "?": showShortcuts,
};

const typing = (element) => element.matches("input, textarea, select, [contenteditable]");

function onKey(event) {
  if (event.key === "Escape" && typing(event.target)) {
    if (event.target.form?.matches(".give")) endGiving();
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
