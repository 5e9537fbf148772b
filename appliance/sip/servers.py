"""Where the exchange is: its servers in the order to try them, as the DNS tells (RFC 3263, RFC 2782)."""

from __future__ import annotations

import ipaddress
import math
import random
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import dns.exception
import dns.resolver

from appliance.sip.errors import SipError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dns.rdtypes.IN.SRV import SRV

    from appliance.sip.config import Hop, Transport

QUERY_SECONDS = 3.0
"""How long the name servers have for one question."""

PROBE_SECONDS = 2.0
"""How long a server may take to show that it serves again."""

_HOSTS_SECONDS = 60.0  # how long an answer without a time to live is good: hosts file, mDNS
_SERVICES: dict[Transport, str] = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}
_PORTS: dict[Transport, int] = {"udp": 5060, "tcp": 5060, "tls": 5061}


class NoServer(SipError):
    """No server of the exchange can be found; the message says why in plain words."""


def _draw(top: int) -> int:
    return random.randint(0, top)  # noqa: S311


@dataclass(frozen=True, slots=True)
class Server:
    """One server; of two, that with the lower `priority` is the better one."""

    address: str
    port: int
    priority: int = 0

    def __str__(self) -> str:
        """Return address:port."""
        return f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class Found:
    """The servers in the order to try them, and for how many seconds that is good."""

    servers: tuple[Server, ...]
    seconds: float


class Servers:
    """Which of the exchange's servers is in use. Pure."""

    def __init__(self) -> None:
        """No server is known yet."""
        self._servers: tuple[Server, ...] = ()
        self._tried: set[Server] = set()
        self.current: Server | None = None

    def update(self, servers: tuple[Server, ...]) -> None:
        """Take what the DNS tells now; the server in use stays in use while it is among them."""
        self._servers = servers
        if self.current not in servers:
            self.current = servers[0]
            self._tried.clear()

    def fail(self) -> Server | None:
        """The server in use does not serve: use the next and return it, None when each has been tried."""
        if self.current:
            self._tried.add(self.current)
        untried = [server for server in self._servers if server not in self._tried]
        if not untried:
            self._tried.clear()
        self.current = next(iter(untried or self._servers), None)
        return self.current if untried else None

    def serve(self) -> None:
        """The server in use serves: should it fail, each of the others is worth a try."""
        self._tried.clear()

    @property
    def better(self) -> Server | None:
        """The best server, when it is better than that in use."""
        best = min(self._servers, key=lambda server: server.priority, default=None)
        return best if best and self.current and best.priority < self.current.priority else None

    def use(self, server: Server) -> None:
        """Use that one of them."""
        self.current = server


def is_address(host: str) -> bool:
    """Whether a host is an address, which the DNS need not be asked for."""
    with suppress(ValueError):
        return bool(ipaddress.ip_address(host))
    return False


def name_servers(own: str) -> list[str]:
    """Return the addresses of the name servers, `own` or the system's; pjsip can ask at port 53 only."""
    if own:
        return [own.removesuffix(":53")] if ":" not in own.removesuffix(":53") else []
    with suppress(dns.resolver.NoResolverConfiguration):
        return [str(server) for server in dns.resolver.Resolver().nameservers if ":" not in str(server)]
    return []


def look_up(hop: Hop, name_server: str, done: Callable[[Found | NoServer], None]) -> None:
    """Find the servers and hand them to `done`: at once where `hop` is an address, else from a thread."""
    if is_address(hop.host):
        done(find(hop))
        return

    def ask() -> None:
        try:
            done(find(hop, name_server))
        except NoServer as error:
            done(error)

    threading.Thread(target=ask, name="dns", daemon=True).start()


def find(hop: Hop, name_server: str = "") -> Found:
    """Ask for the servers of a host, blocking; NoServer when there are none."""
    port = hop.port or _PORTS[hop.transport]
    if is_address(hop.host):
        return Found((Server(hop.host, port),), math.inf)
    names = _Names(name_server)
    with suppress(_NothingError):
        if not hop.port:
            return names.services(hop)
    try:
        addresses, seconds = names.addresses(hop.host)
    except _NothingError:
        raise NoServer(f"the name {hop.host} is not known") from None
    return Found(tuple(Server(address, port) for address in addresses), seconds)


def answers(server: Server, transport: Transport, done: Callable[[bool], None]) -> None:
    """Find out, in a thread, whether a server talks SIP, or for TCP and TLS takes a connection."""

    def ask() -> None:
        done(_talks_sip(server) if transport == "udp" else _connects(server))

    threading.Thread(target=ask, name="probe", daemon=True).start()


def ordered(records: Sequence[SRV], draw: Callable[[int], int] = _draw) -> list[SRV]:
    """Return SRV records in the order to try them (RFC 2782): by priority, then drawn by weight."""
    left = sorted(records, key=lambda record: (record.priority, record.weight))
    result: list[SRV] = []
    while left:
        rivals = [record for record in left if record.priority == left[0].priority]
        lot = draw(sum(record.weight for record in rivals))
        for chosen in rivals:
            lot -= chosen.weight
            if lot <= 0:
                break
        left.remove(chosen)
        result.append(chosen)
    return result


class _NothingError(Exception):
    """The DNS knows no such record."""


class _Names:
    """The name servers, and for the system's own also what else it knows (hosts file, mDNS)."""

    def __init__(self, name_server: str) -> None:
        self._own = not name_server
        self._resolver: dns.resolver.Resolver | None = None
        with suppress(dns.resolver.NoResolverConfiguration):
            self._resolver = dns.resolver.Resolver(configure=self._own)
        if self._resolver and name_server:
            address, _, port = name_server.partition(":")
            self._resolver.nameservers, self._resolver.port = [address], int(port or 53)

    def services(self, hop: Hop) -> Found:
        """The servers that SRV records name."""
        records, seconds = self._ask(f"{_SERVICES[hop.transport]}.{hop.host}", "SRV")
        servers: list[Server] = []
        for record in ordered(records):
            with suppress(_NothingError):
                addresses, good = self.addresses(str(record.target).removesuffix("."))
                servers += [Server(address, record.port, record.priority) for address in addresses]
                seconds = min(seconds, good)
        if not servers:
            raise NoServer(f"the DNS names no server of {hop.host} for SIP over {hop.transport.upper()}")
        return Found(tuple(servers), seconds)

    def addresses(self, name: str) -> tuple[list[str], float]:
        """The IPv4 addresses of a name, and for how many seconds they are good."""
        try:
            records, seconds = self._ask(name, "A")
        except _NothingError:
            if not self._own:
                raise
            return self._known_to_the_system(name), _HOSTS_SECONDS
        return [record.address for record in records], seconds

    def _ask(self, name: str, kind: str) -> tuple[list[Any], float]:
        if self._resolver is None:
            raise _NothingError
        try:
            answer = self._resolver.resolve(name, kind, lifetime=QUERY_SECONDS, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            raise _NothingError from None
        except dns.exception.DNSException as error:
            raise NoServer(f"{name} cannot be looked up: no name server answers as it should") from error
        return list(answer), float(answer.rrset.ttl if answer.rrset else 0)

    def _known_to_the_system(self, name: str) -> list[str]:
        try:
            known = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_DGRAM)
        except (OSError, UnicodeError):
            raise _NothingError from None
        return [str(address[0]) for *_, address in known]


def _talks_sip(server: Server) -> bool:
    """Whether anything but 503 comes back when asked for its options (RFC 3261 section 11)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking, suppress(OSError):
        asking.settimeout(PROBE_SECONDS)
        asking.connect((server.address, server.port))
        here, branch = "{}:{}".format(*asking.getsockname()), token_hex(8)
        asking.send(
            (
                f"OPTIONS sip:{server} SIP/2.0\r\nVia: SIP/2.0/UDP {here};rport;branch=z9hG4bK{branch}\r\n"
                f"Max-Forwards: 70\r\nFrom: <sip:{here}>;tag={token_hex(4)}\r\nTo: <sip:{server}>\r\n"
                f"Call-ID: {token_hex(8)}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
            ).encode()
        )
        return not asking.recv(65535).startswith(b"SIP/2.0 503")
    return False


def _connects(server: Server) -> bool:
    try:
        socket.create_connection((server.address, server.port), PROBE_SECONDS).close()
    except OSError:
        return False
    return True
