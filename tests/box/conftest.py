"""A box as a tree of files: its root, and the boot partition of its card."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from appliance.box import settings
from appliance.box.system import System

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from appliance.box.troubles import Trouble

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDIUwwmv90DpymwJI25vhKNC0SX2INJuNlqZ1eBhNBp5 ada@example"


@dataclass
class Card:
    """A box with a card in it; programs are noted, and those of ours run."""

    folder: Path
    ran: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.root, self.boot = self.folder / "root", self.folder / "boot"
        for path in (self.boot, self.root / "etc/deskbell", self.root / "var/lib/deskbell"):
            path.mkdir(parents=True)
        (self.root / "etc/hostname").write_text("deskbell\n")
        (self.root / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")
        (self.root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/bash\n")
        (self.root / "etc/deskbell/deskbell.toml").write_text(
            f'[desk]\nstore = "{self.root}/var/lib/deskbell/desk.db"\nsocket = "{self.root}/desk.sock"\n'
        )
        self.system = System(self.root, self.boot, self.run)

    @property
    def file(self) -> Path:
        return self.boot / "deskbell.toml"

    def run(self, words: Sequence[str], said: str = "", user: str | None = None) -> None:
        """What the box would run."""
        self.ran.append(" ".join(words))
        if words[0] == sys.executable:
            System().run(words, said)
        if words[0] == "useradd":
            with (self.root / "etc/passwd").open("a") as users:
                users.write("admin:x:1000:1000::/var/lib/deskbell-admin:/bin/bash\n")

    def start(self, text: str | bytes | None = None) -> list[Trouble]:
        """Write the settings file, where one is given, and switch the box on."""
        if text is not None:
            self.file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return settings.take_over(self.system)

    def read(self, name: str) -> str:
        return (self.root / name).read_text()

    def everything(self) -> dict[str, bytes]:
        """All files, by their names."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and not path.name.startswith("desk.db")
        }


@pytest.fixture
def card(tmp_path: Path) -> Card:
    return Card(tmp_path / "box")
