"""A person and their numbers, as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """One of a person's numbers, as a person writes it.

    `type` is "work", "mobile", "home", "fax", "extension", "other", or any word of whoever entered it.
    """

    number: str
    type: str = "work"
    speed_dial: str = ""  # the key it is behind; "": none
    default: bool = False  # at most one of a person's; without one, the first is meant
    monitored: bool = False  # its extension is watched


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a person: small, and of a kind that any browser shows."""

    type: str  # MIME type: image/jpeg or image/png
    data: bytes


@dataclass(frozen=True, slots=True)
class Person:
    """One entry of the directory. `id` is 0 while the store does not have it.

    `changed` is a UNIX time. An entry of a `source` is read only here: `source_key` is its name there,
    `source_version` its ETag where it has one.
    """

    last: str = ""
    first: str = ""
    company: str = ""
    department: str = ""
    office: str = ""
    title: str = ""
    notes: str = ""
    external_id: str = ""
    email: str = ""
    web: str = ""
    xmpp: str = ""
    calendar: str = ""
    owner: str = ""  # the operator whose own entry it is; "": shared
    favourite: bool = False
    disabled: bool = False
    categories: tuple[str, ...] = ()  # names
    numbers: tuple[Number, ...] = ()
    picture: Picture | None = None
    source: str = ""
    source_key: str = ""
    source_version: str = ""
    changed: float = 0.0
    id: int = 0

    @property
    def name(self) -> str:
        """How the person is called: first and last name, else the company."""
        return " ".join(part for part in (self.first, self.last) if part) or self.company
