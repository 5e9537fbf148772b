"""Plays one tone on one sound card until it is ended: a process of its own for every ringer that rings.

    python -m drivers.ringers.player CARD VOLUME EVERY [TONE]

pyalsaaudio 0.11 holds Python's lock while it opens, sets up and closes a card, and the kernel waits there for
up to five seconds for a USB speaker that does not answer (USB_CTRL_SET_TIMEOUT in usb_set_interface): in the
desk's own process nobody could answer a call meanwhile. A process can be ended whatever its card does, and
what has no process makes no sound.

It writes an empty line when the tone sounds; when it fails, then or later, a line that says why. It ends when
its standard input does, so that no ringer outlives the desk.
"""

from __future__ import annotations

import select
import sys
from typing import TYPE_CHECKING

import alsaaudio  # type: ignore[import-not-found]

from drivers.ringers.tone import PIECE_SECONDS, ToneError, quieter, tone

if TYPE_CHECKING:
    from drivers.ringers.tone import Tone

PERIODS = 5  # of 20 ms in a piece
BUFFER_PIECES = 4


def play(card: str, found: Tone, volume: float, every: float) -> None:
    """Play it over and over, with `every` seconds of silence in between; once, where that is 0."""
    told = False
    while True:
        pcm = _opened(card, found)
        for piece in found.pieces():
            samples = quieter(piece, volume)
            while pcm.write(samples) < 0:
                pass  # it ran dry, as we were late; it goes on with the next try
            if not told:
                _say()
                told = True
            if _abandoned(0):
                pcm.drop()
                return
        pcm.close()  # when it has played all
        if not every or _abandoned(every):
            return


def _opened(card: str, found: Tone) -> alsaaudio.PCM:
    """`sysdefault` is what the card's own part of ALSA's configuration offers, whatever else is the default.

    It converts rate, format and channels, and knows the frames that a Raspberry Pi's HDMI needs
    (cards/vc4-hdmi.conf in alsa-lib), which plughw does not.
    """
    return alsaaudio.PCM(
        type=alsaaudio.PCM_PLAYBACK,
        device=f"sysdefault:CARD={card}",
        rate=found.rate,
        channels=found.channels,
        format=alsaaudio.PCM_FORMAT_S16_LE,
        periodsize=round(found.rate * PIECE_SECONDS / PERIODS),
        periods=PERIODS * BUFFER_PIECES,
    )


def _abandoned(seconds: float) -> bool:
    """Whether the desk has let go of us; waits so long for that."""
    return bool(select.select([sys.stdin], [], [], seconds)[0])


def _say(line: str = "") -> None:
    print(line, flush=True)


def main(card: str, volume: str, every: str, path: str = "") -> int:
    """Play; the exit status is 0 when it has played enough."""
    try:
        play(card, tone(path), float(volume), float(every))
    except (alsaaudio.ALSAAudioError, ToneError) as fault:
        _say(str(fault))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
