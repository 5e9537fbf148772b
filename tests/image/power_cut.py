"""Pull a box's plug at random moments: `python -m tests.image.power_cut [--seed N] CUTS`.

A cut is a SIGKILL of QEMU: what the guest had in memory is gone, what it had handed to the card is there. So
this proves that the box waits for the card before it says that something is kept, and that whatever is half
done on the card does no harm; it does not prove that a card keeps what it was handed.

The power goes while the box boots (from its very first boot on), or while it is busy with calls, people,
imports and settings. Then it always boots, is registered again and answers its page, and all that was
acknowledged is there: people, imports and settings once their command has succeeded, calls once listed.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.image import box as boxes
from tests.image.machine import LIMIT, MachineError
from tests.sip.parties import Phones

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.image.box import Box, Clerk, Office

BOOT_SECONDS = 60.0  # how long the first boot takes, roughly; then it is known
BUSY_SECONDS = 40.0  # at most, between the sign-in and a cut
IMPORTED = 50  # people in an import
BOOTING_SHARE = 1 / 3  # of the cuts
CALLER = "1001"


@dataclass
class Kept:
    """What the box has acknowledged."""

    people: set[str] = field(default_factory=set)
    calls: set[float] = field(default_factory=set)
    """When they began."""
    name: set[str] = field(default_factory=lambda: {""})
    """What the line may be called: as was acknowledged last, or as was under way."""


class Day:
    """A day at the office: one thing after the other, in a thread, until the power goes."""

    def __init__(self, box: Box, phones: Phones, kept: Kept, chance: random.Random) -> None:
        self._box, self._phones, self._kept, self._chance = box, phones, kept, chance
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self.fault: BaseException | None = None
        self.done: list[str] = []

    def begin(self) -> None:
        """Begin to work."""
        self._thread.start()

    def over(self) -> None:
        """Say that the power goes now: what fails from here on is no fault."""
        self._over.set()

    def end(self) -> None:
        """Wait until all have noticed that there is no power; raise what went wrong before."""
        self._thread.join()
        self._box.office.exchange.cli("channel request hangup all")
        if self.fault:
            raise self.fault

    def _work(self) -> None:
        try:
            with self._box.clerk() as clerk:
                while not self._over.is_set():
                    deed = self._chance.choice([self._add_person, self._import, self._set, self._talk])
                    deed(clerk)
                    self.done.append(deed.__name__.strip("_"))
        except BaseException as error:
            if not self._over.is_set():
                self.fault = error

    def _add_person(self, clerk: Clerk) -> None:
        name = self._name()
        clerk.does("directory", "add", "--last", name, "--number", f"work={self._chance.randrange(10**8)}")
        self._kept.people.add(name)

    def _import(self, clerk: Clerk) -> None:
        names = [self._name() for _ in range(IMPORTED)]
        card = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:{0};;;;\r\nFN:{0}\r\nEND:VCARD\r\n"
        clerk.does("directory", "import", "@given", given="".join(card.format(name) for name in names))
        self._kept.people.update(names)

    def _set(self, clerk: Clerk) -> None:
        name = self._name()
        self._kept.name.add(name)
        clerk.does("settings", "set", given=json.dumps({"line": {"display_name": name}}))
        self._kept.name = {name}

    def _talk(self, clerk: Clerk) -> None:
        self._box.until_registered()
        self._phones.do(CALLER, "call", number="200")
        self._until("it rings", lambda: self._legs("Ringing"))
        clerk.does("answer")
        self._until("they talk", lambda: self._legs("Up"))
        time.sleep(self._chance.uniform(0, 3))
        self._phones.do(CALLER, "hang_up")
        self._until("the call is over", lambda: not self._legs())
        listed = json.loads(clerk.does("history", "--json"))
        self._kept.calls.update(call["began"] for call in listed if call["outcome"])

    def _legs(self, *states: str) -> bool:
        legs = [leg for leg in self._box.office.exchange.channels() if leg.name.startswith("PJSIP/200-")]
        return any(not states or leg.state in states for leg in legs)

    def _until(self, what: str, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + LIMIT
        while not holds():
            if self._over.is_set():
                raise MachineError(f"the power went before {what}")
            assert time.monotonic() < end, what
            time.sleep(0.2)

    def _name(self) -> str:
        return f"P{self._chance.randrange(10**12)}"


class Trial:
    """One card, and a box that loses its power again and again."""

    def __init__(self, office: Office, phones: Phones, chance: random.Random) -> None:
        self._office, self._phones, self._chance = office, phones, chance
        self._card = office.card()
        self._kept = Kept()
        self._boot_seconds = BOOT_SECONDS

    def cut_while_booting(self) -> str:
        """Switch it on and, before it is up, off; return what happened."""
        at = self._chance.uniform(0, self._boot_seconds)
        with self._office.box(self._card) as box:
            time.sleep(at)
            last = box.machine.serial.last(1).strip()
        return f"{at:.1f} s after power-on: {last}"

    def cut_while_busy(self) -> str:
        """Switch it on, see that all is there, and switch it off while it is busy; return what happened."""
        with self._office.box(self._card) as box:
            self._see_that_all_is_there(box)
            day = Day(box, self._phones, self._kept, self._chance)
            at = self._chance.uniform(0, BUSY_SECONDS)
            day.begin()
            time.sleep(at)
            day.over()
        day.end()
        return f"{at:.1f} s after sign-in, done: {', '.join(day.done) or 'nothing yet'}"

    def last_look(self) -> str:
        """Switch it on, see that all is there, and switch it off as one should."""
        with self._office.box(self._card) as box:
            self._see_that_all_is_there(box)
            box.shut_down()
        self._card.check(4)
        return f"{len(self._kept.people)} people and {len(self._kept.calls)} calls are all there"

    def _see_that_all_is_there(self, box: Box) -> None:
        began = time.monotonic()
        box.until_up()
        self._boot_seconds = time.monotonic() - began
        listed = csv.DictReader(io.StringIO(box.deskbell("directory", "export", "-").lstrip("\ufeff")))
        missing = self._kept.people - {person["last name"] for person in listed}
        assert not missing, f"{len(missing)} of {len(self._kept.people)} people are missing: {missing}"
        calls = {call["began"] for call in json.loads(box.deskbell("history", "--json", "--limit", "1000"))}
        assert self._kept.calls <= calls, f"calls are missing: {self._kept.calls - calls}"
        name = box.status()["lines"]["main"].get("display_name", "")
        assert name in self._kept.name, f"the line is called {name!r}, not {self._kept.name}"
        assert box.ssh("systemctl", "--failed", "--no-legend") == ""


def run(office: Office, cuts: int, seed: int) -> None:
    """Cut the power so often; raises AssertionError when the box does not come back whole."""
    chance = random.Random(seed)
    phones = Phones(office.exchange)
    phones.register(CALLER)
    trial = Trial(office, phones, chance)
    began = time.monotonic()
    for number in range(1, cuts + 1):
        booting = number == 1 or chance.random() < BOOTING_SHARE
        what = trial.cut_while_booting() if booting else trial.cut_while_busy()
        print(f"[{time.monotonic() - began:6.0f} s] cut {number}: {what}", flush=True)
    print(f"[{time.monotonic() - began:6.0f} s] {trial.last_look()}", flush=True)
    phones.close()


def main() -> int:
    """Do as the command line says; 1 when something was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.image.power_cut", description="Pull a box's plug.")
    parser.add_argument("cuts", type=int, help="how often")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    print(f"power cuts: {options.cuts}, seed {options.seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="deskbell-power-cut-", dir="/var/tmp"))
    try:
        with boxes.office(folder) as office:
            run(office, options.cuts, options.seed)
    except AssertionError as error:
        print(f"LOST: {error}\nits card and serial lines are in {folder}", file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
