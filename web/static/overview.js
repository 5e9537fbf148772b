// Keeps the overview up to date: at once when the desk says something, and now and then for the box.

import { show } from "./health.js";
import { open } from "./live.js";
import { say } from "./speech.js";
import { onChange } from "./store.js";
import { _ } from "./words.js";

const EVERY = 30_000; // milliseconds
const GATHER = 100; // in which several changes become one
const now = document.getElementById("now");
const link = new MutationObserver(() => soon());
let waiting = 0;
let gathering = false;
let known = troubles(now);

function troubles(place) {
  const found = [...place.querySelectorAll("[data-finding]")];
  return new Map(found.map((one) => [one.dataset.finding, one.querySelector(".what").textContent]));
}

/** Put each part that differs in the place of the old one; who was on a link in it stays there. */
function take(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").body;
  for (const part of fresh.querySelectorAll("section[id]")) {
    const old = document.getElementById(part.id);
    if (!old || old.isEqualNode(part)) continue;
    const focus = old.contains(document.activeElement) ? document.activeElement.id : "";
    old.replaceWith(document.adoptNode(part));
    if (focus) document.getElementById(focus)?.focus();
  }
  announce();
  sign();
}

/** Let the list of pages show the same. */
function sign() {
  show(document.getElementById("health").dataset.worst, known.size);
}

/** Have what is new and what is over read out, once. */
function announce() {
  const found = troubles(now);
  const fresh = [...found].filter(([id]) => !known.has(id)).map(([, what]) => what);
  const over = [...known].filter(([id]) => !found.has(id)).map(([, what]) => what);
  known = found;
  const said = fresh.map((what) => _("Not well: %(what)s", { what }));
  said.push(...over.map((what) => _("No longer: %(what)s", { what })));
  if (over.length && !found.size) said.push(_("All is well"));
  if (said.length) say(said.join(". "));
}

async function refresh() {
  gathering = false;
  waiting = setTimeout(refresh, EVERY);
  try {
    const response = await fetch(now.dataset.url, { headers: { Accept: "text/html" }, redirect: "error" });
    if (response.ok) take(await response.text());
  } catch {
    // The line at the top tells that the server is lost.
  }
}

function soon() {
  if (gathering) return;
  gathering = true;
  clearTimeout(waiting);
  waiting = setTimeout(refresh, GATHER);
}

onChange(soon, "desk", "lines", "devices", "extensions", "troubles", "counters", "calls");
link.observe(document.body, { attributeFilter: ["data-link"] });
sign();
open();
