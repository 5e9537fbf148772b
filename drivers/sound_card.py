"""A sound card without the keys and lamps of what it is in: to speak through where no device is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drivers.base import Device, Kind
from drivers.ringers.card import cards

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivers.base import Lamp, LampState, Ports


class SoundCard:
    """The first sound card that has a microphone and a speaker, as a source of devices; none may be there."""

    def __init__(self, sysfs: Path = Path("/sys")) -> None:
        """`sysfs` is where sysfs is mounted."""
        self._sysfs = sysfs

    def start(self, ports: Ports) -> None:
        """Look once."""
        for name, folder in cards(self._sysfs).items():
            if all(any(folder.glob(f"pcmC*D*{direction}")) for direction in "pc"):
                device = Device(
                    f"card-{name}", Kind.HEADSET, f"Sound card {name}", frozenset(), frozenset(), audio=name
                )
                ports.attach(device, lambda press, lose: _Bare())
                return

    def stop(self) -> None:
        """Nothing is watched."""


class _Bare:
    """A driver of what has neither keys nor lamps."""

    def show(self, lamps: Mapping[Lamp, LampState], again: bool) -> None:
        """It shows nothing."""

    def close(self) -> None:
        """It holds nothing."""
