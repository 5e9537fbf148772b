"""Given many calls, one finds those that one looks for, and a spreadsheet gets them as they are."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.directory.lookup import Keys
from appliance.history.export import export
from appliance.history.readings import readings, sought
from appliance.history.recorder import Changes, write
from appliance.history.records import NoSuchRecordError, Wanted, count, every, find, get, remembered
from appliance.numbers import DialPlan
from appliance.store.file import writing
from tests.history.bookkeeper import ROME, made

if TYPE_CHECKING:
    import sqlite3

    from appliance.history.record import Record

ITALY = Keys(DialPlan(country="IT", outside_prefix="0")).key
NOON = 1_772_449_200.0  # Monday 2026-03-02, 12:00 in Rome
DAY = 86_400.0


def keep(file: sqlite3.Connection, *calls: Record) -> None:
    with writing(file):
        write(file, Changes(calls))


def call(record: int, began: float = NOON, /, **said: object) -> Record:
    """Return a record as the recorder would write it, with what a search looks at."""
    plain = made(record, began, **said)
    words = sought(
        (plain.name, plain.target_name, plain.diverted_name),
        (plain.number, plain.target, plain.diverted_number),
        lambda one: readings(one, ITALY),
    )
    return replace(plain, sought=words)


def found(file: sqlite3.Connection, **wanted: object) -> list[int]:
    return [one.id for one in find(file, Wanted(**wanted), key=ITALY)]  # type: ignore[arg-type]


@pytest.fixture
def calls(file: sqlite3.Connection) -> sqlite3.Connection:
    """One of the day before, a received, a missed, an outgoing, a queue's and a screened call."""
    unanswered = {"answered": 0.0, "talked": 0.0}
    keep(
        file,
        call(1, NOON - DAY, number="+390212345", name="Zoë Ångström"),
        call(2, NOON + 1),
        call(3, NOON + 2, outcome="missed", seen=False, number="0612345", name="Bob", **unanswered),
        call(4, NOON + 3, direction="out", number="00390298765", name="Carla"),
        call(5, NOON + 4, queue="8001", target="1002", target_name="Émile", outcome="transferred"),
        call(6, NOON + 5, outcome="screened", shown=False, number="+39199123", name="", **unanswered),
    )
    return file


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({}, [5, 4, 3, 2, 1]),
        ({"screened": True}, [6, 5, 4, 3, 2, 1]),
        ({"which": "received"}, [5, 2, 1]),
        ({"which": "missed"}, [3]),
        ({"which": "outgoing"}, [4]),
        ({"hide_queues": True}, [4, 3, 2, 1]),
        ({"first": 20260302, "last": 20260302}, [5, 4, 3, 2]),
        ({"last": 20260301}, [1]),
        ({"first": 20260302, "which": "received", "hide_queues": True}, [2]),
        ({"name": "zoe ANG"}, [1]),
        ({"name": "emile"}, [5]),
        ({"name": "12345"}, [3, 1]),
        ({"number": "0039 02 123"}, [1]),
        ({"number": "02 12345"}, [1]),
        ({"number": "+39 02 98765"}, [4]),
        ({"number": "1002"}, [5]),
        ({"text": "2345"}, [3, 1]),
        ({"text": "Bob"}, [3]),
        ({"text": "%"}, []),
        ({"number": "nobody"}, []),
    ],
)
def test_calls_are_found(calls: sqlite3.Connection, wanted: dict[str, object], ids: list[int]) -> None:
    assert found(calls, **wanted) == ids
    assert count(calls, Wanted(**wanted), ITALY) == len(ids)  # type: ignore[arg-type]


def test_one_page_follows_the_other_without_a_gap(file: sqlite3.Connection) -> None:
    keep(file, *(call(number, NOON + number // 3) for number in range(1, 251)))
    pages: list[list[Record]] = [find(file)]
    while page := find(file, after=pages[-1][-1]):
        pages.append(page)
    assert [len(page) for page in pages] == [100, 100, 50]
    assert [one.id for page in pages for one in page] == list(range(250, 0, -1))


def test_what_is_read_is_what_was_written(calls: sqlite3.Connection) -> None:
    assert get(calls, 5) == call(
        5, NOON + 4, queue="8001", target="1002", target_name="Émile", outcome="transferred"
    )
    with pytest.raises(NoSuchRecordError):
        get(calls, 7)


def test_a_desk_is_told_its_last_calls_and_all_that_was_missed(file: sqlite3.Connection) -> None:
    missed = call(1, NOON, answered=0.0, outcome="missed", seen=False)
    lasting = call(70, NOON + 70, outcome="", ended=0.0)
    hidden = call(71, NOON + 71, outcome="screened", shown=False)
    keep(file, missed, *(call(number, NOON + number) for number in range(2, 70)), lasting, hidden)
    past = remembered(file, 1000.0)
    assert len(past.released) == 51
    assert [one.id for one in past.released][:2] == ["record-69", "record-68"]
    assert past.released[-1].id == "record-1"
    assert not past.released[-1].seen
    assert past.released[0].since - past.released[0].arrived == 70
    assert past.released[0].since < 1000.0


def test_a_day_is_that_of_the_desk_in_whatever_zone_it_stands(file: sqlite3.Connection) -> None:
    first_minute_at_utc_plus_14, last_minute_at_utc_minus_12 = NOON - 25 * 3600, NOON + 24 * 3600 + 3540
    keep(
        file,
        call(1, first_minute_at_utc_plus_14, day=20260302),
        call(2, last_minute_at_utc_minus_12, day=20260302),
        call(3, NOON, day=20260301),
        call(4, NOON, day=20260303),
    )
    assert found(file, first=20260302, last=20260302) == [2, 1]
    assert found(file, first=20260303) == [4]


# --- for spreadsheets


def exported(file: sqlite3.Connection, wanted: Wanted) -> list[dict[str, str]]:
    text = io.StringIO(newline="")
    export(every(file, wanted), text, ROME)
    return list(csv.DictReader(io.StringIO(text.getvalue(), newline="")))


def test_a_table_has_each_call_with_its_times_in_the_desks_zone(calls: sqlite3.Connection) -> None:
    rows = exported(calls, Wanted(first=20260302))
    assert [row["Call"] for row in rows] == ["5", "4", "3", "2"]
    assert (rows[0]["Date"], rows[0]["Time"]) == ("2026-03-02", "12:00:04")
    assert (rows[0]["State"], rows[0]["Moved to"], rows[0]["Moved to name"]) == (
        "transferred",
        "1002",
        "Émile",
    )
    assert (rows[0]["Waited (s)"], rows[0]["Talked (s)"], rows[0]["Duration (s)"]) == ("10", "60", "70")


@settings(max_examples=50)
@given(name=st.text(max_size=20), number=st.sampled_from(["+39021", "=1+1", "-1", "@x", "0612"]))
def test_nobody_gets_a_formula_into_a_spreadsheet_by_their_name(name: str, number: str) -> None:
    text = io.StringIO(newline="")
    export([made(1, NOON, name=name, number=number)], text, ROME)
    (row,) = csv.DictReader(io.StringIO(text.getvalue(), newline=""))
    for column, written in (("Name", name), ("Number", number)):
        assert not row[column].startswith(("=", "+", "-", "@", "\t", "\r"))
        assert row[column] in (written, f"'{written}")
