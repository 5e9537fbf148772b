// People: the state of each monitored extension; a click calls them, or gives them the active call.

import { ask } from "./ask.js";
import { transfer, transferring } from "./calls.js";
import { choose } from "./dialogs.js";
import { copy, count, mark, put, rowsOf } from "./rows.js";
import { active, byNumber, current, onChange, partyOf } from "./store.js";
import { _ } from "./words.js";

const list = document.getElementById("extensions");
const LASTING = ["ringing", "busy", "held"]; // states whose duration is worth knowing

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
    default:
      return _("Not known");
  }
}

function fill(row, key, extension) {
  const party = extension.party_name || extension.party_number;
  mark(row, "data-state", extension.state);
  put(row, "name", extension.name || key);
  put(row, "number", extension.name ? key : "");
  put(row, "word", wordFor(extension.state));
  put(row, "party", party ? _("with %(party)s", { party }) : "");
  put(row, "reason", extension.reason);
  count(row, LASTING.includes(extension.state) ? extension.since : null);
}

const show = rowsOf(list, () => copy("extension-row"), fill);
onChange((state) => show(byNumber(state.extensions)));

list.addEventListener("click", async (event) => {
  const number = event.target.closest("button")?.parentElement.dataset.key;
  if (!number) return;
  if (transferring()) return void transfer(transferring()[0], number);
  const [id, call] = active() ?? [];
  if (call?.state !== "answered") return void ask("dial", { number });
  const who = partyOf(call, _("Unknown caller"));
  const wish = await choose(current().extensions[number].name || number, who);
  if (wish === "transfer") ask("transfer", { call: id, target: number });
  if (wish === "dial") ask("dial", { number });
});
