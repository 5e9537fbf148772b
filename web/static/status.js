// The status bar: the line, who we are, how many wait, the microphone; and the title of the window.

import { ask } from "./ask.js";
import { mark, picture } from "./rows.js";
import { tell } from "./speech.js";
import { current, grouped, onChange, partyOf } from "./store.js";
import { _ } from "./words.js";

const place = (id) => document.getElementById(id);
const registration = place("registration");
const words = () => ({
  registered: _("Registered"),
  registering: _("Registering …"),
  failed: _("Not registered"),
});
let told = "";

function write(element, text) {
  if (element.textContent !== String(text)) element.textContent = text;
}

function paintLine({ state, reason }) {
  mark(registration, "data-state", state);
  write(registration.querySelector(".word"), words()[state] ?? state);
  write(registration.querySelector(".reason"), state === "registered" ? "" : reason);
}

function paintTitle(waiting, desk) {
  const name = desk.name || "Deskbell";
  const [first] = waiting;
  const who = first && partyOf(first[1], _("Unknown caller"));
  document.title = first ? `(${waiting.length}) ${_("Call from %(who)s", { who })} · ${name}` : name;
}

function paint(state) {
  const { waiting, held } = grouped(state.calls);
  write(place("own-name"), state.desk.name);
  write(place("own-number"), state.desk.number);
  write(place("count-waiting"), waiting.length);
  write(place("count-held"), held.length);
  write(place("count-parked"), Object.values(state.orbits).filter((orbit) => orbit.state === "taken").length);
  mark(place("mute"), "aria-pressed", state.muted);
  picture(place("mute"), state.muted ? "microphone_off" : "microphone");
  paintLine(state.registration);
  paintTitle(waiting, state.desk);
  if (state.notice && state.notice !== told) tell(state.notice, "en");
  told = state.notice;
}

/** Switch the microphone off, or on again. */
export function mute() {
  return ask("mute", { on: !current()?.muted });
}

place("mute").addEventListener("click", mute);
onChange(paint);
