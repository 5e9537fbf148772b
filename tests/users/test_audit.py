"""Who changed what, and when, is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.users import audit

if TYPE_CHECKING:
    import sqlite3

    import pytest


def test_the_newest_comes_first_and_older_ones_page_by_page(file: sqlite3.Connection) -> None:
    for number in range(7):
        audit.write(file, 1000.0 + number, "Ada", "settings", {"call.ring": f"{number}"})
    first = audit.entries(file, limit=3)
    second = audit.entries(file, limit=3, before=first[-1].id)
    rest = audit.entries(file, limit=3, before=second[-1].id)
    assert [entry.at for entry in first + second + rest] == [1006, 1005, 1004, 1003, 1002, 1001, 1000]
    assert (rest[-1].who, rest[-1].what, rest[-1].details) == ("Ada", "settings", {"call.ring": "0"})


def test_one_user_s_or_one_kind_of_deed_can_be_looked_for(file: sqlite3.Connection) -> None:
    for who, what in (("Ada", "login"), ("Eve", "login failed"), ("Ada", "settings")):
        audit.write(file, 1000.0, who, what, {})
    assert [entry.what for entry in audit.entries(file, who="Ada")] == ["settings", "login"]
    assert [entry.who for entry in audit.entries(file, what="login failed")] == ["Eve"]
    assert audit.kinds(file) == (["Ada", "Eve"], ["login", "login failed", "settings"])


def test_old_entries_go(file: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "KEPT", 10)
    for number in range(25):
        audit.write(file, float(number), "", "login failed", {"name": "x" * 100_000})
    found = audit.entries(file)
    assert [entry.at for entry in found] == [float(number) for number in range(24, 14, -1)]
    assert len(found[0].details["name"]) == 500
