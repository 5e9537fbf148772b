"""DTMF digits in a call, in the way its line is set to: RFC 4733, SIP INFO or tones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.sip import tones

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.sip.config import Dtmf

_AT_ONCE = 32  # that many tones a generator takes


class Digits:
    """Sends the digits of one call."""

    def __init__(self, later: Callable[[float, Callable[[], None]], None]) -> None:
        """`later` does something later, if the call still lives then."""
        self._later = later
        self._source: pj.ToneGenerator | None = None

    def send(self, call: pj.Call, audio: pj.AudioMedia | None, digits: str, how: Dtmf) -> None:
        """Send digits; as tones into `audio` also where the far end takes no telephone-events."""
        if how == "info":
            wanted = pj.CallSendDtmfParam()
            wanted.method, wanted.digits = pj.PJSUA_DTMF_METHOD_SIP_INFO, digits
            call.sendDtmf(wanted)
        elif how == "inband":
            self._speak(audio, digits)
        else:
            try:
                call.dialDtmf(digits)
            except pj.Error:
                self._speak(audio, digits)

    def _speak(self, audio: pj.AudioMedia | None, digits: str) -> None:
        if audio is None:
            return
        if self._source is None:
            self._source = tones.generator()
        self._source.startTransmit(audio)
        self._play(tones.digit_tones(digits))

    def _play(self, pairs: list[tones.Tone]) -> None:
        now, rest = pairs[:_AT_ONCE], pairs[_AT_ONCE:]
        tones.play(self._source, now)
        if rest:
            self._later(tones.seconds(now), lambda: self._play(rest))
