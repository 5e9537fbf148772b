"""Stand-ins for the handles of lights, whose writes are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import pytest

from drivers.nodes import Node

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Handle:
    """`hidraw.device`: output and feature reports, in the order in which they were written."""

    written: ClassVar[list[bytes]] = []
    fails: ClassVar[bool] = False
    opened: list[bytes] = field(default_factory=list)

    def open_path(self, path: bytes) -> None:
        self.opened.append(path)

    def write(self, buffer: bytes) -> int:
        self.written.append(bytes(buffer))
        return -1 if self.fails else len(buffer)

    send_feature_report = write

    def error(self) -> str:
        return "Broken pipe"

    def close(self) -> None:
        self.opened.pop()


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch) -> type[Handle]:
    """Every hidraw node that is opened from now on."""
    monkeypatch.setattr("hidraw.device", Handle)
    monkeypatch.setattr(Handle, "written", [])
    monkeypatch.setattr(Handle, "fails", False)
    return Handle


@dataclass
class Control:
    """`usb.core.Device`: the control transfers, in the order in which they came."""

    written: list[tuple[int, int, int, int, bytes]] = field(default_factory=list)

    def ctrl_transfer(
        self, kind: int, request: int, value: int, index: int, data: bytes, timeout: int
    ) -> int:
        self.written.append((kind, request, value, index, bytes(data)))
        return len(data)


@pytest.fixture
def control(monkeypatch: pytest.MonkeyPatch) -> Control:
    """The only USB device there is."""
    device = Control()
    monkeypatch.setattr("usb.core.find", lambda custom_match: device)
    monkeypatch.setattr("usb.util.dispose_resources", lambda device: None)
    return device


def node_at(
    path: str,
    ids: tuple[int, int],
    name: str = "Light",
    *,
    serial: str = "L1",
    release: int = 0x0100,
    interface: int = 0,
    descriptor: bytes = b"",
) -> Node:
    """A device file as sysfs would show it."""
    return Node(path, "1", 3, *ids, release, interface, name, serial, "1-1", "", descriptor)


def node(path: Path, ids: tuple[int, int]) -> Node:
    """A device file that is there, and that anybody may open."""
    path.touch()
    return node_at(str(path), ids)
