"""Reads a settings file that people have edited by hand, line by line: one wrong line costs that line alone.

What stands there is TOML: https://toml.io/en/v1.0.0. tomllib refuses a file as a whole, so that each
statement is handed to it alone.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from appliance.box.troubles import SETTINGS_FILE, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGEST = 100_000  # bytes; a settings file has a hundredth of that
MOST_LINES = 200  # of one statement, such as a list of keys
_END = re.compile(r"\r\n|\n|\r")
_SECTION = re.compile(r"\s*\[\[?[A-Za-z0-9_.\"' -]+\]\]?\s*(#.*)?")
_OPTION = re.compile(r"\s*[A-Za-z0-9_.\"'-]+\s*=")
_LONG = re.compile(r"[^=]*=\s*(\[|\{|\"\"\"|''')")

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """An option that a file sets: in which section, to what, and from which line to which."""

    section: Path
    option: str
    value: Any
    first: int
    last: int


def text_of(raw: bytes) -> str:
    """Return the text of a file, octets that are no UTF-8 as surrogates; ValueError when it is no text."""
    if len(raw) > LARGEST:
        raise ValueError("is too large for a settings file")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("is not written in UTF-8")
    return raw.decode("utf-8", errors="surrogateescape")


def read(text: str, unknown: Callable[[Path], str]) -> tuple[list[Said], list[Trouble]]:
    """Return all options that a file sets, and its wrong lines.

    `unknown` returns what to write instead of a section, "" for one that is known. What stands in one that is
    not is left out with it.
    """
    lines = _END.split(text.removeprefix("\ufeff"))
    said: dict[tuple[Path, str], Said] = {}
    wrong: list[Trouble] = []
    section: Path | None = ()
    at = 0
    while at < len(lines):
        first, bare = at + 1, lines[at].strip()
        at = first
        if not bare or bare.startswith("#"):
            continue
        if bare.startswith("["):
            section, trouble = _section(bare, first, unknown)
            wrong += trouble
            continue
        at, table = _statement(lines, first - 1)
        if section is None:
            continue
        if table is None:
            wrong.append(Trouble(SETTINGS_FILE, "is not understood", _instead(bare), first))
            continue
        for where, value in _leaves(table, section):
            one = Said(where[:-1], where[-1], value, first, at)
            if trouble := _misplaced(one, said.get((one.section, one.option)), unknown):
                wrong += trouble
            else:
                said[one.section, one.option] = one
    return list(said.values()), wrong


def without(text: str, taken: list[tuple[int, int, str]]) -> str:
    """Return a text in which lines, from the first to the last of each, are replaced by a comment."""
    parts = re.split(f"({_END.pattern})", text)
    lines, ends = parts[::2], [*parts[1::2], ""]
    for first, last, comment in sorted(taken, reverse=True):
        if last <= len(lines):
            lines[first - 1 : last] = [f"# {comment}"]
            ends[first - 1 : last] = [ends[last - 1]]
    return "".join(line + end for line, end in zip(lines, ends, strict=True))


def _section(bare: str, line: int, unknown: Callable[[Path], str]) -> tuple[Path | None, list[Trouble]]:
    """Return which section begins, None when it is one that there is not."""
    table = _parsed(bare)
    path: Path = ()
    inner: Any = table
    while isinstance(inner, dict) and len(inner) == 1:
        (name, inner), = inner.items()  # fmt: skip
        path += (name,)
    if inner != {} or not path:
        what = "is no heading of a section; all up to the next one is left out"
        fix = "save the file as UTF-8" if "\0" in bare else "write a name in brackets, such as [wifi]"
        return None, [Trouble(SETTINGS_FILE, what, fix, line)]
    if fix := unknown(path):
        what = f"[{_shown('.'.join(path))}] is not a section here; all up to the next one is left out"
        return None, [Trouble(SETTINGS_FILE, what, fix, line)]
    return path, []


def _statement(lines: list[str], at: int) -> tuple[int, dict[str, Any] | None]:
    """Return the line after a statement, and what it says; None when it is none."""
    if (table := _parsed(lines[at])) is not None:
        return at + 1, table
    if _LONG.match(lines[at]):
        for last in range(at + 1, min(len(lines), at + MOST_LINES)):
            if _SECTION.fullmatch(lines[last]) or _OPTION.match(lines[last]):
                break
            if (table := _parsed("\n".join(lines[at : last + 1]))) is not None:
                return last + 1, table
    return at + 1, None


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None


def _leaves(table: dict[str, Any], path: Path) -> Iterator[tuple[Path, Any]]:
    for name, value in table.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name), value


def _misplaced(one: Said, before: Said | None, unknown: Callable[[Path], str]) -> list[Trouble]:
    """Return what is wrong with where an option stands, or with how it is written."""
    name = _shown(one.option)
    if not one.section:
        fix = "write it below its section, such as [box]"
        return [Trouble(SETTINGS_FILE, f"{name} stands in no section", fix, one.first)]
    if fix := unknown(one.section):
        return [
            Trouble(SETTINGS_FILE, f"[{_shown('.'.join(one.section))}] is not a section here", fix, one.first)
        ]
    if before:
        fix = f"write it once; that of line {before.first} is taken"
        return [Trouble(SETTINGS_FILE, f"{name} stands here once more", fix, one.first)]
    if not _encodable(f"{one.section}{one.option}{one.value}"):
        return [
            Trouble(SETTINGS_FILE, f"{name} is not written in UTF-8", "save the file as UTF-8", one.first)
        ]
    return []


def _encodable(text: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def _instead(bare: str) -> str:
    """Return what to write instead of a line that is no statement. It may hold a secret: none is quoted."""
    if "\0" in bare:
        return "save the file as UTF-8"
    name, equals, value = bare.partition("=")
    if not equals:
        return "write an option, = and its value, or # before a remark"
    if any(sign in value for sign in "“”„«»"):
        return 'write straight quotes: "…"'
    if value.strip()[:1] not in ('"', "'", "[", "{"):
        return f'write texts in quotes: {_shown(name.strip())} = "…"'
    return "see whether each quote and bracket has its other half; write \\\\ for a backslash"


def _shown(name: str) -> str:
    """Return a name as it can be shown anywhere."""
    short = "".join(sign if sign.isprintable() else "?" for sign in name)
    return short if len(short) <= 60 else f"{short[:60]}…"
