// The log, live: asks now and then for what was written since, filters it, and stays at the end while one is there.

import { open } from "./live.js";
import { _ } from "./words.js";

const EVERY = 1_000; // milliseconds
const KEPT = 1_000; // lines, so that another filter has something to show
const LEVELS = ["debug", "info", "warning", "error", "critical"];
const list = document.getElementById("log");
const filters = document.getElementById("filters");
const pause = document.getElementById("pause");
const aloud = document.getElementById("aloud");
const count = document.getElementById("count");
const template = document.getElementById("line");
const most = Number(list.dataset.most);
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium", timeZone: document.documentElement.dataset.zone || undefined });
const areas = new Map([...filters.elements.area.options].map((one) => [one.value, one.textContent]));
const levels = new Map([...filters.elements.level.options].map((one) => [one.value || "debug", one.dataset.line]));
levels.set("critical", levels.get("error"));
let lines = [];
let last = 0;

const paused = () => pause.getAttribute("aria-pressed") === "true";
const atEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < 40;

function matches(line) {
  const { area, level, text } = filters.elements;
  return (
    (!area.value || line.area === area.value) &&
    LEVELS.indexOf(line.level) >= LEVELS.indexOf(level.value) &&
    line.text.toLowerCase().includes(text.value.toLowerCase())
  );
}

function row(line) {
  const item = template.content.cloneNode(true).firstElementChild;
  if (line.missed) {
    item.className = "missed";
    item.textContent = _("%(count)s lines came too fast and are left out here", { count: line.missed });
    return item;
  }
  item.dataset.level = line.level;
  const [time, level, area, text] = item.children;
  time.textContent = clock.format(line.at * 1000);
  level.textContent = levels.get(line.level) ?? line.level;
  area.textContent = areas.get(line.area) ?? line.area;
  text.textContent = line.text;
  return item;
}

/** Add rows below; the oldest go, so that the page stays as quick as it was. */
function show(some) {
  const end = atEnd();
  list.append(...some.map(row));
  while (list.childElementCount > most) list.firstElementChild.remove();
  count.textContent = list.childElementCount ? "" : count.dataset.none;
  if (end) list.scrollTop = list.scrollHeight;
}

function filter() {
  list.replaceChildren();
  show(lines.filter((line) => line.missed || matches(line)).slice(-most));
  list.scrollTop = list.scrollHeight;
}

async function look() {
  try {
    if (!paused() && !document.hidden) {
      const answer = await fetch(`${list.dataset.url}?after=${last}`, { headers: { Accept: "application/json" } });
      if (answer.ok) take(await answer.json());
    }
  } catch {
    // The line at the top tells that the server is lost.
  }
  setTimeout(look, EVERY);
}

function take(said) {
  if (said.last < last) lines = []; // the desk was restarted, and counts anew
  const anew = !lines.length;
  const fresh = said.missed ? [{ missed: said.missed }, ...said.lines] : said.lines;
  last = said.last;
  if (!fresh.length) return;
  lines = [...lines, ...fresh].slice(-KEPT);
  if (anew) filter();
  else show(fresh.filter((line) => line.missed || matches(line)));
}

pause.hidden = false;
aloud.parentElement.hidden = false;
filters.querySelector("button:not([type])").hidden = true; // what is chosen holds at once
pause.addEventListener("click", () => pause.setAttribute("aria-pressed", String(!paused())));
aloud.addEventListener("change", () => list.setAttribute("aria-live", aloud.checked ? "polite" : "off"));
filters.addEventListener("input", filter);
filters.addEventListener("submit", (event) => event.preventDefault());
list.scrollTop = list.scrollHeight;
open();
look();
