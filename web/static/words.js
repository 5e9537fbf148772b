// The reader's language: the server puts the translations into the page; the English text is the key.

const words = JSON.parse(document.getElementById("words").textContent);
const { lang, dataset } = document.documentElement;
const plural = new Intl.PluralRules(lang);
const clock = { timeZone: dataset.zone || undefined };

function filled(text, values) {
  return text.replace(/%\((\w+)\)s/g, (_match, name) => values[name]);
}

/** Translate a text; "%(name)s" in it is replaced by values.name. */
export function _(text, values = {}) {
  return filled(words[text] ?? text, values);
}

/** Say a text about so many things: ngettext("%(num)s call", "%(num)s calls", 3). */
export function ngettext(one, many, num, values = {}) {
  const forms = words[one] ?? [one, many];
  const last = forms.length - 1;
  const form = Math.min({ one: 0, few: 1 }[plural.select(num)] ?? last, last);
  return filled(forms[form], { num: number(num), ...values });
}

/** A number as the reader writes it; options are those of Intl.NumberFormat. */
export function number(value, options = {}) {
  return value.toLocaleString(lang, options);
}

/** A moment, a Date or milliseconds since 1970, on the clock of the box; options are those of Intl.DateTimeFormat. */
export function moment(when, options = { dateStyle: "short", timeStyle: "short" }) {
  return new Intl.DateTimeFormat(lang, { ...clock, ...options }).format(when);
}

/** How long something has lasted: 0:07, 12:30, 1:02:03. */
export function lasted(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours}:${two(minutes % 60)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
