// Puts the page together: each module looks after one panel and listens to the store.

import "./lines.js";
import "./own.js";
import "./status.js";
import "./calls.js";
import "./speed.js";
import "./orbits.js";
import "./extensions.js";
import "./recent.js";
import "./messages.js";
import "./devices.js";
import "./drag.js";
import "./keys.js";
import { live, open } from "./live.js";
import { tick } from "./rows.js";

open();
tick(live);
