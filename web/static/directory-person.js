// A person's form: rows for numbers come and go, and a picture is seen before it is sent.

const numbers = document.getElementById("numbers");
const more = document.getElementById("more-numbers");
const file = document.getElementById("picture");
const drop = document.getElementById("picture-drop");
const chosen = document.getElementById("picture-chosen");
const now = document.getElementById("picture-now");
const large = document.getElementById("picture-large");

const empty = (row) => !row.querySelector("[name^=number-]").value && !row.querySelector("[name^=dial-]").value;

if (more) {
  const rows = [...numbers.children];
  const blank = rows.at(-1).cloneNode(true);
  let next = rows.length;
  const removable = (row) => {
    row.querySelector("[data-remove]").hidden = false;
  };
  for (const row of rows.slice(0, -1)) if (empty(row)) row.remove();
  for (const row of numbers.children) removable(row);
  next = Math.max(...rows.map((row) => Number(row.querySelector("[name=default]").value))) + 1;

  more.hidden = false;
  more.addEventListener("click", () => {
    const row = blank.cloneNode(true);
    for (const input of row.querySelectorAll("[name]")) {
      if (input.name === "default") input.value = next;
      else input.name = input.name.replace(/\d+$/, next);
    }
    next += 1;
    removable(row);
    numbers.append(row);
    row.querySelector("input").focus();
  });
  numbers.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-remove]");
    if (!button) return;
    const row = button.closest("li");
    const near = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    (near?.querySelector("input") ?? more).focus();
  });
}

async function preview() {
  const [picture] = file.files;
  large.hidden = !picture || picture.size <= Number(file.dataset.most);
  file.setCustomValidity(large.hidden ? "" : large.textContent.trim());
  chosen.hidden = true;
  now.hidden = false;
  if (!picture || !large.hidden) return;
  try {
    const image = await createImageBitmap(picture);
    const scale = Math.min(chosen.width / image.width, chosen.height / image.height);
    const [width, height] = [image.width * scale, image.height * scale];
    const canvas = chosen.getContext("2d");
    canvas.clearRect(0, 0, chosen.width, chosen.height);
    canvas.drawImage(image, (chosen.width - width) / 2, (chosen.height - height) / 2, width, height);
    chosen.hidden = false;
    now.hidden = true;
  } catch {
    // It is no picture that this browser knows; the server says so.
  }
}

if (file) {
  file.addEventListener("change", preview);
  drop.addEventListener("dragover", (event) => {
    if (event.dataTransfer.types.includes("Files")) event.preventDefault();
  });
  drop.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    file.files = event.dataTransfer.files;
    preview();
  });
}
