"""Who is signed in. The store has only a digest of each token: who reads it can sign in nowhere."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.users import accounts

if TYPE_CHECKING:
    import sqlite3

    from appliance.users.accounts import Role, User

HOUR, DAY = 3600.0, 86400.0
IDLE: dict[tuple[Role, bool], float] = {
    ("admin", False): HOUR,
    ("admin", True): 12 * HOUR,
    ("operator", False): 12 * HOUR,
    ("operator", True): 30 * DAY,
}
"""Seconds without a request after which a session ends, by role and whether the user wished to stay."""

LONGEST = 30 * DAY  # seconds that any session lasts
TOUCHED = 60.0  # seconds between two writes of when it was used
AT_ONCE = 500  # of one user; one more ends the one that was not used for longest


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in; `csrf` is what each change must bring along. Times are UNIX times."""

    user: User
    csrf: str
    began: float
    seen: float


def begin(file: sqlite3.Connection, user: User, at: float, stay: bool = False) -> str:
    """Sign a user in and return the token for their browser. Write inside `writing`, as all here."""
    token = secrets.token_urlsafe(32)
    file.execute(
        "INSERT INTO session (digest, user, stay, began, seen) VALUES (?, ?, ?, ?, ?)",
        (_digest(token), user.id, stay, at, at),
    )
    file.execute(
        "DELETE FROM session WHERE digest IN"
        " (SELECT digest FROM session WHERE user = ? ORDER BY seen DESC LIMIT -1 OFFSET ?)",
        (user.id, AT_ONCE),
    )
    return token


def find(file: sqlite3.Connection, token: str, at: float) -> Session | None:
    """Return the session of a token; None when there is none, or it has ended. Writes nothing."""
    row = file.execute(
        "SELECT user, stay, began, seen FROM session WHERE digest = ?", (_digest(token),)
    ).fetchone()
    user = accounts.get(file, row["user"]) if row else None
    if user is None or _has_ended(user.role, row, at):
        return None
    return Session(user, _csrf(token), row["began"], row["seen"])


def every(file: sqlite3.Connection, at: float) -> list[Session]:
    """Return the sessions that go on, the last used first; their `csrf` is ''."""
    users = {user.id: user for user in accounts.every(file)}
    rows = file.execute("SELECT user, stay, began, seen FROM session ORDER BY seen DESC").fetchall()
    return [
        Session(users[row["user"]], "", row["began"], row["seen"])
        for row in rows
        if row["user"] in users and not _has_ended(users[row["user"]].role, row, at)
    ]


def touch(file: sqlite3.Connection, token: str, at: float) -> None:
    """Note that a session is used; written once a minute at most."""
    file.execute(
        "UPDATE session SET seen = ? WHERE digest = ? AND abs(? - seen) >= ?",
        (at, _digest(token), at, TOUCHED),
    )


def end(file: sqlite3.Connection, token: str) -> None:
    """Sign out."""
    file.execute("DELETE FROM session WHERE digest = ?", (_digest(token),))


def end_all(file: sqlite3.Connection, user_id: int, but: str = "") -> None:
    """End a user's sessions, except that of the token `but`."""
    file.execute("DELETE FROM session WHERE user = ? AND digest != ?", (user_id, _digest(but)))


def tidy(file: sqlite3.Connection, at: float) -> None:
    """Forget the sessions that have ended."""
    rows = file.execute(
        "SELECT digest, role, stay, began, seen FROM session JOIN user ON user.id = session.user"
    ).fetchall()
    file.executemany(
        "DELETE FROM session WHERE digest = ?",
        [(row["digest"],) for row in rows if _has_ended(row["role"], row, at)],
    )


def _has_ended(role: Role, row: sqlite3.Row, at: float) -> bool:
    # One that begins tomorrow was made while the clock was wrong: it would last until then and 30 days.
    unused, age = at - float(row["seen"]), at - float(row["began"])
    return unused > IDLE[role, bool(row["stay"])] or not -DAY <= age <= LONGEST


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()


def _csrf(token: str) -> str:
    """Return what only this session's pages know; it follows from the token, which it does not betray."""
    return hmac.new(token.encode(errors="replace"), b"csrf", hashlib.sha256).hexdigest()
