"""How long an import takes, and how much memory: python -m tests.bench.store_import [people]

Each is a process of its own, as `deskbell directory import` is: the file is read, duplicates are looked for,
people and numbers are written and indexed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.directory.formats import own, vcard
from appliance.directory.person import Number, Person
from appliance.store.file import prepare

if TYPE_CHECKING:
    from collections.abc import Iterator

PEOPLE = 100_000
NUMBERS = (2, 3)  # of every other: 2.5 a person

FIRST = ("Anna", "Björn", "Chiara", "Dörte", "Émile", "Francesca", "Günther", "Hélène", "Iñaki", "Łukasz")
LAST = ("Rossi", "Müller", "Dąbrowski", "Núñez", "Ferrari", "Søndergaard", "D'Angelo", "Smith", "Weiß")
COMPANY = ("Acme S.p.A.", "Caffè Città", "Straßenbau GmbH", "Øresund A/S", "Porter & Sons; Ltd.")

CHILD = """
import resource, sys, time
from contextlib import closing
from pathlib import Path
from appliance.directory import importing
from appliance.directory.lookup import Keys
from appliance.numbers import DialPlan
from appliance.store.file import connect

store, name, step = sys.argv[1:]
began = time.monotonic()
with closing(connect(Path(store))) as file, open(name, "rb") as stream:
    done = getattr(importing, step)(file, Keys(DialPlan("IT")), stream)
seconds = time.monotonic() - began
most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(seconds, most, done.added, done.merged + done.unchanged)
"""


class People:
    """So many people, again and again the same."""

    def __init__(self, many: int) -> None:
        self._many = many

    def __iter__(self) -> Iterator[Person]:
        """Yield them one by one."""
        for at in range(self._many):
            yield Person(
                last=f"{LAST[at % 9]} {at // 90}",
                first=FIRST[at % 10],
                company=COMPANY[at % 5],
                department=f"Department {at % 40}",
                title="Sales",
                email=f"person{at}@example.com",
                external_id=f"E-{at}",
                categories=(f"Category {at % 7}",),
                numbers=tuple(
                    Number(f"+39 0{kind}1 {at:07}", ("work", "mobile", "home")[kind], default=kind == 0)
                    for kind in range(NUMBERS[at % 2])
                ),
            )


def measure(people: int = PEOPLE) -> list[str]:
    """Return a table of what importing so many people costs."""
    table = ["| what | seconds | peak RSS, MB | new | merged or unchanged |", "|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        for format, write in (("CSV", own.write), ("vCard 3.0", vcard.write)):
            name, store = Path(folder) / f"people.{format[0]}", Path(folder) / f"{format[0]}.db"
            with name.open("wb") as stream:
                write(People(people), stream)
            prepare(store)
            for what, step in (("preview", "preview"), ("import", "apply"), ("again", "apply")):
                words = [sys.executable, "-c", CHILD, str(store), str(name), step]
                done = subprocess.run(words, capture_output=True, text=True, check=True)
                seconds, memory, new, met = done.stdout.split()
                table.append(
                    f"| {format}, {name.stat().st_size / 1e6:.0f} MB: {what} | {float(seconds):.1f}"
                    f" | {float(memory):.0f} | {new} | {met} |"
                )
    return table


if __name__ == "__main__":
    print("\n".join(measure(*map(int, sys.argv[1:]))))
