"""Who stands before the box's own screen sees where its page is, and what is wrong, whatever is wrong."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance import console
from appliance.checks.finding import Finding
from appliance.checks.network import Network
from appliance.console import CLEAR, Look, Seen, draw
from appliance.settings.options import PageOptions
from appliance.store.file import connect, prepare, writing
from appliance.users import accounts, codes, reset
from tests.running import PATIENCE, RunningDesk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRONG = Finding("a", "line", "failed: the exchange refuses the password", "see the password", "fault")


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """The settings of a box that is new; no desk runs."""
    path = tmp_path / "deskbell.toml"
    path.write_text(
        f'[desk]\nstore = "{tmp_path}/desk.db"\nsocket = "{tmp_path}/desk.sock"\n'
        '[page]\naddress = "0.0.0.0"\nhttps_port = 443\n'
    )
    return path


def test_the_screen_says_where_the_page_is_and_with_which_code_it_is_entered() -> None:
    seen = Seen(
        "front", ("https://front.local", "https://192.0.2.5"), code="K7QX-29MB", lines=("main: unset",)
    )
    text = draw(seen)
    for word in (
        "front",
        "https://front.local",
        "https://192.0.2.5",
        "K7QX-29MB",
        "main: unset",
        "All is well",
    ):
        assert word in text


def test_a_trouble_stands_there_with_its_fix() -> None:
    text = draw(Seen(troubles=(WRONG,)))
    assert "! failed: the exchange refuses the password" in text
    assert "> see the password" in text


def test_of_more_troubles_than_there_is_room_for_it_says_how_many() -> None:
    text = draw(Seen(troubles=(WRONG,) * 40))
    assert len(text.splitlines()) <= 25
    shown = text.count("! failed")
    assert f"and {40 - shown} more to see to" in text


@given(st.text(max_size=300), st.lists(st.tuples(st.text(), st.text()), max_size=30), st.integers(8, 60))
def test_whatever_it_tells_fits_the_screen_and_steers_no_terminal(
    name: str, troubles: list[tuple[str, str]], rows: int
) -> None:
    wrong = tuple(Finding(str(at), "x", what, fix, "fault") for at, (what, fix) in enumerate(troubles))
    text = draw(Seen(name, (name,) * 4, name, name, name, (name,), wrong), rows)
    assert len(text.split("\n")) <= max(rows, 14)
    assert all(len(line) <= 79 for line in text.split("\n"))
    assert all(sign.isprintable() or sign == "\n" for sign in text)


@pytest.mark.parametrize(
    ("page", "urls"),
    [
        (PageOptions(), []),
        (PageOptions(address="0.0.0.0", https_port=443), ["https://192.0.2.5", "https://[2001:db8::5]"]),
        (
            PageOptions(address="0.0.0.0", https_port=8443),
            ["https://192.0.2.5:8443", "https://[2001:db8::5]:8443"],
        ),
        (PageOptions(address="192.0.2.5", port=80), ["http://192.0.2.5"]),
    ],
)
def test_the_page_is_named_by_what_it_answers_to(tmp_path: Path, page: PageOptions, urls: list[str]) -> None:
    told = (
        '[{"ifname": "eth0", "operstate": "UP", "addr_info": ['
        '{"local": "2001:db8::5", "prefixlen": 64, "scope": "global"},'
        '{"local": "192.0.2.5", "prefixlen": 24, "scope": "global"}]}]'
    )
    assert list(console._urls(page, Network(tmp_path, lambda _: told))) == urls


def test_the_code_is_shown_until_there_is_an_admin(settings: Path, tmp_path: Path) -> None:
    code = codes.shown(tmp_path, codes.FIRST_RUN)
    assert Look(settings).now().code == code
    prepare(tmp_path / "desk.db")
    with closing(connect(tmp_path / "desk.db")) as file, writing(file):
        accounts.add(file, "ada", "three quiet words", "admin")
    assert Look(settings).now().code == ""


def test_a_code_for_another_password_is_shown_while_it_is_good(settings: Path, tmp_path: Path) -> None:
    code = reset.allow(tmp_path)
    assert Look(settings).now().reset == code


def test_without_a_desk_and_with_wrong_settings_it_says_so(settings: Path) -> None:
    settings.write_text("[line\n")
    seen = Look(settings).now()
    assert seen.lines == ("the desk does not run",)
    assert any("not valid TOML" in one.what for one in seen.troubles)


@pytest.fixture
def screen(settings: Path) -> Iterator[int]:
    """A terminal with the console on it, which does not wait long between two looks."""
    script = (
        "from pathlib import Path; from appliance import console; console.BEAT = console.SELDOM = 0.2; "
        f"console.run(Path({str(settings)!r}))"
    )
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", script])
    yield terminal
    os.kill(pid, signal.SIGTERM)
    os.close(terminal)
    os.waitpid(pid, 0)


def until(terminal: int, *words: str) -> None:
    """Wait until all of these are on the screen."""
    text = ""
    while not all(word in text.rpartition(CLEAR)[2] for word in words):
        assert select.select([terminal], [], [], PATIENCE)[0], text
        text += os.read(terminal, 65536).decode(errors="replace")


def test_it_follows_what_happens_and_survives_that_the_desk_comes_and_goes(
    screen: int, settings: Path, tmp_path: Path
) -> None:
    until(screen, "Line    the desk does not run")
    right = settings.read_text()
    settings.write_text("[line")
    until(screen, "not valid TOML")
    settings.write_bytes(b"\xff\0")
    until(screen, "cannot be read")
    settings.write_text(right)
    code = codes.shown(tmp_path, codes.FIRST_RUN)
    until(screen, code)
    with RunningDesk(tmp_path, 5060, line={"server": "", "user": ""}):
        until(screen, "main: unset", "no account is set up yet")
    until(screen, "Line    the desk does not run")
