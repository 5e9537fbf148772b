"""Plug, unplug, replug at any time: the call goes on at the next headset and comes back to the first one.

Two headsets at one desk, the daemon as it runs on the box, a real exchange, the real kernel.
"""

from __future__ import annotations

import time
import wave
from typing import TYPE_CHECKING

import pytest

from appliance.desk.events import Hold, Resume
from tests.rig.devices import BusyLight, eventually
from tests.rig.models import MODELS
from tests.rig.tone import Recording
from tests.running import RunningDesk, State, call_states

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.demo.exchange import Exchange
    from tests.rig.devices import Headset

pytestmark = pytest.mark.exchange
CALLER, CALLER_HZ = "0305551234", 1000
FIRST_HZ, SECOND_HZ = 440, 620
MODEL = MODELS["one report"]
FIRST, SECOND = "usb-0b0e-0307-H1", "usb-0b0e-0307-H2"  # in the order of preference
AWAY = 10.0
"""Seconds that a device takes to come back: a hub that starts anew, a firmware that crashed."""
GAP = 0.5
"""Seconds in which the caller may not be heard at a change of the sound card."""
ECHO_IS_OVER = 2.5
"""Seconds after which no hook report can be the answer to a lamp."""


class Site:
    """One desk with two headsets."""

    def __init__(self, desk: RunningDesk, exchange: Exchange, first: Headset, second: Headset) -> None:
        self.desk, self.exchange, self.first, self.second = desk, exchange, first, second
        self._caller = ""

    def ring(self, record: Path | None = None) -> None:
        """Somebody calls, and both headsets ring."""
        self._caller = self.exchange.originate(CALLER, "200", speaks="tone", record=record)
        for headset in (self.first, self.second):
            headset.wait_for_lamp("Ring")

    def talk(self, record: Path | None = None) -> None:
        """Somebody calls, and is answered at the first headset; what the caller hears goes to a file."""
        self.ring(record)
        self.first.lift_hook()
        self.desk.until_call("answered")
        self.first.wait_for_lamp("Off-Hook")
        eventually("the caller is heard", lambda: heard(self.first.played(0.3)) > 0)

    def caller_is_there(self) -> bool:
        """Whether the caller still has the line."""
        return any(leg.id.startswith(self._caller) for leg in self.exchange.channels())

    def caller_gives_up(self) -> None:
        """And no call is left."""
        self.exchange.hang_up(self._caller)
        self.desk.until_call()

    def unplug_first(self) -> State:
        """Pull the plug, and wait until the page tells."""
        self.first.unplug()
        return self.desk.until(
            "the page tells that it is offline",
            lambda state: told(state, FIRST) == ("offline", "unplugged") and state["audio"] == SECOND,
        )

    def plug_first(self) -> State:
        """Plug it in, and wait until it has the audio again."""
        self.first.plug()
        return self.desk.until(
            "the first has the audio",
            lambda state: told(state, FIRST)[0] == "online" and state["audio"] == FIRST,
        )

    def clear(self) -> None:
        """Everybody hangs up, everything is plugged in and dark."""
        self.caller_gives_up()
        self.plug_first() if told(self.desk.status(), FIRST)[0] == "offline" else None
        for headset in (self.first, self.second):
            headset.replace_hook()
            for lamp in ("Off-Hook", "Ring", "Mute", "Hold"):
                headset.wait_for_lamp(lamp, lit=False)
        self.desk.until("everything works", both_online)
        time.sleep(ECHO_IS_OVER)


def told(state: State, device: str) -> tuple[str, str]:
    """What the page tells of a device."""
    known = state["devices"][device]
    return known["state"], known["reason"]


def both_online(state: State) -> bool:
    """Whether both headsets work, and the first has the audio."""
    known = [state["devices"].get(device, {}).get("state") for device in (FIRST, SECOND)]
    return known == ["online", "online"] and state["audio"] == FIRST


def heard(recording: Recording, piece: float = 0.02) -> float:
    """How many seconds of the caller's tone there are, up to the end."""
    pieces = int(recording.seconds / piece)
    for count in range(pieces):
        start = recording.seconds - (count + 1) * piece
        if recording.cut(start, start + piece).measure(CALLER_HZ).snr < 10:
            return count * piece
    return pieces * piece


def spoken(path: Path, piece: float = 0.02) -> float:
    """For how many seconds the caller heard one of the headsets' tones; a file knows no pauses in the RTP."""
    with wave.open(str(path)) as file:
        recording = Recording(file.getframerate(), 1, file.readframes(file.getnframes()))
    pieces = [
        recording.cut(count * piece, (count + 1) * piece) for count in range(int(recording.seconds / piece))
    ]
    return piece * sum(any(one.measure(hz).dbfs > -30 for hz in (FIRST_HZ, SECOND_HZ)) for one in pieces)


@pytest.fixture(scope="module")
def whole_site(exchange: Exchange, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The desk."""
    devices = {"usb": True, "simulated": False, "sound": True, "prefer": [FIRST, SECOND]}
    home = tmp_path_factory.mktemp("desk")
    with (
        MODEL.headset("H1") as first,
        MODEL.headset("H2") as second,
        RunningDesk(home, exchange.sip_port, devices=devices) as desk,
    ):
        desk.until_registered()
        desk.until("everything works", both_online)
        yield Site(desk, exchange, first, second)


@pytest.fixture
def site(whole_site: Site) -> Iterator[Site]:
    """The desk at rest, and at rest again after the test."""
    yield whole_site
    whole_site.clear()


def test_idle_it_comes_back_under_another_node_and_answers_the_next_call(site: Site) -> None:
    site.unplug_first()
    with BusyLight("L1"):  # takes the node's number
        time.sleep(AWAY)
        site.plug_first()
    site.talk()


def test_ringing_the_other_goes_on_and_it_rings_again_when_it_is_back(site: Site) -> None:
    site.ring()
    site.unplug_first()
    time.sleep(AWAY)
    assert "Ring" in site.second.lamps
    site.plug_first()
    site.first.wait_for_lamp("Ring")
    site.first.lift_hook()
    site.desk.until_call("answered")
    site.second.wait_for_lamp("Ring", lit=False)


def test_a_caller_who_gives_up_while_it_is_away_rings_no_more_when_it_is_back(site: Site) -> None:
    site.ring()
    site.unplug_first()
    site.caller_gives_up()
    site.second.wait_for_lamp("Ring", lit=False)
    site.plug_first()
    time.sleep(1)
    assert not any(lamps.lit for lamps in site.first.lamp_history())


def test_talking_the_caller_is_heard_on_the_other_within_half_a_second_and_then_on_the_first(
    site: Site, tmp_path: Path
) -> None:
    for headset, hz in ((site.first, FIRST_HZ), (site.second, SECOND_HZ)):
        headset.hear_tone(hz)
    site.talk(tmp_path / "caller.wav")
    answered = next(iter(site.desk.status()["calls"].values()))["answered"]
    calls = site.desk.status()["calls"]
    start = time.monotonic()
    site.first.unplug()
    time.sleep(1.5)
    recording = site.second.played()
    gap = time.monotonic() - start - heard(recording)
    assert told(site.desk.status(), FIRST) == ("offline", "unplugged")
    assert site.second.lamps == {"Off-Hook"}

    site.second.played()
    start = time.monotonic()
    site.plug_first()
    time.sleep(1.5)
    there, back = site.second.played(), site.first.played()
    gap_back = time.monotonic() - start - there.seconds - heard(back)
    assert site.first.lamps == {"Off-Hook"}
    assert not site.second.lamps
    print(f"the caller was not heard for {gap:.2f} s, and for {gap_back:.2f} s on the way back")
    assert gap <= GAP
    assert gap_back <= GAP
    assert site.desk.status()["calls"] == calls, "the same call, never answered again"
    assert site.caller_is_there()
    talked = time.monotonic() - answered
    site.caller_gives_up()
    silence = talked - spoken(tmp_path / "caller.wav")
    print(f"of {talked:.2f} s the caller heard nobody for {silence:.2f} s, twice and at the beginning")
    assert silence <= 2 * GAP


def test_talking_without_another_headset_the_caller_stays_and_is_heard_when_one_is_back(site: Site) -> None:
    site.talk()
    site.second.unplug()
    site.first.unplug()
    site.desk.until("nothing to speak through", lambda state: state["audio"] == "")
    time.sleep(AWAY)
    assert call_states(site.desk.status()) == ["answered"]
    assert site.caller_is_there()
    site.second.plug()
    eventually("the caller is heard", lambda: heard(site.second.played(0.3)) > 0)


def test_held_the_call_stays_held_and_is_resumed_on_the_first_when_it_is_back(site: Site) -> None:
    site.talk()
    site.desk.ask(Hold())
    site.desk.until_call("held")
    site.first.wait_for_lamp("Hold")
    site.unplug_first()
    time.sleep(AWAY)
    site.desk.until_call("held")
    site.plug_first()
    site.first.wait_for_lamp("Hold")
    site.first.wait_for_lamp("Off-Hook")
    site.desk.ask(Resume())
    site.desk.until_call("answered")
    eventually("the caller is heard", lambda: heard(site.first.played(0.3)) > 0)


def test_muted_the_operator_stays_muted_on_the_other_and_on_the_first_when_it_is_back(site: Site) -> None:
    site.talk()
    site.first.tap("Phone Mute")
    site.desk.until("muted", lambda state: state["muted"])
    site.unplug_first()
    site.second.wait_for_lamp("Mute")
    time.sleep(AWAY)
    assert site.desk.status()["muted"]
    site.plug_first()
    site.first.wait_for_lamp("Mute")
    site.first.tap("Phone Mute")
    site.desk.until("heard again", lambda state: not state["muted"])
    for headset in (site.first, site.second):
        headset.wait_for_lamp("Mute", lit=False)
