// What the page says: notices that are seen and read out, and words for screen readers alone.

const SHOWN = 15_000; // milliseconds that a notice stays
const notice = document.getElementById("notice");
const dismiss = document.getElementById("dismiss");
const spoken = document.getElementById("spoken");
let ending;
let told = 0; // when, in milliseconds

/** Take back what was told before that time, on the page's clock: it is no longer so. */
export function hush(before = Infinity) {
  if (told > before) return;
  clearTimeout(ending);
  notice.textContent = "";
  dismiss.hidden = true;
  for (const refused of document.querySelectorAll(".refused")) refused.textContent = "";
}

/** Show a notice and have it read out, also when it is the same again; in a dialog that is open, it stands there. */
export function tell(text, language = document.documentElement.lang) {
  const place = document.querySelector("dialog[open] .refused") ?? notice;
  hush();
  told = performance.now();
  setTimeout(() => {
    place.lang = language;
    place.textContent = text;
    dismiss.hidden = place !== notice;
  }, 50);
  ending = setTimeout(() => hush(), SHOWN);
}

/** Have something read out when the reader pauses. */
export function say(text) {
  spoken.textContent = text;
}

dismiss.addEventListener("click", () => hush());
