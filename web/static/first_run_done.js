// The end of the first run: the account registers while this is read.

import { open } from "./live.js";
import { onChange } from "./store.js";

const lines = document.getElementById("lines");

onChange(async () => {
  const response = await fetch(lines.dataset.url, { headers: { Accept: "text/html" }, redirect: "error" });
  if (response.ok) lines.innerHTML = await response.text();
}, "lines");
open();
