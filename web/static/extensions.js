// People: the state of each monitored extension. A click asks what to do with them, or gives them a call.

import { ask } from "./ask.js";
import { choose } from "./dialogs.js";
import { giveTo } from "./give.js";
import { writeTo } from "./messages.js";
import { nameOf, whoIs } from "./parties.js";
import { copy, count, mark, put, rowsOf } from "./rows.js";
import { active, byNumber, current, longestHeld, onChange } from "./store.js";
import { _ } from "./words.js";

const list = document.getElementById("extensions");
const find = document.getElementById("find");
const TIMELESS = ["available", "unknown"]; // states whose duration is not worth knowing
const BUSY = ["ringing", "busy", "held", "conference"]; // a call for them is camped on

function wordFor(state) {
  switch (state) {
    case "available":
      return _("Available");
    case "ringing":
      return _("Ringing");
    case "busy":
      return _("Busy");
    case "held":
      return _("On hold");
    case "conference":
      return _("Conference");
    case "dnd":
      return _("Do not disturb");
    case "away":
      return _("Away");
    default:
      return _("Not known");
  }
}

function fill(row, key, extension) {
  const party = extension.party_name || extension.party_number;
  mark(row, "data-state", extension.state);
  put(row, "name", nameOf(key, extension));
  put(row, "number", extension.name ? key : "");
  put(row, "word", wordFor(extension.state));
  put(row, "party", party ? _("with %(who)s", { who: party }) : "");
  put(row, "reason", extension.reason);
  count(row, TIMELESS.includes(extension.state) ? null : extension.since);
}

/** What can be done with a person and a call, the likeliest first. */
function offers(extension, person, call) {
  const who = call && whoIs(call);
  const ringing = extension.state === "ringing" ? [["pickup", "answer", _("Pick up the call that rings there")]] : [];
  const calling = ["dial", "answer", _("Call %(person)s", { person })];
  const writing = ["message", "message", _("Write a message")];
  if (!call) return [...ringing, calling, writing];
  if (call.state === "ringing" && call.direction === "in")
    return [["divert", "divert", _("Divert %(who)s to %(person)s", { who, person })], ...ringing, calling, writing];
  if (call.state === "answered") calling[2] = _("Call %(person)s; %(who)s goes on hold", { who, person });
  const giving = BUSY.includes(extension.state)
    ? ["camp", "camp", _("Camp %(who)s on %(person)s", { who, person })]
    : ["transfer", "transfer", _("Transfer %(who)s to %(person)s", { who, person })];
  const consulting = ["consult", "announce", _("Announce %(who)s to %(person)s first", { who, person })];
  return [giving, consulting, ...ringing, calling, writing];
}

/** The call that is probably meant: the one being talked to, or else who is on hold longest. */
function atHand() {
  const [key, call] = active() ?? longestHeld() ?? [];
  return ["answered", "held"].includes(call?.state) ? [key, call] : [];
}

/** Ask what to do with a person, and with a call where there is one; do it. */
export async function ponder(number, [key, call] = atHand()) {
  const extension = current().extensions[number];
  const person = nameOf(number, extension);
  const aside = [number, wordFor(extension.state), extension.reason].filter(Boolean).join(" · ");
  const wish = await choose(person, aside, offers(extension, person, call));
  if (wish === "dial") ask("dial", { number });
  else if (wish === "message") writeTo(number);
  else if (wish === "pickup") ask("pickup", { extension: number });
  else if (wish === "divert") ask("divert", { call: key, number });
  else if (wish) ask(wish, { call: key, target: number });
}

// --- finding

const wordsOf = (row) =>
  ["name", "number", "word"].map((slot) => row.querySelector(`[data-slot="${slot}"]`).textContent).join(" ");

function filter() {
  const wanted = find.value.trim().toLowerCase();
  for (const row of list.children) row.hidden = !wordsOf(row).toLowerCase().includes(wanted);
  document.getElementById("nobody-found").hidden = [...list.children].some((row) => !row.hidden) || !list.children.length;
}

const visible = () => [...list.children].filter((row) => !row.hidden).map((row) => row.firstElementChild);

const topOf = (button) => button.getBoundingClientRect().top;

/** How many people stand in one line, for the arrow keys. */
function across(buttons) {
  const next = buttons.findIndex((button) => topOf(button) !== topOf(buttons[0]));
  return next === -1 ? buttons.length : next;
}

function walk(event) {
  const buttons = visible();
  const here = buttons.indexOf(document.activeElement);
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across(buttons), ArrowUp: -across(buttons) }[event.key];
  if (!step || here === -1) return;
  event.preventDefault();
  (buttons[here + step] ?? (step < -1 ? find : buttons[here])).focus();
}

const show = rowsOf(list, () => copy("extension-row"), fill);

onChange((state) => {
  show(byNumber(state.extensions));
  if (find.value) filter();
}, "extensions");

list.addEventListener("click", (event) => {
  const number = event.target.closest("button")?.parentElement.dataset.key;
  if (number && !giveTo(number)) ponder(number);
});
list.addEventListener("keydown", walk);
find.addEventListener("input", filter);
find.addEventListener("keydown", (event) => {
  const [first] = visible();
  if (event.key === "Escape") {
    find.value = "";
    filter();
  }
  if (event.key !== "Enter" && event.key !== "ArrowDown") return;
  event.preventDefault();
  if (event.key === "Enter") first?.click();
  else first?.focus();
});
