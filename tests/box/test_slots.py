"""What the bootloader goes by, and what is in the two systems of a card."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import pytest

from appliance.box import slots
from appliance.box.slots import Slot, State
from appliance.box.system import System
from tests.box.updatable import RUNS, UpdatableBox

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UpdatableBox:
    monkeypatch.setenv("PATH", "/usr/sbin", prepend=":")
    return UpdatableBox(tmp_path)


def tear(box: UpdatableBox, *places: int) -> None:
    with (box.root / slots.DISK).open("r+b") as disk:
        for at in places:
            disk.seek(at + 100)
            disk.write(b"torn")


def test_both_systems_of_a_card_are_listed_with_their_versions(box: UpdatableBox) -> None:
    assert slots.listed(box.system) == [
        Slot("A", RUNS, slots.TRIES, runs=True, good=True),
        Slot("B", "1.0.0", 0, runs=False, good=False),
    ]


def test_a_system_that_nobody_has_written_yet_has_no_version(box: UpdatableBox) -> None:
    (box.root / slots.PARTITIONS["B"]).write_bytes(bytes(1 << 20))
    assert [slot.version for slot in slots.listed(box.system)] == [RUNS, ""]


def test_a_card_without_room_for_a_second_system_has_one(box: UpdatableBox) -> None:
    (box.root / slots.PARTITIONS["B"]).unlink()
    assert [slot.name for slot in slots.listed(box.system)] == ["A"]


def test_a_box_that_was_not_set_up_by_its_image_has_no_slots(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cmdline").write_text("root=/dev/sda1 rauc.slot=Z")
    assert slots.listed(System(tmp_path)) == []


def test_what_is_kept_is_what_the_bootloader_reads_and_so_is_its_copy(box: UpdatableBox) -> None:
    wanted = State(("B", "A"), {"A": 9, "B": 3}, "A")
    slots.keep(box.system, wanted)
    tear(box, slots.AT)
    assert box.state == wanted


def test_where_both_are_torn_the_systems_are_started_as_on_a_new_card(box: UpdatableBox) -> None:
    tear(box, slots.AT, slots.COPY_AT)
    assert box.state == State(("A", "B"), {"A": 3, "B": 3}, "")


@pytest.mark.parametrize(
    "raw", [b"", b"\0" * slots.SIZE, b"\xff" * slots.SIZE, slots.encoded(State())[:-1]], ids=range(4)
)
def test_what_is_no_state_is_none(raw: bytes) -> None:
    assert slots.decoded(raw) is None


def test_a_system_that_has_proven_itself_goes_first_and_one_that_is_given_up_last() -> None:
    new = State(("B", "A"), {"A": 9, "B": 2}, "A")
    assert new.proven("B") == State(("B", "A"), {"A": 9, "B": slots.TRIES}, "B")
    assert new.proven("A").order == ("A", "B")
    assert new.given_up("B") == State(("A", "B"), {"A": 9, "B": 0}, "A")


def test_a_state_of_another_writer_is_read_as_far_as_it_makes_sense() -> None:
    body = b"BOOT_ORDER=Z B\0BOOT_A_LEFT=x\0BOOT_B_LEFT=2\0bootcmd=evil\0".ljust(slots.SIZE - 4, b"\0")
    assert slots.decoded(zlib.crc32(body).to_bytes(4, "little") + body) == State(("B",), {"A": 3, "B": 2}, "")
