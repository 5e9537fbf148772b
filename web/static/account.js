// The account: the lines as they are now, and a test of what is typed.

import { tried } from "./account_trial.js";
import { open } from "./live.js";
import { onChange } from "./store.js";

const lines = document.getElementById("lines");

document.getElementById("test").addEventListener("click", (event) => {
  event.preventDefault();
  tried();
});

onChange(async () => {
  const response = await fetch(lines.dataset.url, { headers: { Accept: "text/html" }, redirect: "error" });
  if (!response.ok) return;
  const focus = lines.contains(document.activeElement) && document.activeElement.closest("[data-line]").dataset.line;
  lines.innerHTML = await response.text();
  if (focus) lines.querySelector(`[data-line="${focus}"] a`)?.focus();
}, "lines");
open();
