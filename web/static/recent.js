// The last calls that are over. Missed ones stay marked until somebody looks at them or calls back.

import { ask } from "./ask.js";
import { clock, whoIs } from "./parties.js";
import { copy, mark, picture, put, rowsOf } from "./rows.js";
import { current, now, onChange } from "./store.js";
import { onLook } from "./tabs.js";
import { _, lasted } from "./words.js";

const list = document.getElementById("released");
const badge = document.getElementById("count-unseen");
const outcomes = {
  answered: _("Answered"),
  missed: _("Missed"),
  rejected: _("Rejected"),
  diverted: _("Diverted"),
  screened: _("Screened"),
  elsewhere: _("Answered elsewhere"),
  unanswered: _("Nobody answered"),
  transferred: _("Transferred"),
  parked: _("Parked"),
  interrupted: _("Interrupted"),
};

const BUSY = [486, 600]; // SIP status codes, RFC 3261 section 21

function wordFor({ outcome, code, note }) {
  const word = outcome === "unanswered" && BUSY.includes(code) ? _("Busy") : (outcomes[outcome] ?? outcome);
  return note ? `${word}: ${note}` : word;
}

function fill(row, _key, call) {
  mark(row, "data-outcome", call.outcome);
  mark(row, "data-direction", call.direction);
  if (!call.seen) mark(row, "data-unseen", ""); // stays while somebody looks, who could not tell which it was
  picture(row, call.outcome === "missed" ? "missed" : call.direction === "in" ? "incoming" : "outgoing");
  put(row, "name", whoIs(call));
  put(row, "number", call.name ? call.number : "");
  put(row, "word", wordFor(call));
  put(row, "lasted", call.answered ? lasted(call.since - call.answered) : "");
  put(row, "at", clock(now() - call.arrived));
  put(row, "verb", call.number ? _("Call") : "");
  row.firstElementChild.disabled = !call.number;
}

const show = rowsOf(list, () => copy("released-row"), fill);
const unseen = () => Object.values(current().released).some((call) => !call.seen);

onChange((state) => {
  const all = Object.entries(state.released).sort(([, a], [, b]) => b.since - a.since);
  const missed = all.filter(([, call]) => !call.seen).length;
  show(all);
  if (badge.textContent !== String(missed)) badge.textContent = missed;
  mark(badge, "data-new", missed > 0 && "");
}, "released");

onLook("recent", () => {
  if (current() && unseen()) ask("mark_seen");
});

document.getElementById("tab-people").addEventListener("click", forget);
document.getElementById("tab-messages").addEventListener("click", forget);

/** Once the list was looked at and left, nothing in it is new any more. */
function forget() {
  for (const row of list.children) if (current().released[row.dataset.key]?.seen) mark(row, "data-unseen", null);
}

list.addEventListener("click", async (event) => {
  const row = event.target.closest("button")?.parentElement;
  if (!row) return;
  const { number, line } = current().released[row.dataset.key];
  if (await ask("dial", { number, line })) mark(row, "data-unseen", null);
});
