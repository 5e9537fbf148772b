"""The control protocol: one JSON object a line over a UNIX stream socket.

A client sends requests and gets one reply to each, by its `id`:

    → {"id": 1, "ask": "transfer", "target": "1001"}
    ← {"id": 1, "ok": true}
    ← {"id": 1, "ok": false, "error": "no call is active"}

After `watch` the daemon sends the whole state once, then what changes, as JSON merge patches
(RFC 7396: null removes a member), each with `now`, the clock that every time in the state is read on:

    ← {"state": {...}, "now": 812.4}
    ← {"change": {"calls": {"c1": {"state": "held"}}}, "now": 813.0}

After `meter` it sends how loud calls are, ten times a second while there are any; in dB of full scale and ms,
see `appliance.sip.meter.Levels`:

    ← {"levels": {"microphone": -24.5, "speaker": -72.0, "delay": 40, "test": "", "fault": ""}}
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from typing import Any, get_args

from appliance.desk import events

MAX_LINE = 65_536  # bytes; a request is far shorter, so a longer one is not ours


class ControlError(ConnectionError):
    """The daemon cannot be reached, or does not speak as it should."""


class ProtocolError(ControlError, ValueError):
    """A line that is not a valid message; the text names the member and what is wrong."""


class Refused(ControlError):
    """The daemon understood, and said no; the text is its reason."""


@dataclass(frozen=True, slots=True)
class Status:
    """Send the whole state once, as the reply's `result`."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Send the whole state now and every change from now on."""


@dataclass(frozen=True, slots=True)
class Meter:
    """Send how loud the operator's microphone and speaker are, from now on."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Show a sign of life: the reply."""


@dataclass(frozen=True, slots=True)
class Reload:
    """Take the settings as the file says now; what needs a new start waits until no call is there."""


@dataclass(frozen=True, slots=True)
class Restart:
    """Leave when no call is there, to be started anew."""


@dataclass(frozen=True, slots=True)
class Press:
    """Press a key of a simulated device (lift its hook switch)."""

    device: str
    key: str


@dataclass(frozen=True, slots=True)
class Release:
    """Let go of a key of a simulated device (replace its hook switch)."""

    device: str
    key: str


@dataclass(frozen=True, slots=True)
class Unplug:
    """Pull the cable of a simulated device."""

    device: str


@dataclass(frozen=True, slots=True)
class Plug:
    """Put the cable of a simulated device back."""

    device: str


@dataclass(frozen=True, slots=True)
class TestLamp:
    """Light one lamp of a device for a moment, while nobody calls.

    `colour` says how, as the settings say it of a busy light ("#00c800", "red blink"); "": on, in white.
    """

    __test__ = False  # pytest is not meant

    device: str
    lamp: str
    colour: str = ""


@dataclass(frozen=True, slots=True)
class TestRing:
    """Let a device that rings be heard for a moment, as for a colleague's call or another's."""

    __test__ = False

    device: str
    internal: bool = False


@dataclass(frozen=True, slots=True)
class TestSound:
    """Measure a device's microphone for 15 s, while nobody calls; a call ends it.

    `echo`: record for 3 s instead, and play that back through the same device. Who gets the levels (`meter`)
    is told what it is about (`test`: speak, listen) and why the sound card cannot be used (`fault`).
    """

    __test__ = False

    device: str
    echo: bool = False


@dataclass(frozen=True, slots=True)
class EndSoundTest:
    """End that."""


@dataclass(frozen=True, slots=True)
class SetLevels:
    """Make a device louder or softer, from 0 to 1; below 0: as it is."""

    device: str
    speaker: float = -1.0
    microphone: float = -1.0


@dataclass(frozen=True, slots=True)
class SetTrace:
    """Have an area write more or less into the log: debug, info, warning or error; until a restart."""

    area: str
    level: str


@dataclass(frozen=True, slots=True)
class LogLines:
    """Tell the last lines of the log: those after the one with this number."""

    after: int = 0


@dataclass(frozen=True, slots=True)
class KeepSip:
    """Have SIP messages kept: off, calls (those of calls), all (of registration and monitoring as well)."""

    what: str


@dataclass(frozen=True, slots=True)
class SipCalls:
    """Tell whose SIP messages are kept."""


@dataclass(frozen=True, slots=True)
class SipMessages:
    """Tell the SIP messages of one call, by its Call-ID."""

    call: str


Ask = (
    events.Command
    | Status
    | Watch
    | Meter
    | Ping
    | Reload
    | Restart
    | Press
    | Release
    | Unplug
    | Plug
    | TestLamp
    | TestRing
    | TestSound
    | EndSoundTest
    | SetLevels
    | SetTrace
    | LogLines
    | KeepSip
    | SipCalls
    | SipMessages
)


def name_of(ask: type) -> str:
    """Return the name on the wire: HangUp is `hang_up`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", ask.__name__).lower()


KINDS = {"str": str, "bool": bool, "float": float, "int": int}
ASKS: dict[str, type[Ask]] = {name_of(ask): ask for ask in get_args(Ask)}


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks, and the number it wants to see on the reply."""

    id: int
    ask: Ask


def encode(message: dict[str, Any]) -> bytes:
    """Return the message as one line."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode(errors="replace") + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """Return the object in a line; raise ProtocolError for anything else."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"not a JSON object: {error}") from None
    if not isinstance(message, dict):
        raise ProtocolError("not a JSON object")
    return message


def encode_request(request: Request) -> bytes:
    """Return the line that `decode_request` reads."""
    members = {field.name: getattr(request.ask, field.name) for field in fields(request.ask)}
    return encode({"id": request.id, "ask": name_of(type(request.ask)), **members})


def decode_request(line: bytes) -> Request:
    """Read a request; raise ProtocolError naming the member that is wrong."""
    message = decode(line)
    number, name = message.pop("id", None), message.pop("ask", None)
    if not isinstance(number, int) or isinstance(number, bool):
        raise ProtocolError("id: a whole number is needed")
    ask = ASKS.get(name) if isinstance(name, str) else None
    if ask is None:
        raise ProtocolError(f"ask: {name!r} is not known; known are {', '.join(sorted(ASKS))}")
    kinds = {field.name: KINDS[str(field.type)] for field in fields(ask)}
    for member, value in message.items():
        if member not in kinds:
            raise ProtocolError(f"{member}: not a member of {name}")
        if kinds[member] is float and type(value) is int:
            value = message[member] = float(value)
        if not isinstance(value, kinds[member]):
            raise ProtocolError(f"{member}: {kinds[member].__name__} is needed, not {value!r}")
    try:
        return Request(number, ask(**message))
    except TypeError:
        missing = [member for member in kinds if member not in message]
        raise ProtocolError(f"{name} needs {', '.join(missing)}") from None


def merge_patch(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Return the RFC 7396 patch that turns `old` into `new`; neither may contain null."""
    patch: dict[str, Any] = dict.fromkeys(old.keys() - new.keys())
    for member, value in new.items():
        before = old.get(member)
        if value is before:
            continue
        if isinstance(value, dict) and isinstance(before, dict):
            if inner := merge_patch(before, value):
                patch[member] = inner
        elif member not in old or before != value:
            patch[member] = value
    return patch


def apply_patch(old: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Return `old` changed by an RFC 7396 patch."""
    new = dict(old)
    for member, value in patch.items():
        if value is None:
            new.pop(member, None)
        elif isinstance(value, dict):
            before = new.get(member)
            new[member] = apply_patch(before if isinstance(before, dict) else {}, value)
        else:
            new[member] = value
    return new
