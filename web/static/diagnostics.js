// Keeps the figures of the way to the exchange up to date.

import { open } from "./live.js";
import { onChange } from "./store.js";
import { _ } from "./words.js";

const language = document.documentElement.lang;
const number = new Intl.NumberFormat(language);
const percent = new Intl.NumberFormat(language, { style: "percent" });
const figures = document.querySelectorAll("[data-figure]");
const verdicts = document.querySelectorAll("[data-verdict]");

onChange(({ diagnostics }) => {
  const verdict = diagnostics?.link?.verdict;
  for (const one of verdicts) one.hidden = one.dataset.verdict !== verdict;
  for (const figure of figures) {
    const value = diagnostics?.link?.[figure.dataset.figure];
    if (value === undefined) continue;
    const text = figure.dataset.figure === "loss" ? percent.format(value / 100) : _("%(count)s ms", { count: number.format(value) });
    if (figure.textContent !== text) figure.textContent = text;
  }
}, "diagnostics");
open();
