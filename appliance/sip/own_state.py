"""What the exchange tells of this desk itself: messages in its mailbox, do-not-disturb, forwarding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.desk.events import FeatureChanged, MessagesWaiting
from appliance.desk.state import ExtensionState
from appliance.sip import message_summary
from appliance.sip.blf import DialogReader, PresenceReader
from appliance.sip.log import log
from appliance.sip.xml_body import BodyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.desk.events import Event, Feature
    from appliance.sip.blf import View
    from appliance.sip.subscription import Reader


class Mailbox:
    """Reads how many messages wait (RFC 3842), asked for or not; what was told last stays."""

    def __init__(self, emit: Callable[[Event], None]) -> None:
        """Each change is told by `emit`."""
        self._emit = emit
        self._told: MessagesWaiting | None = None
        self._lost = ""

    def begin(self) -> None:
        """Nothing is counted here."""

    def take(self, _content_type: str, body: str) -> bool:
        """Take a notification in."""
        try:
            event = MessagesWaiting(*message_summary.parse(body))
        except BodyError as error:
            self.lose(str(error))
            return True
        self._lost = ""
        if event != self._told:
            self._told = event
            self._emit(event)
        return True

    def lose(self, reason: str) -> None:
        """Say so in the log, once."""
        if reason != self._lost:
            self._lost = reason
            log.info("nobody tells how many messages wait: %s", reason)


class OwnFeature:
    """What the exchange does with calls to us; what was told last stays while it is not known."""

    def __init__(self, feature: Feature, emit: Callable[[Event], None]) -> None:
        """Each change is told by `emit`."""
        self._feature, self._emit = feature, emit
        self._told: FeatureChanged | None = None
        self._lost = ""

    def by_lamp(self) -> Reader:
        """Read a lamp that burns while the feature is on: dialog-info of what is no call."""
        return DialogReader(self._lamp_shows)

    def by_presence(self) -> Reader:
        """Read our own presence, which tells of do-not-disturb."""
        return PresenceReader(self._presence_shows)

    def _lamp_shows(self, view: View) -> None:
        self._tell(view, on=view.state is not ExtensionState.AVAILABLE)

    def _presence_shows(self, view: View) -> None:
        self._tell(view, on=view.state is ExtensionState.DND)

    def _tell(self, view: View, *, on: bool) -> None:
        if view.state is ExtensionState.UNKNOWN:
            if view.reason != self._lost:
                self._lost = view.reason
                log.info("nobody tells of %s at the exchange: %s", self._feature.value, view.reason)
            return
        self._lost = ""
        event = FeatureChanged(self._feature, on, view.party.number if on else "")
        if event != self._told:
            self._told = event
            self._emit(event)
