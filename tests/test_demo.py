"""The demo, as `make demo` starts it: everything opens, a caller rings, and Ctrl-C leaves nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from appliance.control.client import Client
from appliance.demo.exchange import Exchange
from tests.running import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.exchange
MARK = "DESKBELL_TEST_OF_THE_DEMO"


def descendants() -> list[str]:
    """Return the command lines of all processes that bear our mark in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}=1".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # it has ended, or is another's
    return found


def wait_for(what: str, look: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not look():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def signed_in(page: str, name: str, password: str) -> str:
    """Sign in as a person would, and return the page that comes."""
    browser = requests.Session()
    token = re.search(r'name="csrf" value="([^"]+)"', browser.get(page, timeout=PATIENCE).text)
    assert token
    said = {"csrf": token[1], "name": name, "password": password}
    return browser.post(f"{page}login", data=said, timeout=PATIENCE).text


def test_the_demo_opens_rings_and_leaves_nothing(tmp_path: Path) -> None:
    Exchange.prepare()
    said = tmp_path / "said"
    with said.open("wb") as output:
        demo = subprocess.Popen(
            [sys.executable, "-m", "appliance", "demo"],
            stdout=output,
            stderr=output,
            env={**os.environ, MARK: "1", "TMPDIR": str(tmp_path)},
        )
    try:
        wait_for("the welcome", lambda: "Ctrl-C ends everything" in said.read_text())
        page = re.search(r"http://\S+", said.read_text())
        control = re.search(r"DESKBELL_SOCKET=(\S+)", said.read_text())
        assert page
        assert control
        who = re.search(r"Sign in as (\S+) with the password (\S+)", said.read_text())
        assert who
        assert "Ada Lovelace" in signed_in(page[0], who[1], who[2])
        with Client(Path(control[1])) as desk:
            wait_for("a caller", lambda: desk.status()["calls"])
            assert set(desk.status()["devices"]) == {"sim-headset", "sim-light", "sim-buttons"}
        wait_for("the caller in the demo's own words", lambda: "call in-1: ringing" in said.read_text())
        assert len(descendants()) >= 4
    finally:
        demo.send_signal(signal.SIGINT)
        assert demo.wait(PATIENCE) == 0, said.read_text()
    assert said.read_text().endswith("closed; nothing is left running\n")
    assert descendants() == []
    assert not list(tmp_path.glob("deskbell-demo-*"))
