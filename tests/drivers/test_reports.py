"""Real devices' reports become keys, and lamps become real devices' reports, whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import DriverError, Key, Kind, Lamp
from drivers.telephony.quirks import quirk
from drivers.telephony.report_descriptor import parse
from drivers.telephony.reports import KeyReports, LampReports, kind
from tests.drivers.descriptors import NO_TELEPHONES, TELEPHONES, descriptor, needs_descriptors

pytestmark = needs_descriptors

EVERY_CALL_LAMP = {Lamp.OFF_HOOK, Lamp.RING, Lamp.MUTE, Lamp.HOLD}


def keys_of(name: str) -> KeyReports:
    return KeyReports(parse(descriptor(name)))


def lamps_of(name: str) -> LampReports:
    return LampReports(parse(descriptor(name)))


@pytest.mark.parametrize("name", TELEPHONES)
def test_every_telephone_has_a_hook_switch_mute_and_the_lamps_of_a_call(name: str) -> None:
    assert keys_of(name).keys >= {Key.HOOK, Key.MUTE, Key.FLASH}
    assert lamps_of(name).lamps >= EVERY_CALL_LAMP


@pytest.mark.parametrize("name", NO_TELEPHONES)
def test_what_has_no_off_hook_output_is_refused(name: str) -> None:
    with pytest.raises(DriverError, match="not a telephony device: it has no Off-Hook output"):
        lamps_of(name)


@pytest.mark.parametrize("name", ["jabra_evolve", "jabra_biz", "anker"])
def test_a_hook_that_lifts_and_falls_is_pressed_and_released(name: str) -> None:
    keys = keys_of(name)
    assert keys.read(b"\x02\x01\x00") == [(Key.HOOK, True)]
    assert keys.read(b"\x02\x01\x00") == []
    assert keys.read(b"\x02\x00\x00") == [(Key.HOOK, False)]


def test_mute_that_goes_to_1_and_0_is_one_press_and_twenty_are_twenty() -> None:
    keys = keys_of("jabra_evolve")
    keys.read(b"\x02\x01\x00")
    told = [keys.read(report) for _ in range(20) for report in (b"\x02\x05\x00", b"\x02\x01\x00")]
    assert told == [[(Key.MUTE, True), (Key.MUTE, False)], []] * 20


def test_mute_that_never_goes_back_to_0_is_a_press_each_time() -> None:
    keys = keys_of("jabra_evolve")
    assert [len(keys.read(b"\x02\x04\x00")) for _ in range(3)] == [2, 2, 2]


@pytest.mark.parametrize(("name", "shift"), [("jabra_evolve", 7), ("jabra_biz", 7), ("anker", 6)])
def test_the_keypad_counts_from_1_and_0_is_no_key(name: str, shift: int) -> None:
    keys, pressed = keys_of(name), []
    for value in range(1, 13):
        told = keys.read(b"\x02" + (value << shift).to_bytes(2, "little"))
        told += keys.read(b"\x02\x00\x00")
        assert told == [(told[0][0], True), (told[0][0], False)]
        pressed.append(told[0][0])
    assert "".join(pressed) == "0123456789*#"


@pytest.mark.parametrize(
    ("name", "report"),
    [
        ("jabra_evolve", "02 40 00"),  # Button 7
        ("anker", "02 00 04"),  # Button 7
        ("dell", "05 80"),  # Programmable Button
        ("epos_impact-d_", "02 40"),  # Drop
        ("epos_impact-d_", "02 80"),  # Button 1 by an array
        ("sennheiser", "08 10"),  # Drop
        ("poly", "20 10"),  # Programmable Button
    ],
)
def test_every_makers_way_to_reject_is_understood(name: str, report: str) -> None:
    assert (Key.REJECT, True) in keys_of(name).read(bytes.fromhex(report))


def test_volume_keys_are_told() -> None:
    keys = keys_of("epos_impact-d_")
    assert keys.read(b"\x02\x02") == [(Key.VOLUME_UP, True)]
    assert set(keys.read(b"\x02\x01")) == {(Key.VOLUME_UP, False), (Key.VOLUME_DOWN, True)}


def test_a_signed_relative_switch_is_on_by_1_and_off_by_minus_1() -> None:
    data = "050B 0905 A101 0920 15FF 2501 7502 9501 8126 7506 8101 0508 0917 1500 7501 9501 9122 C0"
    keys = KeyReports(parse(bytes.fromhex(data)))
    told = [keys.read(bytes([bits])) for bits in (0b01, 0b00, 0b11, 0b00)]
    assert told == [[(Key.HOOK, True)], [], [(Key.HOOK, False)], []]


@pytest.mark.parametrize(
    "garbage", [b"", b"\x02", b"\x02\x01", b"\x02\x01\x00\x00", b"\xee\x01\x00", b"\x00"]
)
def test_a_garbage_report_is_counted_and_nothing_else(garbage: bytes) -> None:
    keys = keys_of("jabra_evolve")
    assert keys.read(garbage) == []
    assert keys.ignored == 1
    assert keys.read(b"\x02\x01\x00") == [(Key.HOOK, True)]


@given(st.sampled_from(TELEPHONES), st.lists(st.binary(max_size=70)))
def test_no_report_whatever_is_in_it_does_harm(name: str, reports: list[bytes]) -> None:
    keys = keys_of(name)
    for report in reports:
        assert {key for key, _ in keys.read(report)} <= keys.keys
    assert keys.ignored <= len(reports)


@pytest.mark.parametrize("name", TELEPHONES)
def test_output_reports_are_whole_whatever_burns(name: str) -> None:
    parsed, lamps = parse(descriptor(name)), lamps_of(name)
    declared = {report.id: 1 + report.length for report in parsed.reports if report.type == "output"}
    for lit in (set[Lamp](), {Lamp.RING}, set(lamps.lamps)):
        for number, report in lamps.encode(lit).items():
            assert (report[0], len(report)) == (number, declared[number])


def test_a_jabra_shows_all_lamps_in_one_report_and_rings_with_its_ringer() -> None:
    lamps = lamps_of("jabra_evolve")
    assert lamps.encode({Lamp.RING}) == {2: b"\x02\x24\x00"}  # Ring is bit 2, Ringer bit 5
    assert lamps.encode({Lamp.OFF_HOOK, Lamp.MUTE, Lamp.HOLD}) == {2: b"\x02\x0b\x00"}


def test_a_poly_has_a_report_for_each_lamp() -> None:
    dark = {number: bytes([number, 0]) for number in (0x21, 0x22, 0x23, 0x24, 0x25)}
    assert lamps_of("poly").encode({Lamp.OFF_HOOK}) == {**dark, 0x24: b"\x24\x01"}


def test_a_device_without_report_numbers_gets_a_0_before_its_payload() -> None:
    data = "050B 0905 A101 0920 2501 7501 9501 8122 0508 0917 0918 9502 9122 C0"
    assert LampReports(parse(bytes.fromhex(data))).encode({Lamp.RING}) == {0: b"\x00\x02"}


def test_anker_calls_its_speakerphone_a_headset_and_we_know_better() -> None:
    assert kind(parse(descriptor("anker"))) is Kind.HEADSET
    assert quirk(0x291A, 0x3301).kind is Kind.SPEAKERPHONE
    assert quirk(0x0B0E, 0x0307).kind is None
