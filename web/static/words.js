// The reader's language: the server puts the translations into the page; the English text is the key.

const words = JSON.parse(document.getElementById("words").textContent);

/** Translate a text; "%(name)s" in it is replaced by values.name. */
export function _(text, values = {}) {
  return (words[text] ?? text).replace(/%\((\w+)\)s/g, (_match, name) => values[name]);
}

/** How long something has lasted: 0:07, 12:30, 1:02:03. */
export function lasted(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours}:${two(minutes % 60)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
