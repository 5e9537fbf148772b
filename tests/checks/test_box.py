"""What root's part has found wrong is among the findings, each with its fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.box import troubles
from appliance.box.system import System
from appliance.box.troubles import SETTINGS_FILE, Trouble
from appliance.checks import box

if TYPE_CHECKING:
    from pathlib import Path


def test_on_a_computer_that_is_no_box_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert list(box.examine(System(tmp_path))) == []


def test_each_trouble_of_the_box_is_a_fault_with_its_line_and_its_fix(tmp_path: Path) -> None:
    system = System(tmp_path)
    wrong = [
        Trouble(SETTINGS_FILE, "line.prot is not an option here", "did you mean port?", at) for at in (3, 9)
    ]
    troubles.tell(system, SETTINGS_FILE, wrong)
    troubles.tell(
        system, "data partition", [Trouble("data partition", "it cannot be read", "change the card")]
    )
    first, second, third = box.examine(system)
    assert first.what == "settings file, line 3: line.prot is not an option here"
    assert (first.severity, first.remedy) == ("fault", "did you mean port?")
    assert len({first.id, second.id, third.id}) == 3
    assert third.what == "data partition: it cannot be read"
    assert (system.notes / troubles.NAME).stat().st_mode & 0o777 == 0o644, "the pages are another user"


def test_what_a_source_tells_anew_takes_the_place_of_what_it_told(tmp_path: Path) -> None:
    system = System(tmp_path)
    troubles.tell(system, "update", [Trouble("update", "it failed", "try again")])
    troubles.tell(system, SETTINGS_FILE, [Trouble(SETTINGS_FILE, "is wrong", "mend it", 1)])
    troubles.tell(system, "update", [])
    assert [one.source for one in troubles.told(system.notes)] == [SETTINGS_FILE]
