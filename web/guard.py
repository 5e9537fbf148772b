"""What keeps other sites out: no name but our own, no request that another page makes, no foreign script.

A page of another site whose name was made to point here (DNS rebinding) comes with that name: only the names
of this box are answered, and addresses, which nobody can make point elsewhere.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import abort, current_app, request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask import Flask, Response

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "media-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer a form says it comes from nowhere
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HSTS = "max-age=31536000"  # a year; for our own certificates never: there would be no way past the warning

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+?)\.?(?::\d{1,5})?", re.IGNORECASE)


def protect(app: Flask, names: Callable[[], Iterable[str]]) -> None:
    """Refuse requests under names other than this box's and `names()`, and those that other sites make."""

    def refuse_other_names() -> None:
        if not is_own(request.headers.get("Host", "localhost"), names()):
            abort(421, "This desk does not go by that name: add it to page.names, or use its address.")

    app.before_request(refuse_other_names)
    app.before_request(_refuse_other_sites)
    app.after_request(_add_headers)


def is_own(host: str, names: Iterable[str]) -> bool:
    """Return whether a Host header means this box: an address, its own name, or one of `names`."""
    found = _HOST.fullmatch(host)
    if not found:
        return False
    name = found[1].lower()
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        own = socket.gethostname().lower()
        short = own.partition(".")[0]
        return name in ("localhost", own, short, f"{short}.local", *(other.lower() for other in names))
    return True


def _refuse_other_sites() -> None:
    reading = request.method in ("GET", "HEAD")
    site = request.headers.get("Sec-Fetch-Site", "none")
    following_a_link = reading and request.headers.get("Sec-Fetch-Mode") == "navigate"
    if site not in ("same-origin", "none") and not following_a_link:
        abort(403)
    # Browsers send Sec-Fetch-Site to secure and loopback addresses only, but Origin with every POST.
    origin = request.headers.get("Origin")
    if not reading and origin is not None and urlsplit(origin).netloc != request.host:
        abort(403)


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure and current_app.config.get("TRUSTED_CERTIFICATE", bool)():
        response.headers["Strict-Transport-Security"] = HSTS
    response.headers.setdefault("Cache-Control", "no-store")
    return response
