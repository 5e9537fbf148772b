"""Reads the XML that sources send, an element at a time, whatever namespaces it declares."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from appliance.directory.sources.base import SourceError

if TYPE_CHECKING:
    from collections.abc import Container, Iterator
    from xml.etree.ElementTree import Element

DEEPEST = 100  # elements inside each other


def elements(body: bytes, wanted: Container[str]) -> Iterator[tuple[str, Element]]:
    """Yield the name of the root and it, still empty, then each wanted element as soon as it is whole.

    The names are in lower case and without namespace. SourceError where it is no XML, or ends too early, or
    declares entities (what unpacks to more than it is).
    """
    depth = 0
    try:
        for event, element in iterparse(BytesIO(body.strip()), events=("start", "end")):
            if event == "start":
                depth += 1
                if depth > DEEPEST:
                    raise SourceError("it sends XML that is nested too deep")
                if depth == 1:
                    yield name(element), element
                continue
            depth -= 1
            if name(element) in wanted:
                yield name(element), element
                element.clear()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise SourceError(f"it sends no readable XML: {error}") from error


def name(element: Element) -> str:
    """Return an element's name in lower case, without its namespace."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def first(element: Element, *names: str) -> Element | None:
    """Return the first descendant of one of these names, in their order."""
    for wanted in names:
        for inner in element.iter():
            if inner is not element and name(inner) == wanted:
                return inner
    return None


def text(element: Element | None, *names: str) -> str:
    """Return what is written in an element, or in the first of these inside it that holds any."""
    if element is None:
        return ""
    if not names:
        return " ".join("".join(element.itertext()).split())
    return next((found for wanted in names if (found := text(first(element, wanted)))), "")
