"""The operator's microphone and speaker: one sound card, or none. All audio runs in C."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.sip import tones
from appliance.sip.errors import words
from appliance.sip.log import log

if TYPE_CHECKING:
    from appliance.sip.engine import Endpoint


class Sound:
    """Connects calls to a sound card.

    pjsip opens the card when the first call is connected and closes it a second after the last has gone. A
    card that cannot be opened, or vanishes, is replaced by silence: the clock goes on, and so does the call.
    """

    def __init__(self, endpoint: Endpoint, silent: bool) -> None:
        """`silent`: never touch a sound card."""
        self._endpoint = endpoint
        self._devices = endpoint.audDevManager()
        self._silent = silent
        self._card = ""
        self._devices.setNullDev()
        self._microphone = self._devices.getCaptureDevMedia()
        self._speaker = self._devices.getPlaybackDevMedia()
        self._tone: pj.ToneGenerator | None = None
        self._rings = ""  # the call that the tone is for
        endpoint.on_sound_failed = self._failed

    def use(self, card: str) -> None:
        """Let the operator hear and speak through this ALSA card; "": through none."""
        if self._silent or card == self._card:
            return
        self._card = card
        if not card or not self._open(card):
            self._fall_silent()

    def close(self) -> None:
        """Let go of the endpoint."""
        self._tone = None
        self._endpoint.on_sound_failed = None

    def _failed(self) -> None:
        """Go on without the card: it has stopped working."""
        log.warning("the sound card %s has gone", self._card or "(none)")
        self._fall_silent()

    def connect(self, call: pj.AudioMedia, talking: bool) -> None:
        """Let the operator and a call hear each other, or not."""
        if talking:
            self.hear(call)
            self._microphone.startTransmit(call)
        else:
            with suppress(pj.Error):  # not connected
                self._microphone.stopTransmit(call)
            with suppress(pj.Error):
                call.stopTransmit(self._speaker)

    def hear(self, source: pj.AudioMedia) -> None:
        """Let the operator hear something; in silence when the sound card cannot be opened."""
        try:
            source.startTransmit(self._speaker)
        except pj.Error as error:
            log.warning("the sound card %s cannot be opened: %s", self._card, words(error))
            self._fall_silent()
            source.startTransmit(self._speaker)

    def ringing_tone(self, call: str, on: bool) -> None:
        """Let the operator hear that the far end of a call rings, or no longer."""
        if on and self._tone is None:
            self._tone, self._rings = tones.generator(), call
            self.hear(self._tone)
            tones.play(self._tone, tones.FAR_END_RINGS, loop=True)
        elif not on and self._rings == call:
            self._tone, self._rings = None, ""

    def mute(self, on: bool) -> None:
        """Cut or restore what the microphone hears; silence goes on being sent."""
        self._microphone.adjustTxLevel(0.0 if on else 1.0)  # what it gives to the bridge

    def _fall_silent(self) -> None:
        self._card = ""
        self._devices.setNullDev()

    def _open(self, card: str) -> bool:
        """Open the card both ways; pjsua2 sets one at a time, and from "no device" leaves the other alone."""
        self._devices.setNoDev()
        self._devices.refreshDevs()
        device = self._find(f"plughw:CARD={card}")
        if device is None:
            log.warning("ALSA has no sound card %s that can be opened", card)
            return False
        try:
            with suppress(pj.Error):
                self._devices.setPlaybackDev(device)
            self._devices.setCaptureDev(device)
        except pj.Error as error:
            log.warning("the sound card %s cannot be opened: %s", card, words(error))
            return False
        return True

    def _find(self, name: str) -> int | None:
        names = [device.name for device in self._devices.enumDev2()]
        return next((index for index, found in enumerate(names) if found.split(",")[0] == name), None)
