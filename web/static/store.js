// The desk's state as the daemon last told it, and who wants to know when it changes.

import { merged } from "./merge.js";

const panels = [];
let state = null;
let ahead = 0; // the daemon's clock less this page's, in seconds

/** Take a message of the event stream: the whole state, or what changed. */
export function take(message) {
  ahead = message.now - performance.now() / 1000;
  const before = state;
  state = message.state ?? merged(state, message.change);
  for (const [paint, members] of panels) {
    if (!before || !members.length || members.some((member) => state[member] !== before[member])) paint(state);
  }
}

/** Call `paint(state)` whenever one of these members of the state changes; without any, at every change. */
export function onChange(paint, ...members) {
  panels.push([paint, members]);
}

/** The state, or null before the first word of the daemon. */
export const current = () => state;

/** The time on the daemon's clock, in seconds. */
export const now = () => performance.now() / 1000 + ahead;

/** The calls as [id, call], in the four groups that the page shows. */
export function grouped(calls) {
  const all = Object.entries(calls).sort(([, a], [, b]) => a.arrived - b.arrived);
  const single = all.filter(([, call]) => !call.member);
  const waits = ([, call]) => call.state === "ringing" && call.direction === "in";
  const holds = ([, call]) => call.state === "held" || call.state === "camped";
  return {
    members: all.filter(([, call]) => call.member),
    current: single.filter((entry) => !waits(entry) && !holds(entry)),
    waiting: single.filter(waits),
    held: single.filter(holds).sort(([, a], [, b]) => a.since - b.since),
  };
}

/** The call that has the operator's ear, as [id, call]; undefined when there is none. */
export function active() {
  const moving = ["parking", "transferring"];
  const { members, current: now } = grouped(state?.calls ?? {});
  return now.find(([, call]) => !moving.includes(call.state)) ?? members.find(([, call]) => call.state !== "held");
}

/** The held call that an empty request means: who is on hold longest, camped callers aside. */
export const longestHeld = () => grouped(state?.calls ?? {}).held.find(([, call]) => call.state === "held");

/** Entries of an object of numbers, in the order of the numbers: short ones first. */
export const byNumber = (entries) =>
  Object.entries(entries).sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1));
