"""A company's directory over LDAP (RFC 4511): OpenLDAP, 389, Active Directory and their like.

Every reading lists the keys and versions of all people, which is little, and then reads those whose
version is new: so who has gone is seen at once, and no clock of the server matters. A version is an
entryCSN (OpenLDAP), a uSNChanged (Active Directory) or a modifyTimestamp; a key an entryUUID (RFC 4530),
an objectGUID, a nsUniqueId or else the DN. All of it comes in pages (RFC 2696).

Why ldap3, whose last release is of 2021: it is pure Python and complete. python-ldap and bonsai have no
wheels for the box, and would have to be compiled there against OpenLDAP's C library.
"""

from __future__ import annotations

import ssl
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import ldap3
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_bytes, escape_filter_chars

from appliance.directory.person import Number, Person
from appliance.directory.sources.base import SourceError, portrait

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Iterator

    from appliance.directory.sources.base import Harvest
    from appliance.settings import SourceOptions

CONNECT, READ = 10, 60  # seconds
NAMES, ENTRIES = 1000, 100  # a page: of keys and versions, of whole entries with pictures
LARGEST = 32 << 20  # bytes, of a page
FEW = 500  # so many are asked for by key, more by reading all

REACHABLE = "(&(objectClass=person)(|(telephoneNumber=*)(mobile=*)(homePhone=*)(ipPhone=*)(mail=*)))"
KEYS = ("entryUUID", "objectGUID", "nsUniqueId")
VERSIONS = ("entryCSN", "uSNChanged", "modifyTimestamp")
TEXTS = {
    "last": ("sn",),
    "first": ("givenName",),
    "company": ("company", "o"),
    "department": ("department", "departmentNumber", "ou"),
    "office": ("physicalDeliveryOfficeName", "roomNumber"),
    "title": ("title",),
    "notes": ("description", "info"),
    "external_id": ("employeeNumber", "employeeID"),
    "email": ("mail",),
    "web": ("wWWHomePage", "labeledURI", "url"),
    "xmpp": (),
    "calendar": (),
}
"""The attributes of each field: the first that an entry has is taken (RFC 4519, 2798; Active Directory)."""
NUMBERS = {
    "work": ("telephoneNumber", "otherTelephone"),
    "extension": ("ipPhone",),
    "mobile": ("mobile", "otherMobile"),
    "home": ("homePhone", "otherHomePhone"),
    "fax": ("facsimileTelephoneNumber",),
    "pager": ("pager",),
}
"""The attributes of each kind of number: all of them are taken."""
PICTURES = ("thumbnailPhoto", "jpegPhoto")  # the small one of Active Directory before the large one

Entry = dict[str, list[bytes]]  # by the attribute in lower case


class Ldap:
    """The people below one DN of a server."""

    def __init__(self, options: SourceOptions) -> None:
        """Nothing is asked yet."""
        self._options = options
        self._texts, self._numbers = dict(TEXTS), dict(NUMBERS)
        for field, _, attribute in (written.partition("=") for written in options.attributes):
            table = self._texts if field in TEXTS else self._numbers
            table[field] = (attribute,) if attribute else ()

    def read(self, into: Harvest) -> str:
        """List all, then read those who are new or changed."""
        try:
            with _connected(self._options, into.left) as connection:
                self._read(connection, into)
        except LDAPException as error:
            raise SourceError(f"it cannot be reached, or fell silent: {error}") from error
        return ""

    def _read(self, connection: ldap3.Connection, into: Harvest) -> None:
        everybody = self._options.filter or REACHABLE
        present: set[str] = set()
        changed: dict[str, tuple[str, bytes]] = {}
        for dn, entry in self._search(connection, into, everybody, (*KEYS, *VERSIONS), NAMES):
            key, attribute, value = _key(dn, entry)
            version = _first(entry, VERSIONS)
            present.add(key)
            if not version or into.known.get(key) != version:
                changed[key] = attribute, value
        for filters in _filters(everybody, changed):
            wanted = (*KEYS, *VERSIONS, *self._attributes())
            for dn, entry in self._search(connection, into, filters, wanted, ENTRIES):
                if (key := _key(dn, entry)[0]) in changed:
                    into.add(self._person(key, dn, entry))
        into.gone_but(present)

    def _search(
        self, connection: ldap3.Connection, into: Harvest, filters: str, attributes: Iterable[str], size: int
    ) -> Iterator[tuple[str, Entry]]:
        cookie: bytes | None = None
        while True:
            connection.socket.received = 0
            connection.search(
                self._options.base,
                filters,
                attributes=list(attributes),
                paged_size=size,
                paged_cookie=cookie,
                time_limit=READ,
            )
            result: dict[str, Any] = connection.result
            if result["result"]:
                raise SourceError(_refusal(result))
            for found in connection.response or ():
                if found["type"] == "searchResEntry":
                    raw = {name.lower(): values for name, values in found["raw_attributes"].items()}
                    yield found["dn"], raw
            control = result.get("controls", {}).get("1.2.840.113556.1.4.319")
            cookie = control["value"]["cookie"] if control else None
            if not cookie:
                return

    def _attributes(self) -> Iterator[str]:
        for attributes in (*self._texts.values(), *self._numbers.values()):
            yield from attributes
        yield from ("cn", "displayName", *(PICTURES if self._options.pictures else ()))

    def _person(self, key: str, dn: str, entry: Entry) -> Person:
        texts: dict[str, Any] = {
            field: _first(entry, attributes) for field, attributes in self._texts.items()
        }
        if not (texts["last"] or texts["first"]):
            texts["last"] = _first(entry, ("displayName", "cn")) or dn
        numbers = {
            number: Number(number, kind)
            for kind, attributes in reversed(self._numbers.items())
            for attribute in attributes
            for number in map(_text, entry.get(attribute.lower(), ()))
        }
        ordered = sorted(numbers.values(), key=lambda each: list(self._numbers).index(each.type))
        pictures = (data for attribute in PICTURES for data in entry.get(attribute.lower(), ()))
        return Person(
            **texts,
            numbers=tuple(ordered),
            picture=portrait(next(pictures, b"")),
            source_key=key,
            source_version=_first(entry, VERSIONS),
        )


class _Tls(ldap3.Tls):
    """Certificates and host names checked by OpenSSL: ldap3 compares names with code of Python 3.5."""

    def __init__(self, ca_file: str, host: str) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        try:
            self._context = ssl.create_default_context(cafile=ca_file or None)
        except OSError as error:
            raise SourceError(f"ca_file {ca_file} cannot be read: {error.strerror}") from error
        self._host = host

    def wrap_socket(self, connection: ldap3.Connection, do_handshake: bool = False) -> None:
        connection.socket = self._context.wrap_socket(
            connection.socket, do_handshake_on_connect=do_handshake, server_hostname=self._host
        )


class _Bounded:
    """A socket that gives only so much of one answer, and only so long: ldap3 takes whatever comes."""

    def __init__(self, inner: socket.socket, left: Callable[[], float]) -> None:
        self._inner, self._left = inner, left
        self.received = 0  # bytes of this answer

    def recv(self, size: int) -> bytes:
        self._left()
        data = self._inner.recv(size)
        self.received += len(data)
        if self.received > LARGEST:
            raise SourceError(f"more than {LARGEST >> 20} MB at once")
        return data

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - all else is the socket's
        return getattr(self._inner, name)


def _connected(options: SourceOptions, left: Callable[[], float]) -> ldap3.Connection:
    """Return a connection that is bound; SourceError tells why there is none."""
    place = urlsplit(options.url)
    server = ldap3.Server(
        place.hostname or "",
        place.port,  # None: the usual one
        use_ssl=place.scheme == "ldaps",
        tls=_Tls(options.ca_file, place.hostname or ""),
        get_info=ldap3.NONE,
        connect_timeout=CONNECT,
    )
    connection = ldap3.Connection(
        server,
        options.user or None,
        options.password if options.user else None,
        authentication=ldap3.SIMPLE if options.user else ldap3.ANONYMOUS,
        check_names=False,
        read_only=True,
        auto_referrals=False,  # a referral would take the password to another server
        receive_timeout=READ,
    )
    connection.open(read_server_info=False)
    if options.start_tls:
        connection.start_tls(read_server_info=False)
    connection.socket = _Bounded(connection.socket, left)
    if not connection.bind(read_server_info=False):
        raise SourceError(_refusal(connection.result))
    return connection


def _refusal(result: dict[str, Any]) -> str:
    said = f"{result['description']} {result.get('message') or ''}".strip()
    match result["description"]:
        case "invalidCredentials" | "inappropriateAuthentication" | "insufficientAccessRights":
            return f"it refuses the user or the password: {said}"
        case "sizeLimitExceeded" | "adminLimitExceeded":
            return (
                f"it does not give so many people to this user: {said}; have the limit raised, or set filter"
            )
        case "noSuchObject" | "invalidDNSyntax" | "referral":
            return f"it has nothing below base: {said}"
        case "strongerAuthRequired" | "confidentialityRequired":
            return f"it wants encryption: {said}; write ldaps://, or start_tls = true"
    return f"it answers {said}"


def _key(dn: str, entry: Entry) -> tuple[str, str, bytes]:
    """Return the key of an entry, and the attribute that holds it; "" where the DN has to do."""
    for attribute in KEYS:
        if values := entry.get(attribute.lower()):
            return values[0].hex() if attribute == "objectGUID" else _text(values[0]), attribute, values[0]
    return dn, "", b""


def _filters(everybody: str, changed: dict[str, tuple[str, bytes]]) -> Iterator[str]:
    """Yield searches that find all who have changed."""
    if len(changed) > FEW or not all(attribute for attribute, _ in changed.values()):
        yield everybody
        return
    asked = iter(changed.values())
    while some := list(islice(asked, ENTRIES)):
        keys = "".join(f"({attribute}={_escaped(attribute, value)})" for attribute, value in some)
        yield f"(&{everybody}(|{keys}))"


def _escaped(attribute: str, value: bytes) -> str:
    binary = attribute == "objectGUID"
    return str(escape_bytes(value) if binary else escape_filter_chars(_text(value)))


def _first(entry: Entry, attributes: Iterable[str]) -> str:
    return next((_text(values[0]) for name in attributes if (values := entry.get(name.lower()))), "")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace").strip()
