"""How loud each device is: kept over unplugging and restarts, whoever changes it.

Everything here runs in the event loop; what the cards' threads tell comes in by `soon`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.audio.levels import CardLevels, Levels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STEP = 0.05  # of a volume key


class Volumes:
    """The levels of all devices that have a sound card.

    `keep` is told the new levels of a device when they were changed; `changed`, that they are to be shown.
    """

    def __init__(
        self,
        soon: Callable[..., None],
        keep: Callable[[str, Levels], None],
        changed: Callable[[], None],
    ) -> None:
        """`soon` has the loop call something next; it is called from other threads."""
        self._soon, self._keep, self._changed = soon, keep, changed
        self._cards: dict[str, CardLevels] = {}
        self._known: dict[str, Levels] = {}
        self._kept: dict[str, Levels] = {}

    def remember(self, kept: Mapping[str, Levels]) -> None:
        """Take the levels that were kept before this start, for the devices that are there and that come."""
        self._kept = {**kept, **self._kept}
        for device, mixer in self._cards.items():
            if device in kept:
                mixer.set(kept[device])

    def attach(self, device: str, card: str) -> None:
        """Have a device at the levels that were kept for it; `card` is its ALSA card, "" for none."""
        self.detach(device)
        if card:
            self._cards[device] = CardLevels(
                card, lambda _, levels: self._soon(self._heard, device, levels), self._kept.get(device)
            )

    def detach(self, device: str) -> None:
        """Let go of a device's card."""
        self._known.pop(device, None)
        if mixer := self._cards.pop(device, None):
            mixer.close()

    def step(self, device: str, up: bool) -> None:
        """Make it one step louder, or softer."""
        if mixer := self._cards.get(device):
            mixer.step(Levels(speaker=STEP if up else -STEP))

    def set(self, device: str, levels: Levels) -> bool:
        """Set what is not None; returns whether the device has levels at all."""
        mixer = self._cards.get(device)
        if mixer:
            mixer.set(levels)
        return mixer is not None

    def known(self) -> Mapping[str, Levels]:
        """Return the levels of the devices that are there."""
        return self._known

    def close(self) -> None:
        """Let go of all cards."""
        for device in list(self._cards):
            self.detach(device)

    def _heard(self, device: str, levels: Levels) -> None:
        if device not in self._cards:
            return  # it went while this was on its way
        before = self._known.get(device)
        self._known[device] = levels
        if before is not None and not levels.is_like(before):
            self._kept[device] = levels
            self._keep(device, levels)
        self._changed()
