// The lines: whether the exchange would send us calls, and why not.

import { copy, mark, put, rowsOf } from "./rows.js";
import { onChange } from "./store.js";
import { _ } from "./words.js";

const select = document.getElementById("dial").line;
const words = {
  registered: _("Registered"),
  registering: _("Registering …"),
  failed: _("Not registered"),
  unset: _("No account"),
};

function fill(row, key, { state, number, reason, several }) {
  const well = state === "registered";
  mark(row, "data-state", state);
  put(row, "number", several ? number || key : "");
  put(row, "word", words[state] ?? state);
  row.querySelector(".word").classList.toggle("unseen", several && well);
  put(row, "reason", well ? "" : reason);
}

function fillOption(option, key, { number }) {
  option.value = key === "main" ? "" : key;
  option.textContent = number || key;
}

const showOptions = rowsOf(select, () => new Option(), fillOption);
const show = rowsOf(document.getElementById("lines"), () => copy("line-row"), fill);

onChange(({ lines }) => {
  const all = Object.entries(lines);
  select.hidden = all.length < 2; // from which line to dial is asked only where there are several
  showOptions(all);
  show(all.map(([key, line]) => [key, { ...line, several: all.length > 1 }]));
}, "lines");
