"""Given a box that works, when an update is good it stays, and when it is not the box is as it was before.

Each update is the image's own system with something changed in it. The machine does not restart by itself:
where a box does, it is switched on again.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.image import tools
from tests.image.box import image
from tests.image.machine import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.image.box import Box, Office

pytestmark = [
    *(pytest.mark.image, pytest.mark.exchange, pytest.mark.nightly, pytest.mark.timeout(7200)),
]
PROJECT = Path(__file__).parents[2]
PROGRAM = "/opt/deskbell/lib/python3.13/site-packages/appliance"


class Updates:
    """Bundles of the image's own system, changed."""

    def __init__(self, office: Office) -> None:
        """Take the system out of a card."""
        self._folder, card = office.folder, office.card("pristine")
        self._root = self._folder / "root.ext4"
        part = card.partitions()[2]
        with card.file.open("rb") as source, self._root.open("wb") as target:
            source.seek(part.start)
            for _ in range(part.size >> 20):
                piece = source.read(1 << 20)
                target.seek(len(piece), 1) if not any(piece) else target.write(piece)
            target.truncate(part.size)

    def make(self, version: str, *without: str, strangers: bool = False) -> Path:
        """Return an update to a version, whose system lacks some files."""
        root, release = self._folder / "changed.ext4", self._folder / "release"
        tools.run("cp", "--sparse=always", self._root, root)
        release.write_text(f"VERSION={version}\n")
        commands = [f"rm {file}" for file in (*without, "/usr/lib/deskbell/release")]
        commands.append(f"write {release} /usr/lib/deskbell/release")
        for command in commands:
            tools.run("debugfs", "-w", "-R", command, root)
        bundle = self._folder / f"deskbell-{version}.raucb"
        keys = {"XDG_CACHE_HOME": str(self._folder)} if strangers else {}
        words = ["env", *(f"{name}={value}" for name, value in keys.items())]
        script = [PROJECT / "image/tools", *words, PROJECT / "image/rauc/bundle", root, version, bundle]
        subprocess.run(
            list(map(str, script)), check=True, env={**os.environ, "cache": str(tools.tree().parent)}
        )
        return bundle


@pytest.fixture(scope="module")
def updates(office: Office) -> Updates:
    return Updates(office)


@pytest.fixture(scope="module")
def box(office: Office) -> Iterator[Box]:
    image()
    with office.box(office.card("updated")) as one:
        yield one.until_up()


def note(box: Box) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(box.ssh("sudo", "cat", "/var/lib/deskbell/update.json"))
    return said


def runs(box: Box) -> tuple[str, str]:
    """Return the slot and the version that run."""
    slots = json.loads(box.deskbell("box", "slots", "--json"))
    return next((slot["name"], slot["version"]) for slot in slots if slot["runs"])


def bring(box: Box, bundle: Path) -> str:
    """Lay an update where Ansible does, and return its path."""
    path = f"/var/lib/deskbell/updates/{bundle.name}"
    with bundle.open("rb") as file:
        subprocess.run([*box._ssh(), f"sudo tee {path} >/dev/null"], stdin=file, check=True)
    return path


def installed(box: Box, bundle: Path) -> None:
    """Install an update, and switch the box on again when it restarts."""
    path = bring(box, bundle)
    subprocess.run([*box._ssh(), f"sudo /opt/deskbell/bin/deskbell box update {path}"], check=False)
    box.machine.wait_until_off()
    box.office.forget()
    box.machine.start()


def until_ended(box: Box) -> str:
    """Wait until the update is over, and return how it ended."""
    box.until_ssh()
    box.until("the update is over", lambda: note(box)["state"] in ("good", "returned", "refused"))
    return str(note(box)["state"])


def test_a_good_update_stays(box: Box, updates: Updates) -> None:
    assert runs(box)[0] == "A"
    installed(box, updates.make("90.1.0"))
    box.until_up()
    assert until_ended(box) == "good"
    assert runs(box) == ("B", "90.1.0")


def test_one_that_cannot_be_loaded_is_left_by_the_bootloader(box: Box, updates: Updates) -> None:
    before = runs(box)
    installed(box, updates.make("90.2.0", "/boot/vmlinuz"))
    box.until_up()
    assert until_ended(box) == "returned"
    assert runs(box) == before


def test_one_whose_desk_does_not_start_is_left_and_the_reason_is_told(box: Box, updates: Updates) -> None:
    before = runs(box)
    installed(box, updates.make("90.3.0", f"{PROGRAM}/daemon.py"))
    box.machine.wait_until_off()  # the new one, that gives itself up
    box.machine.start()
    box.until_up()
    assert until_ended(box) == "returned"
    assert runs(box) == before
    assert "deskbell.service" in str(note(box)["what"])


def test_a_power_cut_while_it_is_written_changes_nothing(box: Box, updates: Updates) -> None:
    before = runs(box)
    path = bring(box, updates.make("90.4.0"))
    with subprocess.Popen([*box._ssh(), f"sudo /opt/deskbell/bin/deskbell box update {path}"]) as writing:
        box.until("half of it is written", lambda: note(box)["percent"] >= 50)
        box.machine.cut()
        writing.kill()
    box.office.forget()
    box.machine.start()
    box.until_up()
    assert until_ended(box) == "refused"
    assert runs(box) == before


@pytest.mark.parametrize(
    ("version", "strangers", "why"),
    [("90.5.0", True, "not signed by anybody"), ("0.0.1", False, "is older than")],
    ids=["signed by strangers", "older"],
)
def test_what_may_not_be_installed_is_refused(
    box: Box, updates: Updates, version: str, strangers: bool, why: str
) -> None:
    path = bring(box, updates.make(version, strangers=strangers))
    with pytest.raises(MachineError, match=why):
        box.deskbell("box", "update", path)
