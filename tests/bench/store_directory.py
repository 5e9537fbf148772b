"""100,000 people with 250,000 numbers: put in, searched as one types, looked up when they call.

python -m tests.bench.store_directory [people]

A search is timed with the page of 50 people that it shows, a lookup as the daemon does it; both through a
connection as everybody has it, of 1 MB cache.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.directory import people
from appliance.directory.lookup import Keys, caller
from appliance.directory.person import Number, Person
from appliance.directory.search import search
from appliance.numbers import DialPlan
from appliance.store.file import connect, prepare, writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

PEOPLE = 100_000
ASKED = 300  # of each kind
KEYS = Keys(DialPlan("IT", outside_prefix="0"))
FIGURES = {"search": 10.0, "lookup": 1.0}  # ms at most, p99

_FIRST = """
    Anna Élodie Jürgen Zoë Mario Łukasz Søren François Marta Giulia Ada Bruno Chloé Дмитрий Νίκος İpek Hans
    Inés João Klára Lars Nuño Olga Pauline Renée Stefan Tomáš Ursula Věra Wim Xavier Yves Andrea Maria
"""
_SYLLABLES = """
    ba be bi bo ca da de di el en er fa fi ga gi ha he jo ka la le li lo ma me mi mo na ne ni no o pa pe ra re
    ri ro sa se si so ta te ti to va ve vi za mü rö ñe ço łu ås
"""
FIRST, SYLLABLES = _FIRST.split(), _SYLLABLES.split()
COMPANY = ("S.p.A.", "GmbH", "Ltd.", "SARL", "A/S")
DEPARTMENT = ("Sales", "Purchasing", "Administration", "Research", "Qualità", "Küche", "Direction")
FORMS = (
    "+39 02 {:07}",
    "02 {:07}",
    "0039 06 {:07}",
    "+49 30 {:07}",
    "0049 (0)89/{:07}",
    "+44 20 7{:07}",
    "+33 1 4{:07}",
)


def everybody(many: int) -> Iterator[Person]:
    """Yield so many people with names of seven languages and numbers of four countries, always the same."""
    dice = random.Random(5)

    def name(syllables: int) -> str:
        return "".join(dice.choice(SYLLABLES) for _ in range(syllables)).title()

    lasts = [name(dice.choice((2, 3, 4))) for _ in range(20_000)]
    companies = [f"{name(3)} {dice.choice(COMPANY)}" for _ in range(3000)]
    for at in range(many):
        first, last = dice.choice(FIRST), dice.choice(lasts)
        numbers = [
            Number(dice.choice(FORMS).format(dice.randrange(10**7))),
            Number(f"+39 347 {dice.randrange(10**7):07}", "mobile"),
        ]
        if at % 2:
            numbers.append(Number(str(dice.randrange(1000, 99_999)), "extension"))
        yield Person(
            last,
            first,
            dice.choice(companies),
            dice.choice(DEPARTMENT),
            f"Building {at % 40}, room {at % 900}",
            notes="met at the fair" if at % 9 == 0 else "",
            external_id=f"E-{at}",
            email=f"{first}.{last}@example.com".lower(),
            categories=(("Suppliers", "Customers", "VIP")[at % 3],) if at % 4 else (),
            numbers=tuple(numbers),
        )


def build(path: Path, many: int) -> None:
    """Put them in; print the seconds it took and the peak RSS in MB."""
    began = time.perf_counter()
    with closing(connect(path)) as file, writing(file):
        people.insert(file, KEYS, everybody(many))
    print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def measure(many: int = PEOPLE) -> list[str]:
    """Return the lines of a table."""
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "desk.db"
        prepare(path)
        words = [sys.executable, "-m", "tests.bench.store_directory", "build", str(path), str(many)]
        built = subprocess.run(words, capture_output=True, text=True, check=True)
        seconds, memory = map(float, built.stdout.split())
        size = path.stat().st_size / 1e6
        lines = [
            f"{many:,} people put in and indexed (made up on the way): {seconds:.1f} s,"
            f" {memory:.0f} MB peak RSS, {size:.0f} MB on the card",
            "| what | p50, ms | p99, ms | largest, ms | at most |",
            "|---|---|---|---|---|",
        ]
        with closing(connect(path)) as file:
            known = random.Random(6).sample(list(everybody(many)), ASKED)
            for what, typed in _typed(known):
                taken = _times(typed, lambda one: list(people.every(file, search(file, KEYS, one).ids)))
                lines.append(_row(f"search: {what}", "search", taken))
            for what, numbers in _arriving(known):
                lines.append(
                    _row(f"lookup: {what}", "lookup", _times(numbers, lambda one: caller(file, KEYS, one)))
                )
    return lines


def _typed(known: list[Person]) -> Iterator[tuple[str, list[str]]]:
    """Yield what is typed of people, by kind."""
    for length in range(1, 9):
        yield f"{length} letters of a last name", [person.last[:length] for person in known]
    yield "a first name", [person.first for person in known]
    yield (
        "a department or company",
        [(person.department, person.company)[at % 2] for at, person in enumerate(known)],
    )
    yield (
        "what nearly everybody has",
        ["example", "com", "example com", "room", "building e", "room 1", "s"] * 40,
    )
    dice = random.Random(7)
    for length in range(1, 9):
        digits = ["".join(filter(str.isdigit, person.numbers[1].number)) for person in known]
        starts = [dice.randrange(len(one) - length) for one in digits]
        yield f"{length} digits", [one[at : at + length] for one, at in zip(digits, starts, strict=True)]
    for length in (1, 2, 3, 4):
        both = [f"{person.first[:length]} {person.last[:length]}" for person in known]
        yield f"two words of {length} letters", both
    yield "a name and digits", [f"{person.last[:2]} {person.numbers[0].number[-3:]}" for person in known]
    yield "0039 02 ...", [f"0039 02 {at % 1000}" for at in range(ASKED)]


def _arriving(known: list[Person]) -> Iterator[tuple[str, list[str]]]:
    """Yield numbers that call, by the way they arrive."""
    e164 = [KEYS.key(person.numbers[0].number) for person in known]
    yield "+39...", e164
    yield "0039...", [f"00{one[1:]}" for one in e164]
    yield "0 0039...", [f"000{one[1:]}" for one in e164]
    yield "39...", [one[1:] for one in e164]
    yield "national", [one[3:] for one in e164 if one.startswith("+39")]
    yield "sip:", [f"sip:{one}@192.0.2.1;user=phone" for one in e164]
    yield "an extension", [person.numbers[2].number for person in known if len(person.numbers) > 2]
    yield "nobody's", [f"+39 06 99{at:06}" for at in range(ASKED)]


def _times(asked: Iterable[str], what: Callable[[str], object]) -> list[float]:
    """Return how long each takes, in ms, from the fastest on."""
    taken = []
    for one in asked:
        began = time.perf_counter()
        what(one)
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)


def _row(what: str, figure: str, taken: list[float]) -> str:
    p50, p99 = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
    return f"| {what} | {p50:.2f} | {p99:.2f} | {taken[-1]:.2f} | {FIGURES[figure]:g} |"


if __name__ == "__main__":
    if sys.argv[1:2] == ["build"]:
        build(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        print("\n".join(measure(*map(int, sys.argv[1:]))))
