"""Users, and who they are allowed to be.

What writes does not commit: call it inside `writing`.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from unicodedata import normalize

from appliance.phrase import phrase
from appliance.users import passwords
from appliance.users.errors import UserError

__all__ = [
    "Role", "User", "UserError", "add", "any_admin", "change", "every", "get", "remove", "set_password",
    "verify",
]  # fmt: skip

if TYPE_CHECKING:
    from typing import TypeAlias

Role: TypeAlias = Literal["admin", "operator"]
ROLES = ("admin", "operator")
THEMES = ("", "light", "dark")  # '': as the system has it
LONGEST_NAME = 64  # characters


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in; language and theme are '' where the browser's is taken."""

    id: int
    name: str
    role: Role
    language: str = ""
    theme: str = ""


def add(file: sqlite3.Connection, name: str, password: str, role: Role, language: str = "") -> int:
    """Add a user and return their id; UserError says what to do otherwise."""
    name = normalize("NFC", name).strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise UserError(phrase("a name has 1 to %(most)s printable characters", most=LONGEST_NAME))
    _check_choices(role, language, "")
    passwords.check(password, name)
    try:
        return _insert(file, name, passwords.hashed(password), role, language)
    except sqlite3.IntegrityError as error:
        raise UserError(phrase("there is a user %(name)s already: choose another name", name=name)) from error


def appoint(file: sqlite3.Connection, name: str, stored: str) -> bool:
    """Have an admin of this name whose password was hashed elsewhere; False when all is so already.

    UserError for an operator: nobody becomes an admin by the way.
    """
    row = file.execute("SELECT * FROM user WHERE folded = ?", (_folded(name),)).fetchone()
    if row is None:
        _insert(file, normalize("NFC", name).strip(), stored, "admin", "")
        return True
    if row["role"] != "admin":
        raise UserError(f"{row['name']} is an operator: choose another name")
    if row["password"] == stored:
        return False
    _store_password(file, row["id"], stored)
    return True


def verify(file: sqlite3.Connection, name: str, password: str) -> User | None:
    """Return the user who has this name and password.

    Takes as long for a name that nobody has. Call it outside `writing`: it takes tens of milliseconds, in
    which nobody else could write. A password that was hashed at another cost is hashed again.
    """
    row = file.execute("SELECT * FROM user WHERE folded = ?", (_folded(name),)).fetchone()
    stored = row["password"] if row else ""
    if not passwords.is_right(password, stored) or not row:
        return None
    if passwords.is_outdated(stored):
        file.execute(
            "UPDATE user SET password = ? WHERE id = ? AND password = ?",
            (passwords.hashed(password), row["id"], stored),
        )
    return _user(row)


def get(file: sqlite3.Connection, id: int) -> User | None:
    """Return a user by id."""
    row = file.execute("SELECT * FROM user WHERE id = ?", (id,)).fetchone()
    return _user(row) if row else None


def named(file: sqlite3.Connection, name: str) -> User:
    """Return a user by name, in capitals or not; UserError when there is none."""
    row = file.execute("SELECT * FROM user WHERE folded = ?", (_folded(name),)).fetchone()
    if row is None:
        raise UserError(phrase("there is no user %(name)s", name=name))
    return _user(row)


def every(file: sqlite3.Connection) -> list[User]:
    """Return all users by name."""
    return [_user(row) for row in file.execute("SELECT * FROM user ORDER BY folded")]


def any_admin(file: sqlite3.Connection) -> bool:
    """Return whether somebody may administer the desk; False: it is new."""
    return file.execute("SELECT 1 FROM user WHERE role = 'admin' LIMIT 1").fetchone() is not None


def change(file: sqlite3.Connection, user: User) -> None:
    """Give the user of that id this role, language and theme. The name stays: their own entries bear it."""
    _check_choices(user.role, user.language, user.theme)
    if user.role != "admin":
        _keep_an_admin(file, user.id)
    changed = file.execute(
        "UPDATE user SET role = ?, language = ?, theme = ? WHERE id = ?",
        (user.role, user.language, user.theme, user.id),
    )
    _must_be(changed)


def set_password(file: sqlite3.Connection, id: int, password: str) -> None:
    """Give a user another password; who is signed in with the old one is no more."""
    user = get(file, id)
    passwords.check(password, user.name if user else "")
    _store_password(file, id, passwords.hashed(password))


def remove(file: sqlite3.Connection, id: int) -> None:
    """Remove a user and their sessions; UserError for the last admin."""
    _keep_an_admin(file, id)
    _must_be(file.execute("DELETE FROM user WHERE id = ?", (id,)))


def _insert(file: sqlite3.Connection, name: str, stored: str, role: Role, language: str) -> int:
    made = file.execute(
        "INSERT INTO user (name, folded, password, role, language) VALUES (?, ?, ?, ?, ?)",
        (name, _folded(name), stored, role, language),
    )
    return made.lastrowid or 0


def _store_password(file: sqlite3.Connection, id: int, stored: str) -> None:
    _must_be(file.execute("UPDATE user SET password = ? WHERE id = ?", (stored, id)))
    file.execute("DELETE FROM session WHERE user = ?", (id,))


def _keep_an_admin(file: sqlite3.Connection, id: int) -> None:
    """Refuse to do without the last admin."""
    admins = [row["id"] for row in file.execute("SELECT id FROM user WHERE role = 'admin'")]
    if admins == [id]:
        raise UserError(phrase("this is the last admin: make somebody else one first"))


def _check_choices(role: str, language: str, theme: str) -> None:
    if role not in ROLES:
        raise UserError(phrase("a user is an admin or an operator"))
    if theme not in THEMES:
        raise UserError(phrase("a theme is light or dark, or that of the system"))
    if not re.fullmatch(r"(\w{2,8}([-_]\w{2,8})*)?", language, re.ASCII):
        raise UserError(phrase("a language is a code such as de or pt-BR"))


def _must_be(changed: sqlite3.Cursor) -> None:
    if not changed.rowcount:
        raise UserError(phrase("there is no such user any more"))


def _folded(name: str) -> str:
    """Return a name as it is compared; what cannot be stored becomes what nobody is called."""
    return normalize("NFKC", name).strip().casefold().encode(errors="replace").decode()


def _user(row: sqlite3.Row) -> User:
    return User(row["id"], row["name"], row["role"], row["language"], row["theme"])
