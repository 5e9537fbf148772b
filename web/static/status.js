// The status bar: who we are, how many are parked, the microphone; the title of the window; the desk's notices.

import { ask } from "./ask.js";
import { closeKeypad } from "./dialogs.js";
import { whoIs } from "./parties.js";
import { mark, picture } from "./rows.js";
import { tell } from "./speech.js";
import { active, current, grouped, onChange } from "./store.js";
import { _ } from "./words.js";

const place = (id) => document.getElementById(id);
let told = "";

function write(element, text) {
  if (element.textContent !== String(text)) element.textContent = text;
}

function titleOf({ calls, desk }) {
  const name = desk.name || "Deskbell";
  const { waiting } = grouped(calls);
  const [first] = waiting;
  return first ? `(${waiting.length}) ${_("Call from %(who)s", { who: whoIs(first[1]) })} · ${name}` : name;
}

onChange((state) => {
  write(place("own-name"), state.desk.name);
  write(place("own-number"), state.desk.number);
  document.title = titleOf(state);
  if (!active()) closeKeypad();
}, "desk", "calls");

onChange(({ orbits }) => {
  write(place("count-parked"), Object.values(orbits).filter((orbit) => orbit.state === "taken").length);
}, "orbits");

onChange(({ muted }) => {
  mark(place("mute"), "aria-pressed", String(muted));
  mark(document.body, "data-muted", muted && "");
  picture(place("mute"), muted ? "microphone_off" : "microphone");
}, "muted");

// What is typed at a telephone's own keypad, before it is dialled.
onChange(({ typed }) => {
  const field = place("number");
  mark(field, "placeholder", typed || _("Number"));
  mark(field, "data-typed", typed ? "" : null);
}, "typed");

onChange(({ notice }) => {
  if (notice && notice !== told) tell(notice, "en");
  told = notice;
}, "notice");

/** Switch the microphone off, or on again. */
export function mute() {
  return ask("mute", { on: !current()?.muted });
}

place("mute").addEventListener("click", mute);
