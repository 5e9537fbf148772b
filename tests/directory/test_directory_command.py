"""`deskbell directory`, as a person or a script types it; no desk is running."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from appliance.__main__ import main
from tests.running import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path


class Desk:
    """A desk's settings and store, and a shell."""

    def __init__(self, home: Path, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.settings = home / "deskbell.toml"
        self.settings.write_text(
            f'[desk]\nstore = "{home}/desk.db"\n[line]\nserver = "127.0.0.1"\nuser = "200"\n'
            '[dialling]\ncountry = "IT"\noutside_prefix = "0"\n[extensions]\n"1009" = "Gate"\n'
        )
        secrets = home / "secrets.toml"
        secrets.touch(0o600)
        secrets.write_text('[line]\npassword = "secret"\n')
        shutil.copy(store, home / "desk.db")
        self._capsys = capsys

    def says(self, *words: str) -> str:
        """Return what a command prints that succeeds."""
        assert main(["directory", *words, "--settings", str(self.settings)]) == 0, self._capsys.readouterr()
        return self._capsys.readouterr().out.rstrip("\n")

    def data(self, *words: str) -> Any:
        return json.loads(self.says(*words, "--json"))

    def refuses(self, *words: str) -> str:
        """Return the reason for which a command is refused."""
        code = main(["directory", *words, "--settings", str(self.settings)])
        said = self._capsys.readouterr()
        assert (code, said.out) == (1, "")
        return said.err.removeprefix("deskbell: ").rstrip("\n")


@pytest.fixture
def desk(tmp_path: Path, empty_store: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, empty_store, capsys)


@pytest.fixture
def anna(desk: Desk) -> str:
    """The id of Anna Rossi."""
    numbers = ("--number", "work=+39 02 1234567", "--number", "extension=1001")
    return str(desk.data("add", "--first", "Anna", "--last", "Rossi", "--category", "VIP", *numbers)["id"])


def test_a_person_is_added_found_shown_changed_and_removed(desk: Desk, anna: str) -> None:
    desk.says("add", "--company", "Acme", "--number", "02 7654321")
    assert desk.says("search", "ross").split() == [anna, "Anna", "Rossi", "+39", "02", "1234567,", "1001"]
    assert desk.says("search", "0039", "02", "76").endswith("Acme    02 7654321")
    assert desk.says("search", "nobody") == "nobody is found"
    assert desk.says("who", "0 02 1234567") == f"{anna}  Anna Rossi"
    assert desk.data("who", "1002") is None
    desk.says("edit", anna, "--title", "Boss", "--default", "2")
    assert desk.says("show", anna).splitlines() == [
        f"id          {anna}",
        "last name   Rossi",
        "first name  Anna",
        "title       Boss",
        "work        +39 02 1234567",
        "extension   1001 (default)",
        "categories  VIP",
    ]
    assert desk.says("remove", anna) == "removed: 1 person"
    assert desk.refuses("show", anna) == f"there is no person {anna}"


def test_what_is_not_said_of_a_person_stays(desk: Desk, anna: str) -> None:
    desk.says("speed-dial", "5", anna)
    desk.says("monitor", anna)
    before = desk.data("show", anna)
    after = desk.data("edit", anna, "--number", "home=1001", "--number", "+39 02 1234567", "--category", "")
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"numbers", "categories", "changed"}
    home, work = after["numbers"]
    assert (home["type"], home["monitored"], work["type"], work["speed_dial"]) == ("home", True, "work", "5")


def test_many_are_found_page_by_page(desk: Desk) -> None:
    for at in range(3):
        desk.says("add", "--last", f"Rossi {at}")
    assert desk.says("search", "--limit", "2").splitlines()[-1].startswith("there are more")
    page = desk.data("search", "rossi", "--limit", "2", "--skip", "2")
    assert ([person["last"] for person in page["people"]], page["more"]) == (["Rossi 2"], False)


def test_favourites_and_the_disabled_are_marked(desk: Desk, anna: str) -> None:
    desk.says("add", "--last", "Verdi")
    assert desk.says("favourite", anna) == "favourite: 1 person"
    assert [one["id"] for one in desk.data("search", "--favourite")["people"]] == [int(anna)]
    assert desk.says("favourite", anna, "--off") == "no longer favourite: 1 person"
    assert desk.says("disable", anna) == "disabled: 1 person"
    assert "disabled    yes" in desk.says("show", anna)


def test_a_picture_is_made_small_and_taken_away(desk: Desk, anna: str, tmp_path: Path) -> None:
    drawn = io.BytesIO()
    Image.new("RGB", (3000, 2000), "red").save(drawn, "PNG")
    (tmp_path / "anna.png").write_bytes(drawn.getvalue())
    shown = desk.data("edit", anna, "--picture", str(tmp_path / "anna.png"))["picture"]
    assert shown["type"].startswith("image/")
    assert 0 < shown["bytes"] < 512 * 1024
    assert desk.data("edit", anna, "--picture", "")["picture"] is None
    assert "cannot be a picture" in desk.refuses("edit", anna, "--picture", str(desk.settings))
    assert "cannot be a picture" in desk.refuses("edit", anna, "--picture", str(tmp_path / "none.png"))


def test_extensions_are_monitored(desk: Desk, anna: str) -> None:
    assert desk.says("monitor", anna) == "1001  Anna Rossi  monitored"
    for at in range(49):
        desk.says("add", "--last", f"P{at}", "--number", str(2000 + at))
    desk.says("monitor", *(str(int(anna) + at) for at in range(1, 50)))
    assert desk.says("monitored").splitlines()[-1] == (
        "2048  P48         not monitored: 49 others are, and no more can be"  # the settings name one too
    )
    desk.says("unmonitor", anna)
    assert {one["reason"] for one in desk.data("monitored")} == {""}


def test_speed_dials_are_listed_set_and_cleared(desk: Desk, anna: str) -> None:
    assert desk.says("speed-dial", "5", anna, "1001") == "5  1001  Anna Rossi"
    assert desk.data("speed-dial")["5"] == {"number": "1001", "name": "Anna Rossi", "id": int(anna)}
    other = str(desk.data("add", "--last", "Verdi", "--number", "1002")["id"])
    assert desk.refuses("speed-dial", "5", other) == "speed dial 5 is taken by Anna Rossi"
    assert desk.says("speed-dial", "5") == "no speed dials"


def test_categories_have_members_with_rights(desk: Desk, anna: str) -> None:
    assert desk.says("category", "list") == "VIP: public"
    desk.says("category", "add", "Board", "--private")
    desk.says("category", "member", "Board", "bert", "--edits-people")
    said = desk.says("category", "put", "board", anna).splitlines()
    assert said == ["Board: private, bert +people", "VIP: public"]
    desk.says("category", "take-out", "VIP", anna)
    assert desk.says("search", "--operator", "carla") == "nobody is found"
    assert "Rossi" in desk.says("search", "--operator", "bert", "--category", "Board")
    desk.says("category", "change", "Board", "--public", "--rename", "Directors")
    desk.says("category", "member", "Directors", "bert", "--off")
    assert desk.data("category", "remove", "VIP") == [
        {"name": "Directors", "public": True, "members": [], "id": 2}
    ]
    assert desk.refuses("category", "put", "VIP", anna) == (
        "there is no category 'VIP'; there are: Directors"
    )


def test_tabs_belong_to_an_operator(desk: Desk, anna: str) -> None:
    mine = ("--operator", "bert")
    desk.says("tab", "add", "Friends", *mine)
    desk.says("tab", "add", "Suppliers", "--view", "tree", "--private", *mine)
    said = desk.says("tab", "order", "suppliers", *mine)
    assert said.splitlines() == ["Suppliers: tree, private", "Friends: list"]
    assert desk.says("tab", "list", "--operator", "carla") == "Friends (of bert): list"
    desk.says("tab", "put", "Friends", anna, *mine)
    assert "Rossi" in desk.says("search", "--tab", "Friends", *mine)
    desk.says("tab", "take-out", "Friends", anna, *mine)
    assert desk.says("search", "--tab", "Friends", *mine) == "nobody is found"
    desk.says("tab", "change", "Friends", "--rename", "Foes", "--view", "table", *mine)
    assert desk.data("tab", "remove", "Suppliers", *mine) == [
        {"id": 1, "operator": "bert", "name": "Foes", "view": "table", "private": False}
    ]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["add", "--notes", "x"], "a person needs a name, a company, a number or an e-mail address"),
        (["add", "--last", "\udcff"], "the text is not UTF-8"),
        (["edit", "99", "--title", "x"], "there is no person 99"),
        (["remove", "1", "99"], "there is no person 99"),
        (["favourite", "99"], "there is no person 99"),
        (["edit", "1", "--default", "3"], "there is no number 3 of 2"),
        (["search", "--category", "x"], "there is no category 'x'; there are: VIP"),
        (["tab", "put", "x", "1", "--operator", "bert"], "bert has no tab 'x'; there are: none yet"),
        (["speed-dial", "5", "1", "999"], "person 1 has no number 999"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason_and_changes_nothing(
    desk: Desk, anna: str, words: list[str], reason: str
) -> None:
    before = desk.data("search")
    assert desk.refuses(*words) == reason
    assert desk.data("search") == before


@pytest.mark.parametrize("id", ["0", "-1", "x", "²", "9" * 30])
def test_what_is_no_id_is_a_wrong_word(desk: Desk, id: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["directory", "show", "--settings", str(desk.settings), "--", id])
    assert left.value.code == 2
    assert "is no id; search lists them" in capsys.readouterr().err


def test_as_it_is_typed_in_a_shell(desk: Desk) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "appliance", "directory", "search", "--settings", str(desk.settings)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "nobody is found\n", "")
