"""Print the list that Raspberry Pi Imager reads ("Use custom repository"), with this one image.

imager.py VERSION SECONDS IMAGE COMPRESSED; SECONDS since 1970 is the commit's time. The list lies
beside the image, wherever that is offered: put the address before `url` there.
"""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

BOARDS = {"Raspberry Pi 4, 400, CM4": "pi4-64bit", "Raspberry Pi 3, Zero 2 W": "pi3-64bit"}
"""Name and tag of a board, as Imager's own list has them."""


def sha256(path: Path) -> str:
    """Of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def listing(version: str, seconds: int, image: Path, compressed: Path) -> dict[str, Any]:
    """The list."""
    return {
        "imager": {
            "devices": [{"name": name, "tags": [tag], "default": False} for name, tag in BOARDS.items()]
        },
        "os_list": [
            {
                "name": f"Deskbell {version}",
                "description": "The reception console in a box; set it up in deskbell.toml on the card",
                "url": compressed.name,
                "extract_size": image.stat().st_size,
                "extract_sha256": sha256(image),
                "image_download_size": compressed.stat().st_size,
                "image_download_sha256": sha256(compressed),
                "release_date": datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d"),
                "devices": list(BOARDS.values()),
                "init_format": "none",
            }
        ],
    }


def main() -> None:
    """Print it."""
    version, seconds, image, compressed = sys.argv[1:]
    json.dump(listing(version, int(seconds), Path(image), Path(compressed)), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
