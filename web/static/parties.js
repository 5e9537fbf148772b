// Who somebody is and what a call does, in words.

import { current } from "./store.js";
import { _, moment } from "./words.js";

/** Whom a call is with, in the best words there are: a withheld number is not an unknown one. */
export const whoIs = ({ name, number, withheld }, unknown = _("Unknown caller")) =>
  name || number || (withheld ? _("Number withheld") : unknown);

/** The name behind a number, where it is a colleague's or our own. */
export function personOf(number) {
  const { desk, extensions } = current();
  return (number === desk.number && desk.name) || extensions[number]?.name || number;
}

/** The name that is shown for an extension. */
export const nameOf = (number, extension) => extension?.name || number;

/** The state of a call in a word. */
export function wordFor({ state, direction, alert, target, muted }) {
  switch (state) {
    case "ringing":
      return direction === "in" ? _("Ringing") : _("Calling …");
    case "answered":
      return _("Talking");
    case "held":
      return alert ? _("On hold for too long") : _("On hold");
    case "camped":
      return _("Waits until %(who)s is free", { who: personOf(target) });
    case "conference":
      return muted ? _("Muted") : "";
    case "parking":
      return _("Parking in %(target)s …", { target });
    case "transferring":
      return _("Transferring to %(who)s …", { who: personOf(target) });
    default:
      return state;
  }
}

/** That the exchange brings a caller back, and from where. */
export function returnOf({ returned, state, origin }) {
  if (state !== "ringing" || !returned) return "";
  return origin ? `${returnFrom(returned)} (${personOf(origin)})` : returnFrom(returned);
}

function returnFrom(returned) {
  switch (returned) {
    case "park":
      return _("Comes back from park");
    case "camp":
      return _("Comes back from camp-on");
    default:
      return _("Comes back from a transfer");
  }
}

/** The number that was dialled, where it is not simply ours. */
export function calledFor({ direction, called }) {
  if (direction !== "in" || !called || called === current().desk.number) return "";
  return _("for %(who)s", { who: personOf(called) });
}

/** Who was called first. */
export function divertedBy({ diverted_name: name, diverted_number: number }) {
  return name || number ? _("diverted by %(who)s", { who: name || number }) : "";
}

/** The caller whom an outgoing call is to announce. */
export function announced({ consults }) {
  const caller = current().calls[consults];
  return caller ? _("to announce %(who)s", { who: whoIs(caller) }) : "";
}

/** The line of a call, where there are several. */
export function lineOf({ line }) {
  const { lines } = current();
  const id = line || "main";
  return Object.keys(lines).length > 1 ? lines[id]?.number || id : "";
}

/** When something was that is so many seconds ago, as the reader's clock shows it. */
export function clock(seconds) {
  const then = Date.now() - seconds * 1000;
  const day = { dateStyle: "short" };
  const today = moment(then, day) === moment(Date.now(), day);
  return today ? moment(then, { timeStyle: "short" }) : moment(then);
}
