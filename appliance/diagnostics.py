"""What the desk keeps for whoever looks for a fault: its log, SIP messages, the way to the exchange."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from appliance.control import protocol
from appliance.sip.trace import Trace
from appliance.trace import areas
from appliance.trace.lines import Lines
from appliance.trace.link import LinkQuality

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.store.link import Span

DiagnosticAsk = (
    protocol.SetTrace | protocol.LogLines | protocol.KeepSip | protocol.SipCalls | protocol.SipMessages
)


class Diagnostics:
    """Of one desk.

    `keep` gets each five minutes of the link that are over, `changed` is called when the state is another
    now; both in the loop that `soon` brings calls into.
    """

    def __init__(
        self,
        sip_trace: str,
        soon: Callable[..., None],
        keep: Callable[[Span], object],
        changed: Callable[[], object],
    ) -> None:
        """Begin to keep the log; `sip_trace` is what is kept of SIP: off, calls or all."""
        self.trace = Trace(sip_trace)
        self._configured = sip_trace
        self.trace.on_round_trip = lambda ms: soon(self._answered, ms)
        self._keep, self._changed = keep, changed
        self._link = LinkQuality()
        self._lines = Lines()
        logging.getLogger().addHandler(self._lines)

    def configure(self, sip_trace: str) -> None:
        """Keep of SIP what the settings say now, if that is not what they said before."""
        if sip_trace != self._configured:
            self._configured = self.trace.keep = sip_trace

    def do(self, ask: DiagnosticAsk) -> dict[str, Any]:
        """Do what a client asks and return what there is to tell; or raise Refused."""
        try:
            match ask:
                case protocol.SetTrace(area, level):
                    areas.set_level(area, level)
                case protocol.KeepSip(what):
                    self.trace.keep = what
                case protocol.LogLines(after):
                    return self._lines.after(after)
                case protocol.SipCalls():
                    return {"calls": self.trace.calls()}
                case protocol.SipMessages(call):
                    return {"messages": self.trace.messages(call)}
        except ValueError as error:
            raise protocol.Refused(str(error)) from None
        self._changed()
        return {}

    def state(self) -> dict[str, Any]:
        """Return what is kept, how much each area tells, and how the way to the exchange is."""
        return {"levels": areas.levels(), "sip": self.trace.keep, "link": self._link.now()}

    def close(self) -> None:
        """Keep the log no longer; the five minutes that are not over are told as far as they went."""
        logging.getLogger().removeHandler(self._lines)
        if (span := self._link.span()).asked:
            self._keep(span)

    def _answered(self, round_trip: float | None) -> None:
        if span := self._link.add(round_trip, time.time()):
            self._keep(span)
        self._changed()
