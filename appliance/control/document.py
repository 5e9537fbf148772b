"""The state as clients see it: one JSON object made of the desk's snapshot and the devices.

Collections are objects keyed by id, and nothing is null, so that a change is an RFC 7396 merge patch.
Times are seconds on the daemon's monotonic clock, sent with each message as `now`.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.desk.state import (
        Call,
        Extension,
        Line,
        Message,
        Orbit,
        Party,
        Registration,
        Snapshot,
    )
    from drivers.base import Device, LampState

try:
    VERSION = version("deskbell")
except PackageNotFoundError:
    VERSION = "0"

Json = dict[str, Any]


def document(desk: Snapshot, devices: Iterable[Device], name: str, number: str) -> Json:
    """Return the whole state; `name` and `number` are the desk's own."""
    lifted = {device.id for device in desk.devices if device.lifted}
    return {
        "desk": {"name": name, "number": number, "version": VERSION},
        "registration": _registration(desk.registration),
        "lines": {line.id or "main": _line(line) for line in desk.lines},
        "calls": {call.id: _call(call) for call in desk.calls},
        "released": {call.id: _call(call) for call in desk.released},
        "orbits": {orbit.number: _orbit(orbit) for orbit in desk.orbits},
        "extensions": {extension.number: _extension(extension) for extension in desk.extensions},
        "devices": {device.id: _device(device, device.id in lifted) for device in devices},
        "audio": desk.audio,
        "muted": desk.muted,
        "notice": desk.notice,
        "dnd": desk.dnd,
        "forward": desk.forward,
        "away": desk.away,
        "voicemail": {"new": desk.voicemail.new, "old": desk.voicemail.old},
        "counters": {
            "missed": desk.counters.missed,
            "incoming": desk.counters.incoming,
            "outgoing": desk.counters.outgoing,
        },
        "messages": {message.id: _message(message) for message in desk.messages},
    }


def _registration(registration: Registration) -> Json:
    return {"state": registration.state, "code": registration.code, "reason": registration.reason}


def _line(line: Line) -> Json:
    return {"number": line.number, **_registration(line.registration)}


def _party(party: Party) -> Json:
    return {"number": party.number, "name": party.name, "withheld": party.withheld}


def _call(call: Call) -> Json:
    return {
        "direction": call.direction,
        **_party(call.party),
        "called": call.called,
        "state": call.state,
        "arrived": call.arrived,
        "since": call.since,
        "target": call.target,
        "alert": call.alert,
        "note": call.note,
        "line": call.line,
        "answered": call.answered,
        "diverted_number": call.diverted_by.number,
        "diverted_name": call.diverted_by.name,
        "returned": call.returned,
        "internal": call.internal,
        "consults": call.consults,
        "member": call.member,
        "muted": call.muted,
        "outcome": call.outcome or "",
        "code": call.code,
        "seen": call.seen,
    }


def _orbit(orbit: Orbit) -> Json:
    return {
        "state": orbit.state,
        **_party(orbit.party),
        "since": orbit.since,
        "by": orbit.by,
        "reason": orbit.reason,
    }


def _message(message: Message) -> Json:
    return {
        "direction": message.direction,
        **_party(message.party),
        "text": message.text,
        "state": message.state,
        "at": message.at,
        "reason": message.reason,
        "seen": message.seen,
    }


def _extension(extension: Extension) -> Json:
    return {
        "name": extension.name,
        "state": extension.state,
        "party_number": extension.party.number,
        "party_name": extension.party.name,
        "since": extension.since,
        "reason": extension.reason,
    }


def _device(device: Device, lifted: bool) -> Json:
    return {
        "kind": device.kind,
        "name": device.name,
        "state": device.state,
        "reason": device.reason,
        "simulated": device.simulated,
        "audio": device.kind.speaks,
        "lifted": lifted,
        "keys": sorted(device.keys),
        "lamps": {lamp: _lamp(device.shown[lamp]) for lamp in sorted(device.shown)},
    }


def _lamp(lamp: LampState) -> Json:
    return {"pattern": lamp.pattern, "colour": "#{:02x}{:02x}{:02x}".format(*lamp.colour)}
