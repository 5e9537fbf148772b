"""What the desk itself says: its lines, devices and extensions, as its state document tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from appliance.checks.finding import Finding, Severity
from appliance.phrase import phrase

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

State = dict[str, Any]
NAMED = 3  # extensions that a finding names; of more it tells how many

_REFUSED = (401, 403, 407)
_UNKNOWN = 404
_DEVICE_STATES = {
    "online": phrase("online"),
    "offline": phrase("offline"),
    "denied": phrase("denied"),
    "failed": phrase("failed"),
}
_DEVICE_REMEDIES = {
    "online": phrase("see what it says"),
    "offline": phrase("plug it in, or bring it back into range"),
    "denied": phrase("do as it says, then plug it in anew"),
    "failed": phrase("plug it in anew; if it stays so, try another port or cable"),
}


def examine(state: State) -> Iterator[Finding]:
    """Look through the state of a desk that runs."""
    if state["safe"]:
        yield safe_mode()
    yield from lines(state["lines"])
    yield from devices(state["devices"])
    if any(line["state"] == "registered" for line in state["lines"].values()):  # else that is why
        yield from extensions(state["extensions"])
    yield from troubles(state["troubles"])


def away(reason: str = "") -> Finding:
    """Say that no desk runs; `reason` is what whoever asked was told."""
    return Finding(
        "desk",
        "desk",
        reason or phrase("the desk does not run: no call comes in, and lamps and keys are dead"),
        phrase(
            "wait a minute, it starts by itself; if it does not, look into its log, and restart the box"
            " (on a computer of your own: deskbell run)"
        ),
        "fault",
    )


def safe_mode() -> Finding:
    """Say that the desk answers calls, and no more."""
    return Finding(
        "safe-mode",
        "desk",
        phrase(
            "the desk runs in safe mode, as it had stopped several times in a row: calls are answered at the"
            " page, and no device, lamp or button is used"
        ),
        phrase("see in its log why it stopped, mend that, and restart the desk"),
        "fault",
        "logs.start",
    )


def lines(found: Mapping[str, State]) -> Iterator[Finding]:
    """Say of each account at an exchange whether calls come in over it."""
    for name, line in found.items():
        what, remedy = line["reason"], ""
        severity: Severity = "ok"
        if line["state"] == "registered":
            what = phrase("registered")
        elif line["state"] == "registering":
            what = phrase("registering: the exchange has not answered yet")
            remedy, severity = phrase("wait a moment"), "warning"
        elif line["state"] == "unset":
            what = phrase("no account is set up yet")
            remedy, severity = phrase("set one up on the page, or in [line] and secrets.toml"), "fault"
        else:
            what = phrase("failed: %(reason)s; no call comes in over it", reason=line["reason"])
            remedy, severity = _line_remedy(line["code"]), "fault"
        if name != "main":
            what = phrase("%(name)s is %(what)s", name=name, what=what)
        yield Finding(
            f"line-{name}", "line", what, remedy, severity, "" if severity == "ok" else "account.start"
        )


def _line_remedy(code: int) -> str:
    """Return what to do about a line that failed, by its SIP status code (RFC 3261 section 21)."""
    if code in _REFUSED:
        return phrase("see the user name and the password of the account: they must be those of the exchange")
    if code == _UNKNOWN:
        return phrase("see the number of the account, or have the exchange's admin set it up there")
    return phrase("see whether the network cable is in, the exchange runs, and its address is right")


def devices(found: Mapping[str, State]) -> Iterator[Finding]:
    """Say of each device whether it works, and whether there is one to speak through."""
    for name, device in found.items():
        state, reason = device["state"], device["reason"]
        values = {"id": name, "name": device["name"], "state": _DEVICE_STATES[state], "reason": reason}
        what = (
            phrase("%(id)s (%(name)s) is %(state)s: %(reason)s", **values)
            if reason
            else phrase("%(id)s (%(name)s) is %(state)s", **values)
        )
        if state == "online" and not reason:
            yield Finding(f"device-{name}", "device", what)
        else:
            severity: Severity = "fault" if state in ("denied", "failed") else "warning"
            yield Finding(
                f"device-{name}", "device", what, _DEVICE_REMEDIES[state], severity, "devices.start"
            )
        if state == "online" and device["audio"] and not device["card"] and not device["simulated"]:
            yield Finding(
                f"card-{name}",
                "device",
                phrase("%(id)s has keys but no sound card", id=name),
                phrase("plug it in anew, straight into the box"),
                "fault",
                "devices.start",
            )
    if not any(device["audio"] and device["state"] == "online" for device in found.values()):
        yield Finding(
            "no-audio",
            "device",
            phrase("there is nothing to speak through"),
            phrase("plug in a headset, handset or speakerphone"),
            "fault",
            "devices.start",
        )


def extensions(found: Mapping[str, State]) -> Iterator[Finding]:
    """Say which colleagues the exchange tells nothing of."""
    unknown = {number: one for number, one in found.items() if one["state"] == "unknown"}
    if not unknown:
        return
    reasons = {one["reason"] for one in unknown.values()}
    numbers = ", ".join(list(unknown)[:NAMED])
    yield Finding(
        "extensions",
        "extension",
        phrase("the exchange does not tell what %(numbers)s do", numbers=numbers)
        if len(unknown) <= NAMED
        else phrase(
            "the exchange does not tell what %(numbers)s and %(more)s more do",
            numbers=numbers,
            more=len(unknown) - NAMED,
        ),
        next(iter(reasons - {""}), "") or phrase("ask the exchange's admin to let this desk watch them"),
        "warning",
        "monitored.start",
    )


def troubles(found: Mapping[str, State]) -> Iterator[Finding]:
    """Return what the desk knows of its store."""
    for name, one in found.items():
        yield trouble(name, one["what"], one["fix"])


def trouble(name: str, what: str, fix: str) -> Finding:
    """Return a trouble of the store as a finding: one that was mended is a warning."""
    severity: Severity = "fault" if name in ("store-space", "store-unusable") else "warning"
    return Finding(name, "store", what, fix, severity, "backup.start")
