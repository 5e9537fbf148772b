"""systemd is told when the desk is ready and that it lives, and nothing once its loop or its telephone hangs.

A real notify socket, and a real desk whose parts hang on purpose: see `tests.hanging`.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from appliance import notify
from appliance.control.protocol import Restart
from tests.running import PATIENCE, RunningDesk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LIMIT = 0.9  # seconds without a sign of life


class Manager:
    """What systemd does for a service with Type=notify: it listens."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address.replace("@", "\0", 1) if address.startswith("@") else address)
        self.told: list[str] = []

    def environment(self) -> dict[str, str]:
        return os.environ | {"NOTIFY_SOCKET": self.address, "WATCHDOG_USEC": f"{LIMIT * 1e6:.0f}"}

    def until(self, holds: Callable[[str], bool], patience: float = PATIENCE) -> str:
        """Return the first word from now on that is so."""
        deadline = time.monotonic() + patience
        while True:
            self.socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                said = self.socket.recv(4096).decode()
            except TimeoutError:
                raise AssertionError(f"nothing of the kind came; before: {self.told[-20:]}") from None
            self.told.append(said)
            if holds(said):
                return said

    def lives(self) -> None:
        """Wait for signs of life, many in a row: none is left of a time before."""
        for _ in range(8):
            self.until(lambda said: notify.ALIVE in said.splitlines())

    def until_silent(self) -> None:
        """Wait until no sign of life has come for so long that systemd would end the service."""
        deadline, last = time.monotonic() + PATIENCE, time.monotonic()
        while time.monotonic() - last < LIMIT:
            assert time.monotonic() < deadline, "it shows life for ever"
            self.socket.settimeout(0.05)
            try:
                said = self.socket.recv(4096).decode()
            except TimeoutError:
                continue
            if notify.ALIVE in said.splitlines():
                last = time.monotonic()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    made = Manager(str(tmp_path / "notify"))
    with made.socket:
        yield made


class Desk(RunningDesk):
    """A desk of which parts hang on a signal, and that systemd has started."""

    module = "tests.hanging"

    def __init__(self, home: Path, manager: Manager) -> None:
        super().__init__(home, 9, line={"server": "", "user": ""})
        self.manager = manager

    def environment(self) -> dict[str, str]:
        return self.manager.environment()


@pytest.fixture
def desk(tmp_path: Path, manager: Manager) -> Iterator[Desk]:
    desk = Desk(tmp_path, manager)
    desk.start()
    yield desk
    if desk.process:
        desk.kill()


def test_it_is_ready_when_a_call_could_come_and_then_shows_life(desk: Desk, manager: Manager) -> None:
    manager.until(lambda said: notify.READY in said)
    manager.until(lambda said: said == "STATUS=lines: unset")
    manager.lives()
    desk.stop()
    manager.until(lambda said: notify.STOPPING in said)


def test_it_starts_anew_as_the_same_process_and_goes_on_showing_life(desk: Desk, manager: Manager) -> None:
    manager.until(lambda said: notify.READY in said)
    pid = desk.pid
    desk.ask(Restart())
    said = manager.until(lambda said: "RELOADING=1" in said)
    assert "WATCHDOG_USEC=90000000" in said, "a small board takes its time"
    manager.until(lambda said: said == f"WATCHDOG_USEC={LIMIT * 1e6:.0f}")
    manager.until(lambda said: notify.READY in said)
    manager.lives()
    assert desk.pid == pid
    assert desk.process
    assert desk.process.poll() is None


@pytest.mark.parametrize("what", [signal.SIGUSR1, signal.SIGUSR2], ids=["the SIP thread", "the main loop"])
def test_where_it_hangs_the_signs_of_life_end(desk: Desk, manager: Manager, what: signal.Signals) -> None:
    manager.lives()
    os.kill(desk.pid, what)
    manager.until_silent()


def test_a_device_that_hangs_does_not_end_them(desk: Desk, manager: Manager) -> None:
    manager.lives()
    os.kill(desk.pid, signal.SIGHUP)
    desk.until("a device hangs", lambda _: "a device hangs" in desk.log.read_text())
    manager.lives()


def test_the_pages_are_ready_when_they_serve_and_show_life(tmp_path: Path, manager: Manager) -> None:
    settings = tmp_path / "deskbell.toml"
    settings.write_text(f'[desk]\nstore = "{tmp_path}/desk.db"\nsocket = "{tmp_path}/desk.sock"\n')
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    words = [sys.executable, "-m", "web", "--settings", str(settings), "--bind", address]
    pages = subprocess.Popen(words, env=manager.environment())
    try:
        said = manager.until(lambda said: notify.READY in said)
        assert "STATUS=the pages are served" in said, "it was their worker, not gunicorn"
        manager.lives()
        worker = int(subprocess.check_output(["pgrep", "-P", str(pages.pid)], text=True).split()[0])
        os.kill(worker, signal.SIGSTOP)
        manager.until_silent()
        os.kill(worker, signal.SIGCONT)
        manager.lives()
    finally:
        pages.terminate()
        pages.wait(PATIENCE)


def test_signs_of_life_are_for_the_process_that_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "3000000")
    assert notify.Watchdog(os.getpid()).every == 1
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    assert notify.Watchdog(os.getpid()).every == 1
    assert notify.Watchdog(1).every == 0
    monkeypatch.setenv("WATCHDOG_USEC", "soon")
    assert notify.Watchdog(os.getpid()).every == 0


def test_systemd_may_listen_at_an_abstract_name_or_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    listening = Manager(f"@deskbell-test-{os.getpid()}")
    with listening.socket:
        monkeypatch.setenv("NOTIFY_SOCKET", listening.address)
        notify.tell(notify.READY, notify.status("well"))
        assert listening.until(bool) == "READY=1\nSTATUS=well"
    notify.tell(notify.READY)  # who listened has gone: nothing happens
    monkeypatch.delenv("NOTIFY_SOCKET")
    notify.tell(notify.READY)
