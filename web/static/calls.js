// The calls in three lists: now, waiting, on hold. Each row carries its own buttons.

import { ask } from "./ask.js";
import { copy, count, mark, put, rowsOf } from "./rows.js";
import { say } from "./speech.js";
import { active, current, grouped, onChange, partyOf } from "./store.js";
import { _ } from "./words.js";

const panel = document.getElementById("calls");
const choosing = document.getElementById("choosing");
const shown = (element) => element.offsetParent !== null;
const rowOf = (key) => panel.querySelector(`.call[data-key="${CSS.escape(key)}"]`);
const whoIs = (call) => partyOf(call, _("Unknown caller"));
let announced = new Set();
let moving = ""; // the call for which a person is being chosen

function wordFor({ state, direction, alert, target }) {
  switch (state) {
    case "ringing":
      return direction === "in" ? _("Ringing") : _("Calling …");
    case "answered":
      return _("Talking");
    case "held":
      return alert ? _("On hold for too long") : _("On hold");
    case "parking":
      return _("Parking in %(target)s …", { target });
    case "transferring":
      return _("Transferring to %(target)s …", { target });
    default:
      return state;
  }
}

/** The number that was dialled, where it is not simply ours. */
function calledFor({ direction, called }) {
  if (direction !== "in" || !called || called === current().desk.number) return "";
  return _("for %(number)s", { number: called });
}

function fill(row, _key, call) {
  mark(row, "data-state", call.state);
  mark(row, "data-direction", call.direction);
  mark(row, "data-alert", call.alert && "");
  put(row, "name", whoIs(call));
  put(row, "number", call.name ? call.number : "");
  put(row, "called", calledFor(call));
  put(row, "word", wordFor(call));
  put(row, "note", call.note);
  count(row, call.since);
}

const lists = Object.fromEntries(
  ["current", "waiting", "held"].map((id) => [id, rowsOf(document.getElementById(id), () => copy("call-row"), fill)]),
);

/** A call that goes from one list to another is a new row: the keyboard goes with it. */
function keepFocus(paintLists) {
  const key = panel.contains(document.activeElement) && document.activeElement.closest(".call")?.dataset.key;
  paintLists();
  if (!key || shown(document.activeElement)) return;
  const row = rowOf(key);
  const next = row && [...row.querySelectorAll("button")].find(shown);
  (next ?? document.getElementById("calls-title")).focus();
}

function announce(calls) {
  const ringing = grouped(calls).waiting.map(([key, call]) => [key, _("Call from %(who)s", { who: whoIs(call) })]);
  const alerts = Object.entries(calls)
    .filter(([, call]) => call.alert)
    .map(([key, call]) => [`${key} alert`, _("%(who)s is on hold for too long", { who: whoIs(call) })]);
  const all = new Map([...ringing, ...alerts]);
  const fresh = [...all].filter(([key]) => !announced.has(key)).map(([, text]) => text);
  if (fresh.length) say(fresh.join(". "));
  announced = new Set(all.keys());
}

function paint(state) {
  const groups = grouped(state.calls);
  keepFocus(() => {
    for (const [id, show] of Object.entries(lists)) show(groups[id]);
  });
  mark(document.body, "data-active", active() ? "" : null);
  announce(state.calls);
  if (moving && !["answered", "held"].includes(state.calls[moving]?.state)) endTransfer();
}

/** The call that waits for a person to be chosen, as [id, call], or undefined. */
export const transferring = () => (moving ? [moving, current().calls[moving]] : undefined);

/** Open the transfer field of a call; people can be clicked meanwhile. */
export function beginTransfer(key) {
  endTransfer();
  const row = rowOf(key);
  if (!row) return;
  moving = key;
  mark(document.body, "data-moving", "");
  choosing.textContent = _("Choose who gets %(who)s", { who: whoIs(current().calls[key]) });
  choosing.hidden = false;
  const form = row.querySelector(".transfer");
  form.hidden = false;
  form.target.focus();
}

/** Close the transfer field, whatever became of it. */
export function endTransfer() {
  const form = rowOf(moving)?.querySelector(".transfer");
  const inside = form?.contains(document.activeElement);
  if (form) {
    form.reset();
    form.hidden = true;
  }
  if (inside) rowOf(moving).querySelector("[data-do=transfer]").focus();
  moving = "";
  choosing.hidden = true;
  mark(document.body, "data-moving", null);
}

/** Transfer a call, and close its field if the desk does it. */
export async function transfer(call, target) {
  if (await ask("transfer", { call, target })) endTransfer();
}

panel.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const key = button?.closest(".call")?.dataset.key;
  if (!key) return;
  if (button.dataset.do === "transfer") beginTransfer(key);
  else if (button.dataset.do) ask(button.dataset.do, { call: key });
  else if ("cancel" in button.dataset) endTransfer();
});

panel.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  if (form.id === "dial") {
    if (await ask("dial", { number: form.number.value.trim() })) form.reset();
  } else await transfer(form.closest(".call").dataset.key, form.target.value.trim());
});

onChange(paint);
