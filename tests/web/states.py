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
        "withheld": False,
        "line": "",
        "answered": 0.0 if state == "ringing" else since,
        "diverted_number": "",
        "diverted_name": "",
        "returned": "",
        "origin": "",
        "internal": False,
        "consults": "",
        "member": False,
        "muted": False,
        "outcome": "",
        "code": 0,
        "seen": True,
    } | more


def released(number: str, outcome: str, name: str = "", age: float = 600.0, **more: Any) -> Json:
    """A call that was over `age` seconds ago; an answered one lasted a minute and a half."""
    over = call(number, name, "released", age, outcome=outcome)
    lasted = 90.0 if outcome in ("answered", "transferred", "parked") else 0.0
    begun = over["since"] - lasted
    return over | {"arrived": begun - 8, "answered": begun if lasted else 0.0} | more


def message(number: str, text: str, age: float = 60.0, **more: Any) -> Json:
    """A text message that came in `age` seconds ago and was read."""
    return {
        "direction": "in",
        "number": number,
        "name": "",
        "withheld": False,
        "text": text,
        "state": "received",
        "at": time.monotonic() - age,
        "reason": "",
        "seen": True,
    } | more


def line(number: str, state: str = "registered", code: int = 200, reason: str = "") -> Json:
    """An account at an exchange."""
    return {"number": number, "state": state, "code": code, "reason": reason}


def orbit(number: str = "", name: str = "", age: float = 30.0, **more: Any) -> Json:
    """A park orbit: free without a number."""
    state = "taken" if number else "free"
    since = time.monotonic() - age if number else 0.0
    known = {"number": number, "name": name, "withheld": False, "by": ""}
    return {"state": state, **known, "since": since, "reason": ""} | more


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
        "lifted": False,
        "card": "hw:CARD=Link,DEV=0" if kind == "headset" else "",
        "maker": "",
        "usb": "",
        "driver": "",
        "palette": "any" if kind == "light" else "",
        "rings": False,
        "relays": [],
        "keys": keys,
        "has_lamps": sorted(lamps),
        "lamps": lamps,
        "presses": {},
        "levels": {},
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
        "speed_dials": {},
        "registration": {"state": "registered", "code": 200, "reason": ""},
        "lines": {"main": line("200")},
        "calls": {},
        "released": {},
        "orbits": {},
        "extensions": {},
        "devices": {},
        "audio": "",
        "owner": "",
        "typed": "",
        "muted": False,
        "notice": "",
        "dnd": False,
        "forward": "",
        "away": False,
        "touched": False,
        "voicemail": {"new": 0, "old": 0},
        "counters": {"missed": 0, "incoming": 0, "outgoing": 0},
        "messages": {},
        "records": {},
        "troubles": {},
        "diagnostics": {
            "levels": dict.fromkeys(("line", "calls", "devices", "directory", "store", "control"), "info"),
            "sip": "calls",
            "link": {"verdict": "good", "asked": 20, "latency": 3, "longest": 9, "jitter": 1, "loss": 0},
        },
        "leaving": False,
        "safe": False,
    }


def recent() -> Json:
    """The last calls: one of each outcome, two missed ones that nobody has looked at."""
    return {
        "r1": released("+49 30 5550134", "missed", "Müller Bakery", 130, seen=False),
        "r2": released("", "missed", "", 700, withheld=True, seen=False),
        "r3": released("1002", "unanswered", "Alan Turing", 900, direction="out"),
        "r4": released("+44 20 7946 0018", "transferred", "Katherine Johnson", 1500),
        "r5": released("1009", "parked", "Emmy Noether", 2400, internal=True),
        "r6": released("+1 212 555 0142", "elsewhere", "", 3000),
        "r7": released("+33 1 70 18 99 00", "answered", "Sophie Germain", 4000),
        "r8": released("+49 89 12345", "rejected", "", 5000),
        "r9": released("+49 89 99999", "diverted", "", 6000),
        "r10": released("+39 199 12345", "screened", "", 7000, note="blocked: matches +39 199*"),
    }


def talk() -> Json:
    """Messages with three people, in three scripts, of every fate."""
    return {
        "m1": message("1002", "Your taxi is here.", 900),
        "m2": message("1002", "Coming down, thanks!", 840, direction="out", state="delivered"),
        "m3": message("1006", "会議室は空いていますか?", 300, seen=False),
        "m4": message(
            "1008",
            "Please call Mrs Germain back.",
            200,
            direction="out",
            state="failed",
            reason="480 Temporarily Unavailable",
        ),
        "m5": message("1006", "مرحبا، وصل الضيف", 120, seen=False),
        "m6": message("1009", "Is it urgent?", 30, direction="out", state="sending"),
    }


def consultation() -> Json:
    """A caller on hold is being announced to a colleague, and another came back from where he was parked."""
    return morning() | {
        "calls": {
            "c1": call("+49 30 5550134", "Müller Bakery", "held", 26),
            "c2": call("1002", "Alan Turing", "answered", 12, direction="out", called="1002", consults="c1"),
            "c3": call(
                "+39 06 698", "Laura Bassi", "ringing", 5, returned="park", note="parked in 704 for too long"
            ),
            "c4": call("1003", "Grace Hopper", "transferring", 3, target="1010"),
        },
        "lines": {"main": line("200"), "hotel": line("300", "failed", 403, "403 Forbidden: wrong password")},
        "dnd": True,
        "away": True,
    }


def conference() -> Json:
    """Three talk with the operator, one of them muted, another is on hold."""
    return morning() | {
        "calls": {
            "c1": call("+49 30 5550134", "Müller Bakery", "conference", 95, member=True),
            "c2": call("1002", "Alan Turing", "conference", 60, member=True, muted=True, direction="out"),
            "c3": call("1010", "Radia Perlman", "conference", 20, member=True, internal=True),
            "c4": call("1003", "Grace Hopper", "held", 30, internal=True),
        },
        "forward": "1009",
        "muted": True,
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
            "c1": call("1001", "Ada Lovelace", "answered", 73, called="200", internal=True),
            "c2": call("", "", "ringing", 9, withheld=True),
            "c3": call(
                "+44 20 7946 0018",
                "Katherine Johnson",
                "ringing",
                4,
                called="201",
                diverted_name="Alan Turing",
            ),
            "c4": call("1003", "Grace Hopper", "held", 21, internal=True),
            "c5": call("+33 1 70 18 99 00", "Sophie Germain", "held", 151, alert=True),
            "c6": call("+39 06 698", "Laura Bassi", "camped", 38, target="1006"),
        },
        "released": recent(),
        "messages": talk(),
        "voicemail": {"new": 2, "old": 5},
        "counters": {"missed": 2, "incoming": 14, "outgoing": 9},
        "orbits": {
            "701": orbit("1009", "Emmy Noether", 48, by="Reception"),
            "702": orbit(),
            "703": orbit(),
            "704": orbit("+39 06 698", "", 133),
            "705": orbit(state="unknown", reason="404 Not Found"),
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
            "1011": extension("Lise Meitner", "dnd"),
            "1012": extension("Max Planck", "away"),
            "1013": extension("Mary Jackson", "conference"),
        },
        "devices": devices,
        "audio": "sim-headset",
    }


def full_house() -> Json:
    """As much as a desk can show, with the longest words: nothing may break out of its box."""
    longest = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh, Department of Unreasonably Long Names"
    number = "+4930123456789012345678901234567890"
    states_ = ("available", "ringing", "busy", "held", "conference", "dnd", "away", "unknown")
    many = {str(1000 + n): extension(f"Person {n}", states_[n % 8], reason="") for n in range(48)}
    return morning() | {
        "desk": {"name": longest, "number": number, "version": "0.1.0"},
        "registration": {"state": "failed", "code": 503, "reason": f"503 Service Unavailable {longest}"},
        "lines": {
            "main": line(number, "failed", 503, f"503 Service Unavailable {longest}"),
            longest: line(number, "registering"),
        },
        "calls": {
            "c1": call(number, longest, "answered", 36_000, called=number, note=f"back from {number}"),
            "c2": call(
                number, longest, called=number, diverted_name=longest, returned="transfer", note=longest
            ),
            "c3": call(number, "", "ringing", 8),
            "c4": call(number, longest, "held", 7300, alert=True),
            "c5": call(number, longest, "transferring", 3, target=number),
            "c6": call(number, longest, "camped", 3, target=number),
            "c7": call(number, longest, "conference", 3, member=True, muted=True),
            "c8": call(number, longest, "conference", 3, member=True),
        },
        "released": {
            f"r{n}": released(number, "missed", longest, seen=False, note=longest) for n in range(30)
        },
        "messages": {
            f"m{n}": message(number, longest * 9, n, name=longest, state="failed", reason=longest)
            for n in range(9)
        },
        "forward": number,
        "away": True,
        "dnd": True,
        "voicemail": {"new": 1234, "old": 5},
        "counters": {"missed": 1234, "incoming": 12345, "outgoing": 1234},
        "orbits": {str(700 + n): orbit(number, longest, by=longest) if n % 2 else orbit() for n in range(10)},
        "extensions": many
        | {
            "1": extension(longest, "busy", party_name=longest),
            number: extension(longest, "unknown", reason=longest),
        },
        "notice": longest,
    }
