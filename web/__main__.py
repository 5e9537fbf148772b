"""Serve the pages: `python -m web --settings FILE [--bind 127.0.0.1:8080]`."""

from __future__ import annotations

import argparse
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]  # gunicorn has no types

from appliance import settings
from web.app import create_app
from web.feed import BROWSERS

if TYPE_CHECKING:
    from flask import Flask
    from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]

STALLED = 20_000  # milliseconds until a browser that takes nothing off the wire is cut off


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn with one worker: one watch connection to the daemon serves every browser."""

    def __init__(self, app: Flask, bind: str) -> None:
        """Serve `app` at `bind`, an address and a port."""
        self._app, self._bind = app, bind
        super().__init__()

    def load_config(self) -> None:
        """Set the options that are not gunicorn's own defaults."""
        options: dict[str, Any] = {
            "bind": self._bind,
            "proc_name": "deskbell-web",
            "workers": 1,
            "worker_class": "gthread",
            "threads": BROWSERS + 12,  # a thread for each browser that listens, and some that ask
            "graceful_timeout": 1,  # a stream never ends by itself
            "loglevel": "warning",
            "control_socket_disable": True,  # gunicorn 25 and later: nobody needs its own control socket
            "when_ready": _cut_off_the_stalled,
            "worker_int": lambda _worker: self._app.extensions["feed"].close(),
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the application."""
        return self._app


def _cut_off_the_stalled(server: Arbiter) -> None:
    for listener in server.LISTENERS:
        if listener.sock.family != socket.AF_UNIX:  # connections inherit it
            listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED)


def _address(path: Path) -> str:
    try:
        page = settings.load(path).page
    except settings.SettingsError:
        page = settings.Settings().page
    return f"{page.address}:{page.port}"


def main() -> None:
    """Read the command line and serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m web", description="The pages of a Deskbell desk.")
    parser.add_argument("--settings", type=Path, default=settings.DEFAULT_PATH, help="(default: %(default)s)")
    parser.add_argument("--bind", default="", help="address and port (default: as the settings say)")
    options = parser.parse_args()
    Server(create_app(options.settings), options.bind or _address(options.settings)).run()


if __name__ == "__main__":
    main()
