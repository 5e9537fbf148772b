"""What keeps other sites out: no request that another page makes, no frame, no script but our own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Response, abort, request
from werkzeug.exceptions import SecurityError

if TYPE_CHECKING:
    from flask import Flask

# Names a browser on the box itself may use. A page of another site whose name was made to point here
# (DNS rebinding) comes with that name, and is refused.
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def protect(app: Flask, hosts: tuple[str, ...]) -> None:
    """Refuse requests under names other than `hosts`, and those that another site makes."""
    app.config["TRUSTED_HOSTS"] = [*LOOPBACK, *hosts]
    app.before_request(_refuse_other_sites)
    app.after_request(_add_headers)


def _refuse_other_sites() -> Response | None:
    if isinstance(request.routing_exception, SecurityError):
        return Response("This box is not known by that name.\n", 400, mimetype="text/plain")
    reading = request.method in ("GET", "HEAD")
    site = request.headers.get("Sec-Fetch-Site", "none")
    following_a_link = reading and request.headers.get("Sec-Fetch-Mode") == "navigate"
    if site not in ("same-origin", "none") and not following_a_link:
        abort(403)
    # Browsers send Sec-Fetch-Site to secure and loopback addresses only, but Origin with every POST.
    origin = request.headers.get("Origin")
    if not reading and origin is not None and urlsplit(origin).netloc != request.host:
        abort(403)
    return None


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
