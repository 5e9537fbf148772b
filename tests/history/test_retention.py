"""Given calls that are too old, or somebody who asks to be forgotten, nothing of them is left in the file."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from appliance.desk.state import Direction, Message, MessageState, Party
from appliance.directory.lookup import Keys
from appliance.history import records, retention
from appliance.history.recorder import Recorder
from appliance.history.retention import erase, tidy
from appliance.history.statistics import statistics
from appliance.numbers import DialPlan
from appliance.store import kept
from appliance.store.file import connect, writing
from tests.history.bookkeeper import ROME
from tests.history.test_records import DAY, ITALY, NOON, call, keep

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path


# --- retention


def test_records_older_than_so_many_days_are_deleted_and_what_they_add_up_to_stays(
    file: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_A_TIME", 3)
    keep(file, *(call(number, NOON - (20 - number) * DAY) for number in range(1, 21)))
    before = statistics(file, 20260101, 20260301)
    done = tidy(file, NOON, 5, ROME)
    assert (done.days, done.deleted) == (19, 14)
    assert [one.id for one in records.find(file)] == [20, 19, 18, 17, 16, 15]
    assert statistics(file, 20260101, 20260301) == before
    again = tidy(file, NOON, 5, ROME)
    assert (again.days, again.deleted) == (0, 0)


def test_without_a_limit_nothing_is_deleted(file: sqlite3.Connection) -> None:
    keep(file, call(1, NOON - 4000 * DAY))
    assert tidy(file, NOON, 0, ROME).deleted == 0
    assert len(records.find(file)) == 1


def test_a_call_that_lasts_is_not_deleted_however_old(file: sqlite3.Connection) -> None:
    keep(file, call(1, NOON - 100 * DAY, outcome="", ended=0.0))
    assert tidy(file, NOON, 1, ROME).deleted == 0


# --- being forgotten

WAYS = ("+39 02 1234567", "+39021234567", "0039021234567", "021234567", "0021234567")


@pytest.mark.parametrize("asked", WAYS)
def test_a_number_is_erased_however_it_was_written_and_however_it_is_asked_for(
    file: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setattr(retention, "AT_A_TIME", 2)
    keep(file, *(call(number, NOON + number, number=way) for number, way in enumerate(WAYS, 1)))
    keep(file, call(9, NOON + 9, number="+390212345678", name="Somebody else"))
    erased = erase(file, asked, ITALY)
    assert (erased.records, erased.lasting, erased.gone) == (5, 0, True)
    left = records.find(file)
    assert [(one.number, one.name, one.sought) for one in left[1:]] == [("", "", "")] * 5
    assert left[0].name == "Somebody else"
    assert erase(file, asked, ITALY).records == 0


def test_a_number_is_erased_wherever_it_stands_in_a_record_and_the_others_in_it_stay(
    file: sqlite3.Connection,
) -> None:
    keep(
        file,
        call(1, NOON, target="+39021234567", target_name="Zoe", outcome="transferred"),
        call(2, NOON, diverted_number="021234567", diverted_name="Zoe"),
        call(
            3, NOON, direction="out", called="021234567", number="1002", name="Bob", reason="021234567: busy"
        ),
        call(4, NOON, name="Carla"),
        call(5, NOON, name="Dora"),
    )
    with writing(file):
        records.write_note(file, 4, "wants Zoe at 02 / 123.4567 to call")
        records.write_note(file, 5, "wants 02 99")
    assert erase(file, "+39021234567", ITALY).records == 4
    one, two, three, four, five = reversed(records.find(file))
    assert (one.name, one.target, one.target_name) == ("Ada", "", "")
    assert (two.name, two.diverted_number, two.diverted_name) == ("Ada", "", "")
    assert (three.name, three.called, three.reason) == ("Bob", "", "")
    assert (four.name, four.note) == ("Carla", "")
    assert (five.name, five.note) == ("Dora", "wants 02 99")
    assert [each.id for each in records.find(file, records.Wanted(text="zoe"))] == []
    assert [each.id for each in records.find(file, records.Wanted(text="ada"))] == [2, 1]


def test_no_byte_of_who_was_erased_is_left_in_the_file(path: Path) -> None:
    zoe = Party("+39021234567", "Zoe Unforgettable")
    with closing(connect(path)) as file:
        recorder = Recorder(1, clock=lambda: NOON, key=ITALY)
        for number in range(1, 400):
            who = {"number": zoe.number, "name": zoe.name} if number % 50 == 0 else {}
            keep(file, call(number, NOON + number, outcome="", **who))
            keep(file, call(number, NOON + number, target="1002", target_name="Émile " * (number % 9), **who))
        with writing(file):
            records.write_note(file, 50, f"{zoe.name} called")
            text = Message("1", Direction.IN, zoe, f"{zoe.name} here", MessageState.RECEIVED, 0.0)
            kept.keep(file, [text], 0.0)
        assert recorder.record("") == 0
        assert bytes_of(path, b"Unforgettable", b"1234567"), "it is looked for in the right place"
        before = statistics(file, 20260302, 20260302)
        erased = erase(file, "02 1234567", ITALY)
        assert (erased.records, erased.messages, erased.gone) == (7, 1, True)
        assert statistics(file, 20260302, 20260302) == before
    assert not bytes_of(path, b"Unforgettable", b"unforgettable", b"1234567")


def bytes_of(path: Path, *sought: bytes) -> list[bytes]:
    """Return what of this is in the file or its log; its name is asked for, as no connection may be open."""
    import subprocess

    files = [str(one) for one in path.parent.glob("desk.db*")]
    return [
        what for what in sought if subprocess.run(["grep", "-aqF", what, *files], check=False).returncode == 0
    ]


def test_who_is_just_calling_is_left_and_told(file: sqlite3.Connection) -> None:
    keep(file, call(1, number="021234567"), call(2, number="021234567", outcome="", ended=0.0))
    erased = erase(file, "+39021234567", ITALY)
    assert (erased.records, erased.lasting) == (1, 1)
    assert records.get(file, 2).number == "021234567"


def test_while_somebody_reads_it_is_said_that_the_log_has_it_still(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "READERS", 0.05)
    with closing(connect(path)) as file, closing(connect(path)) as reader:
        keep(file, call(1, number="021234567"))
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM call").fetchall()
        assert not erase(file, "021234567", ITALY).gone
        reader.execute("COMMIT")
        assert erase(file, "021234567", ITALY).gone


def test_a_name_in_place_of_a_number_can_be_erased_too(file: sqlite3.Connection) -> None:
    keep(file, call(1, number="sip.user", name="Zoe"), call(2, number="sip.other", name="Bob"))
    assert erase(file, "SIP.user", ITALY).records == 1
    assert [one.name for one in records.find(file)] == ["Bob", ""]


def test_without_a_country_the_forms_with_plus_and_00_are_one(file: sqlite3.Connection) -> None:
    plain = Keys(DialPlan()).key
    keep(file, call(1, number="+39021234567"), call(2, number="0039021234567"))
    assert erase(file, "0039 02 1234567", plain).records == 2
