// The calls in three lists: now, waiting, on hold. Each row carries its own buttons.

import { ask } from "./ask.js";
import { showConference } from "./conference.js";
import { showKeypad } from "./dialogs.js";
import { beginGiving, followGiving } from "./give.js";
import { announced as announces, calledFor, divertedBy, lineOf, returnOf, whoIs, wordFor } from "./parties.js";
import { copy, count, mark, put, rowsOf } from "./rows.js";
import { say } from "./speech.js";
import { active, current, grouped, onChange } from "./store.js";
import { _ } from "./words.js";

const panel = document.getElementById("calls");
const shown = (element) => element.offsetParent !== null;
let announced = new Set();

function fill(row, _key, call) {
  mark(row, "data-state", call.state);
  mark(row, "data-direction", call.direction);
  mark(row, "data-alert", call.alert && "");
  mark(row, "data-consults", call.consults ? "" : null);
  put(row, "back", returnOf(call));
  put(row, "name", whoIs(call));
  put(row, "number", call.name ? call.number : "");
  put(row, "origin", call.direction === "in" ? (call.internal ? _("internal") : _("external")) : "");
  put(row, "called", calledFor(call));
  put(row, "via", divertedBy(call));
  put(row, "announces", announces(call));
  put(row, "line", lineOf(call));
  put(row, "word", wordFor(call));
  put(row, "note", call.note);
  count(row, call.since);
}

const lists = Object.fromEntries(
  ["current", "waiting", "held"].map((id) => [id, rowsOf(document.getElementById(id), () => copy("call-row"), fill)]),
);

/** A call that goes from one list to another is a new row: the keyboard goes with it. */
function keepFocus(paintLists) {
  const key = panel.contains(document.activeElement) && document.activeElement.closest("[data-key]")?.dataset.key;
  paintLists();
  if (!key || shown(document.activeElement)) return;
  const row = panel.querySelector(`[data-key="${CSS.escape(key)}"]`);
  const next = row && [...row.querySelectorAll("button")].find(shown);
  (next ?? document.getElementById("calls-title")).focus();
}

function announce(calls) {
  const ringing = grouped(calls).waiting.map(([key, call]) => {
    const text = _("Call from %(who)s", { who: whoIs(call) });
    return [key, call.returned ? `${text}. ${returnOf(call)}` : text];
  });
  const alerts = Object.entries(calls)
    .filter(([, call]) => call.alert)
    .map(([key, call]) => [`${key} alert`, _("%(who)s is on hold for too long", { who: whoIs(call) })]);
  const all = new Map([...ringing, ...alerts]);
  const fresh = [...all].filter(([key]) => !announced.has(key)).map(([, text]) => text);
  if (fresh.length) say(fresh.join(". "));
  announced = new Set(all.keys());
}

function write(id, number) {
  const place = document.getElementById(id);
  if (place.textContent !== String(number)) place.textContent = number;
}

function paint(state) {
  const groups = grouped(state.calls);
  keepFocus(() => {
    showConference(groups.members);
    for (const [id, show] of Object.entries(lists)) show(groups[id]);
  });
  write("count-waiting", groups.waiting.length);
  write("count-held", groups.held.length);
  mark(document.body, "data-active", active()?.[1].state ?? null);
  announce(state.calls);
  followGiving(state.calls);
}

/** What the request of a button says beside its name: a consultation is between two calls. */
function membersOf(wish, key) {
  const { consults } = current().calls[key];
  switch (wish) {
    case "complete":
      return consults ? { call: consults, to: key } : { call: key, to: active()[0] };
    case "come_back":
    case "confer":
      return { call: consults || key };
    default:
      return { call: key };
  }
}

panel.addEventListener("click", (event) => {
  const wish = event.target.closest("button")?.dataset.do;
  const key = event.target.closest(".call")?.dataset.key;
  if (!key || !wish) return;
  if (wish === "transfer" || wish === "divert") beginGiving(key, wish);
  else if (wish === "keypad") showKeypad();
  else ask(wish, membersOf(wish, key));
});

document.getElementById("dial").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const members = { number: form.number.value.trim(), line: form.line.value };
  if (await ask("dial", members)) form.number.value = "";
});

document.getElementById("redial").addEventListener("click", () => ask("redial"));

onChange(paint, "calls", "lines");
