"""What makers do differently, seen at the device; and a maker whose tables are not in this tree."""

from __future__ import annotations

import itertools
import re
import sys
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import telephony
from drivers.base import Key, Kind, Lamp, LampState, Pattern
from drivers.nodes import Node
from drivers.telephony.manners import ECHO_SECONDS, Manners
from drivers.telephony.quirks import Proof, Quirk, known, outside, quirk
from drivers.telephony.report_descriptor import parse
from tests.drivers.descriptors import FOLDER, TELEPHONES, needs_descriptors
from tests.drivers.wire import Phone, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADSET = bytes.fromhex(
    "050B 0905 A101 8501 2501 7501 0920 0997 9502 8122"  # Hook Switch, Line Busy Tone
    "092F 9501 8106 9505 8101"  # Phone Mute
    "0508 0917 0918 0909 0920 9504 9122 9504 9101 C0"  # Off-Hook, Ring, Mute, Hold
)
UP, DOWN = [(Key.HOOK, True)], [(Key.HOOK, False)]
REJECTED = [(Key.REJECT, True), (Key.REJECT, False)]
TALKING, HELD = frozenset({Lamp.OFF_HOOK}), frozenset({Lamp.OFF_HOOK, Lamp.HOLD})
RINGING = frozenset({Lamp.RING})
MUTE = [(Key.MUTE, True), (Key.MUTE, False)]


def node(vendor: int, product: int, name: str = "Headset", descriptor: bytes = HEADSET) -> Node:
    who = f"0003:{vendor:04X}:{product:04X}.0001"
    return Node("/dev/hidraw9", who, 3, vendor, product, 1, 3, name, "A1", "1-1", "", descriptor)


def offered(vendor: int, product: int, name: str = "Headset") -> Kind | None:
    """What the driver takes a device for; None: not for a telephone."""
    offer = telephony.offer(node(vendor, product, name))
    return offer[0].kind if offer else None


# --- the tables


def test_every_device_in_the_tables_says_how_it_is_known_to_work() -> None:
    assert all(model.name and model.source for model in known())
    assert len({model.name for model in known()}) == len(known())


@needs_descriptors
def test_the_devices_proven_by_a_real_descriptor_are_those_of_the_collection() -> None:
    proven = {(model.vendor, model.product) for model in known() if model.proof is Proof.DESCRIPTOR}
    names = [path.stem for name in TELEPHONES for path in FOLDER.glob(f"{name}*.hex")]
    numbers = [re.findall(r"_([0-9a-f]{4})", name)[:2] for name in names]
    assert proven == {(int(vendor, 16), int(product, 16)) for vendor, product in numbers}


@pytest.mark.parametrize(
    ("vendor", "product", "name", "kind"),
    [
        (0x0B0E, 0x0420, "Jabra SPEAK 510 USB", Kind.SPEAKERPHONE),
        (0x0B0E, 0x0307, "Jabra EVOLVE LINK MS", Kind.HEADSET),
        (0x291A, 0x3301, "Anker PowerConf", Kind.SPEAKERPHONE),
        (0x413C, 0x8223, "Dell SP325", Kind.SPEAKERPHONE),
        (0x046D, 0x0857, "Logi Group Speakerphone", Kind.SPEAKERPHONE),
        (0x047F, 0xAE11, "Plantronics P240", Kind.HANDSET),
        (0x1234, 0x5678, "Nobody's headset", Kind.HEADSET),
    ],
)
def test_a_device_is_taken_for_what_its_maker_sells_it_as(
    vendor: int, product: int, name: str, kind: Kind
) -> None:
    assert offered(vendor, product, name) is kind


# --- Yealink: a held call is on-hook


def test_at_a_yealink_off_hook_goes_dark_while_the_call_is_held_and_comes_back() -> None:
    manners = Manners(quirk(0x6993, 0xB0AE))
    assert [manners.lamps(lit, 0) for lit in (TALKING, HELD, TALKING)] == [TALKING, {Lamp.HOLD}, TALKING]


def test_at_all_others_off_hook_stays_lit_while_the_call_is_held() -> None:
    assert Manners(quirk(0x0B0E, 0x0307)).lamps(HELD, 0) == HELD


def test_the_hook_that_follows_the_lamp_over_a_hold_hangs_up_no_call_however_fast() -> None:
    manners = Manners(quirk(0x6993, 0xB0AE))
    manners.lamps(TALKING, 0)
    manners.heard(UP, False, 0)
    for round_ in range(10):
        manners.lamps(HELD, round_)
        assert manners.heard(DOWN, False, round_ + 0.1) == []
        manners.lamps(TALKING, round_ + 0.2)
        assert manners.heard(UP, False, round_ + 0.3) == []
    assert manners.heard(DOWN, False, 10) == DOWN  # and this is the person


@given(st.lists(st.floats(0.01, 1.0), max_size=20), st.floats(0.01, 1.0))
def test_a_hook_that_follows_late_is_told_neither_up_nor_down(gaps: list[float], delay: float) -> None:
    """The desk holds and resumes after these gaps; the device follows each time the lamp was seen, later."""
    manners = Manners(quirk(0x6993, 0xB0AE))
    manners.lamps(TALKING, 0)
    manners.heard(UP, False, 0)
    lifted, now, told = True, 0.0, []
    pending: list[tuple[float, bool]] = []
    plan = itertools.cycle((HELD, TALKING))
    for gap in [*gaps, *([1.0] if len(gaps) % 2 else []), 3.0]:
        while pending and pending[0][0] <= now + gap:
            at, wanted = pending.pop(0)
            if wanted is not lifted:
                lifted = wanted
                told += manners.heard(UP if lifted else DOWN, False, at)
        now += gap
        lamps = manners.lamps(next(plan), now)
        pending.append((now + delay, Lamp.OFF_HOOK in lamps))
    assert told == []


def test_beside_a_held_call_another_can_be_hung_up_at_a_yealink() -> None:
    manners = Manners(quirk(0x6993, 0xB0AE))
    manners.lamps(TALKING, 0)
    manners.heard(UP, False, 0)
    manners.lamps(HELD, 1)  # and stays lit while the operator talks to somebody else
    manners.heard(DOWN, False, 1.1)
    assert manners.heard(UP, False, 9) == UP
    assert manners.heard(DOWN, False, 10) == DOWN


def test_who_lifts_the_hook_while_the_call_is_held_wants_it_back() -> None:
    manners = Manners(quirk(0x6993, 0xB0AE))
    manners.heard(UP, False, 0)
    for lit in (TALKING, HELD):
        manners.lamps(lit, 0)
    manners.heard(DOWN, False, 1)
    assert manners.heard(UP, False, 5) == UP
    manners.lamps(TALKING, 5.1)
    assert manners.heard(DOWN, False, 5.2) == DOWN  # at once: the lamp moved no hook, this is the person


def test_a_hook_that_does_not_follow_is_believed_after_a_while() -> None:
    manners = Manners(quirk(0x6993, 0xB0AE))
    for lit in (TALKING, HELD, TALKING):
        manners.lamps(lit, 0)
    assert manners.heard(UP, False, ECHO_SECONDS + 0.1) == UP


# --- Gigaset: on-hook twice while it rings


def test_two_on_hook_reports_while_a_gigaset_rings_reject() -> None:
    manners = Manners(quirk(0x0000, 0x0001, "Gigaset ION"))
    manners.lamps(RINGING, 0)
    assert manners.heard([], True, 1) == []
    assert manners.heard([], True, 2) == REJECTED


def test_one_on_hook_report_before_an_answer_rejects_nothing() -> None:
    manners = Manners(quirk(0x0000, 0x0001, "Gigaset ION"))
    manners.lamps(RINGING, 0)
    busy = [(Key.LINE_BUSY, True)]
    assert manners.heard(busy, False, 1) == busy
    assert manners.heard(UP, False, 2) == UP
    assert manners.heard([], True, 3) == []


def test_on_hook_reports_without_ringing_and_of_other_keys_reject_nothing() -> None:
    manners = Manners(quirk(0x0000, 0x0001, "Gigaset ION"))
    assert [manners.heard([], True, at) for at in range(3)] == [[], [], []]
    manners.lamps(RINGING, 3)
    for at in range(4, 8):  # a volume key: each report says on-hook too
        assert manners.heard([(Key.VOLUME_UP, at % 2 == 0)], False, at) != REJECTED


def test_reports_that_repeat_themselves_while_another_makers_device_rings_reject_nothing() -> None:
    manners = Manners(quirk(0x0B0E, 0x0307))
    manners.lamps(RINGING, 0)
    assert [manners.heard([], True, at) for at in range(5)] == [[]] * 5


# --- Google: Phone Mute is a state; Plantronics: volume twice


def test_a_mute_switch_that_says_how_it_stands_is_a_press_where_it_differs_from_the_lamp() -> None:
    manners = Manners(quirk(0x18D1, 0x8001))
    assert manners.heard([(Key.MUTE, True)], False, 1) == MUTE
    manners.lamps(frozenset({Lamp.OFF_HOOK, Lamp.MUTE}), 2)
    assert manners.heard([(Key.MUTE, False)], False, 3) == MUTE
    manners.lamps(TALKING, 4)
    manners.lamps(frozenset({Lamp.OFF_HOOK, Lamp.MUTE}), 5)  # muted on the page: the device follows
    assert manners.heard([(Key.MUTE, True)], False, 6) == []


def test_a_volume_key_told_twice_within_5_ms_is_one_press() -> None:
    manners = Manners(quirk(0x047F, 0xC056))
    press, release = [(Key.VOLUME_UP, True)], [(Key.VOLUME_UP, False)]
    told = [manners.heard(press, False, 1.0), manners.heard(release, False, 1.001)]
    told += [manners.heard(press, False, 1.002), manners.heard(release, False, 1.003)]
    assert told == [press, release, [], []]
    assert manners.heard(press, False, 1.2) == press


# --- at the device


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "hidraw0"
    path.touch()
    return path


def test_a_mute_state_that_is_declared_as_a_press_is_a_state_all_the_same(path: Path) -> None:
    wire = Wire()
    phone = Phone(path, wire, parse(HEADSET), Quirk(mute_is_state=True))
    wire.reports.put(b"\x01\x04")
    wire.reports.put(b"\x01\x05")  # still muted, and lifted
    assert phone.told(3) == [*MUTE, (Key.HOOK, True)]
    phone.device.close()


def test_what_must_be_kept_alive_is_written_again_and_again(path: Path) -> None:
    wire = Wire()
    phone = Phone(path, wire, parse(HEADSET), Quirk(keep_alive=0.02))
    end = time.monotonic() + 20
    wait = phone.device.show({}, again=True)
    assert 0 < wait < 0.021
    while len(wire.written) < 5 and time.monotonic() < end:
        wait = phone.device.show({}, again=False)
        assert wait < 0.021
    assert wire.written == [b"\x01\x00"] * 5
    phone.device.close()


# --- makers from outside


ACME = 0xACAC


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder on the module search path, as if pip installed into it."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    modules = set(sys.modules)
    outside.models.cache_clear()
    yield folder
    outside.models.cache_clear()
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def install(site: Path, package: str, code: str, target: str = "MODELS") -> None:
    """What pip leaves of a package with an entry point for us."""
    (site / f"{package}.py").write_text(code)
    info = site / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[console_scripts]\n{package} = {package}:main\n\n"
        f"[deskbell.telephony_quirks]\n{package}-phones = {package}:{target}\n"
    )


HELPFUL = """
from drivers.base import Kind
from drivers.telephony.quirks import Model, Proof, Quirk

MODELS = [
    Model("Acme Ghost", Proof.USERS, "acme.example", 0xACAC, 0x0666, quirk=Quirk(phantom=True)),
    Model("Acme phones", Proof.MAKER, "acme.example", 0xACAC,
          quirk=Quirk(kind=Kind.HANDSET, hold_clears_off_hook=True, on_hooks_to_reject=1)),
]
"""


def test_an_installed_package_teaches_deskbell_a_maker_without_a_change_here(site: Path, path: Path) -> None:
    assert offered(ACME, 1) is Kind.HEADSET
    install(site, "acme_telephones", HELPFUL)
    outside.models.cache_clear()  # the daemon was started anew
    assert offered(ACME, 1) is Kind.HANDSET
    assert offered(ACME, 0x0666) is None

    wire = Wire()
    phone = Phone(path, wire, parse(HEADSET), quirk(ACME, 1))
    phone.device.show(dict.fromkeys(HELD, LampState(Pattern.ON)), again=True)
    assert wire.written == [b"\x01\x08"]  # Hold without Off-Hook
    phone.device.show({Lamp.RING: LampState(Pattern.ON)}, again=False)
    wire.reports.put(b"\x01\x00")
    assert phone.told(2) == REJECTED
    phone.device.close()


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import no_such_module_anywhere", "No module named"),
        ("raise SystemExit('goodbye')", "goodbye"),
        ("def", "invalid syntax"),
        ("", "has no attribute 'MODELS'"),
        ("MODELS = 7", "not iterable"),
        ("MODELS = ['headset']", "'headset' is not a Model"),
    ],
)
def test_a_broken_package_is_named_and_left_out_and_the_others_count(
    site: Path, caplog: pytest.LogCaptureFixture, code: str, why: str
) -> None:
    install(site, "broken_telephones", code)
    install(site, "acme_telephones", HELPFUL)
    assert offered(ACME, 1) is Kind.HANDSET
    (record,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert "'broken_telephones-phones' (broken_telephones:MODELS) are left out" in record.message
    assert why in record.message


def test_a_list_of_entry_points_that_is_no_text_troubles_nobody(site: Path) -> None:
    install(site, "acme_telephones", HELPFUL)
    strange = site / "strange-1.0.dist-info"
    strange.mkdir()
    (strange / "entry_points.txt").write_bytes(b"\xff\xfe\x00[")
    assert offered(ACME, 1) is Kind.HANDSET
