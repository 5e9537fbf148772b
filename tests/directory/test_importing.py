"""Importing: shown before, merged by rule, undone once; nothing that is there is lost."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from appliance.directory import importing, people
from appliance.directory.errors import Refused, Unknown
from appliance.directory.formats import own, vcard
from appliance.directory.formats.items import FormatError
from appliance.directory.imported import imports
from appliance.directory.importing import Manner
from appliance.directory.lookup import Keys, caller
from appliance.directory.person import Number, Person
from appliance.directory.pictures import small
from appliance.numbers import DialPlan
from appliance.store.file import connect, prepare, writing
from tests.directory.persons import picture_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

KEYS = Keys(DialPlan("IT"))
ANNA = Person("Rossi", "Anna", "Acme", numbers=(Number("02 5550 1234"),))
PICTURE = small(picture_of())


@pytest.fixture
def file(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    prepare(tmp_path / "desk.db")
    with closing(connect(tmp_path / "desk.db")) as file:
        yield file


def csv(*lines: str) -> io.BytesIO:
    return io.BytesIO("\n".join(lines).encode())


def exported(*persons: Person) -> io.BytesIO:
    stream = io.BytesIO()
    own.write(persons, stream)
    return stream


def put_in(file: sqlite3.Connection, *persons: Person) -> list[int]:
    with writing(file):
        return people.insert(file, KEYS, persons)


def everybody(file: sqlite3.Connection) -> list[Person]:
    """Return who is there, without the times of change."""
    return [replace(person, id=0, changed=0.0) for person in people.every(file)]


def test_a_preview_tells_what_would_happen_and_writes_nothing(file: sqlite3.Connection) -> None:
    put_in(file, ANNA)
    before = list(file.iterdump())
    stream = csv(
        "last name,first name,company,e-mail,number 1",
        "Rossi,Anna,Acme,anna@example.com,+39 02 5550 1234",
        "Bianchi,Bruno,,,333 1234567",
        "Bianchi,Bruno,,b@example.com,+39 333 1234567",
        "Verdi,Carla,,,'3,9E+11",
        ",,,,",
        ',"",,,"3,9E+11"',
    )

    found = importing.preview(file, KEYS, stream)

    assert (found.format, found.encoding) == ("csv", "utf-8")
    assert (found.added, found.merged, found.unchanged, found.faulty) == (1, 2, 0, 2)
    assert [fault.line for fault in found.faults] == [5, 7]
    assert [(one.name, one.email) for one in found.first] == [
        ("Anna Rossi", "anna@example.com"),
        ("Bruno Bianchi", "b@example.com"),
    ]
    assert list(file.iterdump()) == before


def test_an_import_does_what_its_preview_told(file: sqlite3.Connection) -> None:
    put_in(file, ANNA)
    stream = exported(*(Person(f"P{at % 3000}", email=f"{at % 3000}@x") for at in range(5000)), ANNA)
    seen: list[tuple[int, float]] = []

    told = importing.preview(file, KEYS, stream)
    done = importing.apply(
        file, KEYS, stream, author="admin", name="a.csv", progress=lambda *far: seen.append(far)
    )

    assert (
        (done.added, done.merged, done.unchanged)
        == (told.added, told.merged, told.unchanged)
        == (3000, 2000, 1)
    )
    assert len(everybody(file)) == 3001
    assert [rows for rows, _ in seen] == sorted(rows for rows, _ in seen)
    assert seen[-1] == (5001, 1.0)
    [made] = imports(file)
    assert (made.id, made.author, made.name, made.state, made.added) == (
        done.id,
        "admin",
        "a.csv",
        "done",
        3000,
    )


def test_who_was_imported_is_named_when_calling(file: sqlite3.Connection) -> None:
    importing.apply(file, KEYS, exported(ANNA))
    found = caller(file, KEYS, "+390255501234")
    assert found is not None
    assert found.name == "Anna Rossi"


@pytest.mark.parametrize(
    ("rule", "new"),
    [
        ("external id", Person("Russo", "A.", external_id="E-1")),
        ("e-mail and name", Person("ROSSI", "Anna ", email="ANNA@example.com")),
        (
            "name, company and a number",
            Person("rossi", "anna", "ACME", numbers=(Number("0039 02 55501234"),)),
        ),
    ],
)
def test_who_is_there_by_rule_is_merged(file: sqlite3.Connection, rule: str, new: Person) -> None:
    put_in(file, replace(ANNA, external_id="E-1", email="anna@example.com"))
    done = importing.apply(file, KEYS, exported(replace(new, department="Sales")))

    assert (done.added, done.merged) == (0, 1), rule
    [found] = everybody(file)
    assert (found.name, found.department, found.numbers) == ("Anna Rossi", "Sales", ANNA.numbers)


@pytest.mark.parametrize(
    ("why", "new"),
    [
        ("the same name alone", Person("Rossi", "Anna", "Acme")),
        ("the same number alone", Person("Bianchi", numbers=ANNA.numbers)),
        ("another company", replace(ANNA, company="Other")),
        ("an operator's own", replace(ANNA, owner="bob")),
        ("the same e-mail address alone", Person("Info", email="anna@example.com")),
    ],
)
def test_who_is_not_there_by_rule_is_new(file: sqlite3.Connection, why: str, new: Person) -> None:
    put_in(file, replace(ANNA, email="anna@example.com"))
    done = importing.apply(file, KEYS, exported(new))
    assert (done.added, done.merged) == (1, 0), why


def test_who_comes_from_a_source_is_never_merged_into(file: sqlite3.Connection) -> None:
    put_in(file, replace(ANNA, source="ldap", source_key="1"))
    done = importing.apply(file, KEYS, exported(replace(ANNA, department="Sales")))

    assert (done.added, done.merged) == (1, 0)
    assert [one.department for one in everybody(file) if one.source] == [""]


def test_merging_fills_what_is_empty_and_neither_changes_nor_loses_what_is_there(
    file: sqlite3.Connection,
) -> None:
    there = replace(
        ANNA,
        title="Head",
        categories=("Customers",),
        numbers=(Number("+39 02 5550 1234", "work", "1", default=True, monitored=True),),
    )
    put_in(file, there, Person("Other", numbers=(Number("7", speed_dial="2"),)))
    new = replace(
        ANNA,
        title="Clerk",
        office="Milan",
        categories=("customers", "VIP"),
        favourite=True,
        picture=PICTURE,
        numbers=(
            Number("02 5550 1234", "home", "9"),
            Number("333 1234567", "mobile", "2", default=True),
        ),
    )
    done = importing.apply(file, KEYS, exported(new))

    found = next(one for one in everybody(file) if one.last == "Rossi")
    assert found == replace(
        there,
        office="Milan",
        categories=("Customers", "VIP"),
        favourite=True,
        picture=PICTURE,
        numbers=(*there.numbers, Number("333 1234567", "mobile")),
    )
    assert {notice.text for notice in done.notices} == {
        "the speed dial 2 is taken and left out",
        "merged with Anna Rossi, whose title is kept",
    }


def test_the_same_file_again_changes_nothing(file: sqlite3.Connection) -> None:
    stream = exported(*own.SAMPLE, replace(ANNA, picture=PICTURE))
    importing.apply(file, KEYS, stream)
    before = list(people.every(file))
    done = importing.apply(file, KEYS, stream)

    assert (done.added, done.merged, done.unchanged) == (0, 0, 3)
    assert list(people.every(file)) == before


def test_everybody_exported_to_every_format_is_who_is_there(file: sqlite3.Connection) -> None:
    importing.apply(file, KEYS, exported(*own.SAMPLE, replace(ANNA, picture=PICTURE)))
    before = list(people.every(file))
    stream = io.BytesIO()
    vcard.write(before, stream, "4.0")
    done = importing.apply(file, KEYS, stream)

    assert (done.format, done.unchanged, done.added, done.merged) == ("vcard", 3, 0, 0)


def test_undone_it_is_as_if_it_had_not_been(file: sqlite3.Connection) -> None:
    put_in(file, replace(ANNA, picture=PICTURE, title="Head"), Person("Bianchi", external_id="E-1"))
    before = list(people.every(file))
    done = importing.apply(
        file,
        KEYS,
        exported(
            replace(ANNA, office="Milan", numbers=(*ANNA.numbers, Number("333 1"))),
            Person("Bianchi", external_id="E-1", picture=PICTURE, categories=("VIP",)),
            Person("New"),
        ),
    )
    assert (done.added, done.merged) == (1, 2)

    undone = importing.undo(file, KEYS, done.id)

    assert (undone.removed, undone.restored, undone.kept) == (1, 2, [])
    assert list(people.every(file)) == before
    assert caller(file, KEYS, "3331") is None
    with pytest.raises(Refused, match="taken back already"):
        importing.undo(file, KEYS, done.id)
    with pytest.raises(Unknown):
        importing.undo(file, KEYS, 99)


def test_who_was_edited_since_is_kept_and_told(file: sqlite3.Connection) -> None:
    put_in(file, ANNA)
    stream = exported(replace(ANNA, office="Milan"), Person("Bianchi"), Person("Gone"), Person("Verdi"))
    done = importing.apply(file, KEYS, stream)
    there = {person.last: person for person in people.every(file)}
    with writing(file):
        people.update(file, KEYS, replace(there["Rossi"], title="Head"))
        people.update(file, KEYS, replace(there["Bianchi"], title="Clerk"))
        people.delete(file, [there["Gone"].id])

    undone = importing.undo(file, KEYS, done.id)

    assert (undone.removed, undone.restored, undone.kept) == (1, 0, ["Anna Rossi", "Bianchi"])
    assert [(one.last, one.office, one.title) for one in everybody(file)] == [
        ("Rossi", "Milan", "Head"),
        ("Bianchi", "", "Clerk"),
    ]


def test_imports_are_undone_one_by_one(file: sqlite3.Connection) -> None:
    first = importing.apply(file, KEYS, exported(ANNA))
    second = importing.apply(file, KEYS, exported(replace(ANNA, office="Milan")))

    assert importing.undo(file, KEYS, second.id).restored == 1
    assert everybody(file) == [ANNA]
    assert importing.undo(file, KEYS, first.id).removed == 1
    assert everybody(file) == []


def test_an_import_that_fails_changes_nothing(
    file: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in(file, ANNA)
    before = list(people.every(file))
    monkeypatch.setattr("appliance.directory.formats.table.MAX_ROWS", 5000)
    stream = exported(replace(ANNA, office="Milan"), *(Person(f"P{at}") for at in range(6000)))

    with pytest.raises(FormatError, match="line 5002: the file has more than 5000 rows"):
        importing.apply(file, KEYS, stream)

    assert list(people.every(file)) == before
    assert imports(file) == []


DYING = """
import io, os, signal, sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from appliance.directory import importing
from appliance.directory.formats import own
from appliance.directory.person import Person
from appliance.store.file import connect
from tests.directory.test_importing import ANNA, KEYS

stream = io.BytesIO()
own.write([replace(ANNA, office="Milan"), *(Person(f"P{at}") for at in range(9000))], stream)

def kill(rows, share):
    if rows > 4000:
        os.kill(os.getpid(), signal.SIGKILL)

with closing(connect(Path(sys.argv[1]))) as file:
    importing.apply(file, KEYS, stream, progress=kill)
"""


def test_an_import_whose_process_died_is_taken_back(file: sqlite3.Connection, tmp_path: Path) -> None:
    put_in(file, ANNA)
    before = list(people.every(file))
    died = subprocess.run([sys.executable, "-c", DYING, str(tmp_path / "desk.db")], check=False)
    assert died.returncode == -signal.SIGKILL
    assert len(everybody(file)) > 4000
    assert [one.state for one in imports(file)] == ["running"]

    assert importing.settle(file, KEYS) == 1

    assert list(people.every(file)) == before
    assert [one.state for one in imports(file)] == ["interrupted"]


def test_others_write_while_an_import_goes_on_and_no_other_import_begins(
    file: sqlite3.Connection, tmp_path: Path
) -> None:
    said: list[str] = []
    with closing(connect(tmp_path / "desk.db")) as other:

        def meanwhile(_: int, share: float) -> None:
            if share == 1.0:
                put_in(other, Person("Meanwhile"))
                with pytest.raises(Refused, match="another import is going on") as refused:
                    importing.apply(other, KEYS, exported(ANNA))
                said.append(str(refused.value))

        importing.apply(file, KEYS, exported(ANNA), progress=meanwhile)

    assert said
    assert [one.last for one in everybody(file)] == ["Rossi", "Meanwhile"]


def test_the_owner_and_a_category_can_be_said_for_all(file: sqlite3.Connection) -> None:
    stream = exported(ANNA, replace(ANNA, last="B", owner="carol", categories=("vip",)))
    importing.apply(file, KEYS, stream, Manner(owner="bob", category="VIP"))
    assert [(one.owner, [name.upper() for name in one.categories]) for one in everybody(file)] == [
        ("bob", ["VIP"])
    ] * 2


def test_a_format_that_there_is_not_is_refused(file: sqlite3.Connection) -> None:
    with pytest.raises(FormatError, match="there is no format 'xml'"):
        importing.preview(file, KEYS, exported(ANNA), Manner("xml"))
