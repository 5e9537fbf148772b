// The conference: one card for all who talk together; each can be muted and dropped.

import { ask } from "./ask.js";
import { showKeypad } from "./dialogs.js";
import { whoIs } from "./parties.js";
import { copy, count, mark, picture, put, rowsOf } from "./rows.js";
import { current } from "./store.js";
import { _, ngettext } from "./words.js";

const card = document.getElementById("conference");
const list = document.getElementById("members");
const word = document.getElementById("conference-word");

function fill(row, _key, call) {
  const button = row.querySelector("[data-do=mute_party]");
  put(row, "name", whoIs(call));
  put(row, "number", call.name ? call.number : "");
  put(row, "word", call.muted ? _("Muted") : "");
  mark(button, "aria-pressed", String(call.muted));
  picture(button, call.muted ? "microphone_off" : "microphone");
}

const show = rowsOf(list, () => copy("member-row"), fill);

/** Show who talks together, as [id, call]; nobody: no card. */
export function showConference(members) {
  show(members);
  card.hidden = !members.length;
  if (!members.length) return;
  const held = members.every(([, call]) => call.state === "held");
  mark(card, "data-state", held ? "held" : "conference");
  word.textContent = held ? _("On hold") : ngettext("You and %(num)s other", "You and %(num)s others", members.length);
  count(card, Math.min(...members.map(([, call]) => call.since)));
}

card.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const call = button.closest(".member")?.dataset.key ?? list.firstElementChild.dataset.key;
  switch (button.dataset.do) {
    case "mute_party":
      ask("mute_party", { call, on: !current().calls[call].muted });
      break;
    case "keypad":
      showKeypad();
      break;
    case "leave":
      ask("leave");
      break;
    default:
      ask(button.dataset.do, { call });
  }
});
