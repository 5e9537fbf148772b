"""Nobody sees or changes anything they may not: held for every endpoint there is, and so for later ones."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter

from appliance.store.file import connect, writing
from appliance.users import accounts
from tests.web.conftest import NAME
from web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask import Flask

    from tests.web.conftest import SignedIn

OPEN_TO_ALL = {"login.start", "login.enter", "reset.start", "reset.change", "static"}
OPERATOR = "an operator"


@pytest.fixture
def operator(desk_store: Path, client_as: Callable[[str], SignedIn]) -> Iterator[SignedIn]:
    with closing(connect(desk_store)) as file:
        with writing(file):
            id = accounts.add(file, OPERATOR, "three quiet words", "operator")
        yield client_as(OPERATOR)
        with writing(file):
            accounts.remove(file, id)


def endpoints(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Yield every endpoint with a method it answers and an address."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        values = {name: _value(kind) for name, kind in rule._converters.items()}
        address = adapter.build(rule.endpoint, values, method=next(iter(rule.methods or ())))
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            yield rule.endpoint, method, address


def _value(kind: BaseConverter) -> str | int:
    match kind:
        case AnyConverter():
            return min(kind.items)
        case IntegerConverter():
            return 1
    return "1"


def allowed(app: Flask, endpoint: str) -> str:
    return getattr(app.view_functions[endpoint], "allowed", "admin")


def test_few_pages_are_open_to_all(application: Flask) -> None:
    """Given a new page that says `anyone`, then somebody has thought about it and named it here."""
    found = {name for name, _, _ in endpoints(application) if allowed(application, name) == "anyone"}
    assert found == OPEN_TO_ALL - {"static"}


def test_given_nobody_signed_in_then_every_endpoint_leads_to_the_login(
    application: Flask, client_as: Callable[[str], SignedIn]
) -> None:
    nobody = client_as("")
    wrong, tried = [], 0
    for endpoint, method, address in endpoints(application):
        if allowed(application, endpoint) == "anyone" or endpoint == "static":
            continue
        tried += 1
        reply = nobody.open(address, method=method)
        script = nobody.open(address, method=method, headers={"Accept": "application/json"})
        if (
            reply.status_code != 303
            or not (reply.location or "").startswith("/login")
            or script.status_code != 401
        ):
            wrong.append((endpoint, method, reply.status_code, script.status_code))
    assert wrong == []
    assert tried > 20


def test_given_a_new_desk_then_nothing_answers_but_its_first_run(tmp_path: Path) -> None:
    path = tmp_path / "deskbell.toml"
    path.write_text(f'[desk]\nstore = "{tmp_path / "desk.db"}"\nsocket = "{tmp_path / "s"}"\n')
    app = create_app(path)
    nobody, wrong = app.test_client(), []
    for endpoint, method, address in endpoints(app):
        reply = nobody.open(address, method=method)
        led = reply.status_code == 303 and (reply.location or "").startswith("/welcome")
        if not led and endpoint not in ("static", "first_run.start"):
            wrong.append((endpoint, method, reply.status_code, reply.location))
    app.extensions["feed"].close()
    assert [name for name in wrong if not name[0].startswith("first_run.")] == []
    assert all(status in (303, 400) for _, _, status, _ in wrong)


def test_given_an_operator_then_what_is_for_admins_says_403(application: Flask, operator: SignedIn) -> None:
    wrong, tried = [], 0
    for endpoint, method, address in endpoints(application):
        if endpoint != "static" and allowed(application, endpoint) == "admin":
            tried += 1
            status = operator.open(address, method=method).status_code
            if status != 403:
                wrong.append((endpoint, method, status))
    assert wrong == []
    assert tried > 10


def test_nothing_is_changed_without_the_token_of_this_very_session(
    application: Flask, client: SignedIn, client_as: Callable[[str], SignedIn]
) -> None:
    other = client_as(NAME).token
    wrong, tried = [], 0
    for endpoint, method, address in endpoints(application):
        if method == "GET":
            continue
        tried += 1
        for said in ("", "0" * 64, other):
            reply = client.open(address, method=method, headers={"X-CSRF-Token": said})
            if reply.status_code != 400:
                wrong.append((endpoint, method, said, reply.status_code))
    assert wrong == []
    assert tried > 15


def test_forms_of_strangers_need_the_token_of_their_browser(client_as: Callable[[str], SignedIn]) -> None:
    nobody = client_as("")
    assert nobody.post("/login", data={"name": "x", "password": "y"}).status_code == 400
    nobody.get("/login")
    assert nobody.post("/login", data={"csrf": "guessed", "name": "x"}).status_code == 400


def test_the_menu_shows_what_one_may_see(client: SignedIn, operator: SignedIn) -> None:
    assert 'href="/users"' in client.get("/me").text
    shown = operator.get("/me").text
    assert 'href="/users"' not in shown
    assert 'href="/audit"' not in shown


def test_what_is_not_there_is_told_to_those_signed_in_only(
    client: SignedIn, client_as: Callable[[str], SignedIn]
) -> None:
    assert client.get("/no-such-page").status_code == 404
    assert client_as("").get("/no-such-page").status_code == 303


@pytest.mark.parametrize(
    "path",
    ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/000000000000/../../app.py",
     "/static//etc/passwd", "/static/%00", "/static/000000000000//etc/passwd"],
)  # fmt: skip
def test_no_path_leads_out_of_the_static_files(client: SignedIn, path: str) -> None:
    assert client.get(path, follow_redirects=True).status_code in (400, 404)
