"""What an extension does, read from application/dialog-info+xml (RFC 4235). Pure, and lenient on purpose.

Exchanges leave out ids, versions and directions, prefix their elements, or spell states in capitals. What
cannot be understood is said so: an extension is never taken as available for want of an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from appliance.desk.state import NOBODY, ExtensionState, Party
from appliance.sip.identity import party

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

_RINGING, _BUSY, _HELD = ExtensionState.RINGING, ExtensionState.BUSY, ExtensionState.HELD
_AVAILABLE, _UNKNOWN = ExtensionState.AVAILABLE, ExtensionState.UNKNOWN
_SETTING_UP = ("trying", "proceeding", "early")  # RFC 4235 section 3.7.1
_WEIGHT = (_RINGING, _BUSY, _HELD, _UNKNOWN, _AVAILABLE)  # of several dialogs, the first of these is shown


class DialogInfoError(ValueError):
    """A body that is no dialog-info; the text says why."""


@dataclass(frozen=True, slots=True)
class Dialog:
    """One dialog of an extension: what it does, and with whom where that is told."""

    id: str
    state: ExtensionState
    party: Party = NOBODY


@dataclass(frozen=True, slots=True)
class DialogInfo:
    """One notification: all dialogs (`full`) or only those that changed."""

    version: int | None
    full: bool
    dialogs: tuple[Dialog, ...]


def parse(body: str) -> DialogInfo:
    """Read a notification body; DialogInfoError when it is none."""
    try:
        root: Element = fromstring(body.strip().encode("utf-8", "surrogateescape"))
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise DialogInfoError(f"the exchange sent no readable dialog-info: {error}") from error
    if _name(root) != "dialog-info":
        raise DialogInfoError(f"the exchange sent <{_name(root)}> instead of dialog-info")
    dialogs = enumerate(child for child in root if _name(child) == "dialog")
    return DialogInfo(
        version=_integer(root.get("version", "")),
        full=root.get("state", "full").strip().lower() != "partial",
        dialogs=tuple(_dialog(element, str(position)) for position, element in dialogs),
    )


class Dialogs:
    """All dialogs of one extension, kept up to date by its notifications (RFC 4235 section 4.3)."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._version: int | None = None
        self._dialogs: dict[str, Dialog] = {}

    def apply(self, info: DialogInfo) -> bool:
        """Take a notification in; False when one was missed, so that the subscription must be renewed."""
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

    def summary(self) -> tuple[ExtensionState, Party]:
        """Return the one state to be shown, and with whom."""
        shown = min(
            self._dialogs.values(),
            key=lambda dialog: _WEIGHT.index(dialog.state),
            default=Dialog("", _AVAILABLE),
        )
        return shown.state, NOBODY if shown.state in (_AVAILABLE, _UNKNOWN) else shown.party


def _dialog(element: Element, position: str) -> Dialog:
    state = next((_text(child).lower() for child in element if _name(child) == "state"), "")
    direction = element.get("direction", "").strip().lower()
    return Dialog(element.get("id", position), _state(state, direction, _held(element)), _remote(element))


def _state(state: str, direction: str, held: bool) -> ExtensionState:
    if state in _SETTING_UP:
        return _BUSY if direction == "initiator" else _RINGING  # who calls does not ring
    if state == "confirmed":
        return _HELD if held else _BUSY
    return _AVAILABLE if state == "terminated" else _UNKNOWN


def _held(dialog: Element) -> bool:
    """Whether the extension hears nothing: +sip.rendering=no at its own end (RFC 4235 section 4.1.6)."""
    return any(
        param.get("pname", "").lower() == "+sip.rendering" and param.get("pvalue", "").lower() == "no"
        for local in _children(dialog, "local")
        for target in _children(local, "target")
        for param in _children(target, "param")
    )


def _remote(dialog: Element) -> Party:
    for remote in _children(dialog, "remote"):
        for identity in _children(remote, "identity"):
            return party(_text(identity), identity.get("display", ""))
        for target in _children(remote, "target"):
            return party(target.get("uri", ""))
    return NOBODY


def _children(element: Element, name: str) -> Iterator[Element]:
    return (child for child in element if _name(child) == name)


def _name(element: Element) -> str:
    """The element's name without its namespace; not every exchange declares the right one."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _text(element: Element) -> str:
    return (element.text or "").strip()


def _integer(text: str) -> int | None:
    return int(text) if text.strip().isdecimal() else None
