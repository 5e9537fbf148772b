"""Digits reach the far end in order, by each of the three ways (RFC 4733, SIP INFO, tones)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from appliance.desk.actions import SendDtmf
from appliance.sip import tones
from tests.sip.parties import Operator, config, hang_up, talk_to
from tests.sip.sound import samples

if TYPE_CHECKING:
    import array
    from pathlib import Path

    from appliance.demo.exchange import Exchange
    from appliance.sip.config import Dtmf
    from tests.sip.parties import Phones

LOWS, HIGHS, KEYS = (697, 770, 852, 941), (1209, 1336, 1477, 1633), "123A456B789C*0#D"


@pytest.mark.exchange
@pytest.mark.parametrize("way", ["rfc4733", "info"])
def test_digits_reach_a_telephone_in_order(exchange: Exchange, phones: Phones, way: Dtmf) -> None:
    phones.register("1002", answer_after=0.0)
    with Operator(config(exchange, dtmf=way)) as operator:
        since = phones.mark()
        talk_to(operator.registered(), phones, "1002")
        operator.do(SendDtmf("out-1", "1#5*0"))
        phones.wait("1002", "Digit", digit="0", since=since)
        assert [e["digit"] for e in phones.told("1002", "Digit", since)] == list("1#5*0")
        hang_up(operator, "out-1")


@pytest.mark.exchange
def test_tones_are_heard_as_the_pairs_that_a_telephone_sends(
    exchange: Exchange, phones: Phones, tmp_path: Path
) -> None:
    with Operator(config(exchange, dtmf="inband")) as operator:
        talk_to(operator.registered(), phones, "1002")
        file = tmp_path / "digits.wav"
        phones.do("1002", "record", file=str(file))
        operator.do(SendDtmf("out-1", "147#*0A1593"))
        heard = phones.heard("1002", tmp_path, 3.0)
        assert decoded(heard) == "147#*0A1593"
        hang_up(operator, "out-1")


@pytest.mark.exchange
def test_many_tones_are_sent_in_turns(exchange: Exchange, phones: Phones, tmp_path: Path) -> None:
    digits = "0123456789" * 4
    with Operator(config(exchange, dtmf="inband")) as operator:
        talk_to(operator.registered(), phones, "1002")
        operator.do(SendDtmf("out-1", digits))
        assert decoded(phones.heard("1002", tmp_path, 9.0))[-30:] == digits[-30:]
        hang_up(operator, "out-1")


def test_only_digits_have_tones() -> None:
    assert tones.digit_tones("5x ") == [tones.Tone(770, 1336, 100, 100)]
    assert tones.digit_tones("d") == [tones.Tone(941, 1633, 100, 100)]


def decoded(file: Path) -> str:
    """The digits in a recording: in steps of 20 ms, a new one after each silence."""
    values, rate = samples(file)
    step = rate // 50
    found, before = "", ""
    for start in range(0, len(values) - step, step):
        key = key_in(values[start : start + step], rate)
        if key and key != before:
            found += key
        before = key
    return found


def key_in(window: array.array[int], rate: int) -> str:
    low, high = (max(hertz, key=lambda hz: power(window, rate, hz)) for hertz in (LOWS, HIGHS))
    if min(power(window, rate, low), power(window, rate, high)) < 300:
        return ""
    return KEYS[4 * LOWS.index(low) + HIGHS.index(high)]


def power(window: array.array[int], rate: int, hz: float) -> float:
    """The amplitude of a tone (Goertzel)."""
    factor = 2 * math.cos(2 * math.pi * hz / rate)
    before, last, count = 0.0, 0.0, 0
    for value in window:
        before, last, count = last, value + factor * last - before, count + 1
    return 2 * math.sqrt(max(before * before + last * last - factor * before * last, 0.0)) / count
