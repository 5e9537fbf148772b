"""What a person does, read from application/pidf+xml (RFC 3863) and its RPID (RFC 4480). Pure, and lenient.

A telephone says whether it can be reached (open or closed), its person what they are doing. Asterisk writes
the latter as a note, or as <digium_presence> for telephones whose User-Agent says "digium".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.desk.state import ExtensionState
from appliance.sip import xml_body as xml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

NOT_REGISTERED = "its telephone is not registered"

_DND_NOTE = re.compile(r"\b(?:dnd|do[ -]not[ -]disturb)\b", re.IGNORECASE)
_AWAY_NOTE = re.compile(r"^(?:away|be right back|brb|extended away|out to lunch)\b", re.IGNORECASE)
_DND = {"dnd", "do-not-disturb"}
_BUSY = {"on-the-phone", "busy"}
_AWAY = {
    "away",
    "xa",
    "unavailable",
    "appointment",
    "breakfast",
    "dinner",
    "holiday",
    "in-transit",
    "lunch",
    "meal",
} | {
    *("meeting", "performance", "permanent-absence", "sleeping", "steering", "travel", "vacation", "worship")
}


@dataclass(frozen=True, slots=True)
class Presence:
    """One notification: whether any telephone can be reached (None: not told), activities, notes."""

    open: bool | None
    activities: frozenset[str]
    notes: tuple[str, ...] = ()

    @property
    def dnd(self) -> bool:
        """Whether the person does not want to be disturbed."""
        return bool(self.activities & _DND) or any(_DND_NOTE.search(note) for note in self.notes)

    @property
    def state(self) -> ExtensionState:
        """The one state to be shown; UNKNOWN where no telephone can be reached, or nothing is told."""
        if self.dnd:
            return ExtensionState.DND
        if self.open is False:
            return ExtensionState.UNKNOWN
        if self.activities & _BUSY:
            return ExtensionState.BUSY
        if self.activities & _AWAY or any(_AWAY_NOTE.match(note) for note in self.notes):
            return ExtensionState.AWAY
        return ExtensionState.AVAILABLE if self.open else ExtensionState.UNKNOWN

    @property
    def reason(self) -> str:
        """Why the state is unknown."""
        if self.state is not ExtensionState.UNKNOWN:
            return ""
        return NOT_REGISTERED if self.open is False else "the exchange does not tell whether it is there"


def parse(body: str) -> Presence:
    """Read a notification body; BodyError when it is none."""
    root = xml.document(body, "presence")
    basics = [xml.text(element).lower() for element in root.iter() if xml.name(element) == "basic"]
    return Presence(
        open="open" in basics if {"open", "closed"} & set(basics) else None,
        activities=frozenset(_activities(root)),
        notes=tuple(xml.text(element) for element in root.iter() if xml.name(element) == "note"),
    )


def _activities(root: Element) -> Iterator[str]:
    for element in root.iter():
        if xml.name(element) == "activities":
            yield from (xml.name(child) for child in element)
        elif xml.name(element) == "activity":  # as RPID was first drafted
            yield xml.text(element).lower()
        elif xml.name(element) == "digium_presence":
            yield element.get("type", "").strip().lower()
