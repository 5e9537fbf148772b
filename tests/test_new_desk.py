"""Given a box without an account, the desk runs all the same, says what is missing, and tries nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.control.protocol import Refused
from appliance.desk.events import Dial, SendMessage
from tests.running import RunningDesk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.running import State


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RunningDesk]:
    """A new desk: no account in its settings, and no secrets."""
    desk = RunningDesk(tmp_path, 5060, line={"server": "", "user": ""})
    (tmp_path / "secrets.toml").unlink()
    with desk:
        yield desk


def test_it_says_that_there_is_no_account_and_what_to_do(desk: RunningDesk) -> None:
    state = desk.until("the line is unset", lambda state: state["registration"]["state"] == "unset")
    assert state["lines"]["main"] == {
        "number": "",
        "state": "unset",
        "code": 0,
        "reason": "no account is set up yet",
    }
    assert desk.deskbell("status").stdout.startswith("Reception: unset (no account is set up yet)")
    found = desk.deskbell("doctor", "--settings", str(desk.settings)).stdout
    assert "FAULT line: no account is set up yet\n      → set one up on the page" in found


def test_its_devices_work_and_a_call_is_refused_with_the_reason(desk: RunningDesk) -> None:
    desk.until("its devices are there", lambda state: states(state["devices"]) == ["online"] * 3)
    desk.until("the line is unset", lambda state: state["registration"]["state"] == "unset")
    with pytest.raises(Refused, match="no account is set up yet"):
        desk.ask(Dial("1001"))
    desk.ask(SendMessage("1001", "Hello"))
    state = desk.until("the text is refused", lambda state: states(state["messages"]) == ["failed"])
    assert [text["reason"] for text in state["messages"].values()] == ["no account is set up yet"]


def states(things: State) -> list[str]:
    """Return the state of each."""
    return [thing["state"] for thing in things.values()]
