"""How a device wants to be treated beyond what its reports say: its quirk at work; no I/O, no clock.

Lamps pass here on their way to the device, keys on their way from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.base import Key, Lamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from drivers.telephony.quirks import Quirk

ECHO_SECONDS = 2.0  # in which a device answers our Off-Hook lamp with its hook switch
_VOLUME = frozenset({Key.VOLUME_UP, Key.VOLUME_DOWN})
_LINE = frozenset({Key.HOOK, Key.LINE_BUSY})

Event = tuple[Key, bool]  # pressed or released


class Manners:
    """The quirk of one device at work. Times are seconds of any one clock.

    `lamps` is for the thread that writes, `heard` for the one that reads; neither waits for the other.
    """

    def __init__(self, quirk: Quirk) -> None:
        """All lamps are taken to be dark and the hook switch on-hook."""
        self._quirk = quirk
        self._lit: AbstractSet[Lamp] = frozenset()
        self._lifted = False
        self._resting = False  # on-hook because its call is held
        self._expected: list[tuple[bool, float]] = []  # where the hook switch will be, if by then
        self._on_hooks = 0
        self._volume_at: dict[Key, float] = {}
        self._doubled: set[Key] = set()

    def lamps(self, lit: AbstractSet[Lamp], now: float) -> AbstractSet[Lamp]:
        """The lamps to light at the device so that it shows these."""
        rests = self._quirk.hold_clears_off_hook and {Lamp.HOLD, Lamp.OFF_HOOK} <= lit
        if rests is not self._resting and Lamp.OFF_HOOK in lit:
            self._expect(not rests, now)
        self._resting, self._lit = rests, lit
        return lit - {Lamp.OFF_HOOK} if rests else lit

    def learn(self, events: Iterable[Event]) -> None:
        """Take a report as how things are."""
        for key, pressed in events:
            if key is Key.HOOK:
                self._lifted = pressed

    def heard(self, events: list[Event], still: bool, now: float) -> list[Event]:
        """What a report means; `still`: it says of the hook switch what the one before said."""
        self.learn(events)
        told = [meant for event in events for meant in self._meant(*event, now)]
        if self._rejects(events, still):
            told += [(Key.REJECT, True), (Key.REJECT, False)]
        return told

    def _meant(self, key: Key, pressed: bool, now: float) -> Iterator[Event]:
        if key is Key.HOOK and self._was_expected(pressed, now):
            return
        if key is Key.MUTE and self._quirk.mute_is_state:
            if pressed is not (Lamp.MUTE in self._lit):  # else it only follows our lamp
                yield from ((key, True), (key, False))
            return
        if key in _VOLUME and self._is_double(key, pressed, now):
            return
        yield key, pressed

    def _expect(self, lifted: bool, now: float) -> None:
        """The hook switch is about to follow the Off-Hook lamp into a hold or out of it."""
        ahead = [where for where, until in self._expected if now < until]
        if lifted is not (ahead[-1] if ahead else self._lifted):
            self._expected.append((lifted, now + ECHO_SECONDS))

    def _was_expected(self, lifted: bool, now: float) -> bool:
        """Whether the hook switch only follows the lamp; if not, a person moved it and nothing follows."""
        for index, (where, until) in enumerate(self._expected):
            if where is lifted and now < until:
                del self._expected[: index + 1]
                return True
        self._expected.clear()
        return False

    def _is_double(self, key: Key, pressed: bool, now: float) -> bool:
        if not pressed:
            double = key in self._doubled
            self._doubled.discard(key)
            return double
        double = now - self._volume_at.get(key, float("-inf")) < self._quirk.volume_echo
        if double:
            self._doubled.add(key)
        else:
            self._volume_at[key] = now
        return double

    def _rejects(self, events: list[Event], still: bool) -> bool:
        """Count the reports that say on-hook and nothing else while it rings."""
        if not self._quirk.on_hooks_to_reject:
            return False
        if Lamp.RING not in self._lit or self._lifted or {key for key, _ in events} - _LINE:
            self._on_hooks = 0
        elif events or still:
            self._on_hooks += 1
        if self._on_hooks < self._quirk.on_hooks_to_reject:
            return False
        self._on_hooks = 0
        return True
