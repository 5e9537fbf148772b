"""The desk and its pages as two users with one group, as on the box: they share what is theirs, with nobody.

As root, to become other users; real processes, real folders of mode 2770.
"""

from __future__ import annotations

import os
import re
import socket
import stat
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import tomlkit

from appliance import settings
from appliance.control.client import Client
from appliance.control.protocol import ControlError, Restart
from appliance.users import codes
from tests.as_user import start
from tests.web.asking import until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become two users: run as root")

DESK, PAGES, STRANGER, GROUP, NOBODYS = 61_001, 61_002, 61_003, 61_000, 61_009
PASSWORD, SECRET, PASSPHRASE = "Tulips on the desk", "of-the-exchange", "four words nobody guesses"
SLOW = 30.0  # seconds
ERASED = "/run/deskbell"  # where a desk that knows nothing any more listens, which is not for these users


class Box:
    """Folders as on the box, and the two services."""

    def __init__(self, home: Path) -> None:
        self.etc, self.state, self.run = (home / name for name in ("etc", "state", "run"))
        for folder, owner, mode in (
            (self.etc, 0, 0o2770),
            (self.state, DESK, 0o2770),
            (self.run, DESK, 0o2750),
        ):
            folder.mkdir()
            os.chown(folder, owner, GROUP)
            folder.chmod(mode)
        self.settings, self.secrets = self.etc / "deskbell.toml", self.etc / settings.SECRETS_NAME
        self.store, self.socket = self.state / "desk.db", self.run / "desk.sock"
        sections = {
            "desk": {"socket": str(self.socket), "store": str(self.store)},
            "devices": {"usb": False, "simulated": True, "sound": False},
            "backup": {"reserve": 0},
        }
        self.settings.write_text(tomlkit.dumps(sections))
        self.settings.chmod(0o640)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.log = (home / "log").open("w+b")
        self.running: list[subprocess.Popen[bytes]] = []
        self.browser, self.page = requests.Session(), ""

    def start_desk(self) -> None:
        words: list[str | Path] = [sys.executable, "-m", "appliance", "run", "--settings", self.settings]
        self.running.append(start(DESK, *words, group=GROUP, stderr=self.log))
        until(lambda: self.state_of_desk() is not None, SLOW)

    def start_pages(self) -> None:
        words: list[str | Path] = [
            sys.executable,
            "-m",
            "web",
            "--settings",
            self.settings,
            "--bind",
            self.address,
        ]
        self.running.append(start(PAGES, *words, group=GROUP, stderr=self.log))
        until(self.answers, SLOW)

    def end(self) -> None:
        for service in self.running:
            service.terminate()
            service.wait(SLOW)
        self.running.clear()

    def answers(self) -> bool:
        with suppress(OSError):
            return requests.get(f"http://{self.address}/static/icon.svg", timeout=5).ok
        return False

    def state_of_desk(self) -> dict[str, Any] | None:
        with suppress(ControlError), Client(self.socket) as desk:
            return desk.status()
        return None

    def restart_desk(self) -> None:
        with Client(self.socket) as desk:
            desk.ask(Restart())

    def pid_of_desk(self) -> int:
        return self.running[0].pid

    def deskbell(self, user: int, *words: str | Path, said: str = "") -> tuple[int, str]:
        """Give a command as a user; return its exit code and what it told."""
        command = [
            sys.executable,
            "-m",
            "appliance",
            "--socket",
            self.socket,
            *words,
            "--settings",
            self.settings,
        ]
        group = 0 if user == 0 else GROUP
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        child = start(user, *command, group=group, **pipes)
        told, complaint = child.communicate(said.encode(), timeout=SLOW)
        return child.returncode, (told + complaint).decode()

    def get(self, path: str) -> requests.Response:
        reply = self.browser.get(f"http://{self.address}{path}", timeout=SLOW)
        self.page = reply.text
        return reply

    def post(self, path: str, **fields: str) -> requests.Response:
        """Send what a form on the page that was seen last would."""
        hidden = dict(re.findall(r'name="(csrf|was)" value="([^"]*)"', self.page))
        hidden["was"] = hidden.get("was", "{}").replace("&#34;", '"')
        reply = self.browser.post(
            f"http://{self.address}{path}", data=hidden | fields, timeout=SLOW, allow_redirects=False
        )
        assert reply.status_code == 303, f"{path}: {reply.status_code} {reply.text}"
        return reply

    def files(self) -> Iterator[Path]:
        for folder in (self.etc, self.state):
            yield from (path for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def box() -> Iterator[Box]:
    """A box on which both services run; short paths, for sockets."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o755)
        box = Box(home)
        try:
            box.start_desk()
            box.start_pages()
            yield box
        finally:
            box.end()
            box.log.seek(0)
            log = box.log.read().decode()
            print(log)
        for trouble in ("Permission denied", "unable to open", "readonly database"):
            told = [line for line in log.splitlines() if trouble in line and ERASED not in line]
            assert not told


def set_up(box: Box) -> None:
    """Have the box named, given an admin and an account, as its owner does on its first day."""
    until((box.state / "first-run-code").exists)
    box.get("/welcome/")
    box.post("/welcome/", code=codes.read(box.state, codes.FIRST_RUN))
    box.get("/welcome/desk")
    box.post("/welcome/desk", **{"desk.name": "Front desk"})
    box.get("/welcome/admin")
    box.post("/welcome/admin", name="admin", password=PASSWORD, again=PASSWORD)
    box.get("/welcome/account")
    line = {"server": "127.0.0.1", "user": "200", "password": SECRET, "transport": "udp", "port": "9"}
    box.post("/welcome/account", **{f"line.{name}": value for name, value in line.items()})


def rename(box: Box, name: str) -> None:
    """Have the pages write another setting, and the desk take it."""
    box.get("/welcome/desk")
    box.post("/welcome/desk", **{"desk.name": name})
    until(lambda: name_of_desk(box) == name, SLOW)


def name_of_desk(box: Box) -> str:
    return str((box.state_of_desk() or {}).get("desk", {}).get("name", ""))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_the_pages_set_the_desk_takes_and_nobody_else_can_read_a_byte(box: Box) -> None:
    pid = box.pid_of_desk()
    set_up(box)
    until(lambda: name_of_desk(box) == "Front desk", SLOW)
    until(
        lambda: (box.state_of_desk() or {}).get("registration", {}).get("state") not in (None, "unset"), SLOW
    )
    assert box.pid_of_desk() == pid, "it started anew as the same process"
    assert settings.load(box.settings).line.password == SECRET
    assert (mode(box.settings), mode(box.secrets)) == (0o640, 0o640)
    assert box.secrets.stat().st_gid == GROUP
    for end in ("", "-wal", "-shm"):
        assert mode(box.store.with_name(box.store.name + end)) == 0o660
    for path in box.files():
        looked = start(STRANGER, "head", "-c", "1", path, group=NOBODYS, stderr=subprocess.DEVNULL)
        assert looked.wait(SLOW) != 0, f"a stranger can read {path}"


def test_the_doctor_finds_no_fault_in_that_they_share_and_root_may_help(box: Box) -> None:
    set_up(box)
    for user in (DESK, PAGES, 0):
        _, told = box.deskbell(user, "doctor", "--json")
        assert "others may read" not in told
        assert "everybody on this box" not in told
    assert box.deskbell(0, "users", "add", "Grace", said=PASSWORD)[0] == 0
    box.get("/users")
    assert "Grace" in box.page


@pytest.mark.parametrize("user", [DESK, 0], ids=["desk", "root"])
def test_a_snapshot_by_one_is_restored_by_the_other(box: Box, user: int) -> None:
    set_up(box)
    assert box.deskbell(user, "backup", "snapshot")[0] == 0
    (taken,) = (box.state / "snapshots").glob("*.db")
    assert box.deskbell(PAGES, "users", "add", "Grace", said=PASSWORD)[0] == 0
    box.get("/backup")
    box.post(f"/backup/snapshot/{int(taken.name.partition('-')[0])}")
    until(lambda: not (box.etc / ".unfinished").exists() and not (box.state / "restoring").exists(), SLOW)
    until(lambda: box.state_of_desk() is not None, SLOW)
    box.get("/login")
    box.post("/login", name="admin", password=PASSWORD)
    box.get("/users")
    assert "admin" in box.page
    assert "Grace" not in box.page
    until(lambda: box.deskbell(DESK, "history", "tidy")[0] == 0)


@pytest.mark.parametrize("user", [PAGES, 0], ids=["pages", "root"])
def test_a_backup_is_restored_under_the_pages_and_then_all_is_erased(
    box: Box, user: int, tmp_path: Path
) -> None:
    set_up(box)
    key = box.state / "certificates/page.pem"
    certify = (
        f"from pathlib import Path; from web.tls import *; Credentials(Path('{key.parent}')).ensure(['a'])"
    )
    assert start(PAGES, sys.executable, "-c", certify, group=GROUP).wait(SLOW) == 0
    assert mode(key) == 0o600
    made = box.state / "saved.backup"
    assert box.deskbell(user, "backup", "create", made, said=PASSPHRASE + "\n")[0] == 0
    rename(box, "Another desk")
    code, told = box.deskbell(user, "backup", "restore", made, said=PASSPHRASE + "\n")
    assert code == 0, told
    box.restart_desk()
    until(lambda: name_of_desk(box) == "Front desk", SLOW)
    assert settings.load(box.settings).line.password == SECRET
    assert start(PAGES, "head", "-c", "1", key, group=GROUP, stdout=subprocess.DEVNULL).wait(SLOW) == 0
    assert mode(key) == 0o640
    box.get("/login")
    box.post("/login", name="admin", password=PASSWORD)
    rename(box, "Yet another")
    assert box.deskbell(user, "factory-reset", "ERASE")[0] == 0
    box.restart_desk()
    until(lambda: not box.settings.exists() and not box.secrets.exists(), SLOW)
