"""Write wheels.lock and sources.lock: the newest of all that Deskbell needs on a box (arm64, Python 3.13).

pins.py PYPROJECT FOLDER; to be run by the Python of a virtual environment with a present pip.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

FROM_SOURCE = ("lgpio", "pyalsaaudio")
"""No index has wheels of these for an arm64 Python 3.13."""

PLATFORMS = ["manylinux2014_aarch64"] + [
    f"manylinux_2_{minor}_aarch64" for minor in (17, 26, 27, 28, 31, 34, 38, 39)
]


def newest(requirements: list[str], *options: str) -> list[str]:
    """Everything that pip would install, pinned."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--dry-run",
                "--ignore-installed",
                "--report",
                str(report),
                "--target",
                folder,
                *options,
                *requirements,
            ],
            check=True,
        )
        installed = json.loads(report.read_text())["install"]
    return sorted(
        f"{re.sub('[-_.]+', '-', one['metadata']['name']).lower()}=={one['metadata']['version']}"
        f" --hash=sha256:{one['download_info']['archive_info']['hashes']['sha256']}"
        for one in installed
    )


def name(requirement: str) -> str:
    """Of the package that is required."""
    return re.split(r"[^\w.-]", requirement)[0]


def main() -> None:
    """Write both."""
    pyproject = tomllib.loads(Path(sys.argv[1]).read_text())
    folder = Path(sys.argv[2])
    project = pyproject["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["web"]
    box = ["--only-binary", ":all:", "--python-version", "3.13", "--implementation", "cp"]
    for abi in ("cp313", "abi3", "none"):
        box += ["--abi", abi]
    for platform in PLATFORMS:
        box += ["--platform", platform]
    builder = next(
        pin.split()[0] for pin in newest(pyproject["build-system"]["requires"]) if name(pin) == "hatchling"
    )
    wheels = newest([one for one in wanted if name(one) not in FROM_SOURCE], *box)
    sources = newest(
        [one.split(";")[0] for one in wanted if name(one) in FROM_SOURCE],
        *("--no-deps", "--no-binary", ",".join(FROM_SOURCE)),
    )
    for file, lines in (("wheels.lock", [f"# builder: {builder}", *wheels]), ("sources.lock", sources)):
        (folder / file).write_text("\n".join(["# written by image/lock", *lines, ""]))


if __name__ == "__main__":
    main()
