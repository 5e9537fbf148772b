"""A sound card tried with nobody on the line: how loud the microphone is, and what was said, played back."""

from __future__ import annotations

import os
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.sip.card import SILENCE, Card
from appliance.sip.errors import words
from appliance.sip.log import log

if TYPE_CHECKING:
    from appliance.sip.calls import Calls
    from appliance.sip.engine import Alarm, Engine
    from appliance.sip.sound import Sound

SPEAK_SECONDS = 3.0
"""What is played back; it is not heard while it is said, so that nothing howls."""
LONGEST_SECONDS = 15.0
_CLOSE_SECONDS = 0.3  # until pjsip has completed a recording
_LAST_SECONDS = 0.2  # what waits in a card


class Phase(StrEnum):
    """What a try is about."""

    NONE = ""
    SPEAK = "speak"
    LISTEN = "listen"


class EchoTest:
    """One try at a time. Lives in the SIP thread; a call ends it."""

    def __init__(self, engine: Engine, sound: Sound, calls: Calls) -> None:
        """Nothing is tried."""
        self._engine, self._sound, self._calls = engine, sound, calls
        self.phase = Phase.NONE
        self._before = SILENCE
        self._file = ""
        self._media: pj.AudioMedia | None = None
        self._next: Alarm | None = None
        self._last: Alarm | None = None

    def begin(self, card: Card, file: str, echo: bool) -> None:
        """Hear the microphone of a card; with `echo` play back what was said. `file` is a WAV file to be.

        Nothing is done while there are calls.
        """
        self.end()
        if self._calls:
            return
        self._before, self._file = self._sound.card, file
        self._sound.use(card)
        self._last = self._engine.later(LONGEST_SECONDS, self.end)
        self.phase = Phase.SPEAK
        try:
            self._media = self._recorder()
            self._sound.record(self._media)
        except (OSError, pj.Error) as error:
            log.warning("%s: %s", file, words(error) if isinstance(error, pj.Error) else error)
            self.end()
            return
        if echo:
            self._next = self._engine.later(SPEAK_SECONDS, self._play)

    def end(self) -> None:
        """Be done with it: the card of before is used again, and what was said is forgotten."""
        if not self.phase:
            return
        self.phase, self._media = Phase.NONE, None
        for alarm in (self._next, self._last):
            if alarm:
                alarm.cancel()
        with suppress(FileNotFoundError):
            os.unlink(self._file)
        self._sound.use(self._before)

    def _recorder(self) -> pj.AudioMediaRecorder:
        os.close(os.open(self._file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600))
        made = pj.AudioMediaRecorder()
        made.createRecorder(self._file)
        return made

    def _play(self) -> None:
        self.phase, self._media = Phase.LISTEN, None
        self._next = self._engine.later(_CLOSE_SECONDS, self._hear)

    def _hear(self) -> None:
        """Play it back as soon as pjsip has closed the file."""
        made = pj.AudioMediaPlayer()
        try:
            made.createPlayer(self._file, pj.PJMEDIA_FILE_NO_LOOP)
        except pj.Error:
            self._next = self._engine.later(_CLOSE_SECONDS, self._hear)
            return
        self._media = made
        self._sound.hear(made)
        self._next = self._engine.later(SPEAK_SECONDS + _LAST_SECONDS, self.end)
