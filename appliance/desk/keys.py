"""What each key means, in every situation of the desk.

Each cell is `short press / long press`; an empty half means that the key does nothing there. A cell with
no long meaning acts the moment the key goes down; one with a long meaning acts when the key comes up,
or after LONG_PRESS seconds while it is still down. The meaning is that of the moment it went down.

| situation           | Answer    | Hold            | Park            | Flash  | Reject  | lifted | replaced |
| ------------------- | --------- | --------------- | --------------- | ------ | ------- | ------ | -------- |
| idle                |           |                 | retrieve        |        |         |        |          |
| ringing             | answer    | / reject        |                 | answer | reject  | answer |          |
| dialling            | / hang up |                 |                 |        | hang up |        | hang up  |
| dialling, one rings | answer    | / reject        |                 | answer | reject  |        | hang up  |
| talking             | / hang up | hold            | park / retrieve | hold   |         |        | hang up  |
| talking, one rings  | answer    | hold / reject   | park / retrieve | answer | reject  |        | hang up  |
| talking, one held   | / hang up | swap / hold     | park / retrieve | swap   |         |        | hang up  |
| all of these        | answer    | swap / reject   | park / retrieve | answer | reject  |        | hang up  |
| held                | resume    | resume          | retrieve        | resume |         | resume |          |
| held, one rings     | answer    | resume / reject | retrieve        | answer | reject  | answer |          |

*Lifted* and *replaced* are the hook switch's; it is replaced only at the device that carries the call.

- *answer*: the oldest that rings; an active call goes on hold first, a number still dialled is given up.
- *resume*, *swap*: the longest held; the active one goes on hold.
- *park*: the active call, in the first free orbit.
- *retrieve*: who is parked longest; an active call goes on hold.
- *hold* in "talking, one held / long": hold the active call and talk to nobody.
- Mute switches the microphone off and on while a call is active, and does nothing else anywhere.
- Nothing here ends a held or a waiting call except *reject*: a caller is not lost by a wrong press.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.desk.state import Snapshot

LONG_PRESS = 0.8  # seconds


class Key(StrEnum):
    """The keys that mean something to a call; the values are the drivers' own."""

    HOOK = "hook"
    ANSWER = "answer"
    HOLD = "hold"
    PARK = "park"
    FLASH = "flash"
    MUTE = "mute"
    REJECT = "reject"


class Meaning(StrEnum):
    """What a press asks for."""

    NOTHING = "nothing"
    ANSWER = "answer"
    REJECT = "reject"
    HANG_UP = "hang_up"
    HOLD = "hold"
    RESUME = "resume"
    SWAP = "swap"
    PARK = "park"
    RETRIEVE = "retrieve"
    MUTE = "mute"


class Situation(StrEnum):
    """What the operator is in the middle of: a row of the table."""

    IDLE = "idle"
    RINGING = "ringing"
    DIALLING = "dialling"
    DIALLING_RINGING = "dialling, one rings"
    TALKING = "talking"
    TALKING_RINGING = "talking, one rings"
    TALKING_HELD = "talking, one held"
    TALKING_RINGING_HELD = "all of these"
    HELD = "held"
    HELD_RINGING = "held, one rings"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the table."""

    short: Meaning = Meaning.NOTHING
    long: Meaning = Meaning.NOTHING


def situation(desk: Snapshot) -> Situation:
    """Return the row of the table that the desk is in."""
    active = desk.active
    rings, held = bool(desk.waiting), bool(desk.held)
    if active is None:
        if held:
            return Situation.HELD_RINGING if rings else Situation.HELD
        return Situation.RINGING if rings else Situation.IDLE
    if active.dialling:
        return Situation.DIALLING_RINGING if rings else Situation.DIALLING
    if held:
        return Situation.TALKING_RINGING_HELD if rings else Situation.TALKING_HELD
    return Situation.TALKING_RINGING if rings else Situation.TALKING


_NOTHING = Cell()
_ANSWER = Cell(Meaning.ANSWER)
_HANG_UP_LONG = Cell(long=Meaning.HANG_UP)
_HANG_UP = Cell(Meaning.HANG_UP)
_REJECT = Cell(Meaning.REJECT)
_REJECT_LONG = Cell(long=Meaning.REJECT)
_RESUME = Cell(Meaning.RESUME)
_RETRIEVE = Cell(Meaning.RETRIEVE)
_PARK = Cell(Meaning.PARK, Meaning.RETRIEVE)
_MUTE = Cell(Meaning.MUTE)

_COLUMNS = (Key.ANSWER, Key.HOLD, Key.PARK, Key.FLASH, Key.REJECT, Key.HOOK, Key.MUTE)
_ROWS: dict[Situation, tuple[Cell, ...]] = {
    Situation.IDLE: (_NOTHING, _NOTHING, _RETRIEVE, _NOTHING, _NOTHING, _NOTHING, _NOTHING),
    Situation.RINGING: (_ANSWER, _REJECT_LONG, _NOTHING, _ANSWER, _REJECT, _ANSWER, _NOTHING),
    Situation.DIALLING: (_HANG_UP_LONG, _NOTHING, _NOTHING, _NOTHING, _HANG_UP, _NOTHING, _MUTE),
    Situation.DIALLING_RINGING: (
        *(_ANSWER, _REJECT_LONG, _NOTHING),
        *(_ANSWER, _REJECT, _NOTHING, _MUTE),
    ),
    Situation.TALKING: (
        _HANG_UP_LONG,
        Cell(Meaning.HOLD),
        _PARK,
        Cell(Meaning.HOLD),
        _NOTHING,
        _NOTHING,
        _MUTE,
    ),
    Situation.TALKING_RINGING: (
        *(_ANSWER, Cell(Meaning.HOLD, Meaning.REJECT), _PARK),
        *(_ANSWER, _REJECT, _NOTHING, _MUTE),
    ),
    Situation.TALKING_HELD: (
        *(_HANG_UP_LONG, Cell(Meaning.SWAP, Meaning.HOLD), _PARK),
        *(Cell(Meaning.SWAP), _NOTHING, _NOTHING, _MUTE),
    ),
    Situation.TALKING_RINGING_HELD: (
        *(_ANSWER, Cell(Meaning.SWAP, Meaning.REJECT), _PARK),
        *(_ANSWER, _REJECT, _NOTHING, _MUTE),
    ),
    Situation.HELD: (_RESUME, _RESUME, _RETRIEVE, _RESUME, _NOTHING, _RESUME, _NOTHING),
    Situation.HELD_RINGING: (
        *(_ANSWER, Cell(Meaning.RESUME, Meaning.REJECT), _RETRIEVE),
        *(_ANSWER, _REJECT, _ANSWER, _NOTHING),
    ),
}
TABLE: dict[tuple[Situation, Key], Cell] = {
    (row, key): cell for row, cells in _ROWS.items() for key, cell in zip(_COLUMNS, cells, strict=True)
}


def hook_replaced(at: Situation) -> Meaning:
    """Return what hanging up the device that carries the call means: the last column of the table."""
    return Meaning.HANG_UP if at.startswith(("dialling", "talking", "all")) else Meaning.NOTHING
