"""The certificate of the pages: made by the box at its first start, or given by an admin.

One file holds key and chain, so that it is always replaced whole; it is in every backup. One that the box
made lasts 825 days, the most that every browser allows (Apple since 2019), and is made anew a month before
it ends: a browser asks once more whether to trust it.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
import ssl
import subprocess
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from appliance.store import durable, sharing
from web.language import N_

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

log = logging.getLogger("deskbell.web")

NAME = "page.pem"  # in the folder of the certificates
LIFE = timedelta(days=824)  # from a day ago, since clocks differ: 825 in all
RENEWED = timedelta(days=30)  # before one of our own making ends
SMALLEST_RSA = 2048  # bits
LONGEST_NAME = 64  # characters of a common name (X.520)


class TlsError(ValueError):
    """A certificate that cannot be used; the text, in English, is one that pages can translate."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a person wants to know of a certificate."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    """Host names and addresses that it is for."""
    begins: datetime
    ends: datetime
    fingerprint: str
    """SHA-256, in the way that browsers show it."""
    own: bool
    """It vouches for itself: browsers warn until somebody has compared the fingerprint."""

    def holds(self, at: datetime) -> bool:
        """Return whether it is valid at a time."""
        return self.begins <= at <= self.ends


class Credentials:
    """The certificate and the key in a folder, and what connections are encrypted with."""

    def __init__(self, folder: Path) -> None:
        """Prepare; nothing is read or made yet."""
        self.path = folder / NAME
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._context: ssl.SSLContext
        self._certificate: Certificate

    def ensure(self, names: Iterable[str]) -> None:
        """Have a certificate: make one where there is none, or ours ends soon, or it cannot be read."""
        now = datetime.now(UTC)
        try:
            found = read(self.path.read_bytes())
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(self.path)
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            broken = self.path.with_suffix(".broken")
            log.error("%s cannot be used (%s): it is kept as %s, and another one made", NAME, error, broken)
            self.path.replace(broken)
        else:
            if not found.own or (found.holds(now) and found.ends - now > RENEWED):
                return
        self.replace(make(names, now))

    def replace(self, pem: bytes) -> None:
        """Use another certificate and key, for new connections from now on."""
        sharing.make_folder(self.path.parent)
        durable.write(self.path, pem, 0o600)

    def context(self) -> ssl.SSLContext:
        """Return what a new connection is encrypted with; OSError when that cannot be."""
        with self._lock:
            self._look()
            return self._context

    def certificate(self) -> Certificate:
        """Return the certificate in use; OSError when there is none."""
        with self._lock:
            self._look()
            return self._certificate

    def _look(self) -> None:
        found = self.path.stat()
        stamp = (found.st_ino, found.st_mtime_ns)
        if stamp != self._stamp:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.options |= ssl.OP_NO_RENEGOTIATION
            context.load_cert_chain(self.path)
            context.set_alpn_protocols(["http/1.1"])
            certificate = read(self.path.read_bytes())
            self._stamp, self._context, self._certificate = stamp, context, certificate


def own_names(more: Iterable[str] = ()) -> list[str]:
    """Return the names and addresses that this box is reached by, and those that the settings add."""
    host = socket.gethostname().lower()
    short = host.partition(".")[0]
    names = [host, short, f"{short}.local", *more, "localhost", "127.0.0.1", "::1", *_addresses()]
    return list(dict.fromkeys(name for name in names if name))


def make(names: Iterable[str], at: datetime) -> bytes:
    """Return a key and a certificate for these names and addresses that vouches for itself, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives = [name for name in map(_alternative, names) if name is not None]
    plain = next((name.value for name in alternatives if isinstance(name, x509.DNSName)), "deskbell")
    who = x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Deskbell"),
        x509.NameAttribute(NameOID.COMMON_NAME, plain[:LONGEST_NAME]),
    ])  # fmt: skip
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + LIFE)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _pem(key, [certificate])


def read(pem: bytes) -> Certificate:
    """Return the facts of the first certificate in a PEM file; ValueError when there is none."""
    certificate = x509.load_pem_x509_certificate(pem)
    names: list[str] = []
    with suppress(x509.ExtensionNotFound):
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = found.get_values_for_type(x509.DNSName)
        names += [str(address) for address in found.get_values_for_type(x509.IPAddress)]
    digits = certificate.fingerprint(hashes.SHA256()).hex().upper()
    return Certificate(
        subject=_said(certificate.subject),
        issuer=_said(certificate.issuer),
        names=tuple(names),
        begins=certificate.not_valid_before_utc,
        ends=certificate.not_valid_after_utc,
        fingerprint=":".join(digits[at : at + 2] for at in range(0, len(digits), 2)),
        own=certificate.issuer == certificate.subject,
    )


def checked(chain: bytes, key: bytes, passphrase: str, at: datetime) -> bytes:
    """Return what to keep of an uploaded chain and its key (PEM); TlsError says why it cannot be used."""
    certificates = _certificates(chain)
    private = _key(key or chain, passphrase)
    public = _public(private)
    first = next((one for one in certificates if _public(one) == public), None)
    if first is None:
        raise TlsError(N_("The key is not that of this certificate: choose the pair that was made together."))
    if at > first.not_valid_after_utc:
        raise TlsError(N_("The certificate has expired: ask for another one."))
    if at < first.not_valid_before_utc:
        raise TlsError(N_("The certificate is not valid yet: check the clock of this box."))
    if isinstance(private, rsa.RSAPrivateKey) and private.key_size < SMALLEST_RSA:
        raise TlsError(N_("The key is too short: browsers want RSA with 2048 bits at least, or EC."))
    pem = _pem(private, _in_order(first, certificates))
    _try(pem)
    return pem


_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def _certificates(chain: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(chain)
    except ValueError as error:
        raise TlsError(
            N_("This is no certificate in PEM form: the file begins with -----BEGIN CERTIFICATE-----.")
        ) from error


def _key(pem: bytes, passphrase: str) -> _Key:
    try:
        key = serialization.load_pem_private_key(pem, passphrase.encode() or None)
    except TypeError as error:  # how the library says that there is a passphrase, or none
        if not passphrase:
            raise TlsError(N_("The key is locked with a passphrase: type it, too.")) from error
        return _key(pem, "")
    except Exception as error:  # ValueError, and what a library below it raises for odd keys
        if passphrase:
            raise TlsError(N_("The key cannot be read: is the passphrase the right one?")) from error
        raise TlsError(
            N_("There is no private key in PEM form: the file has a line -----BEGIN PRIVATE KEY-----.")
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise TlsError(N_("Browsers do not know this kind of key: take an EC or RSA one."))
    return key


def _public(one: _Key | x509.Certificate) -> bytes:
    return one.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _in_order(first: x509.Certificate, others: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """Return a chain, each followed by who vouches for it: uploads have them in any order."""
    chain = [first]
    while (last := chain[-1]).issuer != last.subject:
        above = next((one for one in others if one.subject == last.issuer and one not in chain), None)
        if above is None:
            break
        chain.append(above)
    return chain


def _try(pem: bytes) -> None:
    """Load it as a connection would."""
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # made with mode 600
        file.write(pem)
        file.flush()
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file.name)
        except ssl.SSLError as error:
            raise TlsError(
                N_("OpenSSL refuses this certificate: it is too weak, or not for a server.")
            ) from error


def _pem(key: _Key, chain: Iterable[x509.Certificate]) -> bytes:
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return secret + b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain)


def _said(name: x509.Name) -> str:
    """Return who a name means: its common name, or all of it."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()


def _alternative(name: str) -> x509.GeneralName | None:
    with suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(name))
    with suppress(ValueError):
        return x509.DNSName(name.encode("idna").decode())
    return None  # no name that a certificate can have


def _addresses() -> list[str]:
    """Return the addresses of this box, without those that hold on one link only."""
    try:
        done = subprocess.run(
            ["ip", "-json", "address", "show", "scope", "global"], capture_output=True, timeout=5, check=True
        )
        links = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return []  # no iproute2 here: names will do
    return [address["local"] for link in links for address in link.get("addr_info", ()) if "local" in address]
