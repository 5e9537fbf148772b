"""Given a directory, when somebody types, then who is meant is found, the best first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from appliance.directory import categories, index, people, search, tabs
from appliance.directory.lookup import Keys, rekey
from appliance.directory.person import Number, Person
from appliance.directory.search import Only, terms
from appliance.numbers import DialPlan
from appliance.store.file import connect, prepare
from tests.directory import somebody
from tests.directory.somebody import BERLIN, MILAN, forgotten

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

EVERYBODY = Only()
on_one_file = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def names(file: sqlite3.Connection, typed: str, only: Only = EVERYBODY, **page: int) -> list[str]:
    found = search.search(file, MILAN, typed, only, **page)
    return [person.name for person in people.every(file, found.ids)]


@pytest.mark.parametrize(
    ("person", "typed"),
    [
        (Person("Müller", "Zoë"), "muller"),
        (Person("Müller", "Zoë"), "MÜLL zo"),
        (Person("Müller", "Zoë"), "zoe mü"),
        (Person("Strauß"), "strauss"),
        (Person("Strauss"), "strauß"),
        (Person("Ørsted"), "orsted"),
        (Person("Wałęsa"), "walesa"),
        (Person("Y\u0131ld\u0131z", "İpek"), "yildiz ipek"),
        (Person("Y\u0131ld\u0131z", "İpek"), "YILDIZ"),
        (Person("Æbelø"), "aebelo"),
        (Person("Иванов"), "иван"),
        (Person("Παπαδόπουλος"), "παπαδοπουλοσ"),
        (Person("Παπαδόπουλος"), "ΠΑΠΑΔ"),
        (Person("d'Ångström"), "angs"),
        (Person("Jean-Luc"), "luc jean"),
        (Person("Rossi", company="Acme S.p.A."), "s.p.a"),
        *(
            (replace(Person("Rossi"), **{field: "Some words, Anna.Bianchi@example.com"}), "bianchi exam")  # type: ignore[arg-type]
            for field in ("company", "department", "office", "title", "notes", "external_id")
        ),
        (Person("Rossi", email="anna.bianchi@example.com"), "anna.bianchi@exam"),
        (Person("Rossi", web="https://example.com/anna"), "example.com/anna"),
        (Person("Rossi", xmpp="anna@example.com", calendar="x"), "ANNA@example"),
        (Person("Rossi", calendar="https://calendar.example"), "calendar"),
        (Person("Rossi", office="Building 7, room 1204"), "building 7"),
        (Person("Rossi", office="Building 7, room 1204"), "120"),
    ],
)
def test_every_field_is_found_by_beginnings_of_its_words(
    file: sqlite3.Connection, person: Person, typed: str
) -> None:
    people.insert(file, MILAN, [Person("Other", "Nobody", notes="zzz"), person])
    assert names(file, typed) == [person.name]


@pytest.mark.parametrize(
    "typed",
    [
        "+39 02 1234567",
        "0039 02 1234567",
        "0039 02 12",
        "0 0039 02 12",
        "0039 02",
        "+39 (02) 123",
        "02 1234567",
        "0 02 12345",
        "2123",
        "3456",
        "67",
        "567",
        "6",
        "rossi 345",
        "345 ross",
        "67 123",
    ],
)
def test_a_number_is_found_by_digits_from_its_middle_however_it_is_written(
    file: sqlite3.Connection, typed: str
) -> None:
    rossi = Person("Rossi", numbers=(Number("+39 02 1234567"), Number("1001")))
    people.insert(file, MILAN, [Person("Other", numbers=(Number("+48 88 889 88 88"),)), rossi])
    assert names(file, typed) == ["Rossi"]


@pytest.mark.parametrize(
    ("keys", "written", "typed"),
    [
        (BERLIN, "+49 30 1234567", "030 123"),
        (BERLIN, "030 1234567", "+49 30 123"),
        (BERLIN, "0049 30 1234567", "4930"),
        (BERLIN, "+44 (0)20 7123 4567", "02071"),  # as it is written there
        (Keys(DialPlan("US", outside_prefix="9")), "+39 02 1234567", "9 011 39 02 12"),
        (Keys(DialPlan()), "+39 02 1234567", "0039 02 12"),
    ],
)
def test_what_is_dialled_before_a_number_does_not_hide_it(
    file: sqlite3.Connection, keys: Keys, written: str, typed: str
) -> None:
    ids = people.insert(file, keys, [Person("Rossi", numbers=(Number(written),))])
    assert search.search(file, keys, typed).ids == tuple(ids)


@pytest.mark.parametrize(
    "typed", ["rossi x", "345 6", "99", "ossi", "0039 03", "☎ nobody", "12345678901234567890"]
)
def test_who_lacks_one_thing_typed_is_not_found(file: sqlite3.Connection, typed: str) -> None:
    people.insert(file, MILAN, [Person("Rossi", "Anna", numbers=(Number("345"),))])
    assert names(file, typed) == []


def test_no_number_is_found_across_the_end_of_another(file: sqlite3.Connection) -> None:
    people.insert(file, MILAN, [Person("Rossi", numbers=(Number("123"), Number("456")))])
    assert names(file, "34") == names(file, "2345") == names(file, "345") == []


def test_the_best_comes_first(file: sqlite3.Connection) -> None:
    people.insert(
        file,
        MILAN,
        [
            Person("Verdi", notes="ask for Rosa"),
            Person("Verdi", "Bea", notes="Rosanna's"),
            Person("Rosati", "Carla"),
            Person("Bianchi", "Rosa"),
            Person("Rosi", "Ada", favourite=True),
            Person("Rosa", "Zoe"),
        ],
    )
    assert names(file, "rosa") == ["Rosa Bianchi", "Zoe Rosa", "Carla Rosati", "Verdi", "Bea Verdi"]
    assert names(file, "ros")[:3] == ["Ada Rosi", "Rosa Bianchi", "Zoe Rosa"]


def test_an_extension_comes_before_numbers_that_it_is_part_of(file: sqlite3.Connection) -> None:
    people.insert(
        file,
        MILAN,
        [
            Person("Aal", notes="room 1001"),
            Person("Bear", numbers=(Number("1"), Number("+39 02 1001234"))),
            Person("Cat", numbers=(Number("+39 02 9991001"), Number("1001"))),
        ],
    )
    assert names(file, "1001") == ["Cat", "Bear", "Aal"]


def test_with_nothing_typed_everybody_is_there_by_the_alphabet_page_by_page(file: sqlite3.Connection) -> None:
    people.insert(file, MILAN, [Person(last) for last in ("Zoe", "Äa", "acme", "Bob", "Ac")])
    assert names(file, " +") == ["Äa", "Ac", "acme", "Bob", "Zoe"]
    assert names(file, "", limit=2, offset=2) == ["acme", "Bob"]
    assert search.search(file, MILAN, "", limit=2, offset=2).more
    assert not search.search(file, MILAN, "", limit=2, offset=3).more


def test_pages_are_parts_of_the_whole(file: sqlite3.Connection) -> None:
    people.insert(file, MILAN, [Person("Rossi", str(at)) for at in range(30)])
    whole = search.search(file, MILAN, "ross", limit=30)
    pages = [search.search(file, MILAN, "ross", limit=8, offset=at) for at in (0, 8, 16, 24)]
    assert [id for page in pages for id in page.ids] == list(whole.ids)
    assert [page.more for page in pages] == [True, True, True, False]


def test_pages_turned_on_and_back_are_the_phone_book(file: sqlite3.Connection) -> None:
    everybody = [Person(name, favourite=name < "C") for name in "DBACAEFA"]
    ids = people.insert(file, MILAN, everybody)
    for only in (EVERYBODY, Only(favourite=True), Only(operator="ada")):
        whole = list(search.search(file, MILAN, "", only).ids)
        on, back, at = list[int](), list[int](), 0
        while page := search.turned(file, only, 3, at).ids:
            on, at = [*on, *page], page[-1]
        at = 0
        while page := search.turned(file, only, 3, at, back=True).ids:
            back, at = [*page, *back], page[0]
        assert on == back == whole
    first, last = search.turned(file, limit=7), search.turned(file, limit=8, back=True)
    assert (first.more, last.more) == (True, False)
    people.delete(file, [ids[0]])
    assert search.turned(file, limit=2, at=ids[0]).ids == tuple(sorted((ids[2], ids[4])))


def test_who_is_meant_is_counted_where_that_is_cheap(file: sqlite3.Connection) -> None:
    ids = people.insert(file, MILAN, [Person(name, favourite=name < "C") for name in "ABCDE"])
    tab = tabs.create(file, "ada", "Mine")
    tabs.put(file, "ada", tab, ids[1:4])
    assert search.count(file) == 5
    assert search.count(file, Only(tab=tab)) == 3
    assert search.count(file, Only(tab=tab, favourite=True)) == 1
    assert search.count(file, Only(operator="ada")) is None


def test_of_too_many_the_likeliest_are_ranked(file: sqlite3.Connection) -> None:
    """Where a thousand have "anna" in a note, the favourite, Anna and Annani are found all the same."""
    people.insert(file, MILAN, (Person(f"B{at}", notes="anna") for at in range(1000)))
    people.insert(
        file,
        MILAN,
        [Person("Zeta", notes="anna", favourite=True), Person("Annani", "Carla"), Person("Bianchi", "Anna")],
    )
    found = search.search(file, MILAN, "anna", limit=1000)
    assert found.more
    assert len(found.ids) == search.MOST
    assert names(file, "anna")[:3] == ["Anna Bianchi", "Carla Annani", "Zeta"]
    assert search.search(file, MILAN, "anna", offset=search.MOST) == search.Found((), more=False)
    assert len(search.matching(file, MILAN, "anna")) == 1003


def test_one_letter_opens_the_phone_book_there(file: sqlite3.Connection) -> None:
    people.insert(file, MILAN, (Person(f"Z{at}", "Anna") for at in range(300)))
    people.insert(file, MILAN, [Person("Avati"), Person("Abt"), Person("B")])
    assert names(file, "a", limit=3) == ["Abt", "Avati", "Anna Z0"]


class TestFilters:
    """Given people in categories, tabs and sources, only those who are asked for are found."""

    @pytest.fixture(params=[1000, 0], ids=["few", "many"])
    def anna(
        self, file: sqlite3.Connection, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
    ) -> Person:
        """Anna, who is in all of them; sets count as few, or none does."""
        monkeypatch.setattr(search, "FEW", request.param)
        entered = [
            Person("Rossi", "Anna", categories=("VIP",), favourite=True, owner="bert", source="ldap"),
            *(Person("Rossi", f"X{at}") for at in range(5)),
        ]
        ids = people.insert(file, MILAN, entered)
        tab = tabs.create(file, "bert", "Friends")
        tabs.put(file, "bert", tab, ids[:1])
        anna = people.get(file, ids[0])
        assert anna
        return anna

    @pytest.mark.parametrize(
        "only",
        [
            {"category": "VIP"},
            {"tab": "Friends"},
            {"source": "ldap"},
            {"owner": "bert"},
            {"favourite": True},
            {"category": "VIP", "tab": "Friends", "source": "ldap", "owner": "bert", "operator": "bert"},
        ],
    )
    @pytest.mark.parametrize("typed", ["", "ro", "anna rossi"])
    def test_each_leaves_anna(
        self, file: sqlite3.Connection, anna: Person, only: dict[str, Any], typed: str
    ) -> None:
        if "category" in only:
            only = only | {"category": categories.named(file, only["category"]).id}
        if "tab" in only:
            only = only | {"tab": tabs.named(file, "bert", only["tab"]).id}
        assert names(file, typed, Only(**only)) == [anna.name]
        assert search.matching(file, MILAN, typed, Only(**only)) == [anna.id]

    @pytest.mark.parametrize("only", [{"category": 99}, {"tab": 99}, {"source": "x"}, {"owner": "x"}])
    def test_none_of_them_leaves_nobody(
        self, file: sqlite3.Connection, anna: Person, only: dict[str, Any]
    ) -> None:
        assert names(file, anna.last, Only(**only)) == names(file, "", Only(**only)) == []

    def test_none_but_the_owner_sees_an_own_entry(self, file: sqlite3.Connection, anna: Person) -> None:
        for typed in ("", "ross"):
            assert anna.name in names(file, typed, Only(operator="bert"))
            assert anna.name not in names(file, typed, Only(operator="carla"))
            assert anna.name not in names(file, typed, Only("carla", categories.named(file, "VIP").id))
            assert anna.name in names(file, typed)

    def test_who_is_in_private_categories_alone_is_seen_by_their_members(
        self, file: sqlite3.Connection
    ) -> None:
        for name, public in (("Board", False), ("Staff", True)):
            member = categories.Member("bert")
            categories.keep(file, categories.Category(name, public, () if public else (member,)))
        people.insert(
            file,
            MILAN,
            [
                Person("Rossi", "Secret", categories=("Board",)),
                Person("Rossi", "Known", categories=("Board", "Staff")),
                Person("Rossi", "Plain"),
                Person("Rossi", "Own", categories=("Board",), owner="carla"),
            ],
        )
        seen = {who: {name.split()[0] for name in names(file, "ro", Only(who))} for who in ("bert", "carla")}
        assert seen == {"bert": {"Secret", "Known", "Plain"}, "carla": {"Own", "Known", "Plain"}}


SIGNS = st.text(st.sampled_from("aé1 0+-(/.*\"'^:{}\\\x00ANDORNEAT _☎İ\ud800"), max_size=12)


@given(st.one_of(SIGNS, st.text(max_size=300), somebody.words, somebody.digits))
@on_one_file
def test_whatever_is_typed_is_no_syntax(file: sqlite3.Connection, typed: str) -> None:
    with forgotten(file):
        people.insert(file, MILAN, [Person("Rossi", "A", numbers=(Number("1001"),))])
        search.search(file, MILAN, typed)
        search.matching(file, MILAN, typed)


typed_by_people = st.lists(
    st.one_of(somebody.words.map(lambda word: word[:3]), somebody.digits.map(lambda one: one[:4])), max_size=3
).map(" ".join)


@given(st.lists(somebody.people, max_size=8), typed_by_people)
@on_one_file
def test_the_index_finds_whom_the_ranking_takes_for_found(
    file: sqlite3.Connection, entered: list[Person], typed: str
) -> None:
    with forgotten(file):
        ids = people.insert(file, MILAN, entered)
        texts = {
            id: index.text(person, [MILAN.key(number.number) for number in person.numbers])
            for id, person in zip(ids, entered, strict=True)
        }
        expected: set[int] = set()
        for wanted in (terms(MILAN, typed), [one for word in typed.split() for one in terms(MILAN, word)]):
            expected = expected or {
                id for id, text in texts.items() if all(term.rank(text) is not None for term in wanted)
            }
        assert set(search.matching(file, MILAN, typed)) == expected
        assert set(search.search(file, MILAN, typed).ids) == expected


class IndexedDirectory(RuleBasedStateMachine):
    """Whatever is done to people, the index holds just what is searched of them."""

    path: Path

    def __init__(self) -> None:
        super().__init__()
        self.file = connect(self.path)
        self.file.execute("BEGIN")
        self.keys = MILAN
        self.ids: list[int] = []

    @rule(entered=st.lists(somebody.people, max_size=3))
    def insert(self, entered: list[Person]) -> None:
        self.ids += people.insert(self.file, self.keys, entered)

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), person=somebody.people)
    def update(self, data: st.DataObject, person: Person) -> None:
        people.update(self.file, self.keys, replace(person, id=data.draw(st.sampled_from(self.ids))))

    @precondition(lambda self: self.ids)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        gone = data.draw(st.lists(st.sampled_from(self.ids), max_size=2))
        people.delete(self.file, gone)
        self.ids = [id for id in self.ids if id not in gone]

    @rule(keys=st.sampled_from([MILAN, BERLIN, Keys(DialPlan(internal_digits=3))]))
    def change_the_dial_plan(self, keys: Keys) -> None:
        self.keys = keys
        rekey(self.file, keys)

    @invariant()
    def index_and_people_agree(self) -> None:
        found = {id: tuple(text) for id, *text in self.file.execute("SELECT rowid, * FROM search")}
        expected, sorts = {}, {}
        for person in people.every(self.file):
            text = index.text(person, [self.keys.key(number.number) for number in person.numbers])
            expected[person.id], sorts[person.id] = text.row, text.name
        assert found == expected
        assert dict(map(tuple, self.file.execute("SELECT id, sort FROM person"))) == sorts
        assert sorted(expected) == sorted(self.ids)
        self.file.execute(
            "INSERT INTO search (search) VALUES ('integrity-check')"
        )  # raises where it is not so

    def teardown(self) -> None:
        self.file.rollback()
        self.file.close()


def test_index_and_people_never_disagree(tmp_path: Path) -> None:
    IndexedDirectory.path = tmp_path / "desk.db"
    prepare(IndexedDirectory.path)
    run_state_machine_as_test(
        IndexedDirectory, settings=settings(max_examples=40, stateful_step_count=12, deadline=None)
    )
