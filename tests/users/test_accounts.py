"""Who may sign in, and with what."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher, extract_parameters
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.store.file import connect, writing
from appliance.users import accounts, passwords, sessions
from appliance.users.accounts import User, UserError

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

GOOD = "three quiet words"


@pytest.fixture
def ada(file: sqlite3.Connection) -> User:
    id = accounts.add(file, "Ada", GOOD, "admin", "de")
    return User(id, "Ada", "admin", "de")


def test_given_a_user_then_the_name_in_any_case_and_the_password_sign_in(
    file: sqlite3.Connection, ada: User
) -> None:
    assert accounts.verify(file, "Ada", GOOD) == ada == accounts.get(file, ada.id)
    assert accounts.verify(file, " aDA ", GOOD) == ada == accounts.named(file, "ada")


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("Ada", GOOD.upper()),
        ("Ada", ""),
        ("Ada", GOOD + "!" * 5000),
        ("Eve", GOOD),
        ("", ""),
        ("A\ud800", GOOD),
    ],
)
def test_anything_else_does_not(file: sqlite3.Connection, ada: User, name: str, password: str) -> None:
    assert accounts.verify(file, name, password) is None


def test_the_same_password_typed_on_another_keyboard_is_the_same(file: sqlite3.Connection) -> None:
    accounts.add(file, "Zoë", "naïve café 12", "operator")
    assert accounts.verify(file, "Zoe\u0308", "nai\u0308ve cafe\u0301 12")


def test_a_name_that_nobody_has_costs_a_hash_too(
    file: sqlite3.Connection, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = []
    verify = PasswordHasher.verify

    def counting(self: PasswordHasher, hash: str, password: bytes) -> object:
        checked.append(extract_parameters(hash))
        return verify(self, hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    accounts.verify(file, "Ada", "wrong password")
    accounts.verify(file, "Eve", "wrong password")
    assert len(checked) == 2
    assert checked[0] == checked[1]


def test_one_password_is_hashed_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes 19 MiB: a flood of logins must not take more."""
    at_once, most, gate = [0], [0], threading.Barrier(4)

    def slow(*_: object) -> bool:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        threading.Event().wait(0.005)
        at_once[0] -= 1
        return True

    def sign_in() -> None:
        gate.wait()
        passwords.is_right(GOOD)

    monkeypatch.setattr(PasswordHasher, "verify", slow)
    threads = [threading.Thread(target=sign_in) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_the_password_is_kept_as_argon2id_only(file: sqlite3.Connection, ada: User) -> None:
    (stored,) = file.execute("SELECT password FROM user").fetchone()
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert GOOD not in "".join(file.iterdump())


def test_a_password_of_another_cost_is_hashed_again_at_the_next_login(
    file: sqlite3.Connection, ada: User
) -> None:
    file.execute("UPDATE user SET password = ?", (PasswordHasher(1, 64, 1).hash(GOOD),))
    assert accounts.verify(file, "Ada", GOOD) == ada
    (stored,) = file.execute("SELECT password FROM user").fetchone()
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert accounts.verify(file, "Ada", GOOD) == ada


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "at least 10 characters"),
        ("x" * 9, "at least 10"),
        ("ab" * 200, "at most 256"),
        ("ADA OF LONDON", "the name is no password"),
        ("Password123", "first that are tried"),
        ("1111111111111", "first that are tried"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused_with_what_to_do(
    file: sqlite3.Connection, password: str, why: str
) -> None:
    with pytest.raises(UserError, match=why):
        accounts.add(file, "Ada of London", password, "admin")
    assert accounts.every(file) == []


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "A\nda", "A\x00da", "A\u202eda", "A\ud800"])
def test_a_name_that_cannot_be_read_is_refused(file: sqlite3.Connection, name: str) -> None:
    with pytest.raises(UserError, match="1 to 64 printable characters"):
        accounts.add(file, name, GOOD, "operator")


def test_no_two_users_have_one_name(file: sqlite3.Connection, ada: User) -> None:
    with pytest.raises(UserError, match="there is a user ADA already"):
        accounts.add(file, "ADA", GOOD, "operator")


def test_the_last_admin_stays_one(file: sqlite3.Connection, ada: User) -> None:
    with pytest.raises(UserError, match="the last admin"):
        accounts.remove(file, ada.id)
    with pytest.raises(UserError, match="the last admin"):
        accounts.change(file, replace(ada, role="operator"))
    accounts.add(file, "Grace", GOOD, "admin")
    accounts.change(file, replace(ada, role="operator"))
    accounts.remove(file, ada.id)
    assert [user.name for user in accounts.every(file)] == ["Grace"]
    assert accounts.any_admin(file)


def test_a_new_desk_has_no_admin_though_it_may_have_operators(file: sqlite3.Connection) -> None:
    accounts.add(file, "Ada", GOOD, "operator")
    assert not accounts.any_admin(file)


def test_role_language_and_theme_can_be_changed_and_nothing_else(file: sqlite3.Connection, ada: User) -> None:
    accounts.change(file, replace(ada, name="Eve", language="pt-BR", theme="dark"))
    assert accounts.get(file, ada.id) == replace(ada, language="pt-BR", theme="dark")
    for wrong in ({"theme": "pink"}, {"language": "../de"}, {"role": "root"}):
        with pytest.raises(UserError):
            accounts.change(file, replace(ada, **wrong))  # type: ignore[arg-type]


def test_another_password_ends_the_sessions_that_the_old_one_began(
    file: sqlite3.Connection, ada: User
) -> None:
    token = sessions.begin(file, ada, 1000.0)
    accounts.set_password(file, ada.id, "other quiet words")
    assert sessions.find(file, token, 1000.0) is None
    assert accounts.verify(file, "Ada", GOOD) is None
    assert accounts.verify(file, "Ada", "other quiet words") == ada


def test_who_is_not_there_cannot_be_changed(file: sqlite3.Connection, ada: User) -> None:
    for deed in (
        lambda: accounts.remove(file, 77),
        lambda: accounts.set_password(file, 77, GOOD),
        lambda: accounts.change(file, replace(ada, id=77)),
        lambda: accounts.named(file, "Eve"),
    ):
        with pytest.raises(UserError, match="there is no"):
            deed()


def test_given_a_transaction_that_fails_then_nobody_was_added(file: sqlite3.Connection) -> None:
    def both_or_none() -> None:
        with writing(file):
            accounts.add(file, "Ada", GOOD, "admin")
            accounts.add(file, "ada", GOOD, "admin")

    with pytest.raises(UserError, match="already"):
        both_or_none()
    assert accounts.every(file) == []


def test_the_error_can_be_said_in_another_language() -> None:
    with pytest.raises(UserError) as error:
        passwords.check("short", "")
    said = error.value.args[0]
    assert said.template == "a password needs at least %(least)s characters: three words will do"
    assert said.values == {"least": 10}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(max_size=80), password=st.text(max_size=12), role=st.text(max_size=8))
def test_whatever_is_typed_adds_a_user_or_says_why_not(
    empty_store: Path, name: str, password: str, role: str
) -> None:
    file = connect(empty_store)
    try:
        file.execute("BEGIN")
        try:
            id = accounts.add(file, name, password, role)  # type: ignore[arg-type]
        except UserError as error:
            assert str(error)
        else:
            assert accounts.verify(file, name, password) == accounts.get(file, id)
        file.rollback()
    finally:
        file.close()
