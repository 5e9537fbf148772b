// Dragging a call: onto a person to give it to them, onto another call to connect the two, onto an orbit to park
// it. All of it can be done by buttons too.

import { ask } from "./ask.js";
import { choose } from "./dialogs.js";
import { ponder } from "./extensions.js";
import { whoIs } from "./parties.js";
import { mark } from "./rows.js";
import { current } from "./store.js";
import { _ } from "./words.js";

const TALKING = ["answered", "held"];
let dragged = "";

/** Where a call may be dropped, below the pointer; null where it may not. */
function targetOf(event) {
  const target = event.target.closest?.(".call, .extension, .orbit");
  const call = current().calls[dragged];
  if (!target || !call || target.dataset.key === dragged) return null;
  if (target.matches(".extension")) return [...TALKING, "ringing"].includes(call.state) ? target : null;
  if (!TALKING.includes(call.state)) return null;
  if (target.matches(".orbit")) return target.dataset.state === "free" ? target : null;
  const ringsOut = target.dataset.state === "ringing" && target.dataset.direction === "out";
  return ringsOut || TALKING.includes(target.dataset.state) ? target : null;
}

async function join(one, other) {
  const { calls } = current();
  const [who, person] = [one, other].map((key) => whoIs(calls[key]));
  const choices = [["complete", "connect", _("Connect %(who)s with %(person)s", { who, person })]];
  const held = [one, other].find((key) => calls[key].state === "held");
  if (held && [one, other].some((key) => calls[key].state === "answered"))
    choices.push(["confer", "people", _("Conference with both")]);
  const wish = await choose(_("Two calls"), `${who} · ${person}`, choices);
  if (wish === "complete") ask("complete", { call: one, to: other });
  if (wish === "confer") ask("confer", { call: held });
}

function highlight(target) {
  for (const old of document.querySelectorAll("[data-over]")) if (old !== target) mark(old, "data-over", null);
  if (target) mark(target, "data-over", "");
}

function end() {
  dragged = "";
  highlight(null);
  mark(document.body, "data-dragging", null);
}

document.addEventListener("dragstart", (event) => {
  const row = event.target.closest?.(".call");
  if (!row) return;
  dragged = row.dataset.key;
  event.dataTransfer.setData("text/plain", whoIs(current().calls[dragged]));
  event.dataTransfer.effectAllowed = "move";
  setTimeout(() => mark(document.body, "data-dragging", "")); // after the browser has taken the picture it drags
});

document.addEventListener("dragover", (event) => {
  const target = dragged && targetOf(event);
  highlight(target);
  if (target) event.preventDefault();
});

document.addEventListener("drop", (event) => {
  const target = dragged && targetOf(event);
  if (!target) return;
  event.preventDefault();
  const [call, key] = [dragged, target.dataset.key];
  end();
  if (target.matches(".extension")) ponder(key, [call, current().calls[call]]);
  else if (target.matches(".orbit")) ask("park", { call, orbit: key });
  else join(call, key);
});

document.addEventListener("dragend", end);
