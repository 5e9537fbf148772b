// Lists whose rows are kept: a row is made once, moved if need be, and only what differs is touched.

import { now } from "./store.js";
import { lasted } from "./words.js";

/** A copy of the first element in a <template>. */
export const copy = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

/** Set the text of every slot of that name in a row. */
export function put(row, slot, text) {
  for (const place of row.querySelectorAll(`[data-slot="${slot}"]`)) if (place.textContent !== text) place.textContent = text;
}

/** Set an attribute; null or false takes it away. */
export function mark(element, name, value) {
  if (value === null || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

/** Show another icon in a button. */
export function picture(button, name) {
  const image = button.querySelector("use");
  mark(image, "href", image.getAttribute("href").replace(/#.*/, `#${name}`));
}

/** Let the time in a row count from `start`, a time on the daemon's clock; null shows none. */
export function count(row, start) {
  const time = row.querySelector("time");
  mark(time, "data-since", start);
  put(row, "since", start === null ? "" : lasted(now() - start));
}

/** Let every time on the page go on by itself, while `running()`. */
export function tick(running) {
  setInterval(() => {
    if (!running()) return;
    for (const time of document.querySelectorAll("time[data-since]")) {
      const text = lasted(now() - time.dataset.since);
      if (time.textContent !== text) time.textContent = text;
    }
  }, 500);
}

/**
 * Return a function that makes the rows of `list` those of [key, value] entries, in that order. The rows
 * that the server sent are kept. `make(key, value)` returns a new row, `fill(row, key, value)` writes into it.
 */
export function rowsOf(list, make, fill) {
  const rows = new Map([...list.children].map((row) => [row.dataset.key, row]));
  const shown = new Map();
  return (entries) => {
    const keys = new Set(entries.map(([key]) => key));
    for (const [key, row] of rows) {
      if (keys.has(key)) continue;
      row.remove();
      rows.delete(key);
      shown.delete(key);
    }
    entries.forEach(([key, value], place) => {
      const row = rows.get(key) ?? make(key, value);
      if (shown.get(key) !== value) {
        row.dataset.key = key;
        fill(row, key, value);
        shown.set(key, value);
      }
      rows.set(key, row);
      if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
    });
  };
}
