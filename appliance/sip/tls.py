"""Whether a TLS server is who it should be (RFC 5922), and if not, why, in words."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import ssl
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.sip.errors import SipError
from appliance.sip.log import log

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from appliance.sip.servers import Server

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_SYSTEM = Path("/etc/ssl/certs/ca-certificates.crt")


class Certificate(NamedTuple):
    """What a server has shown, and what OpenSSL thinks of it."""

    pem: str
    names: tuple[str, ...]
    """DNS names and addresses it was issued for: subjectAltName, or without any the common name."""
    issuer: str
    begins: float
    ends: float
    """Both as seconds since 1970."""
    valid_now: bool
    trusted: bool
    """Whether an authority that we believe has signed it, for this purpose, and has not revoked it."""

    @property
    def fingerprint(self) -> str:
        """Its SHA-256 as 64 lower case hex digits."""
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.pem)).hexdigest()


class Identity(NamedTuple):
    """Who a server must prove to be: a host name or address; with a `pin` the holder of that certificate."""

    host: str
    pin: str = ""

    def check(self) -> None:
        """Raise SipError when the pin is none."""
        if self.pin:
            fingerprint(self.pin)


class Gate:
    """Judges each TLS connection by the certificate of its server."""

    def __init__(self) -> None:
        """Nobody is expected yet."""
        self._identities: dict[str, dict[Hashable, Identity]] = {}  # by address:port
        self.faults: dict[str, str] = {}
        """What was wrong with servers when they last showed a certificate, "": nothing; by address:port."""
        self.fingerprints: dict[str, str] = {}
        """The SHA-256 of the certificates that they last showed; by address:port."""

    def expect(self, line: Hashable, identity: Identity, servers: Iterable[Server]) -> None:
        """A line's servers are these, and must prove to be `identity`."""
        for expected in self._identities.values():
            expected.pop(line, None)
        for server in servers:
            self._identities.setdefault(str(server), {})[line] = identity

    def judge(self, shown: pj.TlsInfo) -> str:
        """Return why nothing may be said over a connection; "" when all lines that it may serve agree."""
        server = str(shown.remoteAddr)
        certificate, expected = _certificate(shown), self._identities.get(server, {})
        objections = [objection(certificate, identity) for identity in expected.values()]
        fault = next(filter(None, objections or ["it is none of the exchange's servers"]), "")
        self.faults[server], self.fingerprints[server] = fault, certificate.fingerprint
        if fault:
            log.error("the TLS connection to %s is closed: %s", server, fault)
        return fault


def objection(certificate: Certificate, identity: Identity) -> str:
    """Return in plain words why this certificate does not prove that identity; "" when it does."""
    host = identity.host
    if identity.pin:
        shown = certificate.fingerprint
        if shown == fingerprint(identity.pin):
            return ""
        return f"{host} shows another certificate than the pinned one; the fingerprint of this one is {shown}"
    if not certificate.valid_now:
        if certificate.begins > time.time():
            return f"the certificate of {host} is not valid before {_day(certificate.begins)}"
        return f"the certificate of {host} is not valid: it expired on {_day(certificate.ends)}"
    if not certificate.trusted:
        return f"the certificate of {host} is not valid: {certificate.issuer} is no authority that we believe"
    if _is_for(host, certificate.names):
        return ""
    issued = f"the certificate of {host} is not valid: it was issued for {', '.join(certificate.names)}"
    if any(name.startswith("*.") for name in certificate.names):
        return f"{issued}, and SIP takes no wildcards (RFC 5922 section 7.2): pin it"
    return issued


def fingerprint(pin: str) -> str:
    """Return a SHA-256 fingerprint as 64 lower case hex digits; SipError when it is none."""
    digits = pin.lower().removeprefix("sha256:").replace(":", "").replace(" ", "")
    if not _FINGERPRINT.fullmatch(digits):
        raise SipError(f"the pin {pin!r} is no SHA-256 fingerprint: write its 64 hex digits")
    return digits


def authorities(ca_file: str) -> str:
    """Return the file (PEM) of the authorities to believe: that one, else the system's; SipError without."""
    if not ca_file:
        system = ssl.get_default_verify_paths().cafile
        return system or (str(_SYSTEM) if _SYSTEM.is_file() else "")
    try:
        ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SipError(f"the authorities in {ca_file} cannot be read: {error}") from error
    return ca_file


_NAMES = (pj.PJ_SSL_CERT_NAME_DNS, pj.PJ_SSL_CERT_NAME_IP)


def _certificate(shown: pj.TlsInfo) -> Certificate:
    """Return what a TLS server has shown; that the name is not that of the address is for us to judge."""
    info, status = shown.remoteCertInfo, shown.verifyStatus & ~pj.PJ_SSL_CERT_EIDENTITY_NOT_MATCH
    names = [name.name for name in info.subjectAltName if name.type in _NAMES]
    return Certificate(
        info.raw,
        tuple(names or [info.subjectCn]),
        info.issuerCn or info.issuerInfo,
        info.validityStart.sec,
        info.validityEnd.sec,
        not status & pj.PJ_SSL_CERT_EVALIDITY_PERIOD,
        not status & ~pj.PJ_SSL_CERT_EVALIDITY_PERIOD,
    )


def _is_for(host: str, names: Sequence[str]) -> bool:
    with suppress(ValueError):
        address = ipaddress.ip_address(host)
        return any(_same_address(address, name) for name in names)
    return host.rstrip(".").lower() in (name.rstrip(".").lower() for name in names)


def _same_address(address: ipaddress.IPv4Address | ipaddress.IPv6Address, name: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(name) == address
    return False


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
