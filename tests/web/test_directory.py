"""Given people in the directory, when somebody looks, searches, edits, or acts on many, then ..."""

from __future__ import annotations

import io
import re
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from appliance.directory import categories, monitored, people, tabs
from appliance.directory.categories import Category, Member
from appliance.directory.lookup import Keys
from appliance.directory.person import Number, Person
from appliance.numbers import DialPlan
from appliance.store.file import connect, writing
from appliance.users import accounts
from tests.web.conftest import NAME, PASSWORD
from tests.web.walk import portrait

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page
    from werkzeug.test import TestResponse

    from tests.web.conftest import SignedIn

TEXT = re.compile(r'<input value="([^"]*)"[^>]* name="(\w+)"')
NUMBER = re.compile(r'<input[^>]* name="(version|(?:number|dial)-\d+)" value="([^"]*)"')
KEYS = Keys(DialPlan())
ADA = Person("Lovelace", "Ada", "Analytics", email="ada@example.com", numbers=(Number("1001", "extension"),))
GRACE = Person("Hopper", "Grace", "Navy", numbers=(Number("1003", "extension", speed_dial="3"),))
LDAP = Person("Lamarr", "Hedy", numbers=(Number("1004", "extension"),), source="head_office", source_key="h")


@pytest.fixture
def file(desk_store: Path) -> Iterator[sqlite3.Connection]:
    """The site's store, where nobody is in the directory before and after."""
    with closing(connect(desk_store)) as file:
        yield file
        with writing(file):
            for table in ("person", "category", "tab", "source"):
                file.execute(f"DELETE FROM {table}")
            file.execute("DELETE FROM user WHERE role = 'operator'")


@pytest.fixture
def ids(file: sqlite3.Connection) -> list[int]:
    """Ada, Grace, and Hedy who comes from a source."""
    return insert(file, ADA, GRACE, LDAP)


@pytest.fixture
def operator(file: sqlite3.Connection, client_as: Callable[[str], SignedIn]) -> SignedIn:
    """The pages, signed in as an operator."""
    with writing(file):
        accounts.add(file, "porter", PASSWORD, "operator")
    return client_as("porter")


def insert(file: sqlite3.Connection, *some: Person) -> list[int]:
    with writing(file):
        return people.insert(file, KEYS, some)


def named(file: sqlite3.Connection, id: int) -> Person:
    found = people.get(file, id)
    assert found
    return found


def form_of(client: SignedIn, id: int, **changes: object) -> dict[str, object]:
    """Return what the form of a person sends when nothing, or only this, is changed."""
    page = client.get(f"/directory/{id}").text
    said: dict[str, object] = {name: value for value, name in TEXT.findall(page)}
    said |= dict(NUMBER.findall(page))
    return {name: value for name, value in (said | changes).items() if value is not None}


def wrong(answer: TestResponse) -> list[str]:
    """Return what a page says is wrong, field by field."""
    assert answer.status_code == 422
    return re.findall(r'<p class="wrong"(?![^>]* hidden[ >])[^>]*>(?:<svg.*?</svg>)?([^<]+)</p>', answer.text)


# --- the list


def test_everybody_is_listed_by_name_and_turned_page_by_page(
    client: SignedIn, file: sqlite3.Connection
) -> None:
    insert(file, *(Person(f"Guest {at:03}") for at in range(120)))
    seen: list[str] = []
    address = "/directory"
    while address:
        page = client.get(address).text
        assert "120 people" in page
        seen += re.findall(r">(Guest \d+)</a>", page)
        following = re.search(r'href="([^"]+)">Next page', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert seen == [f"Guest {at:03}" for at in range(120)]
    last = client.get("/directory?before=0").text
    assert "Guest 119" in last
    assert "Next page" not in last


def test_who_is_searched_is_found_by_beginnings_and_numbers(client: SignedIn, ids: list[int]) -> None:
    for typed, found in (
        ("love", "Ada Lovelace"),
        ("100 hop", "Grace Hopper"),
        ("analyt ada", "Ada Lovelace"),
    ):
        page = client.get("/directory/found", query_string={"q": typed}).text
        assert found in page
        assert 'data-text="1 person"' in page
    assert "Nobody is found" in client.get("/directory/found?q=zzz").text


def test_filters_leave_whom_they_name(client: SignedIn, file: sqlite3.Connection, ids: list[int]) -> None:
    with writing(file):
        vip = categories.keep(file, Category("VIP"))
        categories.add(file, vip, [ids[0]])
        mine = tabs.create(file, NAME, "Mine")
        tabs.put(file, NAME, mine, [ids[1]])
        people.mark(file, [ids[2]], favourite=True)
    insert(file, Person("Private", owner=NAME))
    for asked, name in (
        (f"category={vip}", "Ada Lovelace"),
        (f"tab={mine}", "Grace Hopper"),
        ("source=head_office", "Hedy Lamarr"),
        ("favourite=1", "Hedy Lamarr"),
        ("own=1", "Private"),
    ):
        page = client.get(f"/directory?{asked}").text
        assert re.findall(r'<a id="p\d+"[^>]*>([^<]+)</a>', page) == [name]
        assert "1 person" in page


@pytest.mark.parametrize(
    "asked", ["after=x", "category=9" * 30, "q=%00%ff", "skip=-1", "tab=x&own=1", "before=9999"]
)
def test_an_address_that_makes_no_sense_shows_people_all_the_same(
    client: SignedIn, ids: list[int], asked: str
) -> None:
    assert client.get(f"/directory?{asked}").status_code == 200


# --- one person


def test_a_person_is_added_with_all_there_is_to_say(client: SignedIn, file: sqlite3.Connection) -> None:
    said = {
        "first": "Emmy", "last": "Noether", "title": "Dr", "company": "Symmetry", "department": "Algebra",
        "office": "2.14", "email": "emmy@example.com", "web": "https://example.com", "xmpp": "emmy@x.com",
        "calendar": "https://cal.example/emmy", "external_id": "E-9", "notes": "Calls\r\nback",
        "number-0": "1009", "type-0": "extension", "dial-0": "9", "default": "1",
        "number-1": "+39 02 123", "type-1": "work", "number-2": "", "favourite": "1", "new_category": "Maths",
    }  # fmt: skip
    answer = client.post("/directory/new", data=said)
    assert answer.status_code == 303
    made = named(file, int(answer.location.rpartition("/")[2]))
    for name in ("first", "last", "title", "company", "department", "office", "email", "web", "xmpp"):
        assert getattr(made, name) == said[name]
    assert (made.calendar, made.external_id, made.notes) == ("https://cal.example/emmy", "E-9", "Calls\nback")
    assert made.numbers == (Number("1009", "extension", "9"), Number("+39 02 123", default=True))
    assert (made.favourite, made.categories, made.owner) == (True, ("Maths",), "")


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_changed(
    client: SignedIn, file: sqlite3.Connection, ids: list[int]
) -> None:
    before = named(file, ids[0])
    for said, text in (
        ({"dial-0": "3"}, "Speed dial 3 is taken by Grace Hopper."),
        ({"number-0": "", "dial-0": "7"}, "Write the number, too."),
        ({"number-1": "1", "dial-1": "8", "dial-0": "8"}, "Two numbers cannot be behind the same key."),
        ({"notes": "x" * 100_001}, "This is longer than 100000 characters."),
        ({"first": "", "last": "", "company": "", "email": "", "number-0": ""}, "Write a name, a company,"),
        ({"owner": "nobody of ours"}, "Choose who sees the entry from the list."),
    ):
        answer = client.post(f"/directory/{ids[0]}", data=form_of(client, ids[0], **said))
        assert any(one.startswith(text) for one in wrong(answer)), (said, wrong(answer))
        assert named(file, ids[0]) == before


def test_two_who_edit_at_once_are_told_and_the_second_may_overwrite(
    client: SignedIn, file: sqlite3.Connection, ids: list[int]
) -> None:
    mine, theirs = form_of(client, ids[0], title="Countess"), form_of(client, ids[0], title="Lady")
    assert client.post(f"/directory/{ids[0]}", data=theirs).status_code == 303
    answer = client.post(f"/directory/{ids[0]}", data=mine)
    assert "It says now: “Lady”" in wrong(answer)
    assert 'value="Countess"' in answer.text
    assert named(file, ids[0]).title == "Lady"
    version = re.search(r'name="version" value="(\w+)"', answer.text)
    assert version
    assert client.post(f"/directory/{ids[0]}", data=mine | {"version": version[1]}).status_code == 303
    assert named(file, ids[0]).title == "Countess"


def test_who_comes_from_a_source_is_read_only_but_for_what_is_chosen_here(
    client: SignedIn, file: sqlite3.Connection, ids: list[int]
) -> None:
    page = client.get(f"/directory/{ids[2]}").text
    assert "comes from head_office and is read only here" in page
    said = form_of(client, ids[2], last="Changed", favourite="1", new_category="Film") | {"dial-0": "4"}
    assert client.post(f"/directory/{ids[2]}", data=said).status_code == 303
    now = named(file, ids[2])
    assert (now.last, now.favourite, now.numbers[0].speed_dial) == ("Lamarr", True, "4")
    assert client.get(f"/directory/{ids[2]}/delete").status_code == 403
    assert client.post(f"/directory/{ids[2]}/delete").status_code == 403
    taken = form_of(client, ids[2]) | {"dial-0": "3"}
    assert wrong(client.post(f"/directory/{ids[2]}", data=taken)) == [
        "Speed dial 3 is taken by Grace Hopper."
    ]


def test_a_picture_is_made_small_shown_and_taken_away(
    client: SignedIn, file: sqlite3.Connection, ids: list[int]
) -> None:
    said = form_of(client, ids[0]) | {"picture": (io.BytesIO(portrait(3)), "ada.png")}
    assert client.post(f"/directory/{ids[0]}", data=said).status_code == 303
    shown = client.get(f"/directory/{ids[0]}/picture")
    assert (shown.status_code, shown.mimetype, shown.data[:3]) == (200, "image/jpeg", b"\xff\xd8\xff")
    assert "max-age" in shown.headers["Cache-Control"]
    again = client.get(f"/directory/{ids[0]}/picture", headers={"If-None-Match": shown.headers["ETag"]})
    assert again.status_code == 304
    kept = named(file, ids[0]).picture
    said = form_of(client, ids[0]) | {"picture": (io.BytesIO(b"GIF89a, it says"), "ada.gif")}
    assert "This picture cannot be taken" in wrong(client.post(f"/directory/{ids[0]}", data=said))[0]
    assert named(file, ids[0]).picture == kept
    said = form_of(client, ids[0]) | {"picture": (io.BytesIO(b"x" * 5_000_000), "ada.jpg")}
    answer = client.post(f"/directory/{ids[0]}", data=said)
    assert (answer.status_code, "4 MB at most" in answer.text) == (413, True)
    assert (
        client.post(f"/directory/{ids[0]}", data=form_of(client, ids[0], no_picture="1")).status_code == 303
    )
    assert client.get(f"/directory/{ids[0]}/picture").status_code == 404


def test_a_person_is_deleted_once_that_is_confirmed(
    client: SignedIn, file: sqlite3.Connection, ids: list[int]
) -> None:
    assert "Delete Ada Lovelace?" in client.get(f"/directory/{ids[0]}/delete").text
    assert people.get(file, ids[0])
    assert client.post(f"/directory/{ids[0]}/delete").status_code == 303
    assert people.get(file, ids[0]) is None
    assert client.get(f"/directory/{ids[0]}").status_code == 404
    changed = file.execute("SELECT what, details FROM audit ORDER BY id DESC").fetchone()
    assert (changed[0], "Ada Lovelace" in changed[1]) == ("person deleted", True)


# --- operators


def test_an_operator_sees_and_edits_what_his_rights_say(
    client: SignedIn, operator: SignedIn, file: sqlite3.Connection, ids: list[int]
) -> None:
    private, own = insert(file, Person("Secret", owner=NAME), Person("Mine", owner="porter"))
    with writing(file):
        board = categories.keep(file, Category("Board", public=False))
        open_one = categories.keep(file, Category("House", members=(Member("porter"),)))
        categories.add(file, board, [ids[1]])
        categories.add(file, open_one, [ids[0]])
    page = operator.get("/directory").text
    assert re.findall(r'<a id="p\d+"[^>]*>([^<]+)</a>', page) == ["Hedy Lamarr", "Ada Lovelace", "Mine"]
    assert operator.get(f"/directory/{private}").status_code == 404
    assert operator.get(f"/directory/{ids[1]}/picture").status_code == 404
    assert operator.post(f"/directory/{ids[0]}", data=form_of(operator, ids[0], title="x")).status_code == 403
    assert operator.post(f"/directory/{own}", data=form_of(operator, own, title="x")).status_code == 303
    with writing(file):
        categories.keep(file, Category("House", True, (Member("porter", edits_people=True),), open_one))
    said = form_of(operator, ids[0], title="x", category="House")
    assert operator.post(f"/directory/{ids[0]}", data=said).status_code == 303
    assert named(file, ids[0]).title == "x"
    for path in ("/directory/import", "/directory/sources"):
        assert operator.get(path).status_code == 403
    assert operator.get(f"/directory/categories/{open_one}").status_code == 403


def test_nobody_gives_himself_an_entry_of_somebody_else(
    operator: SignedIn, file: sqlite3.Connection, ids: list[int]
) -> None:
    answer = operator.post("/directory/new", data={"last": "Spy", "owner": NAME})
    assert wrong(answer) == ["Choose who sees the entry from the list."]
    assert wrong(operator.post("/directory/new", data={"last": "Spy", "new_category": "Secret"})) == [
        "Only an admin makes new categories."
    ]


# --- many at once


def test_many_are_deleted_once_that_is_confirmed_and_who_is_read_only_stays(
    client: SignedIn, file: sqlite3.Connection, ids: list[int]
) -> None:
    asked = client.post("/directory/chosen", data={"deed": "delete", "all": "1"})
    assert "Delete 2 people?" in asked.text
    assert "1 person comes from a source" in asked.text
    assert len(list(people.every(file))) == 3
    done = client.post("/directory/chosen", data={"deed": "delete", "all": "1", "confirmed": "2"})
    assert done.status_code == 303
    assert [one.name for one in people.every(file)] == ["Hedy Lamarr"]


def test_many_are_put_into_a_category_and_a_tab(
    client: SignedIn, file: sqlite3.Connection, ids: list[int]
) -> None:
    with writing(file):
        vip = categories.keep(file, Category("VIP"))
        mine = tabs.create(file, NAME, "Mine")
    for deed in ("category", "tab"):
        said = {"deed": deed, "id": ids[:2], "category": vip, "tab": mine}
        assert client.post("/directory/chosen?q=a", data=said).location == "/directory?q=a"
    assert named(file, ids[1]).categories == ("VIP",)
    assert [row[0] for row in file.execute("SELECT person FROM tab_person ORDER BY person")] == ids[:2]
    assert "Nobody was chosen" in client.post(
        "/directory/chosen", data={"deed": "tab"}, follow_redirects=True
    ).text  # fmt: skip


def test_more_than_the_desk_can_watch_may_be_asked_for_and_the_rest_is_told(
    client: SignedIn, file: sqlite3.Connection
) -> None:
    insert(file, *(Person(f"Room {at}", numbers=(Number(str(2000 + at), "extension"),)) for at in range(52)))
    insert(file, Person("Without"))
    page = client.post("/directory/chosen", data={"deed": "monitor", "all": "1"}, follow_redirects=True).text
    assert "52 people are to be monitored." in page
    assert "The desk can watch 50 extensions; 2 people wait until there is room." in page
    assert "1 person has no extension." in page
    assert len(monitored.watched(file)) == 50


@pytest.mark.parametrize(
    ("format", "type", "begins"),
    [
        ("csv", "text/csv", "\ufefflast name,first name"),
        ("outlook", "text/csv", "\ufeffFirst Name,Last Name"),
        ("outlook-it", "text/csv", "\ufeffNome,Cognome"),
        ("vcard", "text/vcard", "BEGIN:VCARD\r\nVERSION:3.0"),
        ("vcard4", "text/vcard", "BEGIN:VCARD\r\nVERSION:4.0"),
    ],
)
def test_everybody_or_those_who_are_ticked_are_exported(
    client: SignedIn, ids: list[int], format: str, type: str, begins: str
) -> None:
    answer = client.get(f"/directory/export?format={format}")
    assert (answer.status_code, answer.mimetype) == (200, type)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.data.decode().startswith(begins)
    assert "Hopper" in answer.text
    ticked = client.post("/directory/chosen", data={"deed": "export", "format": format, "id": ids[0]})
    assert "Lovelace" in ticked.text
    assert "Hopper" not in ticked.text


# --- categories and tabs


def test_a_category_is_made_renamed_given_members_and_deleted(
    client: SignedIn, operator: SignedIn, file: sqlite3.Connection
) -> None:
    made = client.post("/directory/categories", data={"name": "House"})
    assert made.status_code == 303
    assert "already" in wrong(client.post("/directory/categories", data={"name": "house"}))[0]
    page = client.get(made.location).text
    version = re.search(r'name="version" value="([^"]+)"', page)
    assert version
    said = {"version": version[1].replace("&#39;", "'"), "name": "Household", "member-porter": "1"}
    said |= {"itself-porter": "1"}
    assert client.post(made.location, data=said).status_code == 303
    assert categories.named(file, "Household").members == (Member("porter", edits_category=True),)
    assert not categories.named(file, "Household").public
    late = client.post(made.location, data=said | {"name": "Late"})
    assert (late.status_code, "Somebody else has changed this category" in late.text) == (422, True)
    assert operator.get(made.location).status_code == 200
    assert operator.post("/directory/categories", data={"name": "Mine"}).status_code == 403
    assert client.post(f"{made.location}/delete").status_code == 303
    assert categories.every(file) == []


def test_own_tabs_are_made_renamed_moved_and_deleted_by_nobody_else(
    client: SignedIn, operator: SignedIn, file: sqlite3.Connection
) -> None:
    for name in ("Suppliers", "Friends"):
        client.post("/directory/tabs", data={"name": name, "view": "tree"})
    first, second = tabs.of(file, NAME)
    assert "already" in wrong(client.post("/directory/tabs", data={"name": "friends"}))[0]
    client.post(f"/directory/tabs/{second.id}", data={"deed": "up"})
    client.post(f"/directory/tabs/{first.id}", data={"name": "Firms", "view": "table", "private": "1"})
    assert [(one.name, one.view, one.private) for one in tabs.of(file, NAME)] == [
        ("Friends", "tree", False),
        ("Firms", "table", True),
    ]
    page = operator.get("/directory/tabs").text
    assert ("Friends" in page, "Firms" in page) == (True, False)
    assert operator.post(f"/directory/tabs/{second.id}", data={"deed": "delete"}).status_code == 404
    asked = client.post(f"/directory/tabs/{second.id}", data={"deed": "delete"})
    assert "Delete the tab Friends?" in asked.text
    assert len(tabs.of(file, NAME)) == 2
    client.post(f"/directory/tabs/{second.id}", data={"deed": "delete", "confirmed": "1"})
    assert [one.name for one in tabs.of(file, NAME)] == ["Firms"]


# --- in a browser


@pytest.mark.browser
def test_the_list_follows_what_somebody_types_and_says_so(page: Page, site: str, ids: list[int]) -> None:
    page.goto(f"{site}directory")
    expect(page.get_by_role("status").filter(has_text="3 people")).to_be_visible()
    page.get_by_role("searchbox", name="Search").press_sequentially("lovel")
    expect(page.get_by_role("status").filter(has_text="1 person")).to_be_visible()
    expect(page.get_by_role("link", name="Grace Hopper")).to_have_count(0)
    expect(page).to_have_url(f"{site}directory?q=lovel")
    page.get_by_role("link", name="Ada Lovelace").click()
    expect(page.get_by_role("heading", name="Ada Lovelace")).to_be_visible()


@pytest.mark.browser
def test_a_number_is_added_and_another_removed_by_keyboard(
    page: Page, site: str, file: sqlite3.Connection, ids: list[int]
) -> None:
    page.goto(f"{site}directory/{ids[0]}")
    page.get_by_role("button", name="Add a number").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("+44 20 7946 0018")
    page.get_by_role("button", name="Remove this number").first.press("Enter")
    page.get_by_label("Type").last.select_option("mobile")
    page.get_by_label("Default").last.check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert named(file, ids[0]).numbers == (Number("+44 20 7946 0018", "mobile", default=True),)


@pytest.mark.browser
def test_a_chosen_picture_is_seen_before_it_is_saved(
    page: Page, site: str, file: sqlite3.Connection, ids: list[int], tmp_path: Path
) -> None:
    picture = tmp_path / "ada.png"
    picture.write_bytes(portrait(1))
    page.goto(f"{site}directory/{ids[0]}")
    page.get_by_label("Choose a picture").set_input_files(picture)
    expect(page.get_by_role("img", name="The chosen picture")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("img", name="Picture of Ada Lovelace")).to_be_visible()
    assert named(file, ids[0]).picture


@pytest.mark.browser
def test_all_on_the_page_are_ticked_at_once_and_deleted(
    page: Page, site: str, file: sqlite3.Connection, ids: list[int]
) -> None:
    page.goto(f"{site}directory")
    page.get_by_role("checkbox", name="Choose all on this page").check()
    page.get_by_role("button", name="Delete …").click()
    expect(page.get_by_role("heading", name="Delete 2 people?")).to_be_visible()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("2 people were deleted.")).to_be_visible()
    assert [one.name for one in people.every(file)] == ["Hedy Lamarr"]
