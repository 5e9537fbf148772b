// Park orbits: one click fetches who is parked; with an active call, one click parks it there.

import { ask } from "./ask.js";
import { personOf, whoIs } from "./parties.js";
import { copy, count, mark, put, rowsOf } from "./rows.js";
import { active, byNumber, current, onChange } from "./store.js";
import { _ } from "./words.js";

const list = document.getElementById("orbits");

function nameOf(orbit) {
  if (orbit.state === "taken") return whoIs(orbit, _("Somebody"));
  return orbit.state === "free" ? _("Free") : _("Not known");
}

function fill(row, key, orbit) {
  mark(row, "data-state", orbit.state);
  put(row, "key", key);
  put(row, "name", nameOf(orbit));
  put(row, "reason", orbit.reason);
  put(row, "by", orbit.by && orbit.state === "taken" ? _("by %(who)s", { who: personOf(orbit.by) }) : "");
  count(row, orbit.state === "taken" ? orbit.since : null);
}

const show = rowsOf(list, () => copy("orbit-row"), fill);

/** What a click does depends on the active call too, so it is looked at with every change. */
function offer(row, orbit) {
  const canPark = orbit.state === "free" && active()?.[1].state === "answered";
  put(row, "verb", orbit.state === "taken" ? _("Retrieve") : canPark ? _("Park here") : "");
  row.firstElementChild.disabled = orbit.state !== "taken" && !canPark;
}

onChange((state) => {
  show(byNumber(state.orbits));
  for (const row of list.children) offer(row, state.orbits[row.dataset.key]);
}, "orbits", "calls");

list.addEventListener("click", (event) => {
  const orbit = event.target.closest("button")?.parentElement.dataset.key;
  if (!orbit) return;
  if (current().orbits[orbit].state === "taken") ask("retrieve", { orbit });
  else ask("park", { orbit, call: active()?.[0] ?? "" });
});
