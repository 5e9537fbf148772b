"""Serve the pages: `python -m web --settings FILE [--bind 127.0.0.1:8080]`."""

from __future__ import annotations

import argparse
import ipaddress
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]  # gunicorn has no types

from appliance import settings
from appliance.backup.box import CERTIFICATES
from appliance.settings.options import PageOptions
from web import box, codes, tls
from web.app import create_app, names
from web.feed import BROWSERS
from web.flood import Floodgate
from web.redirect import Redirect
from web.worker import Worker

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from flask import Flask

NICENESS = 10  # the desk goes first


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn with one worker: one watch connection to the daemon serves every browser."""

    def __init__(self, app: Flask, page: PageOptions) -> None:
        """Serve `app` where `page` says."""
        self._app, self._page = app, page
        super().__init__()

    def load_config(self) -> None:
        """Set the options that are not gunicorn's own defaults."""
        page = self._page
        host = f"[{page.address}]" if ":" in page.address else page.address
        options: dict[str, Any] = {
            "bind": [f"{host}:{port}" for port in (page.port, page.https_port) if port],
            "proc_name": "deskbell-web",
            "workers": 1,
            "worker_class": Worker,
            "threads": BROWSERS + 24,  # a thread for each browser that listens, and some that ask
            "worker_connections": 1000,
            "graceful_timeout": 1,  # a stream never ends by itself
            "loglevel": "error",  # what strangers send is no news: a flood of it would fill the log
            "sendfile": False,  # it would go around the encryption
            "control_socket_disable": True,  # nobody needs gunicorn's own control socket
            "worker_int": lambda _worker: self._app.extensions["feed"].close(),
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        """Return the application with what stands before it."""
        return Floodgate(Redirect(self._app, self._page.https_port, self._names))

    def _names(self) -> tuple[str, ...]:
        with self._app.app_context():
            return names()


def main() -> int:
    """Read the command line and serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m web", description="The pages of a Deskbell desk.")
    parser.add_argument("--settings", type=Path, default=settings.DEFAULT_PATH, help="(default: %(default)s)")
    parser.add_argument(
        "--bind", default="", help="address and port, without HTTPS (default: as the settings say)"
    )
    options = parser.parse_args()
    page = _page(options.settings, options.bind)
    if not ipaddress.ip_address(page.address).is_loopback and not page.https_port:
        print(
            f"deskbell: {page.address} lets others in, and passwords would go unencrypted: set "
            f"page.https_port in {options.settings}, to 443 for instance, or page.address to 127.0.0.1",
            file=sys.stderr,
        )
        return 1
    os.nice(NICENESS)
    Worker.service = os.environ.pop("NOTIFY_SOCKET", "")
    app = create_app(options.settings)
    if page.https_port:
        _encrypt(app, page)
    with app.app_context():
        codes.tell(page)
    Server(app, page).run()
    return 0


def _page(path: Path, bind: str) -> PageOptions:
    """Return where to serve; wrong settings are looked at on the pages, which have to be served for that."""
    if bind:
        address, _, port = bind.rpartition(":")
        return PageOptions(address=address.strip("[]"), port=int(port))
    try:
        return settings.load(path).page
    except settings.SettingsError:
        return PageOptions()


def _encrypt(app: Flask, page: PageOptions) -> None:
    with app.app_context():
        credentials = tls.Credentials(box.state_folder() / CERTIFICATES)
    credentials.ensure(tls.own_names(page.names))
    Worker.credentials, Worker.https_port = credentials, page.https_port
    app.extensions["credentials"] = credentials
    app.config["SESSION_COOKIE_SECURE"] = True
    app.config["TRUSTED_CERTIFICATE"] = lambda: not credentials.certificate().own


if __name__ == "__main__":
    sys.exit(main())
