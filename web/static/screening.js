// Opening hours and holidays: further rows, and the hours of a day for all that follow.

import { ngettext } from "./words.js";
import { say } from "./speech.js";

const emptied = (row) => {
  for (const input of row.querySelectorAll("input:not([type=hidden])")) {
    if (input.type === "checkbox") input.checked = false;
    else input.value = "";
    input.removeAttribute("aria-invalid");
  }
  return row;
};

// --- a usual week

const days = [...document.querySelectorAll(".day")];
const spansOf = (day) => [...day.querySelectorAll(".span")];
const timesOf = (span) => [...span.querySelectorAll("input")];

function another(day) {
  const spans = spansOf(day);
  const fresh = emptied(spans.at(-1).cloneNode(true));
  for (const input of timesOf(fresh)) input.name = input.name.replace(/^\w+/, day.dataset.day);
  spans.at(-1).after(fresh);
  return fresh;
}

function fill(day, hours) {
  while (spansOf(day).length < hours.length) another(day);
  spansOf(day).forEach((span, at) => {
    timesOf(span).forEach((input, end) => (input.value = hours[at]?.[end] ?? ""));
  });
}

for (const [at, day] of days.entries()) {
  if (spansOf(day).length > 1) spansOf(day).at(-1).remove(); // the empty row is for who has no script
  day.querySelector(".more").hidden = false;
  day.querySelector("[data-more]").addEventListener("click", () => timesOf(another(day))[0].focus());
  day.querySelector("[data-copy]")?.addEventListener("click", () => {
    const hours = spansOf(day).map((span) => timesOf(span).map((input) => input.value)).filter((pair) => pair.some(Boolean));
    const rest = days.slice(at + 1);
    for (const other of rest) fill(other, hours);
    say(ngettext("Copied to %(num)s day.", "Copied to %(num)s days.", rest.length));
  });
}

// --- holidays

const list = document.getElementById("holidays");
const more = document.getElementById("more-holidays");

function removable(row) {
  const button = row.querySelector("[data-remove]");
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    if (next) row.remove();
    else emptied(row);
    (next?.querySelector("input[type=date]") ?? more).focus();
  });
}

for (const row of list.children) removable(row);
more.hidden = false;
more.addEventListener("click", () => {
  const row = emptied(list.lastElementChild.cloneNode(true));
  const key = 1 + Math.max(...[...list.querySelectorAll("[name=day]")].map((input) => +input.value));
  for (const input of row.querySelectorAll("input")) input.name = input.name.replace(/\d+$/, key);
  row.querySelector("[name=day]").value = key;
  row.querySelector(".wrong")?.remove();
  list.append(row);
  removable(row);
  row.querySelector("input[type=date]").focus();
});
