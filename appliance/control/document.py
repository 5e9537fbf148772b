"""The state as clients see it: one JSON object made of the desk's snapshot and the devices.

Collections are objects keyed by id, and nothing is null, so that a change is an RFC 7396 merge patch.
Times are seconds on the daemon's monotonic clock, sent with each message as `now`.
"""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from appliance.desk.state import Call, Extension, Line, Message, Orbit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from appliance.desk.state import Party, Registration, Snapshot
    from appliance.store.health import Trouble
    from drivers.audio.levels import Levels
    from drivers.base import Device, LampState

try:
    VERSION = version("deskbell")
except PackageNotFoundError:
    VERSION = "0"

Json = dict[str, Any]
NONE: Mapping[str, Any] = MappingProxyType({})
Item = TypeVar("Item")


class Section(Generic[Item]):
    """One collection of the state. What has not changed since the last time is the very same JSON again.

    So a change costs what has changed, not what there is.
    """

    def __init__(
        self,
        key: Callable[[Item], str],
        form: Callable[[Item], Json],
        listed: Callable[[Item], bool] = lambda _: True,
    ) -> None:
        """`key` gives an item's id, `form` its JSON; `listed` says which are told of."""
        self._key, self._form, self._listed = key, form, listed
        self._items: tuple[Item, ...] = ()
        self._json: Json = {}
        self._made: dict[str, tuple[Item, Json]] = {}

    def __call__(self, items: tuple[Item, ...]) -> Json:
        """Return the collection as an object keyed by id."""
        if items is not self._items:
            made = {}
            for item in filter(self._listed, items):
                key = self._key(item)
                known = self._made.get(key)
                made[key] = known if known and known[0] is item else (item, self._form(item))
            self._items, self._made = items, made
            self._json = {key: form for key, (_, form) in made.items()}
        return self._json


class Document:
    """The whole state of one desk, time after time; `name` and `number` are the desk's own."""

    def __init__(self, name: str, number: str) -> None:
        """Nothing is known yet."""
        self._desk = {"name": name, "number": number, "version": VERSION}
        self._lines = Section[Line](lambda line: line.id or "main", _line)
        self._calls = Section[Call](_id, _call)
        self._released = Section[Call](_id, _call, lambda call: call.shown)
        self._orbits = Section[Orbit](lambda orbit: orbit.number, _orbit)
        self._extensions = Section[Extension](lambda extension: extension.number, _extension)
        self._messages = Section[Message](_id, _message)

    def rename(self, name: str) -> None:
        """Have the desk go by another name."""
        self._desk = {**self._desk, "name": name}

    def __call__(
        self,
        desk: Snapshot,
        devices: Iterable[Device],
        presses: Mapping[str, Mapping[str, int]] = NONE,
        levels: Mapping[str, Levels] = NONE,
        record: Callable[[str], int] = lambda _: 0,
        troubles: Iterable[Trouble] = (),
        diagnostics: Mapping[str, Any] = NONE,
        leaving: bool = False,
        safe: bool = False,
    ) -> Json:
        """Return the state; it must not be changed.

        `presses` is how often each device's keys went down, `levels` how loud those with a sound card are,
        `record` the id of a call's record in the history, `troubles` what a person should see to,
        `diagnostics` what is kept to look into them, `leaving` whether the desk starts anew after the calls,
        `safe` whether it runs without its devices, as it had failed with them.
        """
        lifted = {device.id for device in desk.devices if device.lifted}
        return {
            "desk": self._desk,
            "speed_dials": dict(desk.speed_dials),
            "registration": _registration(desk.registration),
            "lines": self._lines(desk.lines),
            "calls": self._calls(desk.calls),
            "released": self._released(desk.released),
            "orbits": self._orbits(desk.orbits),
            "extensions": self._extensions(desk.extensions),
            "devices": {
                device.id: {
                    **described(device, device.id in lifted),
                    "presses": presses.get(device.id, {}),
                    "levels": _levels(levels.get(device.id)),
                }
                for device in devices
            },
            "audio": desk.audio,
            "owner": desk.owner,
            "typed": desk.typed.number,
            "muted": desk.muted,
            "notice": desk.notice,
            "dnd": desk.dnd,
            "forward": desk.forward,
            "away": desk.away,
            "touched": desk.touched,
            "voicemail": {"new": desk.voicemail.new, "old": desk.voicemail.old},
            "counters": {
                "missed": desk.counters.missed,
                "incoming": desk.counters.incoming,
                "outgoing": desk.counters.outgoing,
            },
            "messages": self._messages(desk.messages),
            "records": {call.id: record(call.id) for call in (*desk.calls, *desk.released) if call.shown},
            "troubles": {one.id: {"what": one.what, "fix": one.fix, "since": one.since} for one in troubles},
            "diagnostics": dict(diagnostics),
            "leaving": leaving,
            "safe": safe,
        }


def _id(item: Call | Message) -> str:
    return item.id


def _registration(registration: Registration) -> Json:
    return {"state": registration.state, "code": registration.code, "reason": registration.reason}


def _line(line: Line) -> Json:
    return {"number": line.number, **_registration(line.registration)}


def _party(party: Party) -> Json:
    return {"number": party.number, "name": party.name, "withheld": party.withheld, "person": party.person}


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
        "origin": call.origin,
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


def described(device: Device, lifted: bool = False) -> Json:
    """Return what a device is, has and shows."""
    return {
        "kind": device.kind,
        "name": device.name,
        "state": device.state,
        "reason": device.reason,
        "simulated": device.simulated,
        "audio": device.kind.speaks,
        "lifted": lifted,
        "card": device.audio,
        "maker": device.maker,
        "usb": device.usb,
        "driver": device.driver,
        "palette": device.palette if "status" in device.lamps else "",
        "rings": device.rings,
        "relays": sorted(device.relays),
        "keys": sorted(device.keys),
        "has_lamps": sorted(device.lamps),
        "lamps": {lamp: _lamp(device.shown[lamp]) for lamp in sorted(device.shown)},
    }


def _levels(levels: Levels | None) -> Json:
    """Return the levels that are known, from 0 to 1, in steps that can be told apart."""
    return (
        {name: round(value, 2) for name, value in asdict(levels).items() if value is not None}
        if levels
        else {}
    )


def _lamp(lamp: LampState) -> Json:
    return {"pattern": lamp.pattern, "colour": "#{:02x}{:02x}{:02x}".format(*lamp.colour)}
