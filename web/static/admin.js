// What every page of the administration does: the list of pages is open where there is room for it, and tells
// how much is not well.

import "./health.js";

const menu = document.getElementById("menu");
const wide = matchMedia("(min-width: 62rem)");

function show() {
  menu.open = wide.matches;
}

if (menu) {
  show();
  wide.addEventListener("change", show);
}

// What is wrong with a form is read out first.
document.getElementById("faults")?.focus();
