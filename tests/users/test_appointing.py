"""The first admin of a box can come from its card: a name, and a hash that was made elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.users import accounts, passwords, sessions
from appliance.users.errors import UserError

if TYPE_CHECKING:
    import sqlite3

NOW = 1_800_000_000.0
HASH = passwords.hashed("three plain words")


def test_an_admin_whose_password_was_hashed_elsewhere_can_sign_in(file: sqlite3.Connection) -> None:
    assert accounts.appoint(file, "Ada", HASH)
    user = accounts.verify(file, "ada", "three plain words")
    assert user
    assert (user.name, user.role) == ("Ada", "admin")
    assert not accounts.appoint(file, "ada", HASH), "all is so already"


def test_whose_hash_is_another_has_another_password_and_is_signed_out(file: sqlite3.Connection) -> None:
    id = accounts.add(file, "Ada", "three quiet words", "admin")
    token = sessions.begin(file, accounts.User(id, "Ada", "admin"), NOW)
    assert accounts.appoint(file, "Ada", HASH)
    assert accounts.verify(file, "Ada", "three plain words")
    assert sessions.find(file, token, NOW) is None


def test_an_operator_does_not_become_an_admin_by_the_way(file: sqlite3.Connection) -> None:
    accounts.add(file, "Eve", "three quiet words", "operator")
    with pytest.raises(UserError, match="is an operator"):
        accounts.appoint(file, "eve", HASH)


@pytest.mark.parametrize(
    "stored",
    [
        "", "hunter2", "$2b$12$abcdefghijklmnopqrstuv", "$argon2id$v=19$m=19456,t=2,p=1$a$b",
        HASH.replace("argon2id", "argon2i"), HASH.replace("m=19456", "m=4194304"),
        HASH.replace("t=2", "t=99"),
    ],
    ids=["none", "a password", "bcrypt", "cut short", "argon2i", "too much memory", "too many rounds"],
)  # fmt: skip
def test_what_is_no_hash_or_would_cost_the_box_too_much_is_none(stored: str) -> None:
    assert passwords.is_hash(HASH)
    assert not passwords.is_hash(stored)
