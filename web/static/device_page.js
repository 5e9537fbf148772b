// The devices, live: a key lights up when it goes down, lamps burn as they do, sound is measured and heard again.

import { open } from "./live.js";
import { postForm } from "./post.js";
import { mark, put } from "./rows.js";
import { say, tell } from "./speech.js";
import { current, onChange } from "./store.js";
import { _, number } from "./words.js";

const SEEN = 900; // milliseconds for which a press is seen
const list = document.getElementById("attached");
const cards = () => [...list.querySelectorAll("[data-device]")];
const patterns = {
  off: _("off"),
  on: _("on"),
  blink: _("blinking"),
  fast: _("blinking fast"),
  slow: _("blinking slowly"),
  flash: _("flashing"),
  wink: _("winking"),
};

// --- what the desk tells

const is = (device) => [device.state, device.reason, device.card, device.keys.length].join("|");

function showKeys(card, device) {
  for (const key of card.querySelectorAll("[data-key]")) {
    const name = key.dataset.key;
    const count = device.presses[name] ?? 0;
    const before = Number(key.dataset.count);
    key.dataset.count = count;
    if (name === "hook") put(key, "seen", device.lifted ? _("lifted") : count ? _("on the hook") : "");
    mark(key, "data-lifted", name === "hook" && device.lifted ? "" : null);
    if (count <= before) continue;
    key.dataset.pressed = "";
    key.dataset.down = "";
    if (name !== "hook") put(key, "seen", _("pressed"));
    say(_("%(key)s was pressed.", { key: key.firstElementChild.textContent }));
    clearTimeout(key.ending);
    key.ending = setTimeout(() => delete key.dataset.down, SEEN);
  }
}

function showLamps(card, device) {
  for (const lamp of card.querySelectorAll("[data-lamp]")) {
    const shown = device.lamps[lamp.dataset.lamp] ?? { pattern: "off", colour: "#ffffff" };
    mark(lamp, "data-pattern", shown.pattern);
    if (lamp.dataset.lamp === "status") lamp.style.setProperty("--lamp", shown.colour);
    put(lamp, "burns", patterns[shown.pattern] ?? shown.pattern);
  }
}

const percent = (share) => number(share, { style: "percent", maximumFractionDigits: 0 });

function showVolumes(card, device) {
  for (const slider of card.querySelectorAll("[data-volumes] input[type=range]")) {
    const level = device.levels[slider.name];
    if (level === undefined || slider === document.activeElement) continue;
    slider.value = level;
    slider.nextElementSibling.value = percent(level);
  }
}

/** Have the server draw the cards anew of what has come, gone or changed; the others keep their focus. */
async function redraw() {
  const response = await fetch("/devices/list", { headers: { Accept: "text/html" } });
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const known = new Map(cards().map((card) => [card.dataset.device, card]));
  const shown = [...fresh.querySelectorAll("[data-device]")].map((card) => {
    const old = known.get(card.dataset.device);
    return old && old.dataset.is === card.dataset.is ? old : document.adoptNode(card);
  });
  list.replaceChildren(...shown);
}

let drawing = "";

onChange((state) => {
  const devices = Object.entries(state.devices);
  const wanted = devices.map(([id, device]) => [id, is(device)].join(" ")).join("\n");
  const there = cards().map((card) => [card.dataset.device, card.dataset.is].join(" ")).join("\n");
  if (wanted !== there && (devices.length || cards()[0]?.dataset.device) && drawing !== wanted) {
    drawing = wanted;
    redraw();
  }
  for (const card of cards()) {
    const device = state.devices[card.dataset.device];
    if (!device) continue;
    showKeys(card, device);
    showLamps(card, device);
    showVolumes(card, device);
  }
}, "devices");

// --- what a person tries

list.addEventListener("input", (event) => {
  if (event.target.type === "range") event.target.nextElementSibling.value = percent(event.target.valueAsNumber);
});

list.addEventListener("change", (event) => {
  const form = event.target.closest("[data-volumes]");
  if (form) attempt(form, new FormData(form));
});

async function attempt(form, fields) {
  try {
    const response = await postForm(form, fields);
    if (response.ok) return true;
    tell((await response.json()).error, "en");
  } catch {
    tell(_("This page has lost its server. Nothing was done."));
  }
  return false;
}

list.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-try], [data-volumes]")) return;
  event.preventDefault();
  const sound = ["level", "echo"].includes(form.dataset.try) ? form.closest("[data-sound]") : null;
  if (sound) await listen(sound);
  if (!(await attempt(form, new FormData(form, event.submitter))) && sound) hush();
});

// --- how loud it is

const phases = { speak: _("Say something …"), listen: _("Now you hear yourself …") };
let source;
let meters;
let phase = "";

function show(said) {
  for (const part of ["microphone", "speaker"]) {
    meters.querySelector(`[data-meter=${part}]`).value = said[part];
    put(meters, part, said[part] > -72 ? _("%(level)s dB", { level: number(Math.round(said[part])) }) : _("silent"));
  }
  if (said.delay) put(meters, "sound", _("The far end is heard %(delay)s ms late.", { delay: number(said.delay) }));
  if (!phase && !said.test && !Object.keys(current().calls).length) hush(); // the last call is over
  if (said.test === phase) return;
  phase = said.test;
  put(meters, "sound", phase ? phases[phase] : _("That is over."));
  say(phases[phase] ?? _("That is over."));
  if (!phase) hush();
}

function hush() {
  source?.close();
  source = null;
}

/** Begin to show levels beside this device; resolves when they may come. */
function listen(sound) {
  hush();
  meters = sound;
  phase = "";
  sound.querySelector(".meters").hidden = false;
  source = new EventSource("/devices/levels");
  source.addEventListener("levels", (event) => {
    const said = JSON.parse(event.data);
    show(said);
    if (said.fault) put(meters, "sound", _("The sound card cannot be used: %(why)s", { why: said.fault }));
  });
  return new Promise((resolve) => {
    source.onopen = resolve;
    source.onerror = () => {
      hush();
      put(meters, "sound", _("The levels cannot be shown now."));
      resolve();
    };
  });
}

// While there are calls, how loud they are is seen beside the device that has them.
onChange((state) => {
  const calls = Object.values(state.calls).some((call) => call.state === "answered");
  const card = cards().find((one) => one.dataset.device === state.audio);
  const sound = card?.querySelector("[data-sound]");
  if (calls && sound && !source) listen(sound);
}, "calls", "audio");

document.body.dataset.script = "";
open();
