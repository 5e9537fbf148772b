// The order of preference: dragged, or moved by buttons that keep the focus; saved as it is changed.

import { postForm } from "./post.js";
import { say, tell } from "./speech.js";
import { _ } from "./words.js";

const form = document.getElementById("order");
const list = form?.querySelector(".order");
let dragged = null;
let saving = Promise.resolve();

const rows = () => [...list.children];
const names = () => rows().map((row) => row.dataset.name).join("\n");

/** Save one order after the other; what is refused is told, and the page is loaded anew to show what holds. */
function save(row) {
  saving = saving.then(async () => {
    try {
      const response = await postForm(form);
      const said = await response.json();
      if (response.ok) {
        form.elements.was.value = said.was;
        const values = { name: row.querySelector("strong").textContent, place: rows().indexOf(row) + 1, count: rows().length };
        say(_("%(name)s is now at place %(place)s of %(count)s.", values));
      } else tell(said.error);
    } catch {
      tell(_("This page has lost its server. Nothing was done."));
    }
  });
}

function disable() {
  const all = rows();
  all.forEach((row, at) => {
    const [up, down] = row.querySelectorAll("[data-move]");
    up.setAttribute("aria-disabled", at === 0);
    down.setAttribute("aria-disabled", at === all.length - 1);
  });
}

form?.addEventListener("submit", (event) => {
  const button = event.submitter;
  event.preventDefault();
  const row = button.closest("li");
  const step = Number(button.dataset.move);
  const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return;
  if (step < 0) other.before(row);
  else other.after(row);
  button.focus(); // moving it took the focus away
  disable();
  save(row);
});

list?.addEventListener("dragstart", (event) => {
  dragged = event.target.closest("li");
  dragged.before_ = names();
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.name);
});

list?.addEventListener("dragover", (event) => {
  const over = event.target.closest("li");
  if (!dragged || !over) return;
  event.preventDefault();
  if (over === dragged) return;
  const { top, height } = over.getBoundingClientRect();
  if (event.clientY < top + height / 2) over.before(dragged);
  else over.after(dragged);
});

list?.addEventListener("drop", (event) => event.preventDefault());

list?.addEventListener("dragend", () => {
  const row = dragged;
  dragged = null;
  disable();
  if (row && row.before_ !== names()) save(row);
});

if (list) disable();
