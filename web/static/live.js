// What the event stream tells, on this page: says so when it is lost, and when it is back.

import { say } from "./speech.js";
import { take } from "./store.js";
import { follow } from "./stream.js";
import { _ } from "./words.js";

const SILENCE = 20_000; // milliseconds; the worker has told of a lost server before that
const line = document.getElementById("link");
let port;
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
  lost();
  const answer = await fetch("/signed-in").catch(() => null);
  if (answer?.status === 401) location.reload();
}

const hear = {
  state(message) {
    become("live", message.state.safe ? _("Safe mode, as the desk had stopped several times: calls are answered here, and no device is used.") : "");
    take(message);
  },
  change: take,
  away: () => become("away", _("The desk does not answer. What you see may be old. Trying again …")),
  full: ({ most }) =>
    become("full", _("This page shows nothing live: %(most)s others are open. Close some of them. Trying again …", { most })),
  beat() {},
  lost,
  closed: lookWho,
};

function listen() {
  clearTimeout(watchdog);
  watchdog = setTimeout(() => {
    lost();
    share();
  }, SILENCE);
}

/** Have the worker that all pages share listen for this one. */
function share() {
  port?.postMessage("bye");
  port = new SharedWorker(new URL("shared.js", import.meta.url), { type: "module" }).port;
  port.onmessage = ({ data: [name, message] }) => {
    listen();
    hear[name](message);
  };
  listen();
}

/** Show what happens, from now on. */
export function open() {
  if (!("SharedWorker" in globalThis)) return follow((name, message) => hear[name](message));
  share();
  addEventListener("pagehide", () => {
    clearTimeout(watchdog);
    port.postMessage("bye");
  });
  addEventListener("pageshow", ({ persisted }) => persisted && share());
}
