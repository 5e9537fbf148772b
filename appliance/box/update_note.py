"""How the update goes and how the last ones went: a note beside the store, that root writes and all read."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from appliance.phrase import Phrase, phrase

if TYPE_CHECKING:
    from pathlib import Path

NAME = "update.json"
KEPT = 20
"""Past updates that are remembered."""

State = Literal[
    "", "checking", "installing", "waiting", "restarting", "trying", "good", "returned", "refused"
]
"""Where an update is. It waits, installed, until no call is there; it is tried until the box is healthy, and
then is good; else the box has returned to the version before."""

UNDER_WAY = ("checking", "installing", "waiting", "restarting", "trying")


@dataclass(frozen=True, slots=True)
class Past:
    """An update that is over; `at` is a UNIX time, `before` the version that it was to follow."""

    version: str
    before: str
    at: float
    result: State
    what: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """The update that is under way, or the last one; `what` says why not, `percent` how far it is."""

    state: State = ""
    version: str = ""
    before: str = ""
    slot: str = ""
    """The slot it is installed to."""
    at: float = 0.0
    percent: int = 0
    what: str = ""
    registered: tuple[str, ...] = ()
    """The lines that were registered when it was installed: they must be so again."""
    past: tuple[Past, ...] = ()
    other: str = ""
    """The version in the slot that does not run, "" where it holds none."""

    @property
    def runs(self) -> bool:
        """True while something is done, or still to be done."""
        return self.state in UNDER_WAY

    def over(self, result: State, at: float, what: str = "") -> Note:
        """Return the note of an update that has come to its end."""
        one = Past(self.version, self.before, at, result, what)
        return replace(self, state=result, at=at, what=what, percent=0, past=(one, *self.past)[:KEPT])


def read(folder: Path) -> Note:
    """Return the note that is beside a store; an empty one where there is none that can be read."""
    try:
        said = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return Note()
    return _note(said) if isinstance(said, dict) else Note()


def write(folder: Path, note: Note) -> None:
    """Keep a note. What cannot be told is no reason not to go on: a disk may be full."""
    from appliance.store import durable  # which a boot without an update does not need

    said = {**_as_json(note), "past": [_as_json(one) for one in note.past]}
    text = json.dumps(said, ensure_ascii=False, indent=1, default=str)
    with suppress(OSError):
        durable.write(folder / NAME, text.encode(), 0o640)


def _note(said: dict[str, Any]) -> Note:
    """Return what a note says; a program that looks for updates itself notes only a version."""
    version = _text(said.get("version"))
    return Note(
        _state(said.get("state", "waiting" if version else "")),
        version,
        _text(said.get("before")),
        _text(said.get("slot")),
        _number(said.get("at")),
        int(_number(said.get("percent"))),
        _from_json(said.get("what")),
        tuple(_text(one) for one in _list(said.get("registered"))),
        tuple(_past(one) for one in _list(said.get("past")) if isinstance(one, dict)),
        _text(said.get("other")),
    )


def _past(said: dict[str, Any]) -> Past:
    return Past(
        _text(said.get("version")),
        _text(said.get("before")),
        _number(said.get("at")),
        _state(said.get("result")),
        _from_json(said.get("what")),
    )


def _state(said: Any) -> State:  # noqa: ANN401 - whatever JSON holds
    known: tuple[State, ...] = get_args(State)
    return next((state for state in known if state == said), "")


def _as_json(note: Note | Past) -> dict[str, Any]:
    """Return what a note says; of a phrase what it is made of, so that a page can say it in its language."""
    said = {part.name: getattr(note, part.name) for part in fields(note)}
    if isinstance(note.what, Phrase):
        said["what"] = {"template": note.what.template, "values": note.what.values}
    return said


def _from_json(said: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    if not isinstance(said, dict):
        return _text(said, 500)
    with suppress(KeyError, TypeError, ValueError):
        return phrase(str(said["template"]), **said["values"])
    return ""


def _text(said: Any, longest: int = 40) -> str:  # noqa: ANN401
    return said[:longest] if isinstance(said, str) and said.isprintable() else ""


def _number(said: Any) -> float:  # noqa: ANN401
    return float(said) if isinstance(said, int | float) else 0.0


def _list(said: Any) -> list[Any]:  # noqa: ANN401
    return said if isinstance(said, list) else []
