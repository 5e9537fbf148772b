// Ringing and lights: each light is shown as it would burn, sliders say what they stand at, ringers are tried.

import { postForm } from "./post.js";
import { mark } from "./rows.js";
import { tell } from "./speech.js";
import { _, number } from "./words.js";

function show(light) {
  const [colour, own, rhythm] = ["colour", "own", "rhythm"].map((part) => light.querySelector(`[data-part=${part}]`));
  const bulb = light.querySelector(".bulb");
  const dark = colour.value === "off";
  mark(bulb, "data-colour", colour.value);
  mark(bulb, "data-rhythm", dark ? "off" : rhythm.value);
  if (colour.value === "own") bulb.style.setProperty("--lamp", own.value);
  else bulb.style.removeProperty("--lamp");
  own.hidden = colour.value !== "own";
  rhythm.disabled = dark;
}

for (const light of document.querySelectorAll("[data-light]")) {
  light.addEventListener("input", () => show(light));
  show(light);
}

const percent = (share) => number(share, { style: "percent", maximumFractionDigits: 0 });

for (const slider of document.querySelectorAll("input[type=range]")) {
  const write = () => (slider.nextElementSibling.value = percent(slider.valueAsNumber));
  slider.addEventListener("input", write);
  write();
}

for (const form of document.querySelectorAll("[data-try]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const response = await postForm(form);
      if (!response.ok) tell((await response.json()).error, "en");
    } catch {
      tell(_("This page has lost its server. Nothing was done."));
    }
  });
}
