"""What an extension does, read from application/dialog-info+xml (RFC 4235). Pure, and lenient on purpose.

Exchanges leave out ids, versions and directions, prefix their elements, or spell states in capitals. What
cannot be understood is said so: an extension is never taken as available for want of an answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.desk.state import NOBODY, ExtensionState, Party
from appliance.sip import xml_body as xml
from appliance.sip.identity import party

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

_RINGING, _BUSY, _HELD = ExtensionState.RINGING, ExtensionState.BUSY, ExtensionState.HELD
_CONFERENCE = ExtensionState.CONFERENCE
_AVAILABLE, _UNKNOWN = ExtensionState.AVAILABLE, ExtensionState.UNKNOWN
_SETTING_UP = ("trying", "proceeding", "early")  # RFC 4235 section 3.7.1
_WEIGHT = (_RINGING, _CONFERENCE, _BUSY, _HELD, _UNKNOWN, _AVAILABLE)  # the first of these is shown
_TOKEN = re.compile(r"[^\s;,]+")  # what a Replaces header may hold and stay what it is


@dataclass(frozen=True, slots=True)
class Dialog:
    """One dialog of an extension: what it does, and with whom where that is told.

    `replaces` is how a Replaces header (RFC 3891) names it while it rings, "" where the exchange keeps that
    to itself.
    """

    id: str
    state: ExtensionState
    party: Party = NOBODY
    replaces: str = ""


IDLE = Dialog("", _AVAILABLE)


@dataclass(frozen=True, slots=True)
class DialogInfo:
    """One notification: all dialogs (`full`) or only those that changed."""

    version: int | None
    full: bool
    dialogs: tuple[Dialog, ...]


def parse(body: str) -> DialogInfo:
    """Read a notification body; BodyError when it is none."""
    root = xml.document(body, "dialog-info")
    dialogs = enumerate(xml.children(root, "dialog"))
    return DialogInfo(
        version=xml.integer(root.get("version", "")),
        full=root.get("state", "full").strip().lower() != "partial",
        dialogs=tuple(_dialog(element, str(position)) for position, element in dialogs),
    )


class Dialogs:
    """All dialogs of one extension, kept up to date by its notifications (RFC 4235 section 4.3).

    A whole state is believed whatever its version: the SIP dialog has put the NOTIFYs in order already
    (CSeq), and some exchanges never count, or count anew.
    """

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._version: int | None = None
        self._dialogs: dict[str, Dialog] = {}

    def apply(self, info: DialogInfo) -> bool:
        """Take a notification in; False when one was missed, so that the whole state must be asked for."""
        if info.full:
            self._dialogs = {dialog.id: dialog for dialog in info.dialogs}
        elif self._version is None:
            return False
        elif info.version is not None and info.version != self._version + 1:
            return info.version <= self._version  # an old one changes nothing
        else:
            self._dialogs.update((dialog.id, dialog) for dialog in info.dialogs)
        self._version = info.version if info.version is not None else (self._version or 0)
        return True

    def shown(self) -> Dialog:
        """Return the one dialog to be shown."""
        shown = min(self._dialogs.values(), key=lambda dialog: _WEIGHT.index(dialog.state), default=IDLE)
        return IDLE if shown.state is _AVAILABLE else shown


def _dialog(element: Element, position: str) -> Dialog:
    state = next((xml.text(child).lower() for child in xml.children(element, "state")), "")
    shown = _state(state, element)
    return Dialog(
        id=element.get("id", position),
        state=shown,
        party=NOBODY if shown is _UNKNOWN else _remote(element),
        replaces=_replaces(element) if shown is _RINGING else "",
    )


def _state(state: str, dialog: Element) -> ExtensionState:
    if state in _SETTING_UP:
        calls = dialog.get("direction", "").strip().lower() == "initiator"
        return _BUSY if calls else _RINGING  # who calls does not ring
    if state == "confirmed":
        if _has(dialog, "local", "+sip.rendering", "no"):
            return _HELD  # it hears nothing (section 4.1.6)
        return _CONFERENCE if _has(dialog, "local", "isfocus") or _has(dialog, "remote", "isfocus") else _BUSY
    return _AVAILABLE if state == "terminated" else _UNKNOWN


def _has(dialog: Element, side: str, feature: str, value: str = "") -> bool:
    """Whether the target of that side has a feature parameter (RFC 3840), with that value if one is given."""
    return any(
        param.get("pname", "").strip().lower() == feature
        and (param.get("pvalue", "").strip().lower() == value if value else param.get("pvalue") != "no")
        for target in _targets(dialog, side)
        for param in xml.children(target, "param")
    )


def _targets(dialog: Element, side: str) -> Iterator[Element]:
    return (target for half in xml.children(dialog, side) for target in xml.children(half, "target"))


def _remote(dialog: Element) -> Party:
    for remote in xml.children(dialog, "remote"):
        for identity in xml.children(remote, "identity"):
            return party(xml.text(identity), identity.get("display", ""))
    for target in _targets(dialog, "remote"):
        return party(target.get("uri", ""))
    return NOBODY


def _replaces(dialog: Element) -> str:
    """Name the dialog as who calls the extension knows it, which is whom an INVITE with Replaces reaches.

    There the extension's local tag is the remote one (RFC 3891 section 3: to-tag is the receiver's own).
    """
    call, local, remote = (dialog.get(key, "").strip() for key in ("call-id", "local-tag", "remote-tag"))
    if not all(_TOKEN.fullmatch(value) for value in (call, local, remote)):
        return ""
    return f"{call};to-tag={remote};from-tag={local};early-only"
