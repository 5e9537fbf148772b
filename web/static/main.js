// Puts the page together: each module looks after one panel and listens to the store.

import "./status.js";
import "./calls.js";
import "./orbits.js";
import "./extensions.js";
import "./devices.js";
import "./keys.js";
import { live, open } from "./live.js";
import { tick } from "./rows.js";

open();
tick(live);
