"""The sound card that the operator speaks and hears through, and at which rate it is best opened.

libasound is called by ctypes, from a thread: a USB card that hangs keeps its caller waiting for seconds
(the kernel gives each control transfer 5 s), and nobody else may wait for that, as pyalsaaudio would have
everybody do: it holds Python's lock meanwhile.
"""

from __future__ import annotations

import ctypes
import errno
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# alsa/pcm.h
_PLAYBACK, _CAPTURE, _NONBLOCK = 0, 1, 1
_NATIVE = (16000, 32000, 48000, 44100, 8000)  # Hz; the first is the bridge's own, and needs no resampling
_FOR_ECHO = (16000, 32000, 48000)  # Hz; what the echo canceller can


@dataclass(frozen=True, slots=True)
class Card:
    """An ALSA card by its id (the CARD= of a PCM name), "" for none.

    `echo` says that its microphone hears its speaker, so that the caller would hear himself.
    """

    name: str = ""
    echo: bool = False

    @property
    def pcm(self) -> str:
        """The ALSA name to open it by; ALSA makes of its channels and sample format what is needed."""
        return f"plughw:CARD={self.name}"


SILENCE = Card()


def look(card: Card, tell: Callable[[int, OSError | None], None]) -> None:
    """Find out, in a thread, at which rate to open a card, and whether it lets itself be opened at all.

    `tell` gets the rate in Hz, or 0 and why not; it is called by that thread, and never where the card hangs
    for ever.
    """

    def run() -> None:
        try:
            rate, fault = rate_for(card, rates(card.name)), None
        except OSError as error:
            rate, fault = 0, error
        tell(rate, fault)

    threading.Thread(target=run, name=f"sound card {card.name}", daemon=True).start()


def rate_for(card: Card, can: list[set[int]]) -> int:
    """Choose the rate for a card, given what each of its directions can do itself.

    pjmedia resamples between that rate and the bridge's 16 kHz, and well. ALSA resamples in between where
    the directions differ, linearly: it should never have to go down, which would fold what is above the
    band into it.
    """
    wanted = _FOR_ECHO if card.echo else _NATIVE
    every = [rate for rate in wanted if all(rate in direction for direction in can)]
    some = [rate for rate in wanted if any(rate in direction for direction in can)]
    return every[0] if every else max(some, default=48000)


def rates(name: str) -> list[set[int]]:
    """Return what rates in Hz a card's playback, its capture, or the one it has can do by themselves.

    Raises OSError where the card is not there, or in use by another program. May block for seconds.
    """
    found, fault = [], OSError(errno.ENODEV, os.strerror(errno.ENODEV))
    for direction in (_PLAYBACK, _CAPTURE):
        try:
            found.append(_direction(f"hw:CARD={name}", direction))
        except FileNotFoundError:  # it has no such direction
            continue
    if not found:
        raise fault
    return found


def _direction(pcm: str, direction: int) -> set[int]:
    asound, handle, space = _asound(), ctypes.c_void_p(), ctypes.c_void_p()
    _check(asound.snd_pcm_open(ctypes.byref(handle), pcm.encode(), direction, _NONBLOCK))
    try:
        _check(asound.snd_pcm_hw_params_malloc(ctypes.byref(space)))
        try:
            _check(asound.snd_pcm_hw_params_any(handle, space))
            return {
                rate for rate in _NATIVE if not asound.snd_pcm_hw_params_test_rate(handle, space, rate, 0)
            }
        finally:
            asound.snd_pcm_hw_params_free(space)
    finally:
        asound.snd_pcm_close(handle)


def _asound() -> ctypes.CDLL:
    """The library that pjsip has loaded already; without the GIL while it works."""
    return ctypes.CDLL("libasound.so.2")


def _check(result: int) -> None:
    if result < 0:
        raise OSError(-result, os.strerror(-result))
