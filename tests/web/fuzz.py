"""Whatever is sent to the pages: never a fault of ours, and after a refusal everything is as it was.

    python -m tests.web.fuzz [--count 20000] [--seed 1]

takes every address of the application, with forms whose fields are those of its own pages and whose values
are what people and attackers send. `test_fuzz.py` does a few hundred of them.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import re
import sys
import tempfile
import time
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit
from werkzeug.routing import BuildError

from appliance.directory import people
from appliance.directory.lookup import Keys
from appliance.directory.person import Number, Person
from appliance.numbers import DialPlan
from appliance.screening import blacklist
from appliance.settings import SECRETS_NAME
from appliance.store.file import connect, prepare, writing
from appliance.users import accounts, sessions
from tests.web import states
from tests.web.daemon import StandInDaemon
from web import access
from web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient
    from werkzeug.routing import Rule

NAME, PASSWORD = "reception", "Tulips on the desk"
NASTY = (
    "",
    " ",
    "0",
    "-1",
    "1e400",
    "nan",
    "99999999999999999999999",
    "on",
    "true",
    "null",
    "[]",
    "{}",
    "{",
    '{"a": [1, {"b": null}]}',
    "a" * 5000,
    "\x00",
    "a\x00b",
    "\r\nSet-Cookie: a=b",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "%(name)s %s",
    "' OR 1=1 --",
    '" OR ""="',
    "../../etc/passwd",
    "/etc/passwd",
    "//attacker.example/",
    "http://attacker.example/",
    "1001 = Ada\n1002",
    "= \n=\n",
    "٣٤٥",
    "²",
    "ß",
    "İ",
    "🔔",
    "\u202e\ufeff",
    "2026-02-30",
    "0000-00-00",
    "9999-12-31",
    "25:61",
    "+49 30 1234567",
    "*97#",
    '"',
    "'''",
    "\\",
    "*",
    "?",
    "1",
    "2",
    "1001",
    "id",
    "main",
)
LEFT_ALONE = {"static", "desk.events", "devices.levels", "logs.stream"}
"""Streams that do not end, and files that have no code of ours."""

OWN_TABLES = {"session", "audit"}  # every request may write there


class Box:
    """One box with something in it: settings, people, a blacklist, users, and a stand-in for its desk."""

    def __init__(self, home: Path) -> None:
        """Make it, in a folder."""
        self.settings, self.store = home / "deskbell.toml", home / "state" / "desk.db"
        self.settings.write_text(
            tomlkit.dumps(
                {
                    "desk": {"socket": str(home / "desk.sock"), "store": str(self.store)},
                    "line": {"server": "127.0.0.1", "user": "200"},
                    "extensions": {"1001": "Ada"},
                    "lines": {"berlin": {"server": "127.0.0.1", "user": "300"}},
                }
            )
        )
        secrets = home / SECRETS_NAME
        secrets.touch(0o600)
        secrets.write_text('[line]\npassword = "p"\n')
        prepare(self.store)
        keys = Keys(DialPlan())
        with closing(connect(self.store)) as file, writing(file):
            accounts.add(file, NAME, PASSWORD, "admin")
            accounts.add(file, "second", PASSWORD, "operator")
            people.insert(
                file, keys, [Person(last=f"L{n}", numbers=(Number(str(1000 + n)),)) for n in range(5)]
            )
            blacklist.add(file, keys.plan, "0900*", "note", "test", time.time())
        self.daemon = StandInDaemon(home / "desk.sock")
        self.daemon.start()
        self.daemon.show(states.morning())
        self.app = create_app(self.settings)

    def close(self) -> None:
        """End what runs."""
        self.app.extensions["feed"].close()
        self.daemon.close()

    def client(self) -> FlaskClient:
        """Return a client that is signed in as the admin; made anew where a request has ended that."""
        client = self.app.test_client()
        now = time.time()
        with closing(connect(self.store)) as file, writing(file):
            admins = [user for user in accounts.every(file) if user.role == "admin"]
            who = admins[0] if admins else accounts.get(file, accounts.add(file, NAME, PASSWORD, "admin"))
            assert who
            token = sessions.begin(file, who, now)
            found = sessions.find(file, token, now)
        assert found
        client.set_cookie(access.COOKIE, token)
        client.environ_base["HTTP_X_CSRF_TOKEN"] = found.csrf
        return client

    def kept(self) -> str:
        """Return a digest of all that a refusal must leave as it was."""
        digest = hashlib.sha256()
        for path in (self.settings, self.settings.with_name(SECRETS_NAME)):
            digest.update(path.read_bytes())
        with closing(connect(self.store)) as file:
            tables = [
                row["name"]
                for row in file.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                )
                if row["name"] not in OWN_TABLES
            ]
            for table in tables:
                for row in file.execute(f'SELECT * FROM "{table}"'):
                    digest.update(repr(tuple(row)).encode())
        return digest.hexdigest()


def fields(app_pages: list[str]) -> list[str]:
    """Return the names of all fields in these pages."""
    names = {name for page in app_pages for name in re.findall(r'\bname="([^"]+)"', page)}
    return sorted(names - {"csrf", "viewport", "theme-color"}) or ["name"]


def pages(box: Box) -> list[str]:
    """Return every page that needs no argument."""
    client = box.client()
    return [
        client.get(rule.rule).get_data(as_text=True)
        for rule in box.app.url_map.iter_rules()
        if rule.endpoint not in LEFT_ALONE and not rule.arguments and "GET" in (rule.methods or ())
    ]


def addresses(box: Box, dice: random.Random) -> Iterator[tuple[Rule, str, str]]:
    """Yield rules with a method and a path, for ever, each about as often."""
    rules = [rule for rule in box.app.url_map.iter_rules() if rule.endpoint not in LEFT_ALONE]
    while True:
        dice.shuffle(rules)
        for rule in rules:
            numeric = {
                name for name, kind in rule._converters.items() if type(kind).__name__ == "IntegerConverter"
            }
            values = {
                name: dice.choice((0, 1, 2, 3, 10**18)) if name in numeric else dice.choice(NASTY)
                for name in rule.arguments
            }
            with box.app.test_request_context():
                try:
                    path = box.app.url_map.bind("localhost").build(rule.endpoint, values)
                except (BuildError, ValueError):  # one of a few words: any other is no address
                    continue
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method, path


def attack(box: Box, count: int, seed: int) -> dict[int, int]:
    """Send so many requests; returns how often each status came. Fails at the first fault."""
    dice = random.Random(seed)
    names = fields(pages(box))
    client, before = box.client(), box.kept()
    statuses: dict[int, int] = {}
    for (rule, method, path), _ in zip(addresses(box, dice), range(count), strict=False):
        chosen = dice.sample(names, min(len(names), dice.randrange(1, 12)))
        said: dict[str, Any] = {name: dice.choice(NASTY) for name in chosen}
        if dice.random() < 0.1:
            said[chosen[0]] = (
                BytesIO(dice.randbytes(dice.choice((0, 10, 5000)))),
                dice.choice(NASTY) or "file",
            )
        as_json = dice.random() < 0.2
        told = f"seed {seed}: {method} {path} ({rule.endpoint}) {str(said)[:900]}"
        if method == "GET":
            reply = client.get(path, query_string={name: str(value) for name, value in said.items()})
        elif as_json:
            reply = client.open(path, method=method, json={name: str(value) for name, value in said.items()})
        else:
            reply = client.open(path, method=method, data=said)
        reply.get_data()
        statuses[reply.status_code] = statuses.get(reply.status_code, 0) + 1
        assert reply.status_code < 500, told
        now = box.kept()
        if method == "GET" or reply.status_code >= 400:
            assert now == before, f"{reply.status_code}, and yet something was changed: {told}"
        before = now
        if reply.status_code in (303, 401) and "/login" in reply.headers.get("Location", "/login"):
            client = box.client()
            before = box.kept()
    return statuses


def main() -> None:
    """Attack for long."""
    parser = argparse.ArgumentParser(prog="python -m tests.web.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        box = Box(Path(home))
        try:
            print(f"seed {chosen.seed}", file=sys.stderr)
            print(attack(box, chosen.count, chosen.seed))
        finally:
            box.close()


if __name__ == "__main__":
    main()
