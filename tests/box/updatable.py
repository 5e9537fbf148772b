"""A box with two systems, as files in a folder: its card, its other system, a store, a desk, and RAUC.

RAUC is the real one of the image's tools as far as it looks at bundles; to install one it needs a machine, so
that a stand-in does that here: it verifies, writes the state of the slots as RAUC does, and the new system.
"""

from __future__ import annotations

import atexit
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.box import slots, update, update_note
from appliance.box.slots import State
from appliance.box.system import System
from appliance.store.file import prepare
from tests.image import tools
from tests.web import states
from tests.web.daemon import StandInDaemon

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from appliance.box.update_note import Note

PROJECT = Path(__file__).parents[2]
RUNS = "1.1.0"
"""The version that runs, in slot A; slot B holds 1.0.0."""

INSTALL = r"""
import subprocess, sys
from pathlib import Path
from appliance.box import slots
from appliance.box.system import System

root, rauc, bundle = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
def state(order, tries):
    with (root / slots.DISK).open("r+b") as disk:
        disk.seek(slots.AT)
        disk.write(slots.encoded(slots.State(order, {"A": slots.TRIES, "B": tries}, "A")))
state(("A",), 0)
print("  0% Installing", flush=True)
if (root / "broken").exists():
    print("100% Installing failed.", "\r\x1b[JLastError: Failed to write: Input/output error", sep="\n")
    print("Installing `update` failed")
    sys.exit(1)
print(" 60% Copying image to rootfs.1", flush=True)
state(("B", "A"), 3)
print("100% Installing done.", flush=True)
"""


class UpdatableBox:
    """The box; `ran` is what root has run on it."""

    def __init__(self, folder: Path) -> None:
        """Make it: version 1.1.0 runs in slot A and was healthy."""
        self.root, self.ran = folder / "root", list[list[str]]()
        self.system = System(self.root, self.root / "boot/firmware", self._run)
        self.store = self.root / "var/lib/deskbell/desk.db"
        self.desk = StandInDaemon(folder / "desk.sock")
        self.desk.show(states.idle())
        self.place = update.Place(self.system, self.store, folder / "desk.sock")
        self.write("proc/cmdline", "rauc.slot=A root=PARTUUID=5a1d0001-02 ro rootwait")
        self.write(slots.RELEASE, f"VERSION={RUNS}\nCOMMIT=0123456\n")
        for partition in slots.PARTITIONS.values():
            self.write(partition, "")
        self._other("1.0.0", folder / "other")
        with (self.root / slots.DISK).open("wb") as disk:
            disk.truncate(4 << 20)
        self.has(State(tries={"A": slots.TRIES, "B": 0}, good="A"))
        (self.store.parent / update.FOLDER).mkdir(parents=True)
        shutil.copy(_new_store(), self.store)

    def write(self, name: str, text: str) -> None:
        """Write a file of the system."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def has(self, state: State) -> None:
        """Have this state on the card."""
        slots.keep(self.system, state)

    def boots(self, slot: str, version: str) -> None:
        """Start from a slot that holds a version."""
        self.write("proc/cmdline", f"rauc.slot={slot} ro")
        self.write(slots.RELEASE, f"VERSION={version}\n")

    @property
    def state(self) -> State:
        """What the bootloader goes by."""
        return slots.state(self.system)

    @property
    def note(self) -> Note:
        """What is told of updates."""
        return update_note.read(self.store.parent)

    def _other(self, version: str, tree: Path) -> None:
        release = tree / slots.RELEASE
        release.parent.mkdir(parents=True)
        release.write_text(f"VERSION={version}\n")
        partition = self.root / slots.PARTITIONS["B"]
        mke2fs = ["mke2fs", "-q", "-t", "ext4", "-d", str(tree), str(partition), "2M"]
        subprocess.run(
            mke2fs, check=True, env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
        )

    def _run(self, words: Sequence[str], *_: object) -> None:
        self.ran.append(list(words))


@cache
def _new_store() -> Path:
    """Return a store that is made once: a process of its own makes one, which takes its time."""
    store = Path(tempfile.mkdtemp(prefix="deskbell-store-")) / "desk.db"
    atexit.register(shutil.rmtree, store.parent)
    prepare(store)
    return store


class Bundles:
    """Updates of all sorts, made as `make image` makes them."""

    def __init__(self, folder: Path) -> None:
        """`folder` is short-lived; it also gets the key that they are signed with."""
        self.folder, self.tree = folder, folder / "tree"
        (self.tree / "usr/lib").mkdir(parents=True)
        files = folder / "files"
        files.mkdir()
        (files / "rubbish").write_bytes(os.urandom(300_000))
        self._root = folder / "root.ext4"
        tools.run("mke2fs", "-q", "-t", "ext4", "-d", files, self._root, "4M")
        self._tool(self.folder / "ours", "install", self.tree)

    def make(self, version: str, signed_by: str = "ours", **replaced: str) -> Path:
        """Return a bundle of a version; `replaced` changes words of its manifest."""
        bundle = self.folder / f"deskbell-{version}-{signed_by}-{'-'.join(replaced.values())}.raucb"
        if not bundle.exists():
            script = "bundle"
            if replaced:
                source = PROJECT / "image/rauc/bundle"
                text = source.read_text().replace('$(dirname "$0")', str(source.parent))
                for old, new in replaced.items():
                    assert old in text
                    text = text.replace(old, new)
                script = str(self.folder / "changed")
                Path(script).write_text(text)
                Path(script).chmod(0o755)
            self._tool(self.folder / signed_by, script, self._root, version, bundle)
        return bundle

    def _tool(self, keys: Path, script: str, *words: str | Path) -> None:
        program = PROJECT / "image/rauc" / script
        inside = ["env", f"XDG_CACHE_HOME={keys}", str(program), *map(str, words)]
        subprocess.run([str(PROJECT / "image/tools"), *inside], check=True, capture_output=True)


def put_rauc(box: UpdatableBox, bundles: Bundles, folder: Path, path: pytest.MonkeyPatch) -> None:
    """Give a box RAUC and the settings that its image has."""
    settings = box.root / "usr/lib/rauc"
    settings.mkdir(parents=True)
    for name in ("system.conf", "keyring.pem"):
        (settings / name).write_bytes((bundles.tree / "usr/lib/rauc" / name).read_bytes())
    real = shlex.join(tools.words("rauc"))
    install = folder / "install.py"
    install.write_text(INSTALL)
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    stand_in = shlex.join([sys.executable, str(install), str(box.root), "rauc"])
    (bin_folder / "rauc").write_text(
        f'#!/bin/sh\n[ "$1" = install ] && exec env PYTHONPATH={PROJECT} {stand_in} "$2"\nexec {real} "$@"\n'
    )
    (bin_folder / "rauc").chmod(0o755)
    path.setenv("PATH", f"{bin_folder}:{os.environ['PATH']}:/usr/sbin:/sbin")
