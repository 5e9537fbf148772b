"""Address books over CardDAV (RFC 6352): Nextcloud, Radicale, iCloud, Google and their like.

The URL is that of a book, of a home of several, or of the server, which tells where they are (RFC 6764,
5397). The first reading lists the cards and their ETags; later ones ask what has changed since (RFC
6578), or, where a server has no such token, whether anything has (getctag) and list again. Cards come
many at a time (RFC 6352 8.7).
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit
from xml.sax.saxutils import escape

from appliance.directory.formats import vcard
from appliance.directory.formats.items import Fault, FormatError, Row
from appliance.directory.sources import elements
from appliance.directory.sources.base import SourceError
from appliance.directory.sources.fetch import Fetcher, same_host

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from xml.etree.ElementTree import Element

    from appliance.directory.person import Person
    from appliance.directory.sources.base import Harvest
    from appliance.directory.sources.fetch import Answer
    from appliance.settings import SourceOptions

log = logging.getLogger("deskbell.sources")

_XML = {"Content-Type": "application/xml; charset=utf-8"}
BATCH = 50  # cards asked for at once
MOST_ROUNDS = 2_000  # of one book: a server may tell what has changed in parts
_SPACES = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:S="http://calendarserver.org/ns/"'


@dataclass(slots=True)
class _Changes:
    """What has changed in one book: keys of cards to read, of those gone, the mark for next time."""

    cards: Collection[str]
    gone: Collection[str]
    mark: str


class _TokenRefused(Exception):
    """The server has forgotten what it gave this token for."""


class CardDav:
    """All address books that a URL leads to. The key of a card is its path on the server."""

    def __init__(self, options: SourceOptions) -> None:
        """Nothing is asked yet."""
        self._options = options

    def read(self, into: Harvest) -> str:
        """Read what has changed in each book; the people of a book that has gone have gone."""
        fetcher = Fetcher(self._options, into.left)
        before: dict[str, str] = json.loads(into.mark or "{}")
        marks: dict[str, str] = {}
        for url in _books(fetcher, self._options.url):
            book = _Book(fetcher, url, into)
            changes = book.changes(before.get(url, ""))
            into.gone.update(changes.gone)
            marks[url] = changes.mark
            for person in book.people(changes.cards):
                into.add(person if self._options.pictures else replace(person, picture=None))
        places = tuple(map(_path, marks))
        into.gone.update(key for key in into.known if not key.startswith(places))
        return json.dumps(marks)


class _Book:
    """One address book."""

    def __init__(self, fetcher: Fetcher, url: str, into: Harvest) -> None:
        self._fetcher, self._url, self._into = fetcher, url, into
        self._path = _path(url)

    def changes(self, mark: str) -> _Changes:
        """Ask what has changed since a mark."""
        kind, _, value = mark.partition(" ")
        if kind == "token":
            try:
                return self._since(value)
            except _TokenRefused:
                log.info("the server has forgotten what was read before: all is listed again")
        own = _resources(self._fetcher, self._url, "0", "<sync-token/><S:getctag/>")[0]
        now = f"token {own.token}" if own.token else f"tag {own.tag}" if own.tag else ""
        if now and now == mark:
            return _Changes({}, set(), mark)
        return self._listed(now)

    def _listed(self, mark: str) -> _Changes:
        """List all cards; only those with a new ETag are to be read."""
        all_of_it = _resources(self._fetcher, self._url, "1", "<getetag/><resourcetype/>")
        present = {
            each.path: each.etag for each in all_of_it if not each.collection and each.path != self._path
        }
        known = {key: version for key, version in self._into.known.items() if key.startswith(self._path)}
        changed = {path: etag for path, etag in present.items() if not etag or known.get(path) != etag}
        return _Changes(changed.keys(), known.keys() - present.keys(), mark)

    def _since(self, token: str) -> _Changes:
        """Ask what has changed since a token; as often as the server has more to tell (RFC 6578 3.6)."""
        cards: set[str] = set()
        gone: set[str] = set()
        for _ in range(MOST_ROUNDS):
            more = False
            answer = self._report(
                f"<sync-collection {_SPACES}><sync-token>{escape(token)}</sync-token>"
                "<sync-level>1</sync-level><prop><getetag/></prop></sync-collection>",
                welcome=(207, 400, 403, 409, 410, 412, 501),
            )
            if answer.status != 207:
                raise _TokenRefused
            token = ""
            for name, element in elements.elements(answer.body, ("response", "sync-token")):
                if name == "sync-token":
                    token = elements.text(element)
                elif name == "response":
                    each = _resource(element, self._url)
                    more |= each.status == 507
                    if each.path != self._path:
                        (gone if each.status == 404 else cards).add(each.path)
                        (cards if each.status == 404 else gone).discard(each.path)
            if not token:
                raise SourceError("it tells what has changed, but not where to begin next time")
            if not more:
                return _Changes(cards, gone, f"token {token}")
        raise SourceError(f"it does not come to an end with what has changed in {self._url}")

    def people(self, cards: Iterable[str]) -> Iterator[Person]:
        """Read cards; one that cannot be read is left as it was."""
        waiting = iter(cards)
        while some := list(islice(waiting, BATCH)):
            hrefs = "".join(f"<href>{escape(path)}</href>" for path in some)
            answer = self._report(
                f"<C:addressbook-multiget {_SPACES}><prop><getetag/><C:address-data/></prop>{hrefs}"
                "</C:addressbook-multiget>"
            )
            missing = set(some)
            for response in _responses(answer.body):
                each = _resource(response, self._url)
                missing.discard(each.path)
                card = elements.first(response, "address-data")
                if card is not None and (person := _person(card.text or "")):
                    yield replace(person, source_key=each.path, source_version=each.etag)
            if missing:
                raise SourceError(f"it sends half an answer: {len(missing)} of {len(some)} cards are missing")

    def _report(self, asked: str, welcome: tuple[int, ...] = (207,)) -> Answer:
        return self._fetcher.ask("REPORT", self._url, asked, {**_XML, "Depth": "0"}, welcome)


def _books(fetcher: Fetcher, url: str) -> list[str]:
    """Return the URLs of the address books that a URL leads to; SourceError where it leads to none."""
    places = [url]
    if urlsplit(url).path in ("", "/"):
        places.insert(0, same_host(url, "/.well-known/carddav"))
    for place in places:
        try:
            own = _resources(fetcher, place, "0", _WHERE)[0]
        except SourceError:
            if place == places[-1]:
                raise
            continue
        if own.book:
            return [own.url]
        if own.principal:
            own = _resources(fetcher, same_host(own.url, own.principal), "0", _WHERE)[0]
        home = same_host(own.url, own.home or own.url)
        if found := [each.url for each in _resources(fetcher, home, "1", _WHERE) if each.book]:
            return found
    raise SourceError(f"there is no address book at {url}: write the URL of one")


@dataclass(frozen=True, slots=True)
class _Resource:
    """What a server says of one thing that it has."""

    url: str
    status: int = 200
    etag: str = ""
    token: str = ""  # where sync-collection begins
    tag: str = ""  # that changes with what is inside
    collection: bool = False
    book: bool = False
    principal: str = ""
    home: str = ""

    @property
    def path(self) -> str:
        """Its path on the server, in one spelling."""
        return _path(self.url)


_WHERE = "<resourcetype/><current-user-principal/><C:addressbook-home-set/>"


def _resources(fetcher: Fetcher, url: str, depth: str, properties: str) -> list[_Resource]:
    asked = f"<propfind {_SPACES}><prop>{properties}</prop></propfind>"
    answer = fetcher.ask("PROPFIND", url, asked, {**_XML, "Depth": depth})
    found = [_resource(each, answer.url) for each in _responses(answer.body)]
    if not found:
        raise SourceError(f"it says nothing of {url}")
    return found


def _responses(body: bytes) -> Iterator[Element]:
    return (element for name, element in elements.elements(body, ("response",)) if name == "response")


def _resource(response: Element, base: str) -> _Resource:
    """Return what a response says; what the server does not know is in a propstat of its own, and empty."""
    status = re.match(r"\S+ (\d+)", next(map(elements.text, _children(response, "status")), ""))
    kind = elements.first(response, "resourcetype")
    inside = {elements.name(each) for each in kind} if kind is not None else set()
    return _Resource(
        url=same_host(base, elements.text(response, "href")),
        status=int(status[1]) if status else 200,
        etag=elements.text(response, "getetag"),
        token=elements.text(response, "sync-token"),
        tag=elements.text(response, "getctag"),
        collection="collection" in inside,
        book="addressbook" in inside,
        principal=elements.text(elements.first(response, "current-user-principal"), "href"),
        home=elements.text(elements.first(response, "addressbook-home-set"), "href"),
    )


def _children(element: Element, wanted: str) -> Iterator[Element]:
    return (each for each in element if elements.name(each) == wanted)


def _person(card: str) -> Person | None:
    """Return the person of a card; None where it is that of a group, or cannot be read."""
    try:
        for item in vcard.read(BytesIO(card.encode())):
            if isinstance(item, Row):
                return item.person
            if isinstance(item, Fault):
                log.warning("a card is left as it was: %s", item.reason)
    except FormatError as error:
        log.warning("a card is left as it was: %s", error)
    return None


def _path(url: str) -> str:
    return quote(unquote(urlsplit(url).path), safe="/@:")
