"""What a telephone line needs to know: the account, the exchange, the network, the sound."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

Transport = Literal["udp", "tcp", "tls"]
Dtmf = Literal["rfc4733", "info", "inband"]


@dataclass(frozen=True, slots=True)
class SipConfig:
    """One line of an exchange and how to reach it. Times are in seconds.

    `domain` is what stands behind the @ of the exchange's numbers, where that is not `host`. `bind` is the
    local address; "" means whichever leads to the exchange. `local_port` 0 means any free one. `codecs` are
    in order of preference, others are not offered. `log_level` is pjsip's: 1 errors … 4 whole messages, 5
    everything. `watch` is how often the exchange is asked whether it still knows us. `line` is the id that
    the desk's events and actions name this line by, "" the first one's. `dtmf` is how digits are sent: as
    telephone-event (RFC 4733), by SIP INFO, or as tones.
    """

    user: str
    password: str = field(repr=False)
    host: str
    port: int = 5060
    transport: Transport = "udp"
    domain: str = ""
    display_name: str = ""
    extensions: tuple[str, ...] = ()
    orbits: tuple[str, ...] = ()
    bind: str = ""
    local_port: int = 0
    rtp_ports: tuple[int, int] = (31000, 31999)
    srtp: bool = False
    ca_file: str = ""
    user_agent: str = "Deskbell"
    codecs: tuple[str, ...] = ("G722", "PCMA", "PCMU", "opus", "G729")
    log_level: int = 3
    expires: int = 300
    watch: float = 10.0
    null_audio: bool = False
    line: str = ""
    dtmf: Dtmf = "rfc4733"

    @property
    def registrar(self) -> str:
        """The URI that REGISTER goes to."""
        return f"sip:{self._domain}{self._transport}"

    @property
    def proxy(self) -> str:
        """The route that requests take; "" where the domain itself leads to the exchange."""
        return f"sip:{self.host}:{self.port};transport={self.transport};lr" if self.domain else ""

    @property
    def address_of_record(self) -> str:
        """Who we are: our name-addr."""
        name = self.display_name.replace("\\", "\\\\").replace('"', '\\"')
        uri = f"<sip:{quote(self.user, safe=_USER_SAFE)}@{self._domain}>"
        return f'"{name}" {uri}' if name else uri

    def uri(self, number: str) -> str:
        """Return the SIP URI of a number at the exchange; what a user part may not hold is escaped."""
        return f"sip:{quote(number, safe=_USER_SAFE)}@{self._domain}{self._transport}"

    @property
    def _domain(self) -> str:
        return self.domain or f"{self.host}:{self.port}"

    @property
    def _transport(self) -> str:
        return "" if self.transport == "udp" else f";transport={self.transport}"


_USER_SAFE = "-_.!~*'()&=+$,;?/"  # RFC 3261 section 25.1: unreserved and user-unreserved
