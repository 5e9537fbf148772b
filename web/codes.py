"""Who types the code that the box shows has touched the box; guessing it takes for ever."""

from __future__ import annotations

import ipaddress
import socket
import sys
import time
from typing import TYPE_CHECKING

from flask import request

from appliance.settings import SettingsError
from appliance.users import accounts, codes
from appliance.users.codes import FIRST_RUN
from web import box
from web.throttle import Throttle

if TYPE_CHECKING:
    from appliance.settings.options import PageOptions

_throttle = Throttle()


def of_first_run() -> str:
    """Return the code of the first run: that of the secrets, else one that is made; OSError without."""
    return box.settings().page.first_run_code or codes.shown(box.state_folder(), FIRST_RUN)


def tell(page: PageOptions) -> None:
    """Print where a new desk is set up, and the code that is asked for there; not once there is an admin."""
    try:
        if accounts.any_admin(box.store()):
            return
        code = of_first_run()
    except (OSError, SettingsError) as error:
        print(f"deskbell: the code of the first run cannot be made: {error}", file=sys.stderr, flush=True)
        return
    scheme, port = ("https", page.https_port) if page.https_port else ("http", page.port)
    host = "localhost" if ipaddress.ip_address(page.address).is_loopback else f"{socket.gethostname()}.local"
    text = f"this desk is a new one: open {scheme}://{host}:{port}/ and type the code {code}"
    print(f"deskbell: {text}", file=sys.stderr, flush=True)


def wait(purpose: str) -> float:
    """Count a try of who asks; return 0, or the seconds that they have to wait first."""
    return _throttle.begin(purpose, request.remote_addr or "", time.monotonic())


def succeeded(purpose: str) -> None:
    """The code was right: forget the tries that led here."""
    _throttle.succeeded(purpose, request.remote_addr or "")
