"""Plays one tone on one sound card until it is ended: a process of its own for every ringer that rings.

    python -m drivers.ringers.player CARD VOLUME EVERY [TONE]

pyalsaaudio 0.11 holds Python's lock while it opens, sets up and closes a card, and the kernel waits there for
up to five seconds for a USB speaker that does not answer (USB_CTRL_SET_TIMEOUT in usb_set_interface): in the
desk's own process nobody could answer a call meanwhile (seen in the rig: 5.04 s). A process can be ended
whatever its card does, and what has no process makes no sound.

It writes an empty line when the tone sounds; when it fails, then or later, a line that says why. It ends when
its standard input does, so that no ringer outlives the desk.
"""

from __future__ import annotations

import errno
import os
import select
import sys
from itertools import repeat
from typing import TYPE_CHECKING

import alsaaudio  # type: ignore[import-not-found]

from drivers.ringers.tone import PIECE_SECONDS, ToneError, quieter, tone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers.ringers.tone import Tone

PERIODS = 5  # of 20 ms in a piece: whole numbers of frames at 44.1 as at 48 kHz
BUFFER_PIECES = 4
# The card itself, its rate, format and channels converted; else what its own part of ALSA's configuration
# says. That knows the frames of a Raspberry Pi's HDMI (cards/vc4-hdmi.conf in alsa-lib), and shares the
# card where it is shared; it is not the first, as a shared card has odd periods, with which ALSA converts
# rates roughly: a tone of 44.1 kHz lay 16 dB above its noise instead of 60.
DEVICES = ("plughw:CARD={}", "sysdefault:CARD={}")


def play(card: str, found: Tone, volume: float, every: float) -> None:
    """Play it over and over, with `every` seconds of silence in between; once, where that is 0."""
    pcm = _opened(card, found)
    for at, piece in enumerate(_pieces(found, volume, every)):
        while pcm.write(piece) < 0:
            pass  # it ran dry, as we were late; it goes on with the next try
        if at == 0:
            _say("")
        if select.select([sys.stdin], [], [], 0)[0]:
            break
    pcm.drop()  # not drain(): where ALSA converts the rate it plays a bit again at the end


def _pieces(found: Tone, volume: float, every: float) -> Iterator[bytes]:
    """What is to be heard; in the end as much silence as the card keeps of it."""
    silence = bytes(2 * found.channels * round(found.rate * PIECE_SECONDS))
    while True:
        for piece in found.pieces():
            yield quieter(piece, volume)
        yield from repeat(silence, round(every / PIECE_SECONDS) if every else BUFFER_PIECES + 1)
        if not every:
            return


def _opened(card: str, found: Tone) -> alsaaudio.PCM:
    wanted = {"rate": found.rate, "channels": found.channels, "format": alsaaudio.PCM_FORMAT_S16_LE}
    periods = {"periodsize": round(found.rate * PIECE_SECONDS / PERIODS), "periods": PERIODS * BUFFER_PIECES}
    faults = []
    for device in DEVICES:
        try:
            pcm = alsaaudio.PCM(device=device.format(card), **wanted, **periods)
        except alsaaudio.ALSAAudioError as fault:
            faults.append(str(fault))
            continue
        got = pcm.info()  # pyalsaaudio takes what it gets
        if all(got[name] == value for name, value in wanted.items()):
            return pcm
        pcm.close()
        faults.append(f"it takes no sound of {found.rate} Hz")
    raise alsaaudio.ALSAAudioError(faults[0])


def _say(line: str) -> None:
    print(line, flush=True)


def _tone(path: str) -> Tone:
    """The tone of a file; the built-in one where it has become unfit since it was chosen: ring it must."""
    try:
        return tone(path)
    except ToneError as fault:
        print(f"{fault}; the built-in tone rings", file=sys.stderr)
        return tone("")


def main(card: str, volume: str, every: str, path: str = "") -> int:
    """Play; the exit status is 0 when it has played enough."""
    try:
        play(card, _tone(path), float(volume), float(every))
    except (alsaaudio.ALSAAudioError, ToneError) as fault:
        _say("another program plays there" if os.strerror(errno.EBUSY) in str(fault) else str(fault))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
