// The sign beside the overview in the list of pages: how much is not well. What changes is read out, once.

import { say } from "./speech.js";
import { _, ngettext, number } from "./words.js";

const EVERY = 60_000; // milliseconds
const STATES = { ok: "ok", warning: "warn", fault: "bad" };
const sign = document.getElementById("health-sign");
let shown = "";

/** Show how many things are not well, and how bad the worst is: ok, warning or fault. */
export function show(worst, count) {
  if (!sign) return;
  const text = count ? ngettext("%(num)s thing is not well", "%(num)s things are not well", count) : _("All is well");
  sign.dataset.state = STATES[worst];
  sign.querySelector("[aria-hidden]").textContent = count ? number(count) : "";
  sign.querySelector(".unseen").textContent = text;
  sign.hidden = false;
  if (shown && shown !== text && !document.getElementById("now")) say(text); // the overview says what it is
  shown = text;
}

async function look() {
  try {
    const response = await fetch(sign.dataset.url, { headers: { Accept: "application/json" }, redirect: "error" });
    if (response.ok) {
      const { worst, count } = await response.json();
      show(worst, count);
    }
  } catch {
    // The server is lost: the page that was open stays as it is.
  }
  setTimeout(look, EVERY);
}

if (sign && !document.getElementById("now")) look();
