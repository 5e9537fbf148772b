"""Static files have their version in their address, and are kept by browsers for ever.

It is part of the path, not a query: then modules that import each other by `./name.js` come by it as well.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask, Response

FOR_EVER = "public, max-age=31536000, immutable"
_VERSION = re.compile("[0-9a-f]{12}")
AS_NEW = "no-cache"  # kept, but asked for each time


def give(app: Flask) -> None:
    """Let `url_for("static", …)` name the version of all static files together."""
    version = _version(Path(app.static_folder or ""))

    def name_it(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values["filename"] = f"{version}/{values['filename']}"

    def send(filename: str) -> Response:
        known, _, rest = filename.partition("/")
        versioned = _VERSION.fullmatch(known)  # of an update ago, for a page that is open since then
        answer = app.send_static_file(rest if versioned else filename)
        answer.headers["Cache-Control"] = FOR_EVER if known == version else AS_NEW
        return answer

    app.url_defaults(name_it)
    app.view_functions["static"] = send


def _version(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            digest.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]
