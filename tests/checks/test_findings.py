"""What is said of a desk, its store and its settings, each with its remedy."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from appliance.backup.box import box
from appliance.box import update_note
from appliance.checks import copies, desk, rounds, software, wanted
from appliance.checks.finding import Finding, worst_first
from appliance.control.document import VERSION
from appliance.store import health, snapshots
from tests.backup import boxes
from tests.store import books
from tests.web import states

if TYPE_CHECKING:
    from pathlib import Path


def line(state: str, code: int = 0, reason: str = "") -> dict[str, Any]:
    return {"number": "200", "state": state, "code": code, "reason": reason}


def test_a_desk_at_which_all_is_well_has_no_trouble() -> None:
    headset = {"name": "Headset", "state": "online", "reason": "", "audio": True, "card": "hw:1"}
    state = states.idle() | {"troubles": {}, "devices": {"headset": headset | {"simulated": False}}}
    assert [one for one in desk.examine(state) if not one.well] == []


@pytest.mark.parametrize(
    ("code", "reason", "remedy"),
    [
        (401, "the exchange refuses the user or the password", "the user name and the password"),
        (403, "the exchange refuses the user or the password", "the user name and the password"),
        (404, "the exchange does not know this user", "the number of the account"),
        (408, "the exchange does not answer", "the network cable"),
        (0, "no network", "the network cable"),
    ],
)
def test_a_line_that_failed_says_why_and_what_to_look_at(code: int, reason: str, remedy: str) -> None:
    (failed,) = desk.lines({"main": line("failed", code, reason)})
    assert (failed.id, failed.severity, failed.page) == ("line-main", "fault", "account.start")
    assert reason in failed.what
    assert remedy in failed.remedy


def test_a_second_line_is_called_by_its_name() -> None:
    _, second = desk.lines({"main": line("registered"), "sales": line("failed", 408, "no answer")})
    assert second.what.startswith("sales is failed: no answer")
    (waiting,) = desk.lines({"main": line("registering")})
    assert waiting.severity == "warning"


def test_while_no_line_is_registered_the_extensions_are_not_told_of_as_well() -> None:
    state = states.idle() | {
        "troubles": {},
        "lines": {"main": line("failed", 408, "no answer")},
        "extensions": {"1001": states.extension("Ada", "unknown", reason="not asked")},
    }
    assert not any(one.check == "extension" for one in desk.examine(state))
    state["lines"] = {"main": line("registered")}
    (told,) = (one for one in desk.examine(state) if one.check == "extension")
    assert (told.page, told.remedy) == ("monitored.start", "not asked")


def test_fifty_colleagues_who_are_unknown_are_one_trouble() -> None:
    unknown = {str(number): states.extension("x", "unknown", reason="") for number in range(1001, 1051)}
    (told,) = desk.extensions(unknown)
    assert told.what == "the exchange does not tell what 1001, 1002, 1003 and 47 more do"
    assert told.remedy


@pytest.mark.parametrize(
    ("state", "severity"), [("offline", "warning"), ("denied", "fault"), ("failed", "fault")]
)
def test_a_device_that_does_not_work_says_what_to_do(state: str, severity: str) -> None:
    device = {"name": "Jabra Engage 50", "state": state, "reason": "why", "audio": True, "card": ""}
    told, nothing = desk.devices({"jabra-1": device})
    assert (told.id, told.severity, told.page) == ("device-jabra-1", severity, "devices.start")
    assert told.what == f"jabra-1 (Jabra Engage 50) is {state}: why"
    assert told.remedy
    assert (nothing.id, nothing.severity) == ("no-audio", "fault")


def test_a_headset_without_a_sound_card_is_told() -> None:
    device = {"name": "X", "state": "online", "reason": "", "audio": True, "card": "", "simulated": False}
    well, told = desk.devices({"x": device})
    assert well.well
    assert told.what == "x has keys but no sound card"


def test_what_the_desk_and_the_round_both_know_is_told_once(tmp_path: Path) -> None:
    one = boxes.make(tmp_path, "Foyer")
    note = one.store.with_name("desk.db.damaged-20260101-000000.json")
    note.write_text(json.dumps({"since": 0, "why": "Page 3", "snapshot": None}))
    (trouble,) = health.standing(one.store)
    state = states.idle() | {"troubles": {trouble.id: {"what": trouble.what, "fix": trouble.fix, "since": 0}}}
    told = [found for found in rounds.examine(one.settings, state) if found.id == trouble.id]
    assert [(found.severity, found.page) for found in told] == [("warning", "backup.start")]


def test_without_a_desk_that_is_the_worst_of_all_and_the_rest_is_looked_at_all_the_same(
    tmp_path: Path,
) -> None:
    one = boxes.make(tmp_path, "Foyer")
    found = worst_first(rounds.examine(one.settings, None))
    assert (found[0].id, found[0].severity) == ("desk", "fault")
    assert {"settings", "snapshot", "backup", "disk", "clock"} <= {one.check for one in found}
    assert [one.severity for one in found] == sorted(
        (one.severity for one in found), key=["fault", "warning", "ok"].index
    )


def test_a_backup_that_is_old_is_told_and_one_that_was_never_made(tmp_path: Path) -> None:
    one = boxes.make(tmp_path, "Foyer")
    last = {found.check: found for found in copies.examine(one)}["backup"]
    assert (last.severity, last.page) == ("warning", "backup.start")
    (one.state / "backed-up").touch()
    assert {found.check: found for found in copies.examine(one)}["backup"].well
    os.utime(one.state / "backed-up", (0, time.time() - 91 * 86400))
    assert {found.check: found for found in copies.examine(one)}["backup"].severity == "warning"


def test_a_snapshot_that_is_old_is_told_only_when_something_was_written_since(tmp_path: Path) -> None:
    one = boxes.make(tmp_path, "Foyer")
    (taken,) = snapshots.listed(one.store)
    taken.path.rename(taken.path.with_name("000001-20200101T000000Z.db"))
    assert {found.check: found for found in copies.examine(one)}["snapshot"].well
    books.write(one.store, "since then")
    assert not {found.check: found for found in copies.examine(one)}["snapshot"].well


def test_settings_that_cannot_be_used_are_told_line_by_line(tmp_path: Path) -> None:
    one = boxes.make(tmp_path, "Foyer")
    assert [found.well for found in wanted.examine(one.settings)] == [True]
    one.settings.write_text(one.settings.read_text() + "\n[calls]\nauto_answer = -1\nauto_hold = -1\n")
    told = list(wanted.examine(one.settings))
    assert len({found.id for found in told}) == 2
    assert all(found.severity == "fault" and found.remedy for found in told)


def test_a_store_that_is_not_there_yet_is_no_trouble_where_its_folder_is(tmp_path: Path) -> None:
    (tmp_path / "deskbell.toml").write_text(f'[desk]\nstore = "{tmp_path}/desk.db"\n')
    (none,) = copies.examine(box(tmp_path / "deskbell.toml"))
    assert none.well


@pytest.mark.parametrize(
    "note", ["", "[]", "{", '{"version": 3}', f'{{"version": "{VERSION}"}}', '{"version": "\\n"}']
)
def test_an_update_is_told_of_only_when_one_waits(tmp_path: Path, note: str) -> None:
    assert list(software.examine(tmp_path)) == []
    (tmp_path / update_note.NAME).write_text(note)
    assert list(software.examine(tmp_path)) == []
    (tmp_path / update_note.NAME).write_text('{"version": "99.1"}')
    (told,) = software.examine(tmp_path)
    assert (told.severity, "99.1" in told.what) == ("warning", True)


def test_an_update_that_did_not_stay_is_told_with_its_reason(tmp_path: Path) -> None:
    update_note.write(tmp_path, update_note.Note("returned", "99.1", what="the page does not answer"))
    (told,) = software.examine(tmp_path)
    assert (told.severity, str(told.what)) == (
        "warning",
        "Deskbell 99.1 did not stay: the page does not answer",
    )


def test_a_finding_is_plain_data_for_who_asks() -> None:
    told = Finding("a", "line", "failed", "see", "fault", "account.start").as_json()
    assert json.loads(json.dumps(told)) == told
    assert told["well"] is False
