"""Every page there is, at a desk where life goes on: people, calls, rules and users in its store."""

from __future__ import annotations

import datetime
import io
import json
import random
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import tomlkit
from flask import Flask
from PIL import Image, ImageDraw

from appliance.backup import box as boxes
from appliance.backup import create
from appliance.directory import categories, people, pictures, tabs
from appliance.directory.lookup import Keys
from appliance.directory.person import Number, Person
from appliance.history.record import Record, day_and_hour
from appliance.history.recorder import Changes
from appliance.history.recorder import write as write_records
from appliance.numbers import DialPlan
from appliance.screening import blacklist, hours, rules
from appliance.settings import SECRETS_NAME
from appliance.store import snapshots
from appliance.store.file import connect, prepare, writing
from appliance.users import accounts, audit, codes, sessions
from tests.web import states, telling
from tests.web.daemon import StandInDaemon
from web import access
from web.pages import PAGES

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from playwright.sync_api import Page

NAME, PASSWORD = "reception", "Tulips on the desk"
PLAN = DialPlan(country="DE")

JOB = "0123456789abcdef"
BROUGHT = JOB * 2
LINE = {"password": "a line has one"}

ARGUMENTS: dict[str, dict[str, Any]] = {
    "about.licence": {"key": "deskbell", "name": "LICENSE"},
    "account.further": {"name": "hotel"},
    "account.states": {"name": "main"},
    "backup.restore": {"token": BROUGHT},
    "backup.revert": {"number": 1},
    "devices.wired": {"kind": "keys", "name": "door"},
    "history.show": {"id": 400},
    "diagnostics.call": {"call": telling.CALL_ID},
    "users.one": {"id": 2},
    "directory.person.show": {"id": 1},
    "directory.person.delete": {"id": 1},
    "directory.person.picture": {"id": 1},
    "directory.categories.show": {"id": 1},
    "directory.categories.delete": {"id": 1},
    "directory.importing.show": {"name": JOB},
    "directory.importing.state": {"name": JOB},
    "directory.importing.undo": {"id": 1},
    "directory.sources.show": {"name": "head_office"},
    "directory.sources.state": {"name": "head_office"},
    "directory.sources.delete": {"name": "head_office"},
}
"""What stands in the address of a page about one thing; each exists at the desk that is made here."""

NOT_PAGES = ("desk.events", "devices.levels", "ringing.listen")
"""What never ends, or is not there unless somebody brings it.

That something is a download, a part of a page or data shows in what is answered.
"""

OUTSIDE = ("login.start",)
"""Pages for whoever has not signed in."""

NEW = ("first_run.start", "first_run.admin")
"""Pages of a box that has no admin yet."""


@cache
def addresses() -> dict[str, str]:
    """Return the address of each view that answers GET, by its endpoint; "" where ARGUMENTS lacks it."""
    app = Flask("web", static_folder=None)
    for page in PAGES:
        app.register_blueprint(page)
    found = {}
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.endpoint in NOT_PAGES:
                continue
            values = ARGUMENTS.get(rule.endpoint, {})
            known = rule.arguments <= set(values) | set(rule.defaults or {})
            found[rule.endpoint] = app.url_for(rule.endpoint, **values) if known else ""
    return dict(sorted(found.items()))


def life() -> states.Json:
    """Return the state of this desk on a busy morning, with both of its lines."""
    return states.morning() | {"lines": {"main": states.line("200"), "hotel": states.line("300")}}


@dataclass(frozen=True)
class Desk:
    """A desk to look at: where its pages are, what it shows, whoever is signed in there; and a new box."""

    site: str
    daemon: StandInDaemon
    token: str
    new_site: str
    code: str


def visit(page: Page, desk: Desk, endpoint: str) -> bool:
    """Open a page as somebody who may see it; False where it is none, but a download or a part of one."""
    assert addresses()[endpoint], "ARGUMENTS does not say which"
    address = (desk.new_site if endpoint in NEW else desk.site) + addresses()[endpoint]
    page.context.clear_cookies()
    if endpoint in NEW[1:]:
        page.goto(desk.new_site)
        page.get_by_label("Code").fill(desk.code)
        page.get_by_label("Code").press("Enter")
        page.wait_for_url("**/desk")
    elif endpoint not in OUTSIDE + NEW:
        page.context.add_cookies([{"name": access.COOKIE, "value": desk.token, "url": desk.site}])
    answer = page.context.request.get(address, max_redirects=0)
    assert answer.status in (200, 204), f"{address}: {answer.status}; see ARGUMENTS and NOT_PAGES"
    if not answer.headers.get("content-type", "").startswith("text/html") or "<!doctype" not in answer.text():
        return False
    page.goto(address)
    return True


@contextmanager
def open_desk() -> Iterator[Desk]:
    """Set a desk up in a folder of its own, and serve its pages as in production."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as empty:
        home, new = Path(folder), Path(empty)
        settings = furnish(home)
        (new / "deskbell.toml").write_text(tomlkit.dumps({"desk": _settings(new)["desk"]}))
        daemon = StandInDaemon(home / "desk.sock")
        daemon.start()
        daemon.show(life())
        daemon.answers.update(telling.answers())
        with _serving(settings) as site, _serving(new / "deskbell.toml") as new_site:
            code = codes.read(new, codes.FIRST_RUN)
            yield Desk(site, daemon, _sign_in(home / "desk.db"), new_site, code)
        daemon.close()


@contextmanager
def _serving(settings: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    server = subprocess.Popen(
        [sys.executable, "-m", "web", "--settings", str(settings), "--bind", address],
        stdout=subprocess.DEVNULL,
    )
    try:
        while server.poll() is None:
            with suppress(OSError), urlopen(f"http://{address}/static/icon.svg"):
                break
            time.sleep(0.05)
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait(20)


def furnish(home: Path) -> Path:
    """Write the settings and the store of a desk into a folder and return where the settings are."""
    store = home / "desk.db"
    prepare(store)
    with closing(connect(store)) as file, writing(file):
        _users(file)
        _people(file)
        _imports(file)
        _rules(file)
        _calls(file)
        telling.keep_link(file)
    settings = home / "deskbell.toml"
    settings.write_text(tomlkit.dumps(_settings(home)))
    store.chmod(0o600)
    secrets = settings.with_name(SECRETS_NAME)
    secrets.touch(0o600)
    secrets.write_text(tomlkit.dumps({"line": LINE, "lines": {"hotel": LINE}}))
    create.create(boxes.box(settings), store.with_name(f"{store.name}.brought-{BROUGHT}"), PASSWORD)
    snapshots.take(store, reserve=0)
    _preview(home / "jobs" / JOB, settings)
    return settings


def _settings(home: Path) -> dict[str, object]:
    colleagues = states.morning()["extensions"]
    return {
        "desk": {"name": "Reception", "socket": str(home / "desk.sock"), "store": str(home / "desk.db")},
        "line": {"server": "127.0.0.1", "user": "200"},
        "lines": {"hotel": {"server": "127.0.0.1", "user": "300"}},
        "dialling": {"country": "DE", "outside_prefix": "0"},
        "extensions": {number: each["name"] for number, each in colleagues.items()},
        "park": {"orbits": ["701", "702", "703", "704", "705"]},
        "speed_dial": {"1": "1002", "2": "+49 30 5550134"},
        "sources": {"head_office": {"kind": "phonebook", "url": "https://phones.example/book.xml"}},
        "keys": {"door": {"pin": 17, "press": "relay door"}},
        "relays": {"door": {"pin": 27, "seconds": 4.0}},
    }


def _sign_in(store: Path) -> str:
    with closing(connect(store)) as file, writing(file):
        return sessions.begin(file, accounts.named(file, NAME), time.time())


def _users(file: sqlite3.Connection) -> None:
    accounts.add(file, NAME, PASSWORD, "admin")
    accounts.add(file, "night porter", "Lanterns along the drive", "operator", "fr")
    accounts.add(file, "Małgorzata Wiśniewska", "Herbata z cytryną rano", "operator", "pl")
    now = time.time()
    for age, who, what, details in (
        (90_000, "", "first admin", {"name": NAME}),
        (86_000, NAME, "user added", {"name": "night porter", "role": "operator"}),
        (7_200, NAME, "settings", {"calls.auto_answer": "0.0 → 5.0"}),
        (300, "night porter", "person changed", {"name": "Ada Lovelace"}),
    ):
        audit.write(file, now - age, who, what, details)


SOMEBODY = (
    ("Ada", "Lovelace", "Analytics", "Engineering", "1001"),
    ("Alan", "Turing", "Analytics", "Engineering", "1002"),
    ("Grace", "Hopper", "Analytics", "Compilers", "1003"),
    ("Hedy", "Lamarr", "Radio", "Frequencies", "1004"),
    ("Edsger", "Dijkstra", "Analytics", "Shortest paths", "1005"),
    ("Barbara", "Liskov", "Analytics", "Substitution", "1006"),
    ("Emmy", "Noether", "Symmetry", "Conservation", "1009"),
    ("Lise", "Meitner", "Physics", "Fission", "1011"),
    ("Katherine", "Johnson", "Orbits Ltd", "Trajectories", "+44 20 7946 0018"),
    ("Sophie", "Germain", "Élasticité SARL", "Plaques", "+33 1 70 18 99 00"),
    ("Laura", "Bassi", "Istituto", "Fisica", "+39 06 698 10"),
    ("Σοφία", "Κοβαλέφσκι", "Άλγεβρα", "", "+30 21 0300 1234"),
    ("Мария", "Иванова", "Библиотека", "Читальный зал", "+7 495 123-45-67"),
    ("Jürgen", "Müller", "Müller Bakery", "", "+49 30 5550134"),
    ("Søren", "Ångström", "Bølgelængde A/S", "Måling", "+45 32 12 34 56"),
)


def _people(file: sqlite3.Connection) -> None:
    everybody = [
        Person(
            last=last,
            first=first,
            company=company,
            department=department,
            title="Dr" if at % 4 == 0 else "",
            email=f"{first}.{last}@example.com".lower() if first.isascii() else "",
            notes="Prefers to be called back in the afternoon." if at % 5 == 0 else "",
            favourite=at % 6 == 0,
            categories=("House",) if len(number) == 4 else ("Customers",),
            numbers=(
                Number(number, "extension" if len(number) == 4 else "work", default=True),
                Number(f"+49 170 55501{at:02}", "mobile"),
            ),
            picture=pictures.small(portrait(at)) if at % 3 != 2 else None,
        )
        for at, (first, last, company, department, number) in enumerate(SOMEBODY)
    ]
    more = [
        Person(last=f"Guest {at:03}", first="Room", company="Hotel", numbers=(Number(f"+49 89 1234{at:04}"),))
        for at in range(120)
    ]
    people.insert(file, Keys(PLAN), everybody + more)
    categories.keep(
        file, categories.Category("Board", public=False, members=(categories.Member("night porter"),))
    )


def _imports(file: sqlite3.Connection) -> None:
    """What was imported, what is read from elsewhere, and the tabs of who is signed in."""
    now = time.time()
    file.execute(
        "INSERT INTO import (at, author, name, format, state, added, faulty) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (now - 86_400, NAME, "customers.csv", "csv", "done", 120, 2),
    )
    reason = "phones.example cannot be reached: timed out"
    file.execute(
        "INSERT INTO source (name, tried, good, reason) VALUES (?, ?, ?, ?)",
        ("head_office", now - 300, now - 90_000, reason),
    )
    for name in ("Suppliers", "Friends"):
        tabs.put(file, NAME, tabs.create(file, NAME, name), [1, 2])


def _preview(folder: Path, settings: Path) -> None:
    """Look at what importing a file would do, as the page does."""
    folder.mkdir(parents=True)
    (folder / "file").write_text('last name,number 1\nLovelace,1001\nCurie,"+33 1 40 51\n\nPerey,1.2E+11\n')
    asked = {"what": "preview", "name": "more.csv", "manner": {}, "file": "file", "faults": "faults"}
    (folder / "asked.json").write_text(json.dumps(asked))
    subprocess.run([sys.executable, "-m", "web.import_job", str(folder), str(settings)], check=True)


SKINS = ((245, 214, 190), (226, 182, 150), (188, 136, 100), (141, 92, 62), (94, 60, 42))
HAIRS = ((40, 28, 22), (96, 62, 38), (176, 132, 78), (150, 150, 148), (120, 50, 30))


def portrait(seed: int) -> bytes:
    """Draw somebody: head and shoulders before a wall."""
    chance = random.Random(seed)
    wall, coat = (tuple(chance.randrange(low, low + 90) for _ in "rgb") for low in (150, 40))
    skin, hair = chance.choice(SKINS), chance.choice(HAIRS)
    image = Image.new("RGB", (256, 256), wall)
    draw = ImageDraw.Draw(image)
    draw.ellipse((28, 178, 228, 400), fill=coat)
    draw.ellipse((76, 36, 180, 150), fill=hair)
    draw.ellipse((84, 60, 172, 178), fill=skin)
    picture = io.BytesIO()
    image.save(picture, "PNG")
    return picture.getvalue()


def _rules(file: sqlite3.Connection) -> None:
    now = time.time()
    for pattern, note in (
        ("+39 199*", "Premium rate"),
        ("+49 89 99999", "Rings and hangs up"),
        ("0137X", ""),
    ):
        blacklist.add(file, PLAN, pattern, note, NAME, now - 86_400)
    week = tuple(hours.spans(["08:00-12:30", "13:30-18:00"] if day < 5 else []) for day in range(7))
    calendar = hours.Hours(week=week, holidays=(hours.holiday("12-24..12-26", "Christmas"),))
    rules.save(
        file, rules.Rules(anonymous=rules.ON, closed=rules.Rule(on=True, divert="1009"), hours=calendar)
    )


def _calls(file: sqlite3.Connection) -> None:
    """Three weeks of calls, so that days and hours differ."""
    chance = random.Random(7)
    now = time.time()
    outcomes = ("answered",) * 6 + ("transferred", "missed", "missed", "rejected", "diverted", "screened")
    written = []
    for at in range(400):
        days, second = divmod(at, 19)
        moment = datetime.datetime.fromtimestamp(now - days * 86_400).replace(
            hour=8 + (at * 7) % 10, minute=at % 60
        )
        began = min(moment.timestamp(), now - 60) + second
        first, last, _company, _department, number = chance.choice(SOMEBODY)
        outcome = chance.choice(outcomes)
        spoken = outcome in ("answered", "transferred")
        waited, talked = chance.uniform(2, 25), chance.uniform(20, 500) if spoken else 0.0
        day, hour = day_and_hour(began)
        written.append(
            Record(
                id=at + 1,
                direction="out" if outcome == "answered" and chance.random() < 0.4 else "in",
                number=number,
                name=f"{first} {last}" if chance.random() < 0.8 else "",
                internal=len(number) == 4,
                called="200",
                began=began,
                answered=began + waited if spoken else 0.0,
                ended=began + waited + talked,
                day=day,
                hour=hour,
                duration=waited + talked,
                waited=waited,
                talked=talked,
                state="released",
                outcome=outcome,
                target="1009" if outcome == "transferred" else "",
                target_name="Emmy Noether" if outcome == "transferred" else "",
                reason="blocked: matches +39 199*" if outcome == "screened" else "",
                device="Jabra Link 380" if spoken else "",
                at_once=chance.randrange(4),
                waiting=chance.randrange(2),
                seen=at > 2,
                sought=f"{first} {last} {number}".lower(),
            )
        )
    write_records(file, Changes(tuple(sorted(written, key=lambda record: record.began))))
