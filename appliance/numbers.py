"""What a person typed becomes what the exchange dials, or is refused.

A number is one of three kinds. A *code* holds * or # and goes out as typed. An *internal* number has at most
`internal_digits` digits, or is a name. Everything else is *external*: it is put into the form that the
exchange wants, and the outside-line prefix goes before it. Where somebody has typed that prefix already, it
is taken off first: it counts as typed when the number is a valid one without it and is none with it; where
no country is set, whenever the number begins with it.

Patterns of the allow and deny lists are compared with the number without the outside-line prefix, both as it
is typed and, where the country is known, as +country…. In a pattern X is any digit, * at the end anything.
Emergency numbers are never denied.

Numbers are compared in one form each, however they are written or arrive: external ones as +country… where
the country is known, all others without what people write between digits, names in small letters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import phonenumbers

if TYPE_CHECKING:
    from collections.abc import Iterator

Form = Literal["typed", "national", "e164"]

_SEPARATORS = re.compile(r"[\s()/.\u2010-\u2015-]+")
_SCHEME = re.compile(r"(tel|sips?):", re.IGNORECASE)
_DIALABLE = re.compile(r"\+?[0-9A-Za-z*#._-]{1,64}")
_EXTERNAL = re.compile(r"\+?[0-9]+")
_INTERNATIONAL = re.compile(r"00[1-9]")  # what nearly all countries dial before the country, by ITU-T E.164


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
        meant = self._patterned(public)
        self._permit(typed, meant, (*meant, *self._patterned(bare), *self._patterned(self._inside(bare))))
        return self.outside_prefix + self._formed(public, number)

    def written(self, number: str) -> tuple[str, ...]:
        """Return all that a list may have a number that came in by; () where it is none.

        +country… first, where that can be known, as dialled in this country, with and without what stands
        before it, and as it came. An outside-line prefix counts as in `dialled`: a number that is valid
        neither with nor without it is read both ways, one that is valid never as another.
        """
        try:
            bare = self._bare(number)
        except NumberError:
            return ()
        if not self._external(bare):
            return (bare.lower(),)
        public, valid = self._public(bare)
        if valid is None and self.country and (valid := self._valid(f"+{bare}")):
            public = f"+{bare}"  # as some exchanges write numbers from abroad
        ways = (public,) if valid else (public, self._inside(bare))
        meant = [found for way in ways if (found := self._parsed(way))]
        international = [_e164(found) for found in meant]
        if not self.country and _INTERNATIONAL.match(bare):
            international.append(f"+{bare[2:]}")
        national = [form for found in meant for form in self._national(found)]
        return tuple(dict.fromkeys((*international, *national, *ways, bare)))

    def emergency(self, number: str) -> bool:
        """Return whether it is an emergency number; 112 and 911 are such everywhere (3GPP TS 22.101)."""
        forms = {form for one in self.written(number) for form in (one, self._inside(one))}
        return not forms.isdisjoint(("112", "911")) or any(map(self._emergency, forms))

    def compared(self, number: str) -> str:
        """Return the form in which a number is compared with others; NumberError when it is none."""
        return next(self.readings(number))

    def readings(self, number: str) -> Iterator[str]:
        """Yield what a number may be, in the form in which numbers are compared, the likeliest first.

        Only who dialled or sent it knows whether 0049… has an outside-line prefix before it, and some
        exchanges leave the + away. NumberError when it is no number.
        """
        bare = self._bare(number)
        if not self._external(bare):
            yield bare.lower()
            return
        if bare[0] == "+" and _as_in_e164(bare):
            yield bare
            return
        if not self.country and _INTERNATIONAL.match(bare):
            yield "+" + bare[2:]
        prefixed = self.outside_prefix and bare.startswith(self.outside_prefix)
        public, known = self._public(bare) if prefixed else (bare, None)
        known = known or self._parsed(public)
        yield _e164(known) if known else public
        yield bare
        for other in (self._inside(bare), "+" + bare):
            if found := self._valid(other):
                yield _e164(found)

    def internal(self, number: str) -> bool:
        """Return whether a number stays inside the exchange, or is a code; NumberError when it is none."""
        return not self._external(self._bare(number))

    def begun(self, digits: str) -> tuple[str, ...]:
        """Return what the digits may be in numbers as they are `compared`, of which these were typed.

        0039 02 looks for 3902; where Germany dials 0 for outside lines, 0 030 12 looks for 493012.
        """
        found = [digits]
        if self.outside_prefix and digits.startswith(self.outside_prefix):
            found.append(self._inside(digits))
        for typed in tuple(found):
            if abroad := _abroad(self.country).match(typed):
                found.append(typed[abroad.end() :])
            trunk = phonenumbers.ndd_prefix_for_region(self.country, True) if self.country else None
            if trunk and typed.startswith(trunk):
                code = phonenumbers.country_code_for_region(self.country)
                found.append(f"{code}{typed.removeprefix(trunk)}")
        return tuple(dict.fromkeys(found))

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

    def _patterned(self, bare: str) -> tuple[str, ...]:
        """Return what patterns are compared with: a number as it is, and as what it may be, valid or not."""
        number = self._parsed(bare)
        return (bare, _e164(number)) if number else (bare,)

    def _formed(self, public: str, number: phonenumbers.PhoneNumber | None) -> str:
        """Return an external number in the form that the exchange wants; one that is unknown as it is."""
        if number is None or self.form == "typed":
            return public
        if self.form == "e164" or not self.country:
            return _e164(number)
        return re.sub(r"\D", "", phonenumbers.format_out_of_country_calling_number(number, self.country))

    def _national(self, number: phonenumbers.PhoneNumber) -> tuple[str, ...]:
        """Return how a number of this country is dialled here, with what stands before it and without."""
        if not self.country or number.country_code != phonenumbers.country_code_for_region(self.country):
            return ()
        national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        return re.sub(r"\D", "", national), self._formed("", number)

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


def _as_in_e164(number: str) -> bool:
    """Return whether phonenumbers would take nothing out of a number +...: a tenth of its time, to know that.

    It takes out a trunk prefix, as in +44 (0)20: what the country's national_prefix_for_parsing matches.
    """
    for length in (1, 2, 3):
        if (code := number[1 : 1 + length]) and int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            trunk = _trunk_prefix(int(code))
            return not (trunk and trunk.match(number, 1 + length))
    return True


@cache
def _abroad(country: str) -> re.Pattern[str]:
    """Return what is dialled in a country before the code of another; the code must have begun."""
    known = phonenumbers.PhoneMetadata.metadata_for_region(country, None) if country else None
    return re.compile(f"(?:{(known and known.international_prefix) or '00'})(?=[1-9])")


@cache
def _trunk_prefix(code: int) -> re.Pattern[str] | None:
    region = phonenumbers.region_code_for_country_code(code)
    known = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    prefix = known and known.national_prefix_for_parsing
    return re.compile(prefix) if prefix else None
