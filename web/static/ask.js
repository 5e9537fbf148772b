// Asking the desk to do something; what it refuses is told in its own words.

import { post } from "./post.js";
import { hush, tell } from "./speech.js";
import { _ } from "./words.js";

let turn = Promise.resolve();

/** Ask, and return true when the desk does it. */
export async function ask(name, members = {}) {
  const began = performance.now();
  try {
    const response = await post(`/ask/${name}`, members);
    if (response.ok) {
      hush(began);
      return true;
    }
    if (response.status === 503) tell(_("The desk does not answer. Nothing was done."));
    else tell((await response.json()).error, "en");
  } catch {
    tell(_("This page has lost its server. Nothing was done."));
  }
  return false;
}

/** Ask once all that was asked in turn before is done: a release must never overtake its press. */
export function askInTurn(name, members) {
  turn = turn.then(() => ask(name, members));
}
