// A worker that all pages of a browser share: it listens for them. A browser opens six connections to a server,
// and if each page held one for its stream, the seventh page would never load.

import { merged } from "./merge.js";
import { follow } from "./stream.js";

const ports = new Set();
let last = null; // what a page that comes now is told: the name and the message
let at = 0; // when its time was right

function tell(name, message) {
  if (name === "state") last = [name, { state: message.state, now: message.now }];
  else if (name === "change") last = ["state", { state: merged(last[1].state, message.change), now: message.now }];
  else if (name !== "beat") last = [name, message];
  at = performance.now();
  for (const port of ports) port.postMessage([name, message]);
}

function greet(port) {
  if (!last) return;
  const [name, message] = last;
  const now = message?.now + (performance.now() - at) / 1000;
  port.postMessage([name, name === "state" ? { ...message, now } : message]);
}

self.onconnect = ({ ports: [port] }) => {
  port.onmessage = () => ports.delete(port); // it says good-bye
  ports.add(port);
  greet(port);
};

follow(tell);
