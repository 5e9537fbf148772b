"""States of a desk to show: the same document that the daemon sends."""

from __future__ import annotations

import time
from typing import Any

Json = dict[str, Any]


def call(number: str, name: str = "", state: str = "ringing", age: float = 5.0, **more: Any) -> Json:
    """One call, in its state for `age` seconds."""
    since = time.monotonic() - age
    return {
        "direction": "in",
        "number": number,
        "name": name,
        "called": "200",
        "state": state,
        "arrived": since,
        "since": since,
        "target": "",
        "alert": False,
        "note": "",
    } | more


def orbit(number: str = "", name: str = "", age: float = 30.0) -> Json:
    """A park orbit: free without a number."""
    state = "taken" if number else "free"
    since = time.monotonic() - age if number else 0.0
    return {"state": state, "number": number, "name": name, "since": since, "reason": ""}


def extension(name: str, state: str = "available", **more: Any) -> Json:
    """A monitored extension."""
    since = time.monotonic() - 42
    return {
        "name": name,
        "state": state,
        "party_number": "",
        "party_name": "",
        "since": since,
        "reason": "",
    } | more


def lamp(pattern: str = "off", colour: str = "#ffffff") -> Json:
    """A lamp."""
    return {"pattern": pattern, "colour": colour}


def device(kind: str, name: str, keys: list[str], lamps: dict[str, Json], **more: Any) -> Json:
    """A real device that works."""
    return {
        "kind": kind,
        "name": name,
        "state": "online",
        "reason": "",
        "simulated": False,
        "audio": kind == "headset",
        "keys": keys,
        "lamps": lamps,
    } | more


def simulated() -> Json:
    """The simulated desk, at rest."""
    return {
        "sim-headset": device(
            "headset",
            "Simulated headset",
            ["flash", "hook", "mute", "reject"],
            {name: lamp() for name in ("hold", "mute", "off_hook", "ring")},
            simulated=True,
            lifted=False,
        ),
        "sim-light": device(
            "light", "Simulated busy light", [], {"status": lamp("on", "#00ff00")}, simulated=True
        ),
        "sim-buttons": device(
            "buttons",
            "Simulated buttons",
            ["answer", "hold", "park"],
            {name: lamp() for name in ("answer", "hold", "park")},
            simulated=True,
        ),
    }


def idle() -> Json:
    """A registered desk with nothing to do and nothing set up."""
    return {
        "desk": {"name": "Reception", "number": "200", "version": "0.1.0"},
        "registration": {"state": "registered", "code": 200, "reason": ""},
        "calls": {},
        "orbits": {},
        "extensions": {},
        "devices": {},
        "audio": "",
        "muted": False,
        "notice": "",
    }


def morning() -> Json:
    """A busy morning: one call of every kind, people in every state, devices real and simulated."""
    devices = simulated()
    devices["sim-headset"]["lamps"]["off_hook"] = lamp("on")
    devices["sim-headset"]["lamps"]["ring"] = lamp("blink")
    devices["sim-headset"]["lifted"] = True
    devices["sim-light"]["lamps"]["status"] = lamp("blink", "#ff8c00")
    devices["sim-buttons"]["lamps"] = {"answer": lamp("fast"), "hold": lamp("blink"), "park": lamp("on")}
    devices["1050:0d"] = device("light", "Luxafor Flag", [], {"status": lamp("on", "#ff0000")})
    devices["0b0e:24"] = device(
        "headset",
        "Jabra Link 380",
        ["hook", "mute"],
        {},
        state="denied",
        reason="no permission for /dev/hidraw2: install the udev rules of Deskbell",
    )
    return idle() | {
        "calls": {
            "c1": call("1001", "Ada Lovelace", "answered", 73, called="200"),
            "c2": call("+49 30 1234567", "", "ringing", 9),
            "c3": call("+44 20 7946 0018", "Katherine Johnson", "ringing", 4, called="201"),
            "c4": call("1003", "Grace Hopper", "held", 21),
            "c5": call("+33 1 70 18 99 00", "Sophie Germain", "held", 151, alert=True),
        },
        "orbits": {
            "701": orbit("1009", "Emmy Noether", 48),
            "702": orbit(),
            "703": orbit(),
            "704": orbit("+39 06 698", "", 133),
        },
        "extensions": {
            "1001": extension("Ada Lovelace", "busy", party_number="200", party_name="Reception"),
            "1002": extension("Alan Turing"),
            "1003": extension("Grace Hopper", "held", party_number="200", party_name="Reception"),
            "1004": extension("Hedy Lamarr", "ringing", party_number="1007"),
            "1005": extension("Edsger Dijkstra"),
            "1006": extension("Barbara Liskov", "busy"),
            "1007": extension("Donald Knuth", "busy", party_number="1004"),
            "1008": extension("Workshop", "unknown", reason="404 Not Found"),
            "1009": extension("Emmy Noether"),
            "1010": extension("Radia Perlman"),
        },
        "devices": devices,
        "audio": "sim-headset",
    }


def full_house() -> Json:
    """As much as a desk can show, with the longest words: nothing may break out of its box."""
    longest = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh, Department of Unreasonably Long Names"
    number = "+4930123456789012345678901234567890"
    states_ = ("available", "ringing", "busy", "held", "unknown")
    many = {str(1000 + n): extension(f"Person {n}", states_[n % 5], reason="") for n in range(48)}
    return morning() | {
        "desk": {"name": longest, "number": number, "version": "0.1.0"},
        "registration": {"state": "failed", "code": 503, "reason": f"503 Service Unavailable {longest}"},
        "calls": {
            "c1": call(number, longest, "answered", 36_000, called=number, note=f"back from {number}"),
            "c2": call(number, longest, "ringing", 9, called=number),
            "c3": call(number, "", "ringing", 8),
            "c4": call(number, longest, "held", 7300, alert=True),
            "c5": call(number, longest, "transferring", 3, target=number),
        },
        "orbits": {str(700 + n): orbit(number, longest) if n % 2 else orbit() for n in range(10)},
        "extensions": many
        | {
            "1": extension(longest, "busy", party_name=longest),
            number: extension(longest, "unknown", reason=longest),
        },
        "notice": longest,
    }
