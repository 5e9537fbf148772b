"""Reads the XML bodies that exchanges send, whatever namespaces they declare or forget. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element


class BodyError(ValueError):
    """A body that is not what it should be; the text says why."""


def document(body: str, root: str) -> Element:
    """Return the root element, which must have that name; BodyError when it has not, or this is no XML."""
    try:
        element: Element = fromstring(body.strip().encode("utf-8", "surrogateescape"))
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise BodyError(f"the exchange sent no readable {root}: {error}") from error
    if name(element) != root:
        raise BodyError(f"the exchange sent <{name(element)}> instead of {root}")
    return element


def name(element: Element) -> str:
    """The element's name in lower case, without its namespace: not every exchange declares the right one."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def children(element: Element, wanted: str) -> Iterator[Element]:
    """The element's children of that name."""
    return (child for child in element if name(child) == wanted)


def text(element: Element) -> str:
    """What is written in an element."""
    return (element.text or "").strip()


def integer(written: str) -> int | None:
    """A number as written in an attribute, None when it is none."""
    return int(written) if written.strip().isdecimal() and len(written) < 20 else None
