"""How long somebody is signed in."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from appliance.users import accounts, sessions
from appliance.users.accounts import User
from appliance.users.sessions import AT_ONCE, DAY, HOUR

if TYPE_CHECKING:
    import sqlite3

    from appliance.users.accounts import Role

NOON = 1_800_000_000.0


def user(file: sqlite3.Connection, role: Role) -> User:
    name = f"{role} {len(accounts.every(file))}"
    return User(accounts.add(file, name, "three quiet words", role), name, role)


def use(file: sqlite3.Connection, token: str, at: float) -> bool:
    """Ask for a page, as a browser does."""
    if not sessions.find(file, token, at):
        return False
    sessions.touch(file, token, at)
    return True


def test_given_a_token_then_its_user_is_known(file: sqlite3.Connection) -> None:
    ada = user(file, "admin")
    token = sessions.begin(file, ada, NOON)
    found = sessions.find(file, token, NOON + 5)
    assert found
    assert (found.user, found.began, found.seen) == (ada, NOON, NOON)
    assert len(found.csrf) == 64


@pytest.mark.parametrize("token", ["", "x", "\ud800", "x" * 100_000])
def test_any_other_token_is_nobody_s(file: sqlite3.Connection, token: str) -> None:
    sessions.begin(file, user(file, "admin"), NOON)
    assert sessions.find(file, token, NOON) is None


def test_the_store_has_neither_the_token_nor_what_follows_from_it(file: sqlite3.Connection) -> None:
    token = sessions.begin(file, user(file, "admin"), NOON)
    session = sessions.find(file, token, NOON)
    assert session
    content = "".join(file.iterdump()).lower()
    assert hashlib.sha256(token.encode()).hexdigest() in content
    assert token.lower() not in content
    assert session.csrf not in content
    assert token not in session.csrf


@pytest.mark.parametrize(
    ("role", "stay", "life"),
    [("admin", False, HOUR), ("admin", True, 12 * HOUR), ("operator", False, 12 * HOUR),
     ("operator", True, 30 * DAY)],
)  # fmt: skip
def test_without_a_request_a_session_ends(
    file: sqlite3.Connection, role: Role, stay: bool, life: float
) -> None:
    token = sessions.begin(file, user(file, role), NOON, stay)
    assert sessions.find(file, token, NOON + life)
    assert sessions.find(file, token, NOON + life + 1) is None


def test_while_it_is_used_it_goes_on_but_no_longer_than_thirty_days(file: sqlite3.Connection) -> None:
    for role in ("admin", "operator"):
        token = sessions.begin(file, user(file, role), NOON, stay=True)
        uses = [use(file, token, NOON + hours * HOUR) for hours in range(0, 31 * 24, 10)]
        assert uses.count(True) == 30 * 24 // 10 + 1
        assert not uses[-1]


def test_an_operator_who_becomes_an_admin_stays_signed_in_as_briefly_as_admins_do(
    file: sqlite3.Connection,
) -> None:
    grace = user(file, "operator")
    token = sessions.begin(file, grace, NOON)
    accounts.change(file, replace(grace, role="admin"))
    found = sessions.find(file, token, NOON + HOUR)
    assert found
    assert found.user.role == "admin"
    assert sessions.find(file, token, NOON + 2 * HOUR) is None


def test_its_use_is_written_once_a_minute(file: sqlite3.Connection) -> None:
    token = sessions.begin(file, user(file, "admin"), NOON)
    before = file.total_changes
    for second in range(120):
        assert use(file, token, NOON + second)
    assert file.total_changes - before == 1


def test_a_session_of_a_wrong_clock_does_not_last_for_ever(file: sqlite3.Connection) -> None:
    """Given a clock that was years ahead, when it is put right, then its sessions have ended."""
    token = sessions.begin(file, user(file, "operator"), NOON + 3000 * DAY, stay=True)
    assert sessions.find(file, token, NOON) is None


def test_signing_out_ends_it_and_all_of_a_user_s_can_be_ended_but_one(file: sqlite3.Connection) -> None:
    ada, grace = user(file, "admin"), user(file, "operator")
    one, two, three = (sessions.begin(file, ada, NOON) for _ in range(3))
    other = sessions.begin(file, grace, NOON)
    sessions.end(file, one)
    sessions.end_all(file, ada.id, but=two)
    alive = [token for token in (one, two, three, other) if sessions.find(file, token, NOON)]
    assert alive == [two, other]
    assert [session.user.name for session in sessions.every(file, NOON)].count(ada.name) == 1
    accounts.remove(file, grace.id)
    assert sessions.find(file, other, NOON) is None


def test_what_has_ended_is_tidied_away(file: sqlite3.Connection) -> None:
    ada, grace = user(file, "admin"), user(file, "operator")
    sessions.begin(file, ada, NOON)
    token = sessions.begin(file, grace, NOON)
    sessions.tidy(file, NOON + 2 * HOUR)
    assert file.execute("SELECT count(*) FROM session").fetchone()[0] == 1
    assert sessions.find(file, token, NOON + 2 * HOUR)
    assert [session.user for session in sessions.every(file, NOON + 2 * HOUR)] == [grace]


def test_one_user_s_sessions_are_bounded(file: sqlite3.Connection) -> None:
    ada = user(file, "admin")
    tokens = [sessions.begin(file, ada, NOON + second) for second in range(AT_ONCE + 3)]
    alive = [bool(sessions.find(file, token, NOON + 600)) for token in tokens]
    assert alive == [False] * 3 + [True] * AT_ONCE
