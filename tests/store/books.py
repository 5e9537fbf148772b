"""A store with something in it, and how it is damaged."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from appliance.desk.state import Direction, Message, MessageState, Party
from appliance.store import kept
from appliance.store.file import connect, writing

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, *names: str, size: int = 10) -> None:
    """Keep a message of each name."""
    messages = [
        Message(name, Direction.IN, Party("1001"), "x" * size, MessageState.RECEIVED, at, "", False)
        for at, name in enumerate(names)
    ]
    with closing(connect(path)) as file, writing(file):
        kept.keep(file, messages, 1000.0)


def read(path: Path) -> set[str]:
    """Return the names of the messages that are there."""
    with closing(connect(path)) as file:
        return {message.id for message in kept.messages(file, 1000.0)}


def overwrite_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\xff" * 100)


def cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2 // 4096 * 4096)


def cut_within_a_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2 + 1000)


def fill_with_zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def lose(path: Path) -> None:
    path.unlink()


def zero_schema(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(100)
        file.write(bytes(3996))


def zero_a_page(path: Path) -> None:
    """Zero the first page of the messages, which no start looks at."""
    with closing(connect(path)) as store:
        (page,) = store.execute("SELECT rootpage FROM sqlite_master WHERE name = 'message'").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(4096))
