"""What a person can ask of the desk, in words: on the command line, and in the settings behind a button."""

from __future__ import annotations

import difflib
from dataclasses import MISSING, fields
from enum import StrEnum
from typing import Any

from appliance.desk import events

COMMANDS: dict[str, type[events.Command]] = {
    "answer": events.Answer,
    "reject": events.Reject,
    "divert": events.Divert,
    "hold": events.Hold,
    "resume": events.Resume,
    "park": events.Park,
    "retrieve": events.Retrieve,
    "transfer": events.Transfer,
    "consult": events.Consult,
    "complete": events.Complete,
    "back": events.ComeBack,
    "camp": events.Camp,
    "uncamp": events.Uncamp,
    "confer": events.Confer,
    "leave": events.Leave,
    "mute-party": events.MuteParty,
    "mute": events.Mute,
    "pickup": events.Pickup,
    "dial": events.Dial,
    "redial": events.Redial,
    "speed-dial": events.SpeedDial,
    "mailbox": events.CallMailbox,
    "digits": events.SendDigits,
    "hangup": events.HangUp,
    "dnd": events.SetDnd,
    "forward": events.SetForward,
    "seen": events.MarkSeen,
    "message": events.SendMessage,
    "read": events.ReadMessages,
    "relay": events.SwitchRelay,
}


class Toggle(StrEnum):
    """What a button switches on and off in turn."""

    DND = "dnd"
    MUTE = "mute"


Bound = events.Command | Toggle


def bound(text: str) -> Bound:
    """Return what a button asks for: a command and what it needs, as in `speed-dial 1` or `dnd`.

    A call is never named, as the one that is meant is another each time. Raises ValueError with the fix.
    """
    word, _, rest = text.strip().partition(" ")
    ask = COMMANDS.get(word)
    if ask is None or word == "mute-party":
        close = difflib.get_close_matches(word, COMMANDS, 1)
        known = f"did you mean {close[0]}?" if close else f"known are {', '.join(COMMANDS)}"
        raise ValueError(f"{word!r} is nothing that a button can ask for; {known}")
    if not rest and word in list(Toggle):
        return Toggle(word)
    needs = [field for field in fields(ask) if field.name not in ("call", "line")]
    said = rest.split(maxsplit=len(needs) - 1) if needs else rest.split()
    names = [field.name.upper() for field in needs if field.default is MISSING]
    if len(said) > len(needs) or any(field.default is MISSING for field in needs[len(said) :]):
        raise ValueError(f"write {' '.join([word, *names])}")
    values: dict[str, Any] = {}
    for field, value in zip(needs, said, strict=False):
        if field.type == "bool" and value not in ("on", "off"):
            raise ValueError(f"write {word}, {word} on or {word} off")
        values[field.name] = value == "on" if field.type == "bool" else value
    return ask(**values)
