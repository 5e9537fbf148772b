"""A new version stays when the box is healthy with it, and is left when it is not."""

from __future__ import annotations

import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from appliance.box import healthy, slots, troubles, update_note
from appliance.box.healthy import Trial
from appliance.box.slots import State
from appliance.box.update_note import Note
from appliance.settings.options import PageOptions
from tests.box.updatable import RUNS, UpdatableBox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ON_TRIAL = State(("B", "A"), {"A": slots.TRIES, "B": 2}, "A")
REBOOT = [["systemctl", "reboot"]]


class Page(BaseHTTPRequestHandler):
    """A page that leads to its log-in, as ours does."""

    status = 302

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def page() -> Iterator[PageOptions]:
    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield PageOptions(port=server.server_address[1])
    server.shutdown()
    server.server_close()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[UpdatableBox]:
    """A box that has started into 1.2.0 in slot B, which was just installed."""
    made = UpdatableBox(tmp_path)
    made.boots("B", "1.2.0")
    made.has(ON_TRIAL)
    update_note.write(made.store.parent, Note("trying", "1.2.0", RUNS, "B", registered=("main",)))
    made.desk.start()
    made.desk.change(lines={"main": {"state": "registered"}})
    yield made
    made.desk.close()


def trial(box: UpdatableBox, page: PageOptions, **replaced: object) -> Trial:
    whole = Trial(box.place, page, patience=0.0, pause=0.0, is_active=lambda _: True)
    return replace(whole, **replaced)  # type: ignore[arg-type]  # what a test says


def test_a_new_version_with_which_all_is_well_is_good_from_now_on(
    box: UpdatableBox, page: PageOptions
) -> None:
    assert healthy.run(trial(box, page))
    assert box.state == State(("B", "A"), {"A": slots.TRIES, "B": slots.TRIES}, "B")
    assert (box.note.state, box.ran) == ("good", [])
    assert [(one.version, one.result) for one in box.note.past] == [("1.2.0", "good")]


def test_a_new_version_has_time_to_come_up(box: UpdatableBox, page: PageOptions) -> None:
    looks: list[str] = []

    def is_active(service: str) -> bool:
        looks.append(service)
        return len(looks) > 3

    assert healthy.run(trial(box, page, is_active=is_active, patience=60.0))
    assert box.state.good == "B"


@pytest.mark.parametrize("service", healthy.SERVICES)
def test_a_service_that_does_not_run_brings_the_old_version_back(
    box: UpdatableBox, page: PageOptions, service: str
) -> None:
    assert not healthy.run(trial(box, page, is_active=lambda one: one != service))
    assert box.state == State(("A", "B"), {"A": slots.TRIES, "B": 0}, "A")
    assert (box.note.what, box.ran) == (f"{service} does not run", REBOOT)


def test_a_page_that_does_not_answer_brings_the_old_version_back(
    box: UpdatableBox, page: PageOptions
) -> None:
    nobody = PageOptions(port=1)
    assert not healthy.run(trial(box, nobody))
    assert (box.note.what, box.ran) == ("the page does not answer", REBOOT)


def test_a_page_that_fails_brings_the_old_version_back(
    box: UpdatableBox, page: PageOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Page, "status", 500)
    assert not healthy.run(trial(box, page))
    assert box.ran == REBOOT


def test_a_desk_that_does_not_answer_brings_the_old_version_back(
    box: UpdatableBox, page: PageOptions
) -> None:
    box.desk.stop()
    assert not healthy.run(trial(box, page))
    assert "the desk does not answer" in box.note.what


def test_a_line_that_registers_no_more_brings_the_old_version_back(
    box: UpdatableBox, page: PageOptions
) -> None:
    box.desk.change(lines={"main": {"state": "failed", "reason": "Forbidden"}})
    assert not healthy.run(trial(box, page))
    assert (box.note.what, box.ran) == ("the line main is not registered: Forbidden", REBOOT)


def test_a_line_that_did_not_register_before_need_not_now(box: UpdatableBox, page: PageOptions) -> None:
    box.desk.change(lines={"second": {"state": "failed", "reason": "Forbidden"}})
    assert healthy.run(trial(box, page))


def test_where_the_old_version_has_no_try_left_the_box_stays_and_says_so(
    box: UpdatableBox, page: PageOptions
) -> None:
    box.has(replace(ON_TRIAL, tries={"A": 0, "B": 2}))
    assert not healthy.run(trial(box, page, is_active=lambda _: False))
    assert box.ran == []
    assert box.state == State(("B", "A"), {"A": 0, "B": slots.TRIES}, "A")
    (told,) = troubles.told(box.system.notes)
    assert "not healthy after its update: deskbell.service does not run" in told.what


@pytest.mark.parametrize("good", ["A", ""], ids=["was good before", "first start"])
def test_a_system_with_nothing_to_prove_is_good_without_a_look(
    box: UpdatableBox, page: PageOptions, good: str
) -> None:
    box.boots("A", RUNS)
    box.has(State(tries={"A": 2, "B": 0}, good=good))
    assert healthy.run(trial(box, page, is_active=lambda _: False))
    assert box.state == State(("A", "B"), {"A": slots.TRIES, "B": 0}, "A")
    assert box.ran == []


def test_a_box_with_one_system_has_nothing_to_be_marked(box: UpdatableBox, page: PageOptions) -> None:
    box.write("proc/cmdline", "root=/dev/sda1")
    assert healthy.run(trial(box, page, is_active=lambda _: False))
    assert box.state == ON_TRIAL


def test_a_state_that_a_power_cut_has_torn_is_whole_again_after_a_start(
    box: UpdatableBox, page: PageOptions
) -> None:
    box.boots("A", RUNS)
    box.has(State(tries={"A": 8, "B": 0}, good="A"))
    with (box.root / slots.DISK).open("r+b") as disk:
        disk.seek(slots.AT)
        disk.write(bytes(slots.SIZE // 2))
    assert healthy.run(trial(box, page))
    with (box.root / slots.DISK).open("rb") as disk:
        disk.seek(slots.AT)
        assert slots.decoded(disk.read(slots.SIZE)) == State(tries={"A": slots.TRIES, "B": 0}, good="A")
