"""An update: what is refused and why, what is kept as the way back, and that no call is dropped for it."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from appliance.box import slots, update, update_bundle, update_note, update_return
from appliance.box.update_bundle import UpdateError
from appliance.box.update_note import Note
from appliance.phrase import Phrase, phrase
from appliance.store import snapshots
from appliance.store.file import VERSION
from tests.box.updatable import RUNS, Bundles, UpdatableBox, put_rauc
from tests.image.tools import ToolsError
from tests.web import states
from tests.web.asking import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REBOOT = [["systemctl", "reboot"]]


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Bundles:
    try:
        return Bundles(tmp_path_factory.mktemp("bundles"))
    except ToolsError as missing:
        if "CI" in os.environ:
            raise
        pytest.skip(str(missing))


@pytest.fixture
def box(bundles: Bundles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[UpdatableBox]:
    """A box with RAUC, whose desk has no call."""
    made = UpdatableBox(tmp_path)
    put_rauc(made, bundles, tmp_path, monkeypatch)
    made.desk.start()
    yield made
    made.desk.close()


def install(box: UpdatableBox, file: Path, allow_older: bool = False) -> list[Note]:
    return list(update.run(box.place, file, allow_older))


def refusal(box: UpdatableBox, file: Path, allow_older: bool = False) -> str:
    """Return why a box refuses an update; nothing of it has changed."""
    before = box.state
    with pytest.raises(UpdateError) as refused:
        install(box, file, allow_older)
    assert (box.state, box.ran) == (before, [])
    assert (box.note.state, box.note.what) == ("refused", str(refused.value))
    return str(refused.value)


# --- good ones


def test_an_update_is_installed_and_the_box_restarts_into_it(box: UpdatableBox, bundles: Bundles) -> None:
    told = install(box, bundles.make("1.2.0"))
    assert [note.state for note in told] == [
        *("checking", "installing", "installing", "installing", "installing", "waiting", "restarting")
    ]
    assert [note.percent for note in told] == [0, 0, 0, 60, 100, 100, 100]
    assert box.state.order == ("B", "A")
    assert box.state.good == "A"
    assert box.ran == REBOOT
    assert (box.note.version, box.note.before, box.note.slot) == ("1.2.0", RUNS, "B")


def test_the_version_that_runs_can_be_installed_again(box: UpdatableBox, bundles: Bundles) -> None:
    install(box, bundles.make(RUNS))
    assert box.ran == REBOOT


def test_before_an_update_a_snapshot_of_the_store_is_taken(box: UpdatableBox, bundles: Bundles) -> None:
    install(box, bundles.make("1.2.0"))
    assert len(snapshots.listed(box.store)) == 1


def test_lines_that_are_registered_are_noted_to_be_looked_for_after_it(
    box: UpdatableBox, bundles: Bundles
) -> None:
    box.desk.change(lines={"main": {"state": "registered"}, "second": {"state": "failed"}})
    install(box, bundles.make("1.2.0"))
    assert box.note.registered == ("main",)


def test_the_restart_waits_until_the_last_call_is_over(box: UpdatableBox, bundles: Bundles) -> None:
    box.desk.change(calls={"c1": states.call("1001")})
    done = threading.Thread(target=install, args=(box, bundles.make("1.2.0")))
    done.start()
    until(lambda: box.note.state == "waiting")
    assert box.ran == []
    box.desk.change(calls={"c1": None, "c2": states.call("1002")})
    assert (box.note.state, box.ran) == ("waiting", [])
    box.desk.change(calls={"c2": None})
    done.join()
    assert box.ran == REBOOT


def test_without_a_desk_there_is_no_call_to_wait_for(box: UpdatableBox, bundles: Bundles) -> None:
    box.desk.stop()
    install(box, bundles.make("1.2.0"))
    assert box.ran == REBOOT


# --- refused ones


def test_an_update_that_others_have_signed_is_refused(box: UpdatableBox, bundles: Bundles) -> None:
    assert "not signed by anybody" in refusal(box, bundles.make("1.2.0", signed_by="strangers"))


@pytest.mark.parametrize("size", [0, 1, 10_000], ids=["empty", "an octet", "cut short"])
def test_a_file_that_is_no_whole_bundle_is_refused(
    box: UpdatableBox, bundles: Bundles, tmp_path: Path, size: int
) -> None:
    cut = tmp_path / "cut.raucb"
    cut.write_bytes(bundles.make("1.2.0").read_bytes()[:size])
    assert refusal(box, cut) == "cut.raucb is damaged, cut short, or no update of Deskbell: fetch it anew"


def test_a_file_that_is_not_there_is_named(box: UpdatableBox, tmp_path: Path) -> None:
    assert refusal(box, tmp_path / "none.raucb") == "there is no none.raucb"


def test_an_update_for_another_machine_is_refused(box: UpdatableBox, bundles: Bundles) -> None:
    other = bundles.make("1.2.0", **{"compatible=deskbell-rpi": "compatible=toaster"})
    assert refusal(box, other) == "it is for another machine (toaster, not deskbell-rpi)"


def test_an_older_version_is_refused_unless_it_is_asked_for(box: UpdatableBox, bundles: Bundles) -> None:
    older = bundles.make("1.0.9")
    assert refusal(box, older) == "1.0.9 is older than 1.1.0, which runs"
    install(box, older, allow_older=True)
    assert box.ran == REBOOT


def test_a_version_that_cannot_read_this_store_is_refused_without_a_snapshot_that_it_can(
    box: UpdatableBox, bundles: Bundles
) -> None:
    older = bundles.make("1.0.8", **{"store=$store": "store=3"})
    assert "cannot read this box's people and calls" in refusal(box, older, allow_older=True)
    taken = snapshots.take(box.store)
    assert taken
    with closing(sqlite3.connect(taken.path)) as file:
        file.execute("PRAGMA user_version = 3")
    install(box, older, allow_older=True)
    assert box.ran == REBOOT


def test_a_version_on_trial_is_not_replaced(box: UpdatableBox, bundles: Bundles) -> None:
    box.boots("B", "1.2.0")
    assert "has yet to prove itself" in refusal(box, bundles.make("1.3.0"))


def test_a_card_without_a_second_system_takes_no_update(box: UpdatableBox, bundles: Bundles) -> None:
    (box.root / slots.PARTITIONS["B"]).unlink()
    assert "take a larger one" in refusal(box, bundles.make("1.2.0"))


def test_a_box_of_another_kind_says_how_it_is_updated(box: UpdatableBox, bundles: Bundles) -> None:
    box.write("proc/cmdline", "root=/dev/sda1")
    assert "as its system is" in refusal(box, bundles.make("1.2.0"))


def test_what_cannot_be_written_is_not_started(box: UpdatableBox, bundles: Bundles) -> None:
    box.write("broken", "")
    with pytest.raises(UpdateError, match="could not be written: Failed to write: Input/output error"):
        install(box, bundles.make("1.2.0"))
    assert (box.state.order, box.state.tries["B"], box.ran) == (("A",), 0, [])


# --- asked for by the page


def test_what_the_page_asks_for_is_installed_once_and_removed(box: UpdatableBox, bundles: Bundles) -> None:
    folder = box.store.parent / update.FOLDER
    brought = folder / "deskbell-1.2.0.raucb"
    brought.write_bytes(bundles.make("1.2.0").read_bytes())
    update.request(box.store.parent, brought.name, False)
    update.carry_out(box.place)
    assert list(folder.iterdir()) == []
    assert box.ran == REBOOT


@pytest.mark.parametrize(
    "said",
    [
        "",
        "[]",
        '{"file": 5}',
        '{"file": "../deskbell.raucb"}',
        '{"file": "/etc/passwd"}',
        '{"file": "a.toml"}',
    ],
)
def test_a_request_that_names_no_update_is_refused_and_gone(box: UpdatableBox, said: str) -> None:
    request = box.store.parent / update.FOLDER / update.REQUEST
    request.write_text(said)
    with pytest.raises(UpdateError, match=r"^install "):
        update.carry_out(box.place)
    assert not request.exists()
    assert box.note.state == "refused"


def test_a_request_that_leads_elsewhere_is_not_followed(box: UpdatableBox, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(json.dumps({"file": "deskbell-1.2.0.raucb"}))
    (box.store.parent / update.FOLDER / update.REQUEST).symlink_to(secret)
    with pytest.raises(UpdateError):
        update.carry_out(box.place)
    assert secret.exists()


# --- the start after it


def started(box: UpdatableBox, slot: str, version: str) -> Note:
    box.boots(slot, version)
    update_return.settle(box.system, box.store)
    return box.note


def test_the_new_version_is_on_trial_when_it_starts(box: UpdatableBox, bundles: Bundles) -> None:
    install(box, bundles.make("1.2.0"))
    assert started(box, "B", "1.2.0").state == "trying"


def test_the_old_version_notes_that_it_came_back(box: UpdatableBox, bundles: Bundles) -> None:
    install(box, bundles.make("1.2.0"))
    note = started(box, "A", RUNS)
    assert (note.state, note.what) == ("returned", "the new version did not start")
    assert [(one.version, one.before, one.result) for one in note.past] == [("1.2.0", RUNS, "returned")]


def test_the_old_version_comes_up_with_a_store_that_the_new_one_has_changed(
    box: UpdatableBox, bundles: Bundles
) -> None:
    install(box, bundles.make("1.2.0"))
    with closing(sqlite3.connect(box.store)) as file:
        file.execute(f"PRAGMA user_version = {VERSION + 1}")
    started(box, "A", RUNS)
    assert update_bundle.store_version(box.store) == VERSION
    (aside,) = (path for path in box.store.parent.glob("desk.db.damaged-*") if path.suffix != ".json")
    assert update_bundle.store_version(aside) == VERSION + 1


def test_without_a_snapshot_a_newer_store_is_left_alone(box: UpdatableBox) -> None:
    update_note.write(box.store.parent, Note("restarting", "1.2.0", RUNS, "B"))
    with closing(sqlite3.connect(box.store)) as file:
        file.execute(f"PRAGMA user_version = {VERSION + 1}")
    started(box, "A", RUNS)
    assert update_bundle.store_version(box.store) == VERSION + 1


@pytest.mark.parametrize("state", ["checking", "installing"])
def test_a_power_cut_while_it_was_written_is_told(box: UpdatableBox, state: update_note.State) -> None:
    update_note.write(box.store.parent, Note(state, "1.2.0", RUNS, "B"))
    note = started(box, "A", RUNS)
    assert note.state == "refused"
    assert "nothing has changed" in note.what


def test_a_power_cut_after_the_last_octet_was_written_starts_the_new_version(box: UpdatableBox) -> None:
    update_note.write(box.store.parent, Note("installing", "1.2.0", RUNS, "B", percent=100))
    assert started(box, "B", "1.2.0").state == "trying"


@pytest.mark.parametrize("state", ["", "good", "returned", "refused"])
def test_a_start_like_any_other_changes_no_note(box: UpdatableBox, state: update_note.State) -> None:
    before = Note(state, "1.2.0", RUNS, "B")
    update_note.write(box.store.parent, before)
    assert started(box, "A", RUNS) == before


# --- versions and notes


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.2", "1.10"),
        ("1.2.0rc1", "1.2.0"),
        ("1.2.0.dev3", "1.2"),
        ("0.9", "1"),
        ("1.2", "1.2.1"),
        ("1.2.0a1", "1.2.0b1"),
    ],
)
def test_versions_have_an_order(older: str, newer: str) -> None:
    assert update_bundle.is_older(older, newer)
    assert not update_bundle.is_older(newer, older)


def test_a_version_is_not_older_than_itself() -> None:
    assert not update_bundle.is_older("1.2.0", "1.2")
    assert not update_bundle.is_older("1.2", "1.2.0")


@pytest.mark.parametrize(
    "said", ["", "[", "[]", '{"state": 7, "past": [1, {}], "at": "x", "what": {"a": 1}}']
)
def test_a_note_that_makes_no_sense_says_nothing(tmp_path: Path, said: str) -> None:
    (tmp_path / update_note.NAME).write_text(said)
    assert not update_note.read(tmp_path).runs


def test_a_note_is_read_as_it_was_written(tmp_path: Path) -> None:
    why = phrase("%(service)s does not run", service="deskbell.service")
    note = Note("installing", "1.2.0", RUNS, "B", 5.0, 40, registered=("main",)).over("returned", 9.0, why)
    update_note.write(tmp_path, note)
    assert (found := update_note.read(tmp_path)) == note
    assert isinstance(found.what, Phrase)  # which a page says in the language of its reader
