"""The mixer of one sound card: how loud its speaker is, and how sensitive its microphone.

libasound's simple mixer is called by ctypes, because pyalsaaudio holds Python's lock while it waits for the
card: a USB card that hangs takes 5 s for each control transfer (USB_CTRL_GET_TIMEOUT in linux/usb.h), and
nobody could answer a call meanwhile. Reference: alsa-lib, include/mixer.h.
"""

from __future__ import annotations

import ctypes
import errno
import math
import os
import select
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from drivers.audio.scale import Scale
from drivers.base import DriverError, Unplugged

if TYPE_CHECKING:
    from collections.abc import Iterator

SPEAKER, MICROPHONE = "playback", "capture"
# What USB audio and codecs call them, best first; else the first that there is.
NAMES = {
    SPEAKER: ("Headset", "Headphone", "Speaker", "PCM", "Master"),
    MICROPHONE: ("Headset", "Headset Mic", "Mic", "Capture"),
}
# Their playback side is what a person hears of the own voice in the own ear.
SIDETONES = ("Mic", "Sidetone", "Capture", "Line", "Loopback")


class Mixer:
    """The open mixer of a card. Every method may block for seconds, and raises DriverError."""

    def __init__(self, card: str) -> None:
        """`card` is its ALSA id, as in /proc/asound/cards."""
        self._card = card
        self._handle = ctypes.c_void_p()
        self._asound = _asound()
        self._check(self._asound.snd_mixer_open(ctypes.byref(self._handle), 0))
        try:
            self._check(self._asound.snd_mixer_attach(self._handle, f"hw:CARD={card}".encode()))
            self._check(self._asound.snd_mixer_selem_register(self._handle, None, None))
            self._check(self._asound.snd_mixer_load(self._handle))
            self._controls = {side: self._find(side) for side in (SPEAKER, MICROPHONE)}
        except DriverError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the card."""
        self._asound.snd_mixer_close(self._handle)

    def level(self, side: str) -> float | None:
        """Return how loud SPEAKER or how sensitive MICROPHONE is, 0 to 1; None where there is no control."""
        control = self._controls[side]
        if control is None or not control.has_volume:
            return None
        value = ctypes.c_long()
        scale = self._scale(control)
        if scale.knows_decibel:
            self._call(control, "get_{}_dB", control.channel, ctypes.byref(value))
            return scale.level(value.value / 100)
        lowest, highest = self._steps(control)
        self._call(control, "get_{}_volume", control.channel, ctypes.byref(value))
        return (value.value - lowest) / max(1, highest - lowest)

    def set_level(self, side: str, level: float, *, up: bool = False) -> None:
        """Set it to the step that lies there, or else to the next below, `up`: above.

        Nothing happens where there is no such control.
        """
        control = self._controls[side]
        if control is None or not control.has_volume:
            return
        scale = self._scale(control)
        if scale.knows_decibel:
            lowest, highest = self._range(control, "get_{}_dB_range")
            wanted = min(highest, max(lowest, round(scale.decibel(level) * 100)))
            self._call(control, "set_{}_dB_all", ctypes.c_long(wanted), 1 if up else -1)
        else:
            lowest, highest = self._steps(control)
            exact = round(lowest + level * (highest - lowest), 6)
            wanted = math.ceil(exact) if up else math.floor(exact)
            self._call(control, "set_{}_volume_all", ctypes.c_long(wanted))

    def unmute(self) -> None:
        """Switch on speaker and microphone, whoever has switched them off.

        Nobody mutes by these switches: some headsets mute by them and by their own key at once, and are then
        muted while one says so and the other does not.
        """
        for control in self._controls.values():
            if control is not None and control.has_switch:
                self._call(control, "set_{}_switch_all", 1)

    def descriptors(self) -> list[tuple[int, int]]:
        """Return what to poll for changes: file descriptors and events, as select.poll() takes them."""
        count = self._asound.snd_mixer_poll_descriptors_count(self._handle)
        space = (_PollDescriptor * max(1, count))()
        self._check(self._asound.snd_mixer_poll_descriptors(self._handle, space, count))
        return [(found.fd, found.events) for found in space[:count]]

    def refresh(self) -> None:
        """Take in what has changed; raises Unplugged where the card has gone."""
        self._check(self._asound.snd_mixer_handle_events(self._handle))
        poll = select.poll()
        for descriptor, events in self.descriptors():
            poll.register(descriptor, events)
        if any(events & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, events in poll.poll(0)):
            raise Unplugged(f"the sound card {self._card} has gone")

    def _find(self, side: str) -> _Control | None:
        """The control that a person means by the volume of the speaker, or the gain of the microphone."""
        there = [control for control in self._elements(side) if control.has_volume or control.has_switch]
        if side == SPEAKER:
            there = [control for control in there if not control.name.startswith(SIDETONES)]
        there.sort(key=lambda control: (not control.has_volume, _place(control.name, NAMES[side])))
        return there[0] if there else None

    def _elements(self, side: str) -> Iterator[_Control]:
        address = self._asound.snd_mixer_first_elem(self._handle)
        while address:
            element = ctypes.c_void_p(address)
            if self._asound.snd_mixer_selem_is_active(element):
                name = self._asound.snd_mixer_selem_get_name(element).decode(errors="replace")
                volume, switch = (
                    bool(getattr(self._asound, f"snd_mixer_selem_has_{side}_{what}")(element))
                    for what in ("volume", "switch")
                )
                yield _Control(element, name, side, volume, switch)
            address = self._asound.snd_mixer_elem_next(element)

    def _scale(self, control: _Control) -> Scale:
        try:
            lowest, highest = self._range(control, "get_{}_dB_range")
        except DriverError:  # it knows none
            return Scale(0, 0)
        return Scale(lowest / 100, highest / 100)

    def _steps(self, control: _Control) -> tuple[int, int]:
        return self._range(control, "get_{}_volume_range")

    def _range(self, control: _Control, what: str) -> tuple[int, int]:
        lowest, highest = ctypes.c_long(), ctypes.c_long()
        self._call(control, what, ctypes.byref(lowest), ctypes.byref(highest))
        return lowest.value, highest.value

    def _call(self, control: _Control, what: str, *arguments: object) -> None:
        function = getattr(self._asound, "snd_mixer_selem_" + what.format(control.side))
        self._check(function(control.element, *arguments))

    def _check(self, result: int) -> None:
        if result < 0:
            gone = -result in (errno.ENODEV, errno.ENOENT, errno.ENXIO)
            fault = Unplugged if gone else DriverError
            raise fault(-result, f"the mixer of the sound card {self._card}: {os.strerror(-result)}")


@dataclass(frozen=True, slots=True)
class _Control:
    element: ctypes.c_void_p
    name: str
    side: str
    has_volume: bool
    has_switch: bool
    channel: int = 0  # front left, or the only one


class _PollDescriptor(ctypes.Structure):
    """A struct pollfd of poll(2)."""

    _fields_ = [("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short)]


def _place(name: str, best: tuple[str, ...]) -> int:
    return best.index(name) if name in best else len(best)


@cache
def _asound() -> ctypes.CDLL:
    asound = ctypes.CDLL("libasound.so.2")
    for name in ("snd_mixer_first_elem", "snd_mixer_elem_next"):
        getattr(asound, name).restype = ctypes.c_void_p
    asound.snd_mixer_selem_get_name.restype = ctypes.c_char_p
    return asound
