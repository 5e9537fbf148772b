"""What came to the port for HTTP is led to the one for HTTPS; a WSGI layer before Flask."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING
from urllib.parse import quote

from web import guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class Redirect:
    """Tells the application whether a request came encrypted, and answers those that did not."""

    def __init__(self, app: WSGIApplication, https_port: int, names: Callable[[], Iterable[str]]) -> None:
        """Lead to `https_port`, or with 0 nowhere; `names()` are those of the box beside its own."""
        self._app, self._port, self._names = app, https_port, names

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        secure = isinstance(environ.get("gunicorn.socket"), ssl.SSLSocket)
        environ["wsgi.url_scheme"] = "https" if secure else "http"  # whatever a header says
        if secure or not self._port:
            return self._app(environ, start_response)
        host = environ.get("HTTP_HOST", "")
        if not guard.is_own(host, self._names()):
            start_response("421 Misdirected Request", [("Content-Length", "0")])
            return []
        start_response("308 Permanent Redirect", [("Location", self._place(host, environ)), _EMPTY])
        return []

    def _place(self, host: str, environ: WSGIEnvironment) -> str:
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        port = "" if self._port == 443 else f":{self._port}"
        path = quote(environ.get("PATH_INFO", "/").encode("latin-1"))
        asked = environ.get("QUERY_STRING", "")
        return f"https://{name}{port}{path}" + (f"?{asked}" if asked else "")


_EMPTY = ("Content-Length", "0")
