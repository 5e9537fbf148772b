"""What the operator's headset plays while calls wait: a ring, a sound file, or the call-waiting tone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.sip import tones
from appliance.sip.errors import words
from appliance.sip.log import log

if TYPE_CHECKING:
    from appliance.desk.ringing import Ringing
    from appliance.sip.engine import Alarm, Engine
    from appliance.sip.sound import Sound

_LOUDEST = 16000  # of 32767


class Ring:
    """Rings in the operator's ear, and in nobody else's: it is connected to no call."""

    def __init__(self, engine: Engine, sound: Sound) -> None:
        """It is silent."""
        self._engine, self._sound = engine, sound
        self._ringing: Ringing | None = None
        self._source: pj.AudioMedia | None = None
        self._next: Alarm | None = None
        self._unplayable: set[str] = set()

    def sound(self, ringing: Ringing | None) -> None:
        """Play this from now on; None is silence. What plays already goes on."""
        if ringing is not None and not ringing.headset:
            ringing = None
        if ringing == self._ringing:
            return
        self._ringing = ringing
        self._source = None
        if self._next:
            self._next.cancel()
        if ringing is not None:
            self._play(ringing)

    def _play(self, ringing: Ringing) -> None:
        """Play it once, and again after so many seconds of silence."""
        playable = ringing.tone and ringing.tone not in self._unplayable
        length = self._play_file(ringing) if playable else None
        if length is None:
            length = self._play_tones(ringing)
        if ringing.every > 0:
            self._next = self._engine.later(length + ringing.every, lambda: self._play(ringing))

    def _play_tones(self, ringing: Ringing) -> float:
        tune = tones.CALL_WAITS if ringing.beep else tones.RING
        source = self._source = tones.generator()
        self._sound.hear(source)
        tones.play(source, tune, level=round(_LOUDEST * ringing.volume))
        return tones.seconds(tune)

    def _play_file(self, ringing: Ringing) -> float | None:
        """Return how many seconds the file plays, None when it cannot be played."""
        source = pj.AudioMediaPlayer()
        try:
            source.createPlayer(ringing.tone, pj.PJMEDIA_FILE_NO_LOOP)
            info = source.getInfo()
            source.adjustTxLevel(ringing.volume)
        except pj.Error as error:
            self._unplayable.add(ringing.tone)
            log.warning("the ring tone %s cannot be played: %s", ringing.tone, words(error))
            return None
        self._source = source
        self._sound.hear(source)
        bytes_a_second = max(1, source.getPortInfo().format.clockRate * info.payloadBitsPerSample // 8)
        return float(info.sizeBytes / bytes_a_second)
