"""What a person typed becomes what the exchange dials, or is refused.

A number is one of three kinds. A *code* holds * or # and goes out as typed. An *internal* number has at most
`internal_digits` digits, or is a name. Everything else is *external*: it is put into the form that the
exchange wants, and the outside-line prefix goes before it. Where somebody has typed that prefix already, it
is taken off first: it counts as typed when the number is a valid one without it and is none with it; where
no country is set, whenever the number begins with it.

Patterns of the allow and deny lists are compared with the number without the outside-line prefix, both as it
is typed and, where the country is known, as +country…. In a pattern X is any digit, * at the end anything.
Emergency numbers are never denied.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import phonenumbers

Form = Literal["typed", "national", "e164"]

_SEPARATORS = re.compile(r"[\s()/.\u2010-\u2015-]+")
_SCHEME = re.compile(r"(tel|sips?):", re.IGNORECASE)
_DIALABLE = re.compile(r"\+?[0-9A-Za-z*#._-]{1,64}")
_EXTERNAL = re.compile(r"\+?[0-9]+")


class NumberError(ValueError):
    """The number cannot or must not be dialled; the text says why."""


@dataclass(frozen=True, slots=True)
class DialPlan:
    """How numbers are dialled here.

    `country` is the ISO 3166 code of the country whose national numbers people type, "" to leave numbers as
    they are. `form` is how the exchange wants external ones: as they were `typed`; `national` as one dials
    them in this country, 030… and 0044…; `e164` +4930…. `deny` is stronger than `allow`; an empty `allow`
    allows all.
    """

    country: str = ""
    form: Form = "national"
    outside_prefix: str = ""
    internal_digits: int = 5
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()

    def dialled(self, typed: str) -> str:
        """Return what to dial; NumberError when it is no number, or must not be dialled from here."""
        bare = self._bare(typed)
        if self._emergency(bare) or self._emergency(self._inside(bare)):
            return bare
        if not self._external(bare):
            self._permit(typed, (bare,), (bare,))
            return bare
        public, number = self._public(bare)
        meant = self._readings(public)
        self._permit(typed, meant, (*meant, *self._readings(bare), *self._readings(self._inside(bare))))
        return self.outside_prefix + self._formed(public, number)

    def _bare(self, typed: str) -> str:
        """Return the number without what people write between digits."""
        bare = _SCHEME.sub("", typed.strip(), count=1).partition("@")[0].partition(";")[0]
        without = _SEPARATORS.sub("", bare.replace("(0)", "") if bare.startswith("+") else bare)
        if not _DIALABLE.fullmatch(without):
            raise NumberError(f"{typed!r} is not a number that can be dialled")
        return without

    def _external(self, bare: str) -> bool:
        return bool(_EXTERNAL.fullmatch(bare)) and (bare[0] == "+" or len(bare) > self.internal_digits)

    def _emergency(self, bare: str) -> bool:
        return bool(self.country) and bool(phonenumbers.is_emergency_number(bare, self.country))

    def _public(self, bare: str) -> tuple[str, phonenumbers.PhoneNumber | None]:
        """Return the number without an outside-line prefix that was typed, and what it is, where known."""
        number = self._valid(bare)
        prefix = self.outside_prefix
        if number is None and prefix and bare.startswith(prefix):
            without = bare.removeprefix(prefix)
            if not self.country:
                return without, None
            if found := self._valid(without):
                return without, found
        return bare, number

    def _valid(self, bare: str) -> phonenumbers.PhoneNumber | None:
        number = self._parsed(bare)
        return number if number and phonenumbers.is_valid_number(number) else None

    def _parsed(self, bare: str) -> phonenumbers.PhoneNumber | None:
        if not self.country and bare[0] != "+":
            return None
        try:
            return phonenumbers.parse(bare, self.country or None)
        except phonenumbers.NumberParseException:
            return None

    def _inside(self, bare: str) -> str:
        return bare.removeprefix(self.outside_prefix) or bare

    def _readings(self, bare: str) -> tuple[str, ...]:
        """Return a number as it is, and as what it may be taken for, valid or not."""
        number = self._parsed(bare)
        return (bare, _e164(number)) if number else (bare,)

    def _formed(self, public: str, number: phonenumbers.PhoneNumber | None) -> str:
        """Return an external number in the form that the exchange wants; one that is unknown as it is."""
        if number is None or self.form == "typed":
            return public
        if self.form == "e164" or not self.country:
            return _e164(number)
        return re.sub(r"\D", "", phonenumbers.format_out_of_country_calling_number(number, self.country))

    def _permit(self, typed: str, meant: tuple[str, ...], readings: tuple[str, ...]) -> None:
        """Raise NumberError when a number is denied in any reading, or not allowed as what is meant."""
        for pattern in self.deny:
            if any(matches(pattern, reading) for reading in readings):
                raise NumberError(f"{typed} must not be called from here: {pattern} is denied")
        if self.allow and not any(matches(pattern, reading) for pattern in self.allow for reading in meant):
            raise NumberError(f"{typed} must not be called from here: it is on no list of allowed numbers")


def matches(pattern: str, number: str) -> bool:
    """Return whether a number matches a pattern of the allow and deny lists."""
    open_end = pattern.endswith("*")
    literal = re.escape(pattern[:-1] if open_end else pattern).replace("X", "[0-9]")
    return re.match(literal + ("" if open_end else "$"), number) is not None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
