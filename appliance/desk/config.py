"""How one desk is set up, as a value: what the daemon makes of the settings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from appliance.desk.keys import LONG_PRESS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.desk.state import Party
    from appliance.desk.words import Bound

ParkDialect = Literal["orbit", "code", "announced"]
Follows = Literal["ringing", "talking", ""]

_NUMBER = re.compile(r"\+?[0-9A-Za-z*#._-]{1,64}")
_SEPARATORS = re.compile(r"[\s()/]+")


def dialable(number: str) -> str:
    """Return the number without what people write between digits; ValueError says why it is none."""
    bare = _SEPARATORS.sub("", number)
    if not _NUMBER.fullmatch(bare):
        raise ValueError(f"{number!r} is not a number that can be dialled")
    return bare


def unnamed(party: Party) -> Party:
    """Return the party as it is: a desk without a directory."""
    return party


@dataclass(frozen=True, slots=True)
class Button:
    """What a button with a name of its own asks for; None: nothing."""

    press: Bound | None = None
    long: Bound | None = None
    double: Bound | None = None


@dataclass(frozen=True, slots=True)
class Relay:
    """A relay: for how many seconds it is closed when asked for, and which state of the desk closes it.

    One that follows the desk is closed for `longest` at most.
    """

    seconds: float = 3.0
    follows: Follows = ""
    longest: float = 10.0


@dataclass(frozen=True, slots=True)
class DeskConfig:
    """All that can be set of a desk. Times are seconds, 0 is never; an empty number is none.

    - `dial` turns what a person typed into what the exchange is asked to dial, and raises ValueError with
      a reason that the person is shown. Numbers and codes that stand here are dialled as they are.
    - `name` gives a party the name that the directory has for its number, if it has one.
    - `numbers` are the desk's own; `lines` are (id, number); `extensions` are (number, name).
    - `park_dialect` is how this exchange parks: "orbit", by transfer to the orbit's number; "code", to
      `park_prefix` and that number; "announced", to `park_extension`, and the exchange chooses the orbit.
    - `max_incoming` calls may wait; who comes then goes to `overflow`, or hears busy. `auto_answer` works
      while no call is active; `auto_hold` lets a waiting caller hear music; who waits for `divert_after`
      goes to `divert_to`, or is refused.
    - `pickup_code` stands before the extension whose call is taken; `conference_size` is the most parties
      besides the operator, and `conference_room` a meeting room of the exchange where more than two go
      on without the operator. The codes of do-not-disturb and call-forward tell the exchange of it.
    - `buttons` and `relays` go by their names. A button that is down for `long_press` is pressed for long;
      one that is pressed again within `double_press` is pressed twice.
    """

    dial: Callable[[str], str] = dialable
    name: Callable[[Party], Party] = unnamed
    numbers: tuple[str, ...] = ()
    lines: tuple[tuple[str, str], ...] = (("", ""),)
    extensions: tuple[tuple[str, str], ...] = ()
    speed_dials: tuple[tuple[str, str], ...] = ()  # (key, number)
    voicemail_number: str = ""

    orbits: tuple[str, ...] = ()
    park_dialect: ParkDialect = "orbit"
    park_prefix: str = ""
    park_extension: str = ""

    max_incoming: int = 0
    overflow: str = ""
    auto_answer: float = 0.0
    auto_hold: float = 0.0
    divert_after: float = 0.0
    divert_to: str = ""

    hold_alert: float = 120.0
    transfer_patience: float = 30.0
    camp_on: bool = True  # a transfer to a busy extension camps
    camp_patience: float = 180.0
    conference_size: int = 6
    conference_room: str = ""
    pickup_code: str = "**"

    dnd_divert_to: str = ""
    dnd_on_code: str = ""
    dnd_off_code: str = ""
    forward_on_code: str = ""  # the number is dialled behind it
    forward_off_code: str = ""
    away_after: float = 0.0

    buttons: Mapping[str, Button] = field(default_factory=dict)
    relays: Mapping[str, Relay] = field(default_factory=dict)
    long_press: float = LONG_PRESS
    double_press: float = 0.35
