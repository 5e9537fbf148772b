"""Real devices' reports become keys, and lamps become real devices' reports, whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hidtools.hut import HUT
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import DriverError, Key, Kind, Lamp
from drivers.telephony.quirks import quirk
from drivers.telephony.report_descriptor import parse
from drivers.telephony.reports import KEYS, LAMPS, KeyReports, LampReports, kind
from tests.drivers.descriptors import NO_TELEPHONES, TELEPHONES, descriptor, needs_descriptors

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADSET, OFF_HOOK = "050B 0905 A101", "0508 2501 0917 7501 9501 9122 9507 9101"
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


# --- what no device of the collection does, and the usage tables allow


def telephone(inputs: str, outputs: str = OFF_HOOK) -> bytes:
    return bytes.fromhex(f"{HEADSET} {inputs} {outputs} C0")


def names(usages: Mapping[int, str]) -> dict[str, str]:
    """What the usage tables of hid-tools call our keys or lamps."""
    return {HUT[usage >> 16][usage & 0xFFFF].name: ours for usage, ours in usages.items()}


def test_our_keys_are_those_of_the_usage_tables() -> None:
    buttons = {usage for usage in KEYS if usage >> 16 == 0x09}  # they have numbers, not names
    assert names({usage: key for usage, key in KEYS.items() if usage not in buttons}) == {
        "Hook Switch": Key.HOOK,
        "Flash": Key.FLASH,
        "Hold": Key.HOLD,
        "Redial": Key.REDIAL,
        "Drop": Key.REJECT,
        "Park": Key.PARK,
        "Line OSC": Key.LINE,
        "Phone Mute": Key.MUTE,
        "Speed Dial": Key.SPEED_DIAL,
        "Voice Mail": Key.VOICE_MAIL,
        "Line Busy Tone": Key.LINE_BUSY,
        "Programmable Button": Key.REJECT,
        "Volume Up": Key.VOLUME_UP,
        "Volume Down": Key.VOLUME_DOWN,
        **{f"Phone Key {digit}": Key(str(digit)) for digit in range(10)},
        "Phone Key Star": Key.STAR,
        "Phone Key Pound": Key.POUND,
    }


def test_our_lamps_are_those_of_the_usage_tables() -> None:
    assert names(LAMPS) == {
        "Mute": Lamp.MUTE,
        "Off-Hook": Lamp.OFF_HOOK,
        "Ring": Lamp.RING,
        "Message Waiting": Lamp.MESSAGE_WAITING,
        "Speaker": Lamp.SPEAKER,
        "Hold": Lamp.HOLD,
        "Microphone": Lamp.MICROPHONE,
        "On-Line": Lamp.ON_LINE,
        "Ringer": Lamp.RING,
    }


@pytest.mark.parametrize("usage", sorted(KEYS), ids=lambda usage: f"{usage:#08x}")
def test_every_key_is_understood_as_a_bit_and_as_a_value_of_an_array(usage: int) -> None:
    item = f"0B{usage.to_bytes(4, 'little').hex()} 2501 "
    bit = KeyReports(parse(telephone(f"{item} 7501 9501 8102 9507 8101")))
    array = KeyReports(parse(telephone(f"1501 {item} 7508 9501 8100 1500")))
    for keys in (bit, array):
        assert keys.keys == {KEYS[usage]}
        assert keys.read(b"\x01") == [(KEYS[usage], True)]
        assert keys.read(b"\x00") == [(KEYS[usage], False)]


@pytest.mark.parametrize("usage", sorted(LAMPS), ids=lambda usage: f"{usage:#08x}")
def test_every_lamp_is_lit_as_a_bit_and_as_a_value_of_an_array(usage: int) -> None:
    item = f"0B{usage.to_bytes(4, 'little').hex()}"
    bit = telephone("", f"8501 {OFF_HOOK} 8502 {item} 9501 9122 9507 9101")
    array = telephone("", f"8501 {OFF_HOOK} 8502 {item} 1501 2501 7508 9501 9100")
    for reports in (LampReports(parse(bit)), LampReports(parse(array))):
        assert reports.encode({LAMPS[usage]})[2] == b"\x02\x01"
        assert reports.encode(set())[2] == b"\x02\x00"


def test_an_array_of_lamps_selects_as_many_as_it_has_elements() -> None:
    data = telephone("", "0508 0917 0918 0909 1501 2503 7504 9502 9100")
    reports = LampReports(parse(data))
    assert reports.encode({Lamp.RING, Lamp.MUTE}) in ({0: b"\x00\x32"}, {0: b"\x00\x23"})
    assert reports.encode({Lamp.OFF_HOOK}) == {0: b"\x00\x01"}


def test_an_array_of_lamps_that_counts_from_0_has_a_value_for_none() -> None:
    reports = LampReports(parse(telephone("", "0508 0917 0918 1500 2501 7508 9501 9100")))
    told = [reports.encode(lit)[0] for lit in ({Lamp.OFF_HOOK}, {Lamp.RING}, set[Lamp]())]
    assert told == [b"\x00\x00", b"\x00\x01", b"\x00\x02"]


def test_a_signed_relative_lamp_is_put_out_by_minus_1() -> None:
    reports = LampReports(parse(telephone("", "0508 0917 0918 15FF 2501 7502 9502 9126 9504 7501 9101")))
    assert reports.encode({Lamp.RING}) == {0: b"\x00\x07"}


def test_collections_of_one_device_work_together() -> None:
    data = (
        "050C 0901 A101 8501 2501 09E9 09EA 7501 9502 8102 9506 8101 C0"  # Consumer: volume
        "050B 0905 A101 8502 0920 9501 8122 9507 8101 0508 0917 9501 9122 9507 9101 C0"
        "050B 0904 A101 8503 092F 9501 8106 9507 8101 0508 0909 9501 9122 9507 9101 C0"
    )
    parsed = parse(bytes.fromhex(data))
    keys, lamps = KeyReports(parsed), LampReports(parsed)
    assert keys.keys == {Key.VOLUME_UP, Key.VOLUME_DOWN, Key.HOOK, Key.MUTE}
    assert keys.read(b"\x01\x01") == [(Key.VOLUME_UP, True)]
    assert keys.read(b"\x02\x01") == [(Key.HOOK, True)]
    assert lamps.encode({Lamp.OFF_HOOK, Lamp.MUTE}) == {2: b"\x02\x01", 3: b"\x03\x01"}


def test_off_hook_is_written_before_mute() -> None:
    data = "0508 2501 7501 " + "".join(
        f"85{number} 9501 09{lamp} 9122 9507 9101 "
        for number, lamp in (("01", "09"), ("02", "18"), ("03", "17"))
    )
    assert list(LampReports(parse(telephone("", data))).encode(set())) == [3, 2, 1]


@needs_descriptors
@pytest.mark.parametrize("order", ["0001 0003 0005", "0005 0003 0001"])
def test_a_device_of_three_collections_is_one_telephone_in_whatever_order_they_are(order: str) -> None:
    parts = [descriptor(f"plantronics_blackwire-3220_047f_c056_{part}") for part in order.split()]
    parsed = parse(b"".join(parts))
    assert KeyReports(parsed).keys >= {Key.HOOK, Key.MUTE, Key.FLASH, Key.VOLUME_UP, Key.VOLUME_DOWN}
    assert LampReports(parsed).lamps >= EVERY_CALL_LAMP | {Lamp.SPEAKER, Lamp.ON_LINE}


@needs_descriptors
def test_no_known_telephone_has_its_keys_and_lamps_in_different_interfaces() -> None:
    """So each interface may be a device of its own: the USB source needs not join them."""
    apart = [
        name
        for name in TELEPHONES
        if Key.HOOK not in keys_of(name).keys or Lamp.OFF_HOOK not in lamps_of(name).lamps
    ]
    assert apart == []


def test_a_display_and_vendor_reports_of_a_telephone_are_passed_over() -> None:
    data = telephone("8501 0920 2501 7501 9501 8122 9507 8101", f"8501 {OFF_HOOK}") + bytes.fromhex(
        "0699FF 0901 A101 8510 26FF00 7508 9508 0901 8102 0902 9102 C0"
        "0514 0901 A101 8511 092C 9540 9202 01 8512 092B 9504 B102 C0"  # Alphanumeric Display
    )
    keys, lamps = KeyReports(parse(data)), LampReports(parse(data))
    assert keys.keys == {Key.HOOK}
    assert keys.read(b"\x10" + bytes(8)) == []
    assert keys.ignored == 0
    assert lamps.encode({Lamp.OFF_HOOK}) == {1: b"\x01\x01"}


def test_a_keyboard_with_every_lamp_there_is_is_no_telephone() -> None:
    data = "0501 0906 A101 0508 1901 294D 2501 7501 954D 9102 9503 9101 C0"
    with pytest.raises(DriverError, match="no collection of the Telephony page"):
        LampReports(parse(bytes.fromhex(data)))


def test_the_buttons_of_a_mouse_beside_a_telephone_reject_nothing() -> None:
    mouse = bytes.fromhex("0501 0902 A101 8502 0509 1901 2907 1501 2507 7508 9501 8100 C0")
    keys = KeyReports(parse(telephone("8501 0920 2501 7501 9501 8122 9507 8101", f"8501 {OFF_HOOK}") + mouse))
    assert keys.read(b"\x02\x07") == []
