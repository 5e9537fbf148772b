"""What a telephone line needs to know: the account, the exchange, the network, the sound."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, cast
from urllib.parse import quote

from appliance.sip.errors import SipError

Transport = Literal["udp", "tcp", "tls"]
Srtp = Literal["off", "optional", "mandatory"]
Dtmf = Literal["rfc4733", "info", "inband"]
Monitor = Literal["dialog", "presence", "both"]


@dataclass(frozen=True, slots=True)
class SipConfig:
    """One line of an exchange and how to reach it. Times are in seconds.

    `host` is the exchange's name or address, "" while there is no account; `port` 0 lets the DNS tell its
    servers and their ports (RFC 3263), asked of `name_server` ("address:port"), "" being the system's.
    `domain` is what stands behind the @ of the exchange's numbers, where that is not `host`. Every request
    takes the `outbound_proxy`, written host[:port][;transport=udp|tcp|tls], where there is one.

    `pin` is the SHA-256 fingerprint (hex, colons allowed) of the server's TLS certificate: that one is
    believed and no other, whoever signed it. Else `ca_file` (PEM) names whom we believe, "" the system's
    authorities. `srtp`: whether media are encrypted with keys in the SDP (RFC 4568).

    Only the exchange may ring; `sources` are addresses or networks of its own beside those it is reached at,
    `direct_calls` admits everybody. `session_expires` is the session timer (RFC 4028), 0: none.

    `instance` is a URN in angle brackets that tells this phone from others with the same account (RFC 5626),
    "": that of this machine.

    `bind` is the local address; "" means whichever leads to the exchange. `local_port` 0 means any free one;
    the first line of each transport chooses it. `watch` is how often the exchange is asked whether it still
    knows us. `line` is the id that the desk's events and actions name this line by, "" the first one's.
    `dtmf` is how digits are sent: as telephone-event (RFC 4733), by SIP INFO, or as tones.

    `monitor` is what the extensions are watched by: their calls (RFC 4235), their people's presence (RFC
    3863), or both. `monitor_list` and `presence_list` are lists at the exchange (RFC 4662) that tell of many
    at once, best by TCP or TLS. `mailbox` asks for waiting messages (RFC 3842); an exchange may tell without.
    `watch_self`: our own presence at the exchange tells of do-not-disturb. `dnd_lamp` and `forward_lamp`
    are numbers whose lamp burns while the exchange holds calls back, or forwards them. `publish`: it
    takes PUBLISH (RFC 3903).

    For the whole process, so those of the first line count: `codecs`, in order of preference, others are
    not offered; `link_check`: how often the exchange is asked how long it takes to answer, 0: never (that
    is the first line's alone); `log_level`, pjsip's: 1 errors … 4 whole messages, 5 everything; `user_agent`;
    `null_audio`.
    """

    user: str
    password: str = field(repr=False)
    host: str
    port: int = 5060
    transport: Transport = "udp"
    domain: str = ""
    outbound_proxy: str = ""
    name_server: str = ""
    sources: tuple[str, ...] = ()
    direct_calls: bool = False
    display_name: str = ""
    extensions: tuple[str, ...] = ()
    orbits: tuple[str, ...] = ()
    bind: str = ""
    local_port: int = 0
    rtp_ports: tuple[int, int] = (31000, 31999)
    srtp: Srtp = "off"
    ca_file: str = ""
    pin: str = ""
    user_agent: str = "Deskbell"
    instance: str = ""
    codecs: tuple[str, ...] = ("G722", "PCMA", "PCMU")
    log_level: int = 3
    expires: int = 300
    session_expires: int = 1800
    watch: float = 10.0
    link_check: float = 0.0
    null_audio: bool = False
    line: str = ""
    dtmf: Dtmf = "rfc4733"
    monitor: Monitor = "dialog"
    monitor_list: str = ""
    presence_list: str = ""
    mailbox: bool = False
    watch_self: bool = False
    dnd_lamp: str = ""
    forward_lamp: str = ""
    publish: bool = False

    @property
    def registrar(self) -> str:
        """The URI that REGISTER goes to."""
        return f"sip:{self._domain}{self._transport}"

    @property
    def first_hop(self) -> Hop:
        """The outbound proxy, else the exchange itself; SipError when the proxy is not written as it must."""
        if not self.outbound_proxy:
            return Hop(self.host, self.port, self.transport)
        written = _PROXY.fullmatch(self.outbound_proxy)
        if written is None:
            raise SipError(
                f"the outbound proxy {self.outbound_proxy!r} is not host[:port][;transport=udp|tcp|tls]"
            )
        transport = cast("Transport", (written["transport"] or self.transport).lower())
        return Hop(written["host"], int(written["port"] or 0), transport)

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
        return self.domain or (f"{self.host}:{self.port}" if self.port else self.host)

    @property
    def _transport(self) -> str:
        return "" if self.transport == "udp" else f";transport={self.transport}"


@dataclass(frozen=True, slots=True)
class Hop:
    """The host that a line's requests go to first; port 0: as the DNS tells."""

    host: str
    port: int
    transport: Transport


_PROXY = re.compile(
    r"(?P<host>[A-Za-z0-9.-]+)(:(?P<port>\d{1,5}))?(;transport=(?P<transport>udp|tcp|tls))?", re.IGNORECASE
)
_USER_SAFE = "-_.!~*'()&=+$,;?/"  # RFC 3261 section 25.1: unreserved and user-unreserved
