"""The bootloader's choice between two systems, on QEMU's Raspberry Pi with the bootloader that a card gets.

The two systems' kernels are a few instructions that restart the machine: what is looked at is which one was
started, and what the bootloader left on the card.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from appliance.box import slots
from appliance.box.slots import State
from tests.image import tools
from tests.image.card import SECTOR, Card
from tests.image.machine import RASPBERRY, VIRT, Machine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.image.machine import Board

PROJECT = Path(__file__).parents[2]
MIB = 1 << 20
LAYOUT = ((4, 16), (20, 8), (28, 8))
"""Start and size of the partitions, in MiB: a small card's."""

# movz x1, 0x3f10, lsl 16 (the power manager); its watchdog in 10 ticks; a full reset; wait
RESTART_PI = (0x52A7E201, 0x52800142, 0x72AB4002, 0xB9002422, 0x52800402, 0x72AB4002, 0xB9001C22, 0x14000000)
# PSCI's SYSTEM_RESET (0x84000009) by a hypervisor call; wait
RESTART_VIRT = (0x52800120, 0x72B08000, 0xD4000002, 0x14000000)
KERNELS = {RASPBERRY.name: RESTART_PI, VIRT.name: RESTART_VIRT}


class Box:
    """A machine with a card of two systems, that is switched on again and again."""

    def __init__(self, card: Card, folder: Path, board: Board) -> None:
        """Put the card into the machine."""
        self.card, self._folder, self._board = card, folder, board

    def start(self) -> str:
        """Switch it on until it restarts; return what the bootloader said of the slots."""
        machine = Machine(self.card, self._folder, self._board, isolated=True)
        with machine:
            machine.wait_until_off()
        said = [line for _, line in machine.serial.lines if line.startswith("deskbell: slots:")]
        return "\n".join(line.removeprefix("deskbell: slots: ") for line in said)

    def starts(self, count: int) -> str:
        """Switch it on so many times; return the slots that were started."""
        return "".join(line[0] for _ in range(count) for line in self._started(self.start()))

    @property
    def state(self) -> State | None:
        """What the bootloader left."""
        with self.card.file.open("rb") as file:
            file.seek(slots.AT)
            return slots.decoded(file.read(slots.SIZE))

    def write(self, at: int, data: bytes) -> None:
        """Write to the card, past all partitions."""
        with self.card.file.open("r+b") as file:
            file.seek(at)
            file.write(data)

    def has(self, state: State, copy: State | None = None) -> None:
        """Have a state on the card, and a copy."""
        self.write(slots.AT, slots.encoded(state))
        self.write(slots.COPY_AT, slots.encoded(copy or state))

    def empty(self, number: int) -> None:
        """Have nothing in a partition."""
        start, size = LAYOUT[number - 1]
        self.write(start * MIB, bytes(size * MIB))

    @staticmethod
    def _started(said: str) -> list[str]:
        lines = [line.removeprefix("none had a try left, ") for line in said.splitlines()]
        return [line for line in lines if " is started" in line][-1:]


@pytest.fixture(scope="module")
def firmware(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what the FAT partition holds."""
    folder = tmp_path_factory.mktemp("firmware")
    tree, fat = folder / "tree", folder / "fat"
    tree.mkdir()
    try:
        _unpack(tree, "./usr/lib/u-boot/rpi_arm64/u-boot.bin", "./usr/lib/linux-image-*/bcm2837-rpi-3-b.dtb")
    except tools.ToolsError as missing:
        if "CI" in os.environ:
            raise
        pytest.skip(str(missing))
    subprocess.run([PROJECT / "image/tools", PROJECT / "image/uboot/make", fat, tree], check=True)
    shutil.copy(next(tree.rglob("*.dtb")), fat)
    return fat


@pytest.fixture
def box(request: pytest.FixtureRequest, firmware: Path, tmp_path: Path) -> Box:
    """Return a box that nobody has switched on yet."""
    board: Board = getattr(request, "param", RASPBERRY)
    image = _image(tmp_path, firmware, KERNELS[board.name])
    return Box(Card(tmp_path / "card", image, 64 * MIB), tmp_path, board)


@pytest.mark.parametrize("box", [RASPBERRY, VIRT], indirect=True, ids=lambda board: board.name)
def test_each_start_of_a_new_card_takes_a_try_and_without_one_the_other_system_is_started(box: Box) -> None:
    assert "there is no state, a new one is made" in box.start()
    assert box.state == State(tries={"A": 2, "B": 3})
    assert box.starts(5) == "AABBB"
    assert box.state == State(tries={"A": 0, "B": 0})


def test_the_system_that_was_installed_is_started_and_after_three_tries_the_one_before(box: Box) -> None:
    good = State(tries={"A": slots.TRIES, "B": 0}, good="A")
    box.has(replace(good, order=("B", "A"), tries={"A": slots.TRIES, "B": 3}), copy=good)
    assert box.starts(5) == "BBBAA"
    assert box.state == State(("B", "A"), {"A": slots.TRIES - 2, "B": 0}, "A")


def test_where_no_try_is_left_the_system_that_was_good_last_gets_its_tries_again(box: Box) -> None:
    box.has(State(tries={"A": 0, "B": 0}, good="B"))
    assert box.start().splitlines()[-1] == "none had a try left, B is started"
    assert box.state == State(("B", "A"), {"A": 3, "B": 2}, "B")
    assert box.starts(1) == "B"


def test_a_system_that_cannot_be_loaded_is_passed_over_at_once(box: Box) -> None:
    box.has(State(("B", "A"), {"A": 3, "B": 3}, "A"))
    box.empty(3)
    assert box.starts(2) == "AA"
    assert box.state == State(("B", "A"), {"A": 1, "B": 0}, "A")


@pytest.mark.parametrize("torn", [slots.SIZE // 2, 2, slots.SIZE], ids=["half", "its CRC", "all"])
def test_a_state_that_a_power_cut_has_torn_is_replaced_by_its_copy(box: Box, torn: int) -> None:
    box.has(State(("B", "A"), {"A": 9, "B": 3}, "A"), copy=State(("A", "B"), {"A": 9, "B": 0}, "A"))
    box.write(slots.AT, b"\xff" * torn)
    assert "the state is torn, its copy is taken" in (said := box.start())
    assert "A is started, 8 tries left" in said
    assert box.state == State(("A", "B"), {"A": 8, "B": 0}, "A")


def test_where_state_and_copy_are_rubbish_a_new_one_is_made(box: Box) -> None:
    box.write(slots.AT, b"\xa5" * 2 * slots.SIZE)
    assert "there is no state, a new one is made" in box.start()
    assert box.state == State(tries={"A": 2, "B": 3})


def test_a_state_without_sense_starts_a_system_all_the_same(box: Box) -> None:
    box.has(State(("A",), {"A": 0, "B": 0}, "nobody"))
    assert box.starts(2) == "AA"


def test_no_start_writes_to_the_boot_partition(box: Box) -> None:
    before = box.card.digest(1)
    box.starts(2)
    assert box.card.digest(1) == before


def test_the_card_that_the_bootloader_expects_is_the_one_that_is_laid_out() -> None:
    said = dict(
        line.split("#")[0].strip().split("=")
        for line in (PROJECT / "image/layout").read_text().splitlines()
        if "=" in line.split("#")[0]
    )
    script = (PROJECT / "image/uboot/boot.cmd").read_text()
    assert slots.AT == int(said["slot_state_at"]) * MIB == 0x800 * SECTOR
    assert slots.COPY_AT == 0x820 * SECTOR == slots.AT + slots.SIZE
    assert all(words in script for words in ("block 0x800", "block 0x820", "0x800 0x20"))
    assert all(said["disk_id"] in path for path in slots.PARTITIONS.values())


# --- a small card


def _image(folder: Path, firmware: Path, kernel: Sequence[int]) -> Path:
    """Return the file of a card with two systems."""
    fat, root, image = folder / "fat", folder / "root.ext4", folder / "image"
    with fat.open("wb") as file:
        file.truncate(LAYOUT[0][1] * MIB)
    tools.run("mkfs.vfat", "-F", "32", fat)
    tools.run("mcopy", "-i", fat, *firmware.iterdir(), "::")
    boot = folder / "root/boot"
    boot.mkdir(parents=True)
    (boot / "vmlinuz-6").write_bytes(_kernel(kernel))
    (boot / "initrd.img-6").write_bytes(b"an initrd")
    for name in ("vmlinuz", "initrd.img"):
        (boot / name).symlink_to(f"{name}-6")
    tools.run("mke2fs", "-q", "-t", "ext4", "-d", folder / "root", root, f"{LAYOUT[1][1]}M")
    with image.open("wb") as file:
        file.write(_partition_table())
        for (start, _), part in zip(LAYOUT, (fat, root, root), strict=True):
            file.seek(start * MIB)
            file.write(part.read_bytes())
    return image


def _kernel(instructions: Sequence[int]) -> bytes:
    """Return an arm64 kernel (Linux: Documentation/arch/arm64/booting.rst) that does this and no more."""
    jump, anywhere = 0x14000010, 0xA
    code = struct.pack(f"<{len(instructions)}I", *instructions)
    return struct.pack("<IIQQQ24x4sI", jump, 0, 0, 64 + len(code), anywhere, b"ARM\x64", 0) + code


def _partition_table() -> bytes:
    entries = b"".join(
        struct.pack("<B3xB3xII", 0, kind, start * MIB // SECTOR, size * MIB // SECTOR)
        for kind, (start, size) in zip((0x0C, 0x83, 0x83), LAYOUT, strict=True)
    )
    return bytes(440) + struct.pack("<IH", 0x5A1D0001, 0) + entries.ljust(64, b"\0") + b"\x55\xaa"


def _unpack(tree: Path, *patterns: str) -> None:
    """Take files out of the base that the image is built on."""
    bases = sorted(tools.tree().parent.glob("base-*/tree.tar.zst"), key=lambda path: path.stat().st_mtime)
    if not bases:
        raise tools.ToolsError("the system that the image is built on is not there yet: make image")
    unpacking = ["tar", "-x", "-C", str(tree), "--wildcards", *patterns]
    with subprocess.Popen(tools.words("zstd", "-dc", bases[-1]), stdout=subprocess.PIPE) as packed:
        subprocess.run(unpacking, stdin=packed.stdout, check=True)
