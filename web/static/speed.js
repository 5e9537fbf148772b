// Speed dials: the directory may change them at any time, and nobody may call another than the key says.

import { ask } from "./ask.js";
import { personOf } from "./parties.js";
import { copy, put, rowsOf } from "./rows.js";
import { onChange } from "./store.js";

const list = document.getElementById("speed");
const show = rowsOf(list, () => copy("speed-row"), (row, _key, name) => put(row, "name", name));

onChange(({ speed_dials: dials }) => {
  show(Object.keys(dials).sort().map((key) => [key, personOf(dials[key])]));
  list.hidden = !Object.keys(dials).length;
}, "speed_dials", "extensions");

list.addEventListener("click", (event) => {
  const key = event.target.closest("button")?.parentElement.dataset.key;
  if (key) ask("speed_dial", { key });
});
