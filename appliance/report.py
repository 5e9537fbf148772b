"""The state in words, for the command line: each function returns the text and the data behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from appliance.checks.finding import Finding

State = dict[str, Any]

_MARKS = {"warning": "WARN ", "fault": "FAULT"}


def status(state: State) -> tuple[str, Any]:
    """Return how the desk is: its line, its calls, its devices."""
    line, desk = state["registration"], state["desk"]
    number = f" ({desk['number']})" if desk["number"] else ""
    lines = [f"{desk['name']}{number}: {_line(line)}"]
    if len(state["lines"]) > 1:
        lines += [f"line {name} ({line['number']}): {_line(line)}" for name, line in state["lines"].items()]
    lines += [own] if (own := _own(state)) else []
    counts: dict[str, int] = {}
    for call in state["calls"].values():
        counts[call["state"]] = counts.get(call["state"], 0) + 1
    parked = sum(orbit["state"] == "taken" for orbit in state["orbits"].values())
    said = [f"{number} {name}" for name, number in counts.items()] + ([f"{parked} parked"] if parked else [])
    lines.append("calls: " + (", ".join(said) or "none"))
    if state["safe"]:
        lines.append("safe mode: the desk stopped several times in a row; it runs without its devices")
    lines.extend(
        f"{device['name']}: {device['state']}{_because(device['reason'])}"
        for device in state["devices"].values()
    )
    if state["notice"]:
        lines.append(f"notice: {state['notice']}")
    lines.extend(f"trouble: {trouble['what']}; {trouble['fix']}" for trouble in state["troubles"].values())
    return "\n".join(lines), state


def calls(state: State) -> tuple[str, Any]:
    """Return the calls, and who is parked."""
    now = state["now"]
    rows = [
        (name, call["direction"], _who(call), _doing(call), _time(now - call["since"]), call["note"])
        for name, call in state["calls"].items()
    ]
    rows += [
        (
            number,
            "",
            _who(orbit),
            "parked",
            _time(now - orbit["since"]),
            f"by {by}" if (by := orbit["by"]) else "",
        )
        for number, orbit in state["orbits"].items()
        if orbit["state"] == "taken"
    ]
    data = {"calls": state["calls"], "orbits": state["orbits"], "now": now}
    return _table(("call", "way", "with", "state", "for", "note"), rows) if rows else "no calls", data


def colleagues(state: State) -> tuple[str, Any]:
    """Return the monitored extensions, what they do and with whom."""
    rows = [
        (number, ext["name"], ext["state"] + _because(ext["reason"]), _time(state["now"] - ext["since"]))
        for number, ext in state["extensions"].items()
    ]
    text = _table(("number", "name", "state", "for"), rows) if rows else "no extension is monitored"
    return text, state["extensions"]


def recent(state: State) -> tuple[str, Any]:
    """Return the calls that are over, newest first; a missed one that nobody has looked at bears a star."""
    rows = [
        (
            "" if call["seen"] else "*",
            call["direction"],
            _who(call),
            call["outcome"] + _because(call["note"]),
            f"{_time(state['now'] - call['since'])} ago",
            _time(call["since"] - call["answered"]) if call["answered"] else "",
        )
        for call in sorted(state["released"].values(), key=lambda call: -call["since"])
    ]
    return _table(("", "way", "with", "how", "when", "talked"), rows) if rows else "no calls", state[
        "released"
    ]


def messages(state: State) -> tuple[str, Any]:
    """Return the text messages, oldest first; one that nobody has read bears a star."""
    rows = [
        (
            "" if message["seen"] else "*",
            f"{_time(state['now'] - message['at'])} ago",
            message["direction"],
            _who(message),
            message["state"] + _because(message["reason"]),
            message["text"],
        )
        for message in sorted(state["messages"].values(), key=lambda message: message["at"])
    ]
    text = _table(("", "when", "way", "with", "state", "text"), rows) if rows else "no messages"
    return text, state["messages"]


def devices(state: State) -> tuple[str, Any]:
    """Return the devices, their state, what they have, and which of their lamps burn."""
    lines = [line for name, device in state["devices"].items() for line in _device(name, device)]
    return "\n".join(lines) if lines else "no devices", state["devices"]


def _device(name: str, device: State) -> Iterator[str]:
    yield f"{name}: {device['kind']} {device['name']}, {device['state']}{_because(device['reason'])}"
    has = {
        "keys": ", ".join(device["keys"]),
        "lamps": ", ".join(device["has_lamps"]),
        "lit": _lamps(device),
        "relays": ", ".join(device["relays"]),
        "sound card": device["card"],
        "levels": ", ".join(f"{name} {value:.0%}" for name, value in device.get("levels", {}).items()),
        "rings": "yes" if device["rings"] else "",
    }
    yield from (f"    {what}: {which}" for what, which in has.items() if which)


def changes(before: State, state: State) -> Iterator[str]:
    """Yield a line for each call, orbit, extension, device or line that is not as it was."""
    if before.get("registration") != state["registration"]:
        line = state["registration"]
        yield f"line: {_line(line)}"
    for kind in ("calls", "orbits", "extensions", "devices"):
        old = before.get(kind, {})
        for name in old.keys() - state[kind].keys():
            yield f"{kind[:-1]} {name}: gone"
        for name, item in state[kind].items():
            if old.get(name) != item:
                lit = f" [{_lamps(item)}]" if kind == "devices" else ""
                doing = _doing(item) if kind == "calls" else item["state"]
                yield f"{kind[:-1]} {name}: {doing} {_who(item)}{lit}".rstrip()
    if (own := _own(state)) != (_own(before) if before else ""):
        yield f"desk: {own or 'as usual'}"
    for name, message in state["messages"].items():
        if before.get("messages", {}).get(name) != message:
            yield f"message {name}: {message['state']} {_who(message)}{_because(message['reason'])}"
    if state["notice"] and state["notice"] != before.get("notice"):
        yield f"notice: {state['notice']}"


def findings(found: Sequence[Finding]) -> str:
    """Return what the doctor found, each fault with its remedy."""
    return "\n".join(
        f"ok    {finding.check}: {finding.what}"
        if finding.well
        else f"{_MARKS[finding.severity]} {finding.check}: {finding.what}\n      → {finding.remedy}"
        for finding in found
    )


def _line(line: State) -> str:
    return f"{line['state']}{_because(line['reason'])}" if line["state"] != "registered" else "registered"


def _own(state: State) -> str:
    """Return what the operator has set or should know: "" while there is nothing."""
    missed = sum(not call["seen"] for call in state["released"].values())
    said = {
        "do not disturb": state["dnd"],
        f"forwarded to {state['forward']}": state["forward"],
        "away": state["away"],
        f"{missed} missed": missed,
        f"{state['voicemail']['new']} in the mailbox": state["voicemail"]["new"],
    }
    return ", ".join(text for text, holds in said.items() if holds)


def _doing(call: State) -> str:
    """Return the call's state, and towards or from where."""
    if call["returned"] and call["state"] == "ringing":
        return f"ringing (back from {call['returned']})"
    return f"{call['state']} → {call['target']}" if call["target"] else str(call["state"])


def _who(item: State) -> str:
    if item.get("withheld"):
        return "(withheld)"
    return " ".join(part for part in (item.get("name", ""), item.get("number", "")) if part)


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""


def _lamps(device: State) -> str:
    return ", ".join(
        lamp if shine["pattern"] == "on" else f"{lamp} {shine['pattern']}"
        for lamp, shine in device["lamps"].items()
        if shine["pattern"] != "off"
    )


def _time(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    table = [tuple(heads), *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    )
