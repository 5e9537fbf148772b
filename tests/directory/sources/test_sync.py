"""What is applied, and what stays: all of a reading or nothing, and always what somebody has chosen here."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from appliance.directory import people
from appliance.directory.errors import Refused
from appliance.directory.person import Number, Person, Picture
from appliance.directory.sources import application, base, sync
from appliance.directory.sources.base import Harvest, SourceError
from appliance.directory.sources.choices import with_choices
from appliance.settings import SourceOptions
from appliance.store.file import writing
from tests.directory.sources.conftest import KEYS, Directory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ADA = Person("Lovelace", "Ada", numbers=(Number("02 1234567"), Number("1001", "extension")), source_key="ada")
BYRON = Person("Byron", numbers=(Number("02 7654321"),), source_key="byron")


class Told:
    """A source that says what the test tells it to: a whole listing, or only changes."""

    def __init__(self) -> None:
        self.people: list[Person] = [ADA, BYRON]
        self.gone: list[str] = []
        self.whole = True
        self.fault: Exception | None = None
        self.marks: list[str] = []

    def read(self, into: Harvest) -> str:
        self.marks.append(into.mark)
        for person in self.people:
            into.add(person)
        if self.fault:
            raise self.fault
        into.gone.update(self.gone)
        if self.whole:
            into.gone_but({person.source_key for person in self.people})
        return str(len(self.marks))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    source = Told()
    monkeypatch.setattr(sync, "opened", lambda *_: source)
    return source


def people_of(count: int) -> list[Person]:
    return [
        Person(f"Person {at}", numbers=(Number(f"02 123{at:04}"),), source_key=str(at)) for at in range(count)
    ]


def test_people_of_a_source_are_read_only_here(directory: Directory, told: Told) -> None:
    assert directory.counts() == (2, 0, 0)
    ada = directory.people()["Ada Lovelace"]
    assert (ada.source, ada.source_key) == ("company", "ada")
    with pytest.raises(Refused, match="read only"), writing(directory.file) as file:
        people.update(file, KEYS, replace(ada, title="Countess"))
    with pytest.raises(Refused, match="read only"), writing(directory.file) as file:
        people.delete(file, [ada.id])


def test_what_somebody_has_chosen_here_survives_what_the_source_changes(
    directory: Directory, told: Told
) -> None:
    assert directory.counts(category="Company") == (2, 0, 0)
    ada = directory.people()["Ada Lovelace"]
    chosen = replace(
        ada,
        favourite=True,
        disabled=True,
        categories=("Company", "VIP"),
        numbers=(
            Number("02 1234567", speed_dial="5"),
            Number("1001", "extension", default=True, monitored=True),
        ),
    )
    with writing(directory.file) as file:
        people.update(file, KEYS, chosen, source="company")
    told.people = [
        replace(ADA, title="Countess", numbers=(Number("+39 02 12-34-567"), Number("1002", "extension"))),
        BYRON,
    ]
    assert directory.counts() == (0, 1, 0)
    now = directory.people()["Ada Lovelace"]
    assert (now.id, now.title, now.favourite, now.disabled) == (ada.id, "Countess", True, True)
    assert now.categories == ("Company", "VIP")
    assert now.numbers == (
        Number("+39 02 12-34-567", speed_dial="5"),  # the same number, however it is written
        Number("1002", "extension", default=True, monitored=True),  # the one new extension for the one before
    )
    assert directory.counts(category="Staff") == (0, 2, 0)
    assert directory.people()["Ada Lovelace"].categories == ("Staff", "VIP")
    assert directory.counts() == (0, 0, 0)


def test_a_source_can_give_itself_no_rights_and_take_no_speed_dials(directory: Directory, told: Told) -> None:
    told.people = [
        replace(
            ADA,
            owner="grace",
            favourite=True,
            disabled=True,
            categories=("Admins",),
            numbers=(Number("1", speed_dial="1", monitored=True), Number("2", default=True)),
            source="another",
            id=77,
        )
    ]
    assert directory.counts() == (1, 0, 0)
    ada = directory.people()["Ada Lovelace"]
    assert (ada.owner, ada.favourite, ada.disabled, ada.categories) == ("", False, False, ())
    assert ada.numbers == (Number("2"), Number("1"))  # the default there comes first
    assert ada.id != 77


def test_the_prefix_goes_before_external_numbers_only(directory: Directory, told: Told) -> None:
    written = ("02 1234567", "+39 02 1234567", "1001", "12345", "*21*02123456#", "(02) 123 45 67")
    told.people = [replace(ADA, numbers=tuple(map(Number, written)))]
    assert directory.counts(prefix="9") == (1, 0, 0)
    assert [number.number for number in directory.people()["Ada Lovelace"].numbers] == [
        "902 1234567",
        "+39 02 1234567",
        "1001",
        "12345",
        "*21*02123456#",
        "9(02) 123 45 67",
    ]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (SourceError("it is down"), "it is down"),
        (RuntimeError("a library fell over"), "RuntimeError: a library fell over"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_a_reading_that_fails_after_half_of_it_changes_nothing(
    directory: Directory, told: Told, fault: Exception, reason: str
) -> None:
    assert directory.counts() == (2, 0, 0)
    told.people, told.fault = [replace(ADA, title="Countess")], fault
    assert reason in directory.refused()
    told.fault = None
    assert directory.counts() == (0, 1, 1)
    assert told.marks == ["", "1", "1"]  # the mark of the last good reading


def test_a_store_that_cannot_be_written_to_the_end_is_as_it_was(
    directory: Directory, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.people = people_of(30)
    assert directory.counts() == (30, 0, 0)
    update, calls = people.update, []

    def failing(*given: Any, **more: Any) -> None:
        calls.append(given)
        if len(calls) == 20:
            raise sqlite3.OperationalError("disk I/O error")
        update(*given, **more)

    told.people = [replace(person, title="new") for person in people_of(25)]
    monkeypatch.setattr(people, "update", failing)
    assert "disk I/O error" in directory.refused()
    monkeypatch.undo()
    monkeypatch.setattr(sync, "opened", lambda *_: told)
    assert directory.counts() == (0, 25, 5)


@pytest.mark.parametrize(("left", "believed"), [(0, False), (1, False), (2, True), (19, True)])
def test_a_source_that_suddenly_has_hardly_anybody_is_believed_only_when_a_person_says_so(
    directory: Directory, told: Told, left: int, believed: bool
) -> None:
    told.people = people_of(20)
    assert directory.counts() == (20, 0, 0)
    told.people = people_of(left)
    if not believed:
        reason = directory.refused()
        assert f"it has lost {20 - left} of 20 people at once" in reason
        assert "deskbell directory sync company --believe" in reason
    assert directory.counts(believe=not believed) == (0, 0, 20 - left)


def test_many_people_are_written_in_pieces_and_a_cut_between_them_is_made_good(
    directory: Directory, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "PIECE", 10)
    pieces: list[int] = []

    def between(_: float) -> None:
        pieces.append(len(directory.people()))
        if len(pieces) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(application, "time", SimpleNamespace(sleep=between))
    told.people = people_of(35)
    with pytest.raises(KeyboardInterrupt):
        directory.sync()
    assert pieces == [10, 20]
    assert directory.state.good == 0
    assert directory.counts() == (15, 0, 0)
    assert told.marks == ["", ""]


def test_a_small_source_may_become_empty(directory: Directory, told: Told) -> None:
    assert directory.counts() == (2, 0, 0)
    told.people = []
    assert directory.counts() == (0, 0, 2)


def test_changes_alone_leave_the_others_as_they_were(directory: Directory, told: Told) -> None:
    assert directory.counts() == (2, 0, 0)
    told.whole, told.people, told.gone = False, [replace(ADA, title="Countess")], ["nobody"]
    assert directory.counts() == (0, 1, 0)
    told.people, told.gone = [], ["byron"]
    assert directory.counts() == (0, 0, 1)


def test_who_comes_twice_in_one_reading_is_one_person(
    directory: Directory, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "PIECE", 1)
    told.people = [ADA, BYRON, replace(ADA, title="Countess")]
    directory.counts()
    assert sorted(person.name for person in people.every(directory.file)) == ["Ada Lovelace", "Byron"]
    assert directory.people()["Ada Lovelace"].title == "Countess"


def test_who_has_neither_name_nor_number_is_left_out(directory: Directory, told: Told) -> None:
    told.people = [Person(source_key="empty", notes="x"), Person(source_key="spaces", last=" "), ADA]
    assert directory.counts() == (1, 0, 0)


@pytest.mark.parametrize(
    ("name", "limit", "reason"),
    [("MOST_PEOPLE", 5, "more than 5 people"), ("MOST_PICTURES", 1000, "too many pictures")],
)
def test_a_source_that_has_too_much_changes_nothing(
    directory: Directory, told: Told, monkeypatch: pytest.MonkeyPatch, name: str, limit: int, reason: str
) -> None:
    assert directory.counts() == (2, 0, 0)
    monkeypatch.setattr(base, name, limit)
    picture = Picture("image/jpeg", b"x" * 200)
    told.people = [replace(person, picture=picture) for person in people_of(6)]
    assert reason in directory.refused()


def test_a_reading_ends_in_time(tmp_path: Path) -> None:
    now = [0.0]
    with Harvest(tmp_path, {}, seconds=60, clock=lambda: now[0]) as harvest:
        harvest.add(ADA)
        now[0] = 61
        with pytest.raises(SourceError, match="takes too long"):
            harvest.add(BYRON)


def test_sources_do_not_touch_the_people_of_others(directory: Directory, told: Told) -> None:
    with writing(directory.file) as file:
        people.insert(file, KEYS, [replace(ADA, source="other"), Person("Local")])
    assert directory.counts() == (2, 0, 0)
    told.people = []
    assert directory.counts() == (0, 0, 2)
    assert [(person.name, person.source) for person in people.every(directory.file)] == [
        ("Ada Lovelace", "other"),
        ("Local", ""),
    ]
    with writing(directory.file) as file:
        assert sync.forget(file, "other") == 1
    assert [person.name for person in people.every(directory.file)] == ["Local"]


def test_a_source_is_due_when_its_minutes_have_passed_or_the_clock_was_set_back(
    directory: Directory, told: Told
) -> None:
    sources = {"company": SourceOptions(every=30), "never": SourceOptions(every=30)}

    def due(at: float) -> list[str]:
        return sync.due(directory.file, sources, at)

    sync.synchronise(directory.file, KEYS, "company", sources["company"], directory.folder, now=1_000_000.0)
    assert due(1_000_000.0) == ["never"]
    assert due(1_000_000.0 + 29 * 60) == ["never"]
    assert due(1_000_000.0 + 30 * 60) == ["never", "company"]
    assert "company" in due(900_000.0)
    told.fault = SourceError("down")  # is not tried more often than others
    sync.synchronise(directory.file, KEYS, "company", sources["company"], directory.folder, now=2_000_000.0)
    assert due(2_000_000.0 + 29 * 60) == ["never"]


def numbers(speed_dials: bool) -> st.SearchStrategy[tuple[Number, ...]]:
    one: Callable[..., Number] = Number
    choices = (
        {"speed_dial": st.sampled_from(["", "1", "2"]), "monitored": st.booleans()} if speed_dials else {}
    )
    number = st.builds(
        one,
        number=st.sampled_from(["1001", "1002", "02 1234567", "021234567", "333 1"]),
        type=st.sampled_from(["work", "mobile"]),
        **choices,
    )
    return st.lists(number, max_size=4, unique_by=lambda each: each.number.replace(" ", "")).map(tuple)


@hypothesis_settings(max_examples=200, deadline=None)
@given(new=numbers(speed_dials=False), old=numbers(speed_dials=True), default=st.integers(-1, 3))
def test_choices_follow_numbers_and_are_never_doubled(
    new: tuple[Number, ...], old: tuple[Number, ...], default: int
) -> None:
    old = tuple(replace(each, default=at == default) for at, each in enumerate(old))
    merged = with_choices(Person("A", numbers=new), Person("A", numbers=old)).numbers
    assert [(each.number, each.type) for each in merged] == [(each.number, each.type) for each in new]
    assert sum(each.default for each in merged) <= 1
    kept = [each.speed_dial for each in merged if each.speed_dial]
    assert len(kept) <= len([each for each in old if each.speed_dial])
    for each in old:
        bare = each.number.replace(" ", "")
        for now in merged:
            if now.number.replace(" ", "") == bare and (each.speed_dial or each.monitored or each.default):
                assert (now.speed_dial, now.monitored, now.default) == (
                    each.speed_dial,
                    each.monitored,
                    each.default,
                )
