"""The states of many extensions in one notification (RFC 4662): a list (RLMI) and a body for each. Pure.

The list comes first or is what `start` names; each of its instances refers to its body by Content-ID. A list
may hold lists. Bodies are found where they are, not where they should be; what is promised and does not come
is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.sip import xml_body as xml
from appliance.sip.identity import number_of
from appliance.sip.multipart import Part, content_id, media_type, parts
from appliance.sip.xml_body import BodyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

_LIST = "application/rlmi+xml"
_DEPTH = 4  # of lists within lists


@dataclass(frozen=True, slots=True)
class Resource:
    """One extension of the list: what came of it, else why nothing did; neither where nothing is new."""

    number: str
    bodies: tuple[Part, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Notification:
    """All resources of a list (`full`) or only those that changed."""

    version: int | None
    full: bool
    resources: tuple[Resource, ...]


def parse(content_type: str, body: str) -> Notification:
    """Read a notification; BodyError when it holds no list."""
    return _notification(Part(content_type, "", body), _DEPTH)


def _notification(whole: Part, depth: int) -> Notification:
    pieces = parts(whole.content_type, whole.body)
    root = xml.document(_root(whole.content_type, pieces).body, "list")
    bodies = {piece.id: piece for piece in pieces if piece.id}
    return Notification(
        version=xml.integer(root.get("version", "")),
        full=root.get("fullState", "").strip().lower() in ("true", "1"),
        resources=tuple(
            resource
            for element in xml.children(root, "resource")
            for resource in _resources(element, bodies, depth)
        ),
    )


def _root(content_type: str, pieces: list[Part]) -> Part:
    start = content_id(media_type(content_type).parameters.get("start", ""))
    lists = [piece for piece in pieces if media_type(piece.content_type).name == _LIST]
    named = [piece for piece in lists if start and piece.id == start]
    if not lists:
        raise BodyError(f"the exchange sent {media_type(content_type).name or 'nothing'} instead of a list")
    return (named or lists)[0]


def _resources(element: Element, bodies: dict[str, Part], depth: int) -> Iterator[Resource]:
    """The resource, or those of the list that it is."""
    number = number_of(element.get("uri", ""))
    instances = list(xml.children(element, "instance"))
    found = [bodies.get(content_id(instance.get("cid", ""))) for instance in instances]
    nested = [part for part in found if part and media_type(part.content_type).is_multipart]
    for part in nested if depth else ():
        try:
            yield from _notification(part, depth - 1).resources
        except BodyError as error:
            yield Resource(number, reason=str(error))
    if not nested:
        active = [part for part, instance in zip(found, instances, strict=True) if part and _state(instance)]
        yield Resource(number, tuple(active), "" if active else _nothing(instances))


def _state(instance: Element) -> bool:
    """Whether what comes with an instance counts: of one that is over, at most its last words."""
    return instance.get("state", "active").strip().lower() != "terminated"


def _nothing(instances: list[Element]) -> str:
    """Why there is no body, "" where that only means that nothing has changed."""
    if not instances:
        return "the exchange's list tells no state of it"
    states = [instance.get("state", "active").strip().lower() for instance in instances]
    if "active" in states:
        active = instances[states.index("active")]
        return "the exchange's list promises a state that did not come" if active.get("cid") else ""
    if "pending" in states:
        return "the exchange has not allowed to watch it yet"
    ended = instances[0].get("reason", "").strip()
    return f"the exchange's list watches it no more ({ended or 'no reason given'})"
