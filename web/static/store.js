// The desk's state as the daemon last told it, and who wants to know when it changes.

const panels = [];
let state = null;
let ahead = 0; // the daemon's clock less this page's, in seconds

/** RFC 7396; what is unchanged stays the same object, so that a panel can tell by `===`. */
export function merged(old, patch) {
  const result = { ...old };
  for (const [member, value] of Object.entries(patch)) {
    if (value === null) delete result[member];
    else if (typeof value === "object" && !Array.isArray(value)) result[member] = merged(result[member], value);
    else result[member] = value;
  }
  return result;
}

/** Take a message of the event stream: the whole state, or what changed. */
export function take(message) {
  ahead = message.now - performance.now() / 1000;
  state = message.state ?? merged(state, message.change);
  for (const paint of panels) paint(state);
}

/** Call `paint(state)` whenever the state changes. */
export function onChange(paint) {
  panels.push(paint);
}

/** The state, or null before the first word of the daemon. */
export const current = () => state;

/** The time on the daemon's clock, in seconds. */
export const now = () => performance.now() / 1000 + ahead;

/** The calls as [id, call], in the three groups that the page shows. */
export function grouped(calls) {
  const all = Object.entries(calls).sort(([, a], [, b]) => a.arrived - b.arrived);
  const waits = ([, call]) => call.state === "ringing" && call.direction === "in";
  const held = all.filter(([, call]) => call.state === "held").sort(([, a], [, b]) => a.since - b.since);
  return {
    waiting: all.filter(waits),
    held,
    current: all.filter((entry) => !waits(entry) && entry[1].state !== "held"),
  };
}

/** The call that has the operator's ear, as [id, call]; undefined when there is none. */
export function active() {
  const moving = ["parking", "transferring"];
  return state && grouped(state.calls).current.find(([, call]) => !moving.includes(call.state));
}

/** Whom a call is with, in the best words there are. */
export const partyOf = (call, unknown) => call.name || call.number || unknown;

/** Entries of an object of numbers, in the order of the numbers: short ones first. */
export const byNumber = (entries) =>
  Object.entries(entries).sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1));
