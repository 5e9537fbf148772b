// The operator's own state: do not disturb, forwarding, away, the mailbox, the counters of today.

import { ask } from "./ask.js";
import { showForwarding } from "./dialogs.js";
import { personOf } from "./parties.js";
import { mark } from "./rows.js";
import { current, onChange } from "./store.js";
import { _ } from "./words.js";

const place = (id) => document.getElementById(id);
const dialog = place("forwarding");
const form = dialog.querySelector("form");

function write(id, text) {
  if (place(id).textContent !== String(text)) place(id).textContent = text;
}

onChange(({ dnd, forward, away, voicemail, counters }) => {
  mark(place("dnd"), "aria-pressed", String(dnd));
  mark(place("forward"), "data-on", forward ? "" : null);
  write("forward-target", forward && personOf(forward));
  write("away", away ? _("Away") : "");
  mark(place("voicemail"), "data-new", voicemail.new > 0 && "");
  write("voicemail-new", voicemail.new);
  write("count-incoming", counters.incoming);
  write("count-outgoing", counters.outgoing);
  write("count-missed", counters.missed);
  place("forward-off").hidden = !forward;
}, "dnd", "forward", "away", "voicemail", "counters", "extensions");

/** Switch do-not-disturb on, or off again. */
export function disturb() {
  return ask("set_dnd", { on: !current()?.dnd });
}

async function forward(members) {
  if (await ask("set_forward", members)) dialog.close();
}

place("dnd").addEventListener("click", disturb);
place("voicemail").addEventListener("click", () => ask("call_mailbox"));
place("forward-off").addEventListener("click", () => forward({}));
place("forward").addEventListener("click", () => {
  form.number.value = current()?.forward ?? "";
  showForwarding();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  forward({ number: form.number.value.trim() });
});
