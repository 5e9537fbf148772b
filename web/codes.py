"""Who types the code that the box shows has touched the box; guessing it takes for ever."""

from __future__ import annotations

import time

from flask import request

from appliance.users import codes
from appliance.users.codes import FIRST_RUN
from web import box
from web.throttle import Throttle

_throttle = Throttle()


def of_first_run() -> str:
    """Return the code of the first run: that of the secrets, else one that is made; OSError without."""
    return box.settings().page.first_run_code or codes.shown(box.state_folder(), FIRST_RUN)


def wait(purpose: str) -> float:
    """Count a try of who asks; return 0, or the seconds that they have to wait first."""
    return _throttle.begin(purpose, request.remote_addr or "", time.monotonic())


def succeeded(purpose: str) -> None:
    """The code was right: forget the tries that led here."""
    _throttle.succeeded(purpose, request.remote_addr or "")
