"""Who may ring: the exchange, and nobody else. Pure."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from appliance.sip.errors import SipError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

GO_ON = 0
DROPPED = -1
FORBIDDEN = 403
_LOG_SECONDS = 60.0  # a source is logged once in so many
_FLOOD = 20  # refusals a minute, beyond which a source gets no answer any more
_SOURCES = 1000  # that are told apart; more in a minute are forged ones

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Verdict(NamedTuple):
    """What becomes of a request: GO_ON, DROPPED, or the status to answer; and what the log should say."""

    status: int
    entry: str = ""


class Sources:
    """Judges requests outside any dialog by where they come from."""

    def __init__(self) -> None:
        """Nobody may ring yet."""
        self._trusted: dict[Hashable, frozenset[Network]] = {}
        self._refused: dict[str, tuple[float, int]] = {}  # since when, how many
        self.direct_calls = False

    def trust(self, line: Hashable, addresses: Iterable[str]) -> None:
        """These addresses and networks are a line's exchange, and no longer those that were; SipError when
        one of them is neither.
        """
        try:
            networks = frozenset(ipaddress.ip_network(address, strict=False) for address in addresses)
        except ValueError as error:
            raise SipError(f"not an address or network of the exchange: {error}") from None
        self._trusted[line] = networks

    def judge(self, method: str, source: str, now: float) -> Verdict:
        """Judge a request from `source` ("address:port") at `now` (monotonic seconds).

        A REFER outside a dialog would have us call whom a stranger names, so the exchange's is refused too.
        """
        address = _address(source)
        known = address is not None and any(
            address in network for networks in self._trusted.values() for network in networks
        )
        if (known or self.direct_calls) and method != "REFER":
            return Verdict(GO_ON)
        return self._refuse(method, str(address or source), known, now)

    def _refuse(self, method: str, host: str, known: bool, now: float) -> Verdict:
        since, count = self._refused.get(host, (now, 0))
        if now - since >= _LOG_SECONDS:
            since, count = now, 0
        if count == 0 and len(self._refused) >= _SOURCES:
            self._refused = {h: seen for h, seen in self._refused.items() if now - seen[0] < _LOG_SECONDS}
            if len(self._refused) >= _SOURCES:
                return Verdict(DROPPED)
        self._refused[host] = (since, count + 1)
        if count >= _FLOOD:
            return Verdict(DROPPED)
        who = "the exchange, outside any call" if known else "not the exchange"
        return Verdict(FORBIDDEN, f"{method} from {host} was refused: that is {who}" if count == 0 else "")


def _address(source: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    host = source.rpartition(":")[0] or source
    with suppress(ValueError):
        address = ipaddress.ip_address(host.strip("[]"))
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return mapped or address
    return None
