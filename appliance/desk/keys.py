"""What each key means, in every situation of the desk.

Each cell is `short press / long press`; an empty half means that the key does nothing there. A cell with
no long meaning acts the moment the key goes down; one with a long meaning acts when the key comes up,
or after LONG_PRESS seconds while it is still down. The meaning is that of the moment it went down.

| situation           | Answer    | Hold            | Park            | Flash  | Reject  | lifted | replaced |
| ------------------- | --------- | --------------- | --------------- | ------ | ------- | ------ | -------- |
| idle                |           |                 | retrieve        |        |         |        |          |
| typed               | dial      | resume          | retrieve        | dial   | clear   | dial   | clear    |
| ringing             | answer    | / reject        |                 | answer | reject  | answer |          |
| dialling            | / hang up |                 |                 |        | hang up |        | hang up  |
| dialling, one rings | answer    | / reject        |                 | answer | reject  |        | hang up  |
| talking             | / hang up | hold            | park / retrieve | hold   |         |        | hang up  |
| talking, one rings  | answer    | hold / reject   | park / retrieve | answer | reject  |        | hang up  |
| talking, one held   | / hang up | swap / hold     | park / retrieve | swap   |         |        | hang up  |
| all of these        | answer    | swap / reject   | park / retrieve | answer | reject  |        | hang up  |
| asking              | / hang up | back            | join / back     | back   | hang up |        | hang up  |
| asking, one rings   | answer    | / reject        | join / back     | answer | reject  |        | hang up  |
| enquiry             | / hang up | swap / hold     | join / back     | swap   |         |        | hang up  |
| enquiry, one rings  | answer    | swap / reject   | join / back     | answer | reject  |        | hang up  |
| held                | resume    | resume          | retrieve        | resume |         | resume |          |
| held, one rings     | answer    | resume / reject | retrieve        | answer | reject  | answer |          |

*Lifted* and *replaced* are the hook switch's at the device that has the audio. To replace that of another one
means nothing, but to clear what was typed there. To lift that of another one, with a microphone, means what
Answer means; where that is nothing and a call is active, the operator goes on talking there: *take*.
*Typed*: digits were typed at a keypad, and no call is active or rings.
*Asking* is an attended transfer while the colleague is being rung, *enquiry* when the operator talks to them.
A conference is *talking*, a conference on hold is *held*. A camped call waits by itself: no key touches it.

- *answer*: the oldest that rings; an active call goes on hold first, a number still dialled is given up.
- *resume*, *swap*: the longest held; the active one goes on hold. In an enquiry that is the caller.
- *park*: the active call, in the first free orbit; a conference cannot be parked, and the desk says so.
- *retrieve*: who is parked longest; an active call goes on hold.
- *join*: connect the caller with the colleague; *back*: hang up on the colleague and talk to the caller.
- *hold* in "talking, one held / long": hold the active call and talk to nobody.
- *hang up* in a conference: the operator leaves, and the others talk on: two by themselves, more of them in
  the meeting room of the exchange. Where none is set, more than two are hung up on: they have nowhere to go.
- *hang up* while asking and in an enquiry: the colleague's call; the caller stays on hold.
- *dial*: call the number that was typed; *clear*: forget it.
- Mute switches the microphone off and on while a call is active, and does nothing else anywhere.
- Redial, Voice Mail and Speed Dial (as if its number were kept under "1") call while the desk is idle, and do
  nothing anywhere else.
- Digits, * and # are sent to whom the operator talks to; else they are typed (`keypad`).
- Line and Line Busy mean nothing: headsets tell by them that their audio is open (CounterPath's table for the
  Jabra PRO 9470), and the caller would be put on hold.
- Nothing else here ends a held or a waiting call except *reject*: a caller is not lost by a wrong press.
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
    REDIAL = "redial"
    SPEED_DIAL = "speed_dial"
    VOICE_MAIL = "voice_mail"
    DIGIT_0 = "0"
    DIGIT_1 = "1"
    DIGIT_2 = "2"
    DIGIT_3 = "3"
    DIGIT_4 = "4"
    DIGIT_5 = "5"
    DIGIT_6 = "6"
    DIGIT_7 = "7"
    DIGIT_8 = "8"
    DIGIT_9 = "9"
    STAR = "*"
    POUND = "#"


DIGITS = frozenset(key for key in Key if key.value in "0123456789*#")


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
    JOIN = "join"
    BACK = "back"
    MUTE = "mute"
    TAKE = "take"
    DIAL = "dial"
    CLEAR = "clear"
    REDIAL = "redial"
    MAILBOX = "mailbox"
    SPEED_DIAL = "speed_dial"


class Situation(StrEnum):
    """What the operator is in the middle of: a row of the table."""

    IDLE = "idle"
    TYPED = "typed"
    RINGING = "ringing"
    DIALLING = "dialling"
    DIALLING_RINGING = "dialling, one rings"
    TALKING = "talking"
    TALKING_RINGING = "talking, one rings"
    TALKING_HELD = "talking, one held"
    TALKING_RINGING_HELD = "all of these"
    ASKING = "asking"
    ASKING_RINGING = "asking, one rings"
    ENQUIRY = "enquiry"
    ENQUIRY_RINGING = "enquiry, one rings"
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
        if rings:
            return Situation.HELD_RINGING if held else Situation.RINGING
        if desk.typed.number:
            return Situation.TYPED
        return Situation.HELD if held else Situation.IDLE
    if active.consults:
        if active.dialling:
            return Situation.ASKING_RINGING if rings else Situation.ASKING
        return Situation.ENQUIRY_RINGING if rings else Situation.ENQUIRY
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
_SWAP_HOLD = Cell(Meaning.SWAP, Meaning.HOLD)
_SWAP_REJECT = Cell(Meaning.SWAP, Meaning.REJECT)
_JOIN = Cell(Meaning.JOIN, Meaning.BACK)
_BACK = Cell(Meaning.BACK)
_DIAL = Cell(Meaning.DIAL)

_COLUMNS = (Key.ANSWER, Key.HOLD, Key.PARK, Key.FLASH, Key.REJECT, Key.HOOK, Key.MUTE)
_ROWS: dict[Situation, tuple[Cell, ...]] = {
    Situation.IDLE: (_NOTHING, _NOTHING, _RETRIEVE, _NOTHING, _NOTHING, _NOTHING, _NOTHING),
    Situation.TYPED: (_DIAL, _RESUME, _RETRIEVE, _DIAL, Cell(Meaning.CLEAR), _DIAL, _NOTHING),
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
        *(_HANG_UP_LONG, _SWAP_HOLD, _PARK),
        *(Cell(Meaning.SWAP), _NOTHING, _NOTHING, _MUTE),
    ),
    Situation.TALKING_RINGING_HELD: (
        *(_ANSWER, _SWAP_REJECT, _PARK),
        *(_ANSWER, _REJECT, _NOTHING, _MUTE),
    ),
    Situation.ASKING: (
        *(_HANG_UP_LONG, _BACK, _JOIN),
        *(_BACK, _HANG_UP, _NOTHING, _MUTE),
    ),
    Situation.ASKING_RINGING: (
        *(_ANSWER, _REJECT_LONG, _JOIN),
        *(_ANSWER, _REJECT, _NOTHING, _MUTE),
    ),
    Situation.ENQUIRY: (
        *(_HANG_UP_LONG, _SWAP_HOLD, _JOIN),
        *(Cell(Meaning.SWAP), _NOTHING, _NOTHING, _MUTE),
    ),
    Situation.ENQUIRY_RINGING: (
        *(_ANSWER, _SWAP_REJECT, _JOIN),
        *(_ANSWER, _REJECT, _NOTHING, _MUTE),
    ),
    Situation.HELD: (_RESUME, _RESUME, _RETRIEVE, _RESUME, _NOTHING, _RESUME, _NOTHING),
    Situation.HELD_RINGING: (
        *(_ANSWER, Cell(Meaning.RESUME, Meaning.REJECT), _RETRIEVE),
        *(_ANSWER, _REJECT, _ANSWER, _NOTHING),
    ),
}
_CALLS_WHEN_IDLE = {
    Key.REDIAL: Cell(Meaning.REDIAL),
    Key.VOICE_MAIL: Cell(Meaning.MAILBOX),
    Key.SPEED_DIAL: Cell(Meaning.SPEED_DIAL),
}
TABLE: dict[tuple[Situation, Key], Cell] = {
    (row, key): cell for row, cells in _ROWS.items() for key, cell in zip(_COLUMNS, cells, strict=True)
} | {
    (row, key): cell if row is Situation.IDLE else _NOTHING
    for row in Situation
    for key, cell in _CALLS_WHEN_IDLE.items()
}


def hook_lifted(at: Situation, elsewhere: bool) -> Meaning:
    """Return what lifting a hook switch means; `elsewhere`: at a device that has not got the audio."""
    if not elsewhere:
        return TABLE[at, Key.HOOK].short
    answer = TABLE[at, Key.ANSWER].short
    return Meaning.TAKE if answer is Meaning.NOTHING and _active(at) else answer


def hook_replaced(at: Situation) -> Meaning:
    """Return what hanging up the device that has the audio means: the last column of the table."""
    if at is Situation.TYPED:
        return Meaning.CLEAR
    return Meaning.HANG_UP if _active(at) else Meaning.NOTHING


def _active(at: Situation) -> bool:
    """Return whether a call is active, which is where the microphone can be muted."""
    return TABLE[at, Key.MUTE] is _MUTE
