// The devices: real ones listed with their lamps, simulated ones drawn, to be pressed and unplugged.

import { askInTurn } from "./ask.js";
import { copy, mark, picture, put, rowsOf } from "./rows.js";
import { current, onChange } from "./store.js";
import { _ } from "./words.js";

const place = (id) => document.getElementById(id);
const AUDIO = ["headset", "handset", "speakerphone"];

const kinds = {
  headset: _("Headset"),
  handset: _("Handset"),
  speakerphone: _("Speakerphone"),
  light: _("Busy light"),
  buttons: _("Buttons"),
  ringer: _("Ringer"),
};
const states = { online: _("Connected"), offline: _("Unplugged"), denied: _("No permission"), failed: _("Failed") };
const patterns = {
  off: _("off"),
  on: _("on"),
  blink: _("blinking"),
  fast: _("blinking fast"),
  slow: _("blinking slowly"),
  flash: _("flashing"),
  wink: _("winking"),
};
const names = {
  off_hook: _("Off-hook"),
  ring: _("Ring"),
  mute: _("Mute"),
  hold: _("Hold"),
  message_waiting: _("Message"),
  speaker: _("Speaker"),
  microphone: _("Microphone off"),
  on_line: _("On line"),
  answer: _("Answer"),
  park: _("Park"),
  status: _("Light"),
  flash: _("Flash"),
  reject: _("Reject"),
  redial: _("Redial"),
  volume_up: _("Louder"),
  volume_down: _("Softer"),
};
const nameOf = (thing) => names[thing] ?? thing;

/** A colour in a word, for those who do not see it. */
function colourName(hex) {
  const [red, green, blue] = [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
  const most = Math.max(red, green, blue);
  const spread = most - Math.min(red, green, blue);
  if (spread < 40) return _("white");
  const sixth = most === red ? (green - blue) / spread : most === green ? 2 + (blue - red) / spread : 4 + (red - green) / spread;
  const hue = (sixth * 60 + 360) % 360;
  const names = [[12, _("red")], [40, _("orange")], [70, _("yellow")], [165, _("green")], [255, _("blue")], [330, _("purple")]];
  return (names.find(([end]) => hue < end) ?? names[0])[1];
}

/** Let an element burn like a lamp: the style sheet knows the patterns, `--lamp` is the colour. */
function burn(element, lamp) {
  mark(element, "data-pattern", lamp.pattern);
  element.style.setProperty("--lamp", lamp.colour);
  put(element, "pattern", patterns[lamp.pattern] ?? lamp.pattern);
}

const lit = (lamp) => lamp.pattern !== "off";

function fillLamp(item, name, lamp) {
  mark(item, "data-lamp", name);
  put(item, "lamp", name === "status" && lit(lamp) ? colourName(lamp.colour) : nameOf(name));
  burn(item, lamp);
}

const lampsOf = new WeakMap(); // row → its list of lamps

function showLamps(row, device) {
  const list = row.querySelector(".lamps");
  if (!list) return;
  if (!lampsOf.has(row)) lampsOf.set(row, rowsOf(list, () => copy("lamp"), fillLamp));
  lampsOf.get(row)(Object.entries(device.lamps));
}

function fillReal(row, _key, device) {
  mark(row, "data-state", device.state);
  put(row, "name", device.name);
  put(row, "kind", kinds[device.kind] ?? device.kind);
  put(row, "word", states[device.state] ?? device.state);
  put(row, "reason", device.state === "offline" && device.reason === "unplugged" ? "" : device.reason); // said already
  showLamps(row, device);
}

// --- simulated

/** Send the press when it begins and the release when it ends, so that a long press is one. */
function makePressable(button, device, key) {
  let down = false;
  const press = () => {
    if (down || current().devices[device]?.state !== "online") return;
    down = true;
    button.dataset.down = "";
    askInTurn("press", { device, key });
  };
  const release = () => {
    if (!down) return;
    down = false;
    delete button.dataset.down;
    askInTurn("release", { device, key });
  };
  const withKey = (act) => (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat) act();
  };
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    button.setPointerCapture(event.pointerId);
    press();
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) button.addEventListener(end, release);
  button.addEventListener("keydown", withKey(press));
  button.addEventListener("keyup", withKey(release));
  button.addEventListener("click", (event) => {
    if (event.detail !== 0) return; // a screen reader's click has no pointer and no key
    press();
    release();
  });
}

/** The hook switch stays where it is put: a click lifts, the next one replaces. */
function makeHook(button, device) {
  button.addEventListener("click", () => {
    const lifted = button.getAttribute("aria-pressed") === "true";
    askInTurn(lifted ? "release" : "press", { device, key: "hook" });
  });
}

function makeSimulated(id, device) {
  const row = copy(`simulated-${AUDIO.includes(device.kind) ? "headset" : device.kind}`);
  const hook = row.querySelector(".hook");
  if (hook) makeHook(hook, id);
  for (const key of device.keys.filter((name) => name !== "hook")) {
    const button = copy("key");
    button.dataset.press = key;
    put(button, "key", nameOf(key));
    picture(button, key);
    makePressable(button, id, key);
    row.querySelector(".keys")?.append(button);
  }
  row.querySelector(".cable").addEventListener("click", () => {
    askInTurn(current().devices[id].state === "online" ? "unplug" : "plug", { device: id });
  });
  return row;
}

function fillSimulated(row, _key, device) {
  const plugged = device.state === "online";
  mark(row, "data-state", device.state);
  put(row, "name", device.name);
  put(row, "cable", plugged ? _("Unplug") : _("Plug in"));
  const hook = row.querySelector(".hook");
  if (hook) {
    hook.disabled = !plugged;
    mark(hook, "aria-pressed", device.lifted);
    put(hook, "hook", device.lifted ? _("Put it back") : _("Lift"));
  }
  for (const button of row.querySelectorAll("[data-press]")) {
    button.disabled = !plugged;
    if (device.lamps[button.dataset.press]) burn(button, device.lamps[button.dataset.press]);
  }
  if (device.lamps.status) burn(row, device.lamps.status);
  showLamps(row, device);
}

const showReal = rowsOf(place("devices"), () => copy("device-row"), fillReal);
const showSimulated = rowsOf(place("simulated"), makeSimulated, fillSimulated);
const byKind = ([, a], [, b]) => Object.keys(kinds).indexOf(a.kind) - Object.keys(kinds).indexOf(b.kind);
const drawn = (device) => device.simulated && [...AUDIO, "light", "buttons"].includes(device.kind);

onChange((state) => {
  const all = Object.entries(state.devices);
  const real = all.filter(([, device]) => !drawn(device));
  const simulated = all.filter(([, device]) => drawn(device)).sort(byKind);
  place("devices-panel").hidden = !real.length;
  place("simulated-panel").hidden = !simulated.length;
  showReal(real);
  showSimulated(simulated);
}, "devices");
