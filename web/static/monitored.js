// The state of each monitored extension, live. A row is there as long as the page is; only its state changes.

import { live, open } from "./live.js";
import { count, mark, put, tick } from "./rows.js";
import { onChange } from "./store.js";
import { _ } from "./words.js";

const TIMELESS = ["available", "unknown"]; // states whose duration is not worth knowing
const words = Object.fromEntries([...document.querySelectorAll("#state-words li")].map((word) => [word.dataset.state, word.textContent]));
const fixes = [...document.querySelectorAll("#fixes li")];
const rows = document.querySelectorAll("#monitored tr[data-watched]");

const fixFor = (reason) => fixes.find((fix) => reason.includes(fix.dataset.reason)).textContent;

function paint(row, extension) {
  const party = extension.party_name || extension.party_number;
  const failed = extension.state === "unknown";
  mark(row.querySelector(".extension"), "data-state", extension.state);
  put(row, "word", words[extension.state]);
  put(row, "party", party ? _("with %(who)s", { who: party }) : "");
  put(row, "reason", failed ? extension.reason : "");
  put(row, "fix", failed ? fixFor(extension.reason) : "");
  count(row, TIMELESS.includes(extension.state) ? null : extension.since);
}

onChange(({ extensions }) => {
  for (const row of rows) if (extensions[row.dataset.key]) paint(row, extensions[row.dataset.key]);
}, "extensions");

open();
tick(live);
