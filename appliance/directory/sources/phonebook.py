"""An exchange's XML phone book over HTTP, in the dialects that telephones read.

- A list of `DirectoryEntry` with a name and telephones: Cisco, Yealink, Fanvil, snom, Gigaset, Aastra.
  Cisco's comes in pages (a soft key Next, or the header Refresh, with the URL of the next).
- Yealink's `YealinkIPPhoneBook` with its `Unit`s, Grandstream's `AddressBook` with its `Contact`s, snom's
  `tbook` and Polycom's `directory` with their `item`s.

As makers document them: Cisco Unified IP Phone Services Application Development Notes, Yealink's Remote
Phonebook, Grandstream's XML Phonebook Guide, snom's XML minibrowser and tbook. Most give no keys: a person is
known by the name, so who is renamed there is another person here.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from appliance.directory.person import Number, Person
from appliance.directory.sources import elements
from appliance.directory.sources.base import SourceError
from appliance.directory.sources.fetch import Fetcher, same_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from xml.etree.ElementTree import Element

    from appliance.directory.sources.base import Harvest
    from appliance.directory.sources.fetch import Answer
    from appliance.settings import SourceOptions

MOST_PAGES = 4_000  # Cisco's have 32 entries each
_KINDS = {
    "mobile": "mobile", "cell": "mobile", "handy": "mobile", "cellulare": "mobile",
    "home": "home", "private": "home", "casa": "home",
    "fax": "fax",
    "extension": "extension", "ext": "extension", "sip": "extension",
    "internal": "extension", "interno": "extension",
    "other": "other", "altro": "other",
}  # fmt: skip
"""What telephones label numbers with, in lower case; everything else is "work"."""


class PhoneBook:
    """A phone book at a URL."""

    def __init__(self, options: SourceOptions) -> None:
        """Nothing is asked yet."""
        self._options = options

    def read(self, into: Harvest) -> str:
        """Read the book, unless the server says that it has not changed (RFC 9110 13.1)."""
        fetcher = Fetcher(self._options, into.left)
        first = fetcher.ask("GET", self._options.url, headers=_condition(into.mark), welcome=(200, 304))
        if first.status == 304 and into.mark:
            return into.mark
        present: Counter[str] = Counter()
        pages = 0
        for page in _pages(fetcher, first):
            pages += 1
            for person in people(page.body):
                key = person.source_key or f"{person.name}/{person.company}"
                present[key] += 1
                into.add(_named(person, key, present[key]))
        numbered = {f"{key}#{count}" for key, most in present.items() for count in range(2, most + 1)}
        into.gone_but(present.keys() | numbered)
        mark = {name: first.headers[name] for name in ("ETag", "Last-Modified") if name in first.headers}
        return json.dumps(mark) if mark and pages == 1 else ""


def people(body: bytes) -> Iterator[Person]:
    """Yield the people of a page, in whatever dialect; SourceError where it is none of them."""
    found = elements.elements(body, _DIALECTS)
    root, _ = next(found)
    if "directory" not in root and "phonebook" not in root and root not in ("addressbook", "tbook"):
        raise SourceError(f"it sends <{root}>, which is no phone book")
    for kind, element in found:
        person = _DIALECTS[kind](element)
        if person.name and person.numbers:
            yield person


def _entry(element: Element) -> Person:
    """A DirectoryEntry: <Name>, and <Telephone label="Mobile"> once or more."""
    numbers = [
        Number(elements.text(each), _kind(each.get("label", "")))
        for each in element
        if elements.name(each) == "telephone"
    ]
    return _person(elements.text(element, "name"), numbers)


def _unit(element: Element) -> Person:
    """A Unit of Yealink: its name and its numbers are attributes."""
    numbers = [
        Number(value, "mobile" if name.lower() == "phone2" else "work")
        for name, value in element.attrib.items()
        if name.lower().startswith("phone")
    ]
    return _person(element.get("Name") or element.get("name") or "", numbers)


def _contact(element: Element) -> Person:
    """A Contact of Grandstream: <FirstName>, <LastName>, <Phone type="Work"><phonenumber>."""
    numbers = [
        Number(elements.text(each, "phonenumber"), _kind(each.get("type", "")))
        for each in element
        if elements.name(each) == "phone"
    ]
    key = elements.text(element, "id")
    return Person(
        last=elements.text(element, "lastname"),
        first=elements.text(element, "firstname"),
        company=elements.text(element, "company"),
        department=elements.text(element, "department"),
        title=elements.text(element, "job", "title"),
        email=elements.text(element, "mail", "email"),
        numbers=tuple(each for each in numbers if each.number),
        source_key=f"id:{key}" if key else "",
    )


def _item(element: Element) -> Person:
    """An item: of snom with <number> and <number_type>, of Polycom with <ln>, <fn> and <ct>."""
    number = Number(elements.text(element, "number", "ct"), _kind(elements.text(element, "number_type")))
    last, first = elements.text(element, "last_name", "ln"), elements.text(element, "first_name", "fn")
    whole = "" if last or first else elements.text(element, "name")
    return Person(
        last=last or whole,
        first=first,
        company=elements.text(element, "organization"),
        title=elements.text(element, "title"),
        email=elements.text(element, "email"),
        notes=elements.text(element, "note"),
        numbers=(number,) if number.number else (),
    )


_DIALECTS: dict[str, Callable[[Element], Person]] = {
    "directoryentry": _entry,
    "unit": _unit,
    "contact": _contact,
    "item": _item,
}


def _person(name: str, numbers: list[Number]) -> Person:
    """Return a person of whom one line is known: which word of it is the last name, no book tells."""
    return Person(name.strip(), numbers=tuple(each for each in numbers if each.number))


def _named(person: Person, key: str, count: int) -> Person:
    return replace(person, source_key=key if count == 1 else f"{key}#{count}")


def _kind(label: str) -> str:
    words = re.findall(r"[a-z]+", label.lower())
    return next((_KINDS[word] for word in words if word in _KINDS), "work")


def _pages(fetcher: Fetcher, page: Answer) -> Iterator[Answer]:
    seen = {page.url}
    for _ in range(MOST_PAGES):
        yield page
        following = _next(page)
        if not following:
            return
        url = same_host(page.url, following)
        if url in seen:
            raise SourceError(f"its pages go round in a circle, at {url}")
        seen.add(url)
        page = fetcher.ask("GET", url, welcome=(200,))
    raise SourceError(f"it has more than {MOST_PAGES} pages")


def _next(page: Answer) -> str:
    """Return the URL of the next page; "" where there is none."""
    if refresh := re.search(r"url=(\S+)", page.headers.get("Refresh", ""), re.IGNORECASE):
        return urljoin(page.url, str(refresh[1]))
    for kind, element in elements.elements(page.body, ("softkeyitem",)):
        url = elements.text(element, "url")
        if kind == "softkeyitem" and elements.text(element, "name").lower() == "next" and "://" in url:
            return url
    return ""


def _condition(mark: str) -> dict[str, str]:
    kept = json.loads(mark) if mark else {}
    names = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
    return {names[name]: value for name, value in kept.items()}
