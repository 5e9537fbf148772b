"""The busy lamp field: what the monitored extensions and orbits do, by their calls and by their people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.desk.events import ExtensionChanged
from appliance.desk.state import NOBODY, ExtensionState, Party
from appliance.sip import dialog_info, presence, resource_list
from appliance.sip.xml_body import BodyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.sip.config import Monitor
    from appliance.sip.subscription import Reader

_AVAILABLE, _UNKNOWN = ExtensionState.AVAILABLE, ExtensionState.UNKNOWN
_PRESENT = (ExtensionState.BUSY, ExtensionState.DND, ExtensionState.AWAY)


@dataclass(frozen=True, slots=True)
class View:
    """What one source tells of an extension; the fields are those of ExtensionChanged."""

    state: ExtensionState
    party: Party = NOBODY
    reason: str = ""
    dialog: str = ""


_NOT_TOLD = View(_UNKNOWN, reason="the exchange has not told whether it can be reached")


def combined(calls: View | None, person: View | None) -> View | None:
    """Return what both sources tell together; None while no call was told of.

    Calls are certain where there are any. Without, the person says whether anybody can take one: the calls
    of a telephone that is switched off look like those of one that is idle.
    """
    if calls is None:
        return None
    if calls.state is _AVAILABLE:
        return person or _NOT_TOLD
    if calls.state is _UNKNOWN and person is not None and person.state in _PRESENT:
        return person
    return calls


class Lamp:
    """One monitored number: what its sources tell, and what was told of it."""

    def __init__(self, number: str, monitor: Monitor, emit: Callable[[ExtensionChanged], None]) -> None:
        """`monitor` says which sources there are."""
        self._number, self._monitor, self._emit = number, monitor, emit
        self._calls: View | None = None
        self._person: View | None = None
        self._told: View | None = None

    def calls(self, view: View) -> None:
        """Take in what its calls tell."""
        self._calls = view
        self._tell()

    def person(self, view: View) -> None:
        """Take in what its person tells."""
        self._person = view
        self._tell()

    def _tell(self) -> None:
        match self._monitor:
            case "dialog":
                view = self._calls
            case "presence":
                view = self._person
            case "both":
                view = combined(self._calls, self._person)
        if view is not None and view != self._told:
            self._told = view
            self._emit(ExtensionChanged(self._number, view.state, view.party, view.reason, view.dialog))


class DialogReader:
    """Reads the dialog-info of one number (RFC 4235)."""

    def __init__(self, show: Callable[[View], None]) -> None:
        """`show` gets what is to be seen, after each notification."""
        self._show = show
        self.begin()

    def begin(self) -> None:
        """Forget the dialogs of an earlier subscription."""
        self._dialogs = dialog_info.Dialogs()

    def take(self, _content_type: str, body: str) -> bool:
        """Take a notification in; False when one was missed."""
        try:
            whole = self._dialogs.apply(dialog_info.parse(body))
        except BodyError as error:
            self.lose(str(error))
            return True
        if whole:
            shown = self._dialogs.shown()
            reason = "the exchange sent a state that is not known" if shown.state is _UNKNOWN else ""
            self._show(View(shown.state, shown.party, reason, shown.replaces))
        return whole

    def lose(self, reason: str) -> None:
        """Say that nobody knows."""
        self._show(View(_UNKNOWN, reason=reason))


class PresenceReader:
    """Reads the presence of one number (RFC 3863, 4480), which comes whole each time."""

    def __init__(self, show: Callable[[View], None]) -> None:
        """`show` gets what is to be seen, after each notification."""
        self._show = show

    def begin(self) -> None:
        """Nothing is counted here."""

    def take(self, _content_type: str, body: str) -> bool:
        """Take a notification in."""
        try:
            told = presence.parse(body)
        except BodyError as error:
            self.lose(str(error))
        else:
            self._show(View(told.state, reason=told.reason))
        return True

    def lose(self, reason: str) -> None:
        """Say that nobody knows."""
        self._show(View(_UNKNOWN, reason=reason))


class ListReader:
    """Reads a list of many numbers (RFC 4662) and hands each its own."""

    def __init__(self, readers: dict[str, Reader], on_missing: Callable[[str, Reader], None]) -> None:
        """`on_missing` gets the numbers that the list does not name, once each: they are not ours then."""
        self._readers, self._on_missing = dict(readers), on_missing
        self._version: int | None = None

    def begin(self) -> None:
        """A new subscription begins with the whole list."""
        self._version = None
        for reader in self._readers.values():
            reader.begin()

    def take(self, content_type: str, body: str) -> bool:
        """Take a notification in; False when one was missed, of the list or of one of its members."""
        try:
            news = resource_list.parse(content_type, body)
        except BodyError as error:
            self.lose(str(error))
            return False
        if not news.full and self._version is None:
            return False
        if not news.full and news.version is not None and news.version != (self._version or 0) + 1:
            return news.version <= (self._version or 0)  # an old one changes nothing
        self._version = news.version if news.version is not None else (self._version or 0)
        whole = [self._hand_on(resource) for resource in news.resources]
        if news.full:
            self._give_up(set(self._readers) - {resource.number for resource in news.resources})
        return all(whole)

    def lose(self, reason: str) -> None:
        """Say that nobody knows."""
        for reader in self._readers.values():
            reader.lose(reason)

    def _hand_on(self, resource: resource_list.Resource) -> bool:
        reader = self._readers.get(resource.number)
        if reader is None:
            return True
        if resource.reason:
            reader.lose(resource.reason)
        taken = [reader.take(part.content_type, part.body) for part in resource.bodies]
        return all(taken)

    def _give_up(self, missing: set[str]) -> None:
        for number in sorted(missing):
            self._on_missing(number, self._readers.pop(number))
