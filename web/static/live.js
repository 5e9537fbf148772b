// The event stream: keeps it open, notices when it is dead, says so, and comes back by itself.

import { say } from "./speech.js";
import { take } from "./store.js";
import { _ } from "./words.js";

const SILENCE = 15_000; // milliseconds; the server gives a sign of life every 5 s
const AGAIN = 1_000;
const line = document.getElementById("link");
let source;
let watchdog;

/** True while what the page shows is what the desk does. */
export const live = () => document.body.dataset.link === "live";

function become(link, text) {
  if (document.body.dataset.link === link) return;
  const back = link === "live" && line.textContent !== "";
  document.body.dataset.link = link;
  line.textContent = text;
  if (back) say(_("The desk is back."));
}

function lost() {
  if (document.body.dataset.link === "full") return;
  become("lost", _("This page has lost its server. What you see may be old. Trying again …"));
}

/** Lead to the page where one signs in, when this is why the stream is refused. */
async function lookWho() {
  const answer = await fetch("/signed-in").catch(() => null);
  if (answer?.status === 401) location.reload();
}

function listen() {
  clearTimeout(watchdog);
  watchdog = setTimeout(() => {
    lost();
    open();
  }, SILENCE);
}

/** Open the stream, again and again. */
export function open() {
  source?.close();
  source = new EventSource("/events");
  listen();
  const on = (name, act) =>
    source.addEventListener(name, (event) => {
      listen();
      act(JSON.parse(event.data));
    });
  on("state", (message) => {
    become("live", "");
    take(message);
  });
  on("change", take);
  on("away", () => become("away", _("The desk does not answer. What you see may be old. Trying again …")));
  on("full", ({ most }) =>
    become("full", _("This page shows nothing live: %(most)s others are open. Close some of them. Trying again …", { most })),
  );
  on("beat", () => {});
  source.onerror = () => {
    lost();
    if (source.readyState !== EventSource.CLOSED) return;
    lookWho();
    setTimeout(open, AGAIN);
  };
}
