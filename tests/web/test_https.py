"""Encrypted pages: the box's own certificate, one from elsewhere, and what came unencrypted."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import subprocess
import sys
import time
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import tomlkit
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.store.file import connect, prepare, writing
from appliance.users import accounts, sessions
from web import tls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime.now(UTC).replace(microsecond=0)
PATIENCE = 30.0  # seconds in which a server comes up


# --- certificates


class Pair(NamedTuple):
    certificate: bytes
    key: bytes


def issue(
    name: str = "desk.example",
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None,
    issuer: tuple[str, ec.EllipticCurvePrivateKey] | None = None,
    begins: datetime = NOW - timedelta(days=1),
    ends: datetime = NOW + timedelta(days=90),
    passphrase: bytes = b"",
) -> Pair:
    key = key or ec.generate_private_key(ec.SECP256R1())
    above, signer = issuer or (name, key)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, above)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    locked = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked),
    )


def test_our_own_is_for_every_name_and_address_and_no_browser_finds_it_too_long() -> None:
    made = tls.read(
        tls.make(["desk", "desk.local", "192.0.2.7", "fd00::7", "häuser.example", "x" * 300], NOW)
    )
    assert made.names == ("desk", "desk.local", "xn--huser-gra.example", "192.0.2.7", "fd00::7")
    assert made.subject == "desk"
    assert made.own
    assert made.ends - made.begins <= timedelta(days=825)
    assert made.holds(NOW)
    assert len(made.fingerprint) == 32 * 3 - 1


def test_the_box_knows_what_it_is_called() -> None:
    names = tls.own_names(["reception.example"])
    host = socket.gethostname().lower().partition(".")[0]
    assert {host, f"{host}.local", "reception.example", "localhost", "127.0.0.1"} <= set(names)
    assert len(names) == len(set(names))


def test_it_is_made_once_kept_for_itself_and_anew_a_month_before_it_ends(tmp_path: Path) -> None:
    credentials = tls.Credentials(tmp_path / "certificates")
    credentials.ensure(["desk"])
    first = credentials.certificate()
    assert credentials.path.stat().st_mode & 0o777 == 0o600
    assert credentials.path.parent.stat().st_mode & 0o777 == 0o700
    credentials.ensure(["desk"])
    assert credentials.certificate() == first
    credentials.replace(tls.make(["desk"], NOW - tls.LIFE + timedelta(days=20)))
    ending = credentials.certificate()
    credentials.ensure(["desk"])
    assert credentials.certificate().ends > ending.ends


def test_one_from_elsewhere_is_never_replaced_by_ours(tmp_path: Path) -> None:
    authority = ec.generate_private_key(ec.SECP256R1())
    pair = issue(issuer=("An authority", authority), ends=NOW + timedelta(days=2))
    credentials = tls.Credentials(tmp_path)
    credentials.replace(tls.checked(pair.certificate, pair.key, "", NOW))
    credentials.ensure(["desk"])
    assert not credentials.certificate().own


def test_one_that_cannot_be_read_is_kept_aside_and_the_pages_open_all_the_same(tmp_path: Path) -> None:
    credentials = tls.Credentials(tmp_path)
    credentials.path.write_bytes(b"rubbish")
    credentials.ensure(["desk"])
    assert credentials.certificate().holds(NOW)
    assert (tmp_path / "page.broken").read_bytes() == b"rubbish"


def test_a_chain_in_any_order_and_a_locked_key_are_taken() -> None:
    root, middle = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    above = issue("Middle", middle, ("Root", root))
    leaf = issue(issuer=("Middle", middle), passphrase=b"open sesame")
    pem = tls.checked(above.certificate + leaf.certificate, leaf.key, "open sesame", NOW)
    assert [one.subject.rfc4514_string() for one in x509.load_pem_x509_certificates(pem)] == [
        "CN=desk.example",
        "CN=Middle",
    ]
    assert b"ENCRYPTED" not in pem
    both = tls.checked(leaf.certificate + leaf.key, b"", "open sesame", NOW)
    assert tls.read(both).names == ("desk.example",)


ONE, OTHER = issue(), issue()
LOCKED = issue(passphrase=b"open sesame")
SMALL = issue(key=rsa.generate_private_key(65537, 1024))
ODD = ed25519.Ed25519PrivateKey.generate().private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)


@pytest.mark.parametrize(
    ("pair", "passphrase", "why"),
    [
        (Pair(ONE.certificate, OTHER.key), "", "not that of this certificate"),
        (Pair(b"", ONE.key), "", "no certificate in PEM form"),
        (Pair(b"\x30\x82\x01\x0a", ONE.key), "", "no certificate in PEM form"),
        (Pair(ONE.certificate, b""), "", "no private key in PEM form"),
        (Pair(ONE.certificate, b"rubbish"), "", "no private key in PEM form"),
        (LOCKED, "", "locked with a passphrase"),
        (LOCKED, "wrong", "the right one"),
        (issue(ends=NOW - timedelta(hours=1)), "", "has expired"),
        (issue(begins=NOW + timedelta(hours=1)), "", "not valid yet"),
        (SMALL, "", "too short"),
        (Pair(ONE.certificate, ODD), "", "do not know this kind of key"),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_to_do(pair: Pair, passphrase: str, why: str) -> None:
    with pytest.raises(tls.TlsError, match=why):
        tls.checked(pair.certificate, pair.key, passphrase, NOW)


def test_a_passphrase_for_a_key_without_one_does_no_harm() -> None:
    assert tls.checked(ONE.certificate, ONE.key, "needless", NOW)


@settings(max_examples=50, deadline=None)
@given(cut=st.integers(0, len(ONE.key) - 2), put=st.binary(max_size=4), phrase=st.text(max_size=4))
def test_whatever_is_uploaded_is_taken_or_refused(cut: int, put: bytes, phrase: str) -> None:
    for chain, key in ((ONE.certificate[:cut] + put, ONE.key), (ONE.certificate, ONE.key[:cut] + put)):
        with suppress(tls.TlsError):
            tls.checked(chain, key, phrase, NOW)


# --- the site


class Site(NamedTuple):
    home: Path
    plain_port: int
    secure_port: int
    server: subprocess.Popen[bytes]

    def ask(
        self, path: str, secure: bool = True, method: str = "GET", **headers: str
    ) -> http.client.HTTPResponse:
        connection: http.client.HTTPConnection
        if secure:
            trusting = ssl.create_default_context(cafile=self.home / "certificates" / "page.pem")
            trusting.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)  # it vouches for itself
            connection = http.client.HTTPSConnection(
                "127.0.0.1", self.secure_port, context=trusting, timeout=PATIENCE
            )
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.plain_port, timeout=PATIENCE)
        connection.request(method, path, headers=headers)
        reply = connection.getresponse()
        reply.read()
        connection.close()
        return reply


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def secure_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("secure")
    http_port, https_port = free_port(), free_port()
    path = home / "deskbell.toml"
    options = {"port": http_port, "https_port": https_port, "address": "0.0.0.0", "names": ["desk.example"]}
    path.write_text(
        tomlkit.dumps({"desk": {"store": str(home / "desk.db"), "socket": str(home / "s")}, "page": options})
    )
    prepare(home / "desk.db")
    with closing(connect(home / "desk.db")) as file:
        accounts.add(file, "Ada", "three quiet words", "admin")
    server = subprocess.Popen([sys.executable, "-m", "web", "--settings", str(path)])
    site = Site(home, http_port, https_port, server)
    deadline = time.monotonic() + PATIENCE
    while True:
        with suppress(OSError):
            if site.ask("/static/icon.svg").status == 200:
                break
        assert server.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield site
    server.terminate()
    server.wait(20)


def test_given_no_certificate_then_one_is_made_at_the_first_start(secure_site: Site) -> None:
    found = tls.read((secure_site.home / "certificates" / "page.pem").read_bytes())
    assert found.own
    assert {"desk.example", "localhost", "127.0.0.1"} <= set(found.names)
    addresses = [name for name in found.names if name[0].isdigit()]
    assert all(ipaddress.ip_address(address) for address in addresses)


def test_what_comes_unencrypted_is_led_to_the_encrypted_page(secure_site: Site) -> None:
    reply = secure_site.ask("/users?a=1&b=%2f%20x", secure=False)
    assert (reply.status, reply.getheader("Location")) == (
        308,
        f"https://127.0.0.1:{secure_site.secure_port}/users?a=1&b=%2f%20x",
    )
    assert secure_site.ask("/login", False, "POST", Host="desk.example").status == 308
    assert secure_site.ask("/", False, Host="attacker.example").status == 421
    odd = secure_site.ask("//attacker.example/", False).getheader("Location") or ""
    assert odd.startswith(f"https://127.0.0.1:{secure_site.secure_port}//")


def test_cookies_are_for_the_encrypted_page_of_this_host_alone(secure_site: Site) -> None:
    reply = secure_site.ask("/login")
    assert reply.status == 200
    (cookie,) = reply.msg.get_all("Set-Cookie") or []
    assert cookie.startswith("__Host-deskbell-form=")
    for word in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie


def test_a_header_cannot_make_a_request_look_encrypted(secure_site: Site) -> None:
    for header in ("X-Forwarded-Proto", "X-Forwarded-Protocol", "X-Forwarded-Ssl"):
        assert secure_site.ask("/login", False, **{header: "https"}).status == 308


def test_only_the_box_s_own_names_and_addresses_are_answered(secure_site: Site) -> None:
    host = socket.gethostname()
    for name in (
        "desk.example",
        "DESK.example:443",
        "localhost",
        "192.0.2.9",
        "[fd00::9]:8443",
        host,
        f"{host}.local",
    ):
        assert secure_site.ask("/login", Host=name).status == 200, name
    for name in (
        "attacker.example",
        "desk.example.attacker.example",
        "1.2.3.4.attacker.example",
        "",
        "a b",
        "[::1",
    ):
        assert secure_site.ask("/login", Host=name).status in (400, 421), name


def test_another_certificate_is_used_for_new_connections_and_the_server_goes_on(secure_site: Site) -> None:
    assert secure_site.ask("/login").getheader("Strict-Transport-Security") is None
    with socket.create_connection(("127.0.0.1", secure_site.secure_port)) as open_socket:
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        with trusting.wrap_socket(open_socket) as kept:
            kept.sendall(b"GET /static/icon.svg HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert kept.recv(12) == b"HTTP/1.1 200"
            authority = ec.generate_private_key(ec.SECP256R1())
            pair = issue("localhost", issuer=("An authority", authority))
            before = (secure_site.home / "certificates" / "page.pem").read_bytes()
            tls.Credentials(secure_site.home / "certificates").replace(
                tls.checked(pair.certificate, pair.key, "", datetime.now(UTC))
            )
            try:
                with (
                    socket.create_connection(("127.0.0.1", secure_site.secure_port)) as other,
                    trusting.wrap_socket(other) as new,
                ):
                    shown = new.getpeercert(binary_form=True)
                    new.sendall(b"GET /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    said = b"".join(iter(lambda: new.recv(65536), b""))
                assert shown == x509.load_pem_x509_certificate(pair.certificate).public_bytes(
                    serialization.Encoding.DER
                )
                assert b"Strict-Transport-Security: max-age=31536000" in said
                kept.sendall(b"GET /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                assert b"Sign in" in b"".join(iter(lambda: kept.recv(65536), b""))
            finally:
                tls.Credentials(secure_site.home / "certificates").replace(before)


def test_only_today_s_encryption_is_spoken(secure_site: Site) -> None:
    context = tls.Credentials(secure_site.home / "certificates").context()
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert not any("MD5" in one["name"] or "RC4" in one["name"] for one in context.get_ciphers())


def test_an_admin_sees_the_certificate_uploads_another_and_has_a_new_one_made(secure_site: Site) -> None:
    with closing(connect(secure_site.home / "desk.db")) as file, writing(file):
        token = sessions.begin(file, accounts.named(file, "Ada"), time.time())
        session = sessions.find(file, token, time.time())
    assert session
    cookie: dict[str, Any] = {"Cookie": f"__Host-deskbell={token}", "X-CSRF-Token": session.csrf}
    assert secure_site.ask("/certificate", **cookie).status == 200
    path = secure_site.home / "certificates" / "page.pem"
    before = path.read_bytes()
    assert secure_site.ask("/certificate", method="POST", **cookie).status == 422
    assert path.read_bytes() == before
    assert secure_site.ask("/certificate/new", method="POST", **cookie).status == 303
    assert path.read_bytes() != before
    assert tls.read(path.read_bytes()).own


def test_given_an_address_that_lets_others_in_and_no_https_then_the_pages_are_not_served(
    tmp_path: Path,
) -> None:
    path = tmp_path / "deskbell.toml"
    path.write_text(f'[desk]\nstore = "{tmp_path / "desk.db"}"\n[page]\naddress = "0.0.0.0"\n')
    done = subprocess.run(
        [sys.executable, "-m", "web", "--settings", str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 1
    assert "0.0.0.0 lets others in, and passwords would go unencrypted: set page.https_port" in done.stderr
