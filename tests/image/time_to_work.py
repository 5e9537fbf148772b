"""How soon a box that is switched on can work: `python -m tests.image.time_to_work [virt|raspi3b]`.

A first boot and a second. By this host's clock, from power-on: bootloader, kernel, initrd, systemd,
registered, first call answered (the desk answers by itself at once; a colleague calls as soon as it is
registered). By the box's own: systemd-analyze, and what each unit took. An emulated processor is many times
slower than a Pi's: the shares count, not the seconds.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.image import box as boxes
from tests.image.machine import RASPBERRY, VIRT
from tests.sip.parties import Phones

if TYPE_CHECKING:
    from tests.image.box import Box

BOARDS = {board.name: board for board in (VIRT, RASPBERRY)}
SAID = {
    "bootloader has chosen": r"deskbell: slots: . is started",
    "kernel": r"Booting Linux",
    "initrd": r"Run /init",
    "systemd": r"systemd\[1\]: systemd \d",
}
UNITS = 25  # slowest ones that are shown
CALLER = "1001"


def milestones(box: Box) -> dict[str, float]:
    """Return what was reached when, in seconds since power-on."""
    reached = {what: box.machine.serial.wait(pattern) for what, pattern in SAID.items()}
    box.until_registered()
    reached["registered"] = box.machine.serial.now()
    phones = Phones(box.office.exchange)
    phones.register(CALLER)
    phones.do(CALLER, "call", number="200")
    box.until("the call is answered", lambda: phones.told(CALLER, "CallAnswered"))
    reached["first call answered"] = box.machine.serial.now()
    phones.close()
    box.until_page()
    reached["the page answers"] = box.machine.serial.now()
    return reached


def show(title: str, box: Box) -> None:
    """Print all of one boot."""
    with box:
        reached = milestones(box)
        box.until_ssh()
        print(f"\n{title} ({box.machine.board.name})\n")
        since = 0.0
        for what, at in reached.items():
            print(f"  {what:22} {at:8.1f} s  +{at - since:6.1f} s")
            since = at
        box.until(
            "the boot is over", lambda: "finished in" in box.ssh("sh", "-c", "systemd-analyze time || true")
        )
        print(f"\n{box.ssh('systemd-analyze', 'time')}")
        print("\n".join(box.ssh("systemd-analyze", "blame", "--no-pager").splitlines()[:UNITS]))
        print(
            f"\n{box.ssh('systemd-analyze', 'critical-chain', '--no-pager', 'deskbell.service')}", flush=True
        )
        box.shut_down()


def main() -> int:
    """Measure and print."""
    board = BOARDS[sys.argv[1] if len(sys.argv) > 1 else VIRT.name]
    folder = Path(tempfile.mkdtemp(prefix="deskbell-time-", dir="/var/tmp"))
    try:
        with boxes.office(folder) as office:
            card = office.card(calls={"auto_answer": 0.1})
            show("first boot", office.box(card, board))
            show("second boot", office.box(card, board))
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
