"""The operator's microphone and speaker: one sound card, or none. All audio runs in C."""

from __future__ import annotations

import errno
from contextlib import suppress
from typing import TYPE_CHECKING

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.sip import tones
from appliance.sip.card import SILENCE, Card, look
from appliance.sip.errors import words
from appliance.sip.log import log

if TYPE_CHECKING:
    from appliance.sip.engine import Alarm, Engine

RETRY_SECONDS = 2.0
"""Until a card is tried again that was in use by another program, or had gone."""
ANSWER_SECONDS = 0.3
"""After so long a card that does not answer is left alone until it does."""

DOES_NOT_ANSWER = "it does not answer"
_PJ_ETIMEDOUT = 70009  # pj/errno.h
_CONNECT_SECONDS = 1.0
_ECHO_TAIL = 200  # ms
_MOST_CARDS = 64  # PJMEDIA_AUD_DEV_MAX_DEVS


class Sound:
    """Connects calls to a sound card.

    pjsip opens the card when the first call is connected and closes it a second after the last has gone. A
    card that cannot be opened, or vanishes, is replaced by silence: the clock goes on, and so does the call.
    It is taken again as soon as it can be.
    """

    def __init__(self, engine: Engine, silent: bool) -> None:
        """`silent`: never touch a sound card."""
        self._engine = engine
        self._devices = engine.endpoint.audDevManager()
        self._silent = silent
        self._wanted = self._used = SILENCE
        self._names: list[str] = []  # pjsip knows a card by its place in this list
        self._looking: set[Card] = set()
        self._retry: Alarm | None = None
        self._fault = ""
        self._connected = -_CONNECT_SECONDS  # when something was last connected
        self._devices.setNullDev()
        self._microphone = self._devices.getCaptureDevMedia()
        self._speaker = self._devices.getPlaybackDevMedia()
        self._tone: pj.ToneGenerator | None = None
        self._rings = ""  # the call that the tone is for
        engine.endpoint.on_sound_failed = self._failed

    def use(self, card: Card) -> None:
        """Let the operator hear and speak through this card, as soon as it answers; SILENCE: through none."""
        if self._silent or card == self._used == self._wanted:
            return
        if card != self._wanted:
            self._wanted, self._fault = card, ""
        if card.name:
            self._look()
        else:
            self._fall_silent()

    def close(self) -> None:
        """Let go of the endpoint."""
        self._tone = None
        self._wanted = SILENCE
        self._engine.endpoint.on_sound_failed = None

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
        self._connected = self._engine.now
        try:
            source.startTransmit(self._speaker)
        except pj.Error as error:
            self._do_without(words(error))
            source.startTransmit(self._speaker)

    def record(self, sink: pj.AudioMedia) -> None:
        """Give what the microphone hears to something; silence when the sound card cannot be opened."""
        self._connected = self._engine.now
        try:
            self._microphone.startTransmit(sink)
        except pj.Error as error:
            self._do_without(words(error))
            self._microphone.startTransmit(sink)

    @property
    def card(self) -> Card:
        """The card that is wanted."""
        return self._wanted

    @property
    def fault(self) -> str:
        """Why the card that is wanted cannot be used, "" where it can."""
        return self._fault

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

    def levels(self) -> tuple[int, int]:
        """Return how loud the microphone and the speaker are, in pjsua2's measure: what they give and get."""
        return self._microphone.getTxLevel(), self._speaker.getRxLevel()

    # --- the card

    def _look(self) -> None:
        """Ask the wanted card how it is to be opened; what is used until now goes on until it answers."""
        card = self._wanted
        if not card.name or card == self._used or card in self._looking:
            return
        if card.name == self._used.name:  # we have it ourselves, set up in another way
            self._fall_silent()
        self._looking.add(card)
        look(card, lambda rate, fault: self._engine.post(lambda: self._looked(card, rate, fault)))
        self._engine.later(ANSWER_SECONDS, lambda: self._waited(card))

    def _looked(self, card: Card, rate: int, fault: OSError | None) -> None:
        self._looking.discard(card)
        if card != self._wanted:
            return
        if fault is None:
            self._switch(card, rate)
        elif fault.errno == errno.EBUSY:
            self._do_without("another program uses it")
        elif fault.errno in (errno.ENOENT, errno.ENODEV):
            self._do_without(f"ALSA has no sound card {card.name} that can be opened")
        else:
            self._do_without(fault.strerror or str(fault))

    def _waited(self, card: Card) -> None:
        if card == self._wanted and card in self._looking and self._used != card:
            self._do_without(DOES_NOT_ANSWER)

    def _switch(self, card: Card, rate: int) -> None:
        """Open a card; at once where something is to be heard, else with the first call."""
        heard = self._is_heard()
        number = self._number(card)
        self._devices.setNoDev()
        self._devices.setEcOptions(_ECHO_TAIL if card.echo else 0, pj.PJMEDIA_ECHO_WEBRTC_AEC3)
        self._devices.setSndClockRate(rate)
        try:
            with suppress(pj.Error):
                self._devices.setPlaybackDev(number)  # pjsua2 sets one at a time
            self._devices.setCaptureDev(number)
            if heard:
                self._devices.setSndDevMode(0)  # opens it
        except pj.Error as error:
            self._do_without(DOES_NOT_ANSWER if error.status == _PJ_ETIMEDOUT else words(error))
            return
        self._used = card
        if self._fault:
            log.info("the sound card %s works again", card.name)
            self._fault = ""

    def _is_heard(self) -> bool:
        """Whether anything goes to or from the card; the bridge is slow to tell of a new connection."""
        if self._engine.now - self._connected < _CONNECT_SECONDS:
            return True
        try:
            return any(port.getPortInfo().listeners for port in self._engine.endpoint.mediaEnumPorts2())
        except pj.Error:  # a call ends in this moment
            return True

    def _number(self, card: Card) -> int:
        """Return pjsip's number of a card."""
        if card.pcm not in self._names:
            if len(self._names) == _MOST_CARDS:
                self._devices.setNoDev()
                self._names.clear()
            self._names.append(card.pcm)
            self._devices.setAlsaDevs(pj.StringVector(self._names))
        return self._names.index(card.pcm)

    def _failed(self, number: int) -> None:
        """Go on without the card: it has stopped working."""
        if self._used.name and self._names.index(self._used.pcm) == number:  # not one used before
            self._do_without("it has gone")

    def _do_without(self, why: str) -> None:
        """Go on in silence, and try the card that is wanted again after a while."""
        if why != self._fault:
            self._fault = why
            log.warning("the sound card %s cannot be used: %s", self._wanted.name or "(none)", why)
        self._fall_silent()
        if self._retry is None:
            self._retry = self._engine.later(RETRY_SECONDS, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        self._look()

    def _fall_silent(self) -> None:
        self._used = SILENCE
        self._devices.setNullDev()
