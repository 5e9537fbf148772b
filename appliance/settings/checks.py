"""What the value of an option may be: each check returns what to write instead, or "" when it is right."""

from __future__ import annotations

import ipaddress
import os
import re
from typing import TYPE_CHECKING, Any

from appliance.desk.lamps import shine
from appliance.desk.words import bound as command_of
from appliance.phrase import phrase
from drivers.gpio.names import pin_number

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMBER = re.compile(r"[0-9A-Za-z*#+._-]{1,64}")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,255}")


def whole(low: int, high: int) -> Callable[[Any], str]:
    """A whole number from `low` to `high`."""
    return lambda value: (
        ""
        if low <= value <= high
        else phrase("write a whole number from %(low)s to %(high)s", low=low, high=high)
    )


def seconds(low: float, high: float) -> Callable[[Any], str]:
    """Seconds from `low` to `high`."""
    return lambda value: (
        ""
        if low <= value <= high
        else phrase("write seconds, from %(low)s to %(high)s", low=f"{low:g}", high=f"{high:g}")
    )


def hours(value: Any) -> str:  # noqa: ANN401 - checked for its type before
    """Hours between two times of the same, a month at most."""
    return "" if 0 <= value <= 744 else phrase("write hours, from 0 to 744")


def volume(value: Any) -> str:  # noqa: ANN401 - checked for its type before
    """A loudness from 0, silent, to 1, the loudest."""
    return "" if 0 <= value <= 1 else phrase("write a number from 0 (silent) to 1")


def one_of(*words: str) -> Callable[[Any], str]:
    """One of these words."""
    return lambda value: "" if value in words else phrase("write one of %(words)s", words=", ".join(words))


def host(value: Any) -> str:  # noqa: ANN401 - checked for its type before
    """A host name or an IP address; "" for none."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        right = not value or _HOST.fullmatch(value)
        return "" if right else phrase("write a host name or an address, without sip: and without a port")
    return ""


def ip_address(value: Any) -> str:  # noqa: ANN401
    """An IP address."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return phrase("write an IP address, such as 127.0.0.1 or 0.0.0.0")
    return ""


def host_names(values: Any) -> str:  # noqa: ANN401
    """Names of hosts."""
    wrong = [value for value in values if not _HOST.fullmatch(value)]
    return phrase("%(name)s is not a host name", name=repr(wrong[0])) if wrong else ""


def first_run_code(value: Any) -> str:  # noqa: ANN401
    """Eight letters and digits at least; "" for one that is made."""
    right = not value or len([sign for sign in value if sign.isalnum()]) >= 8
    return "" if right else phrase("write 8 letters and digits at least")


def number(value: Any) -> str:  # noqa: ANN401
    """An extension number or user name; "" for none."""
    right = not value or _NUMBER.fullmatch(value)
    return "" if right else phrase("write a number or name without spaces or @")


def numbers(most: int) -> Callable[[Any], str]:
    """So many extension numbers at most, each once."""

    def check(values: Any) -> str:  # noqa: ANN401
        if len(values) > most:
            return phrase("write %(most)s at most; there are %(count)s", most=most, count=len(values))
        wrong = [value for value in values if not _NUMBER.fullmatch(value)]
        if wrong:
            return phrase("%(number)s is not an extension number", number=repr(wrong[0]))
        return phrase("write each number once") if len(set(values)) < len(values) else ""

    return check


def code(value: Any) -> str:  # noqa: ANN401
    """A feature code, a prefix or a number; "" for none."""
    return "" if value == "" or _NUMBER.fullmatch(value) else phrase('write digits, * and #, or "" for none')


def pin(value: Any) -> str:  # noqa: ANN401
    """A GPIO pin by its number or one of its names; -1 for none."""
    wrong = "" if value == -1 else wired_pin(value)
    return wrong and f"{wrong}; -1 for none"


def wired_pin(value: Any) -> str:  # noqa: ANN401
    """A GPIO pin that is there."""
    try:
        pin_number(value)
    except ValueError as error:
        return str(error)
    return ""


def bound(value: Any) -> str:  # noqa: ANN401
    """What a button asks for, in the words of the command line; "" for nothing."""
    try:
        if value:
            command_of(value)
    except ValueError as error:
        return str(error)
    return ""


def each_of(*words: str) -> Callable[[Any], str]:
    """A list of these words, in any order and spelling of case."""

    def check(values: Any) -> str:  # noqa: ANN401
        wrong = [value for value in values if value.lower() not in {word.lower() for word in words}]
        return (
            phrase("%(word)s is not one of %(words)s", word=repr(wrong[0]), words=", ".join(words))
            if wrong
            else ""
        )

    return check


def address(value: Any) -> str:  # noqa: ANN401
    """A host such as proxy.example:5061;transport=tls; port and transport may be missing, or all of it."""
    right = re.fullmatch(
        r"(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]{1,255})(:[0-9]{1,5})?(;transport=(udp|tcp|tls))?", value
    )
    return "" if right or not value else phrase("write host:port;transport=tcp, as much of it as is needed")


def networks(values: Any) -> str:  # noqa: ANN401
    """IP addresses, or networks such as 192.0.2.0/24."""
    for value in values:
        try:
            ipaddress.ip_network(value, strict=False)
        except ValueError:
            return phrase(
                "%(value)s is neither an address nor a network such as 192.0.2.0/24", value=repr(value)
            )
    return ""


def fingerprint(value: Any) -> str:  # noqa: ANN401
    """The SHA-256 of a certificate in hex, with colons or without; "" for none."""
    right = re.fullmatch(r"(?:[0-9A-Fa-f]{2}:?){32}", value)
    return (
        ""
        if right or not value
        else phrase("write the SHA-256 fingerprint of the certificate: 64 hex digits")
    )


def country(value: Any) -> str:  # noqa: ANN401
    """An ISO 3166 code; "" for none."""
    right = value == "" or re.fullmatch("[A-Z]{2}", value)
    return (
        "" if right else phrase('write two capital letters such as "DE", or "" to leave numbers as they are')
    )


def sound_file(value: Any) -> str:  # noqa: ANN401
    """A WAV file that can ring; "" for the built-in tone.

    One that is not there is let pass: the built-in tone rings then, and a desk must open all the same.
    """
    from drivers.ringers.tone import ToneError, read

    if value and not value.startswith("/"):
        return phrase("write where it is from / on, such as /etc/deskbell/ring.wav")
    try:
        if value and os.path.exists(value):
            read(value)
    except ToneError as error:
        return str(error).removeprefix(f"{value}: ")
    return ""


def patterns(values: Any) -> str:  # noqa: ANN401
    """Patterns of numbers, as `appliance.numbers` reads them."""
    wrong = [value for value in values if not re.fullmatch(r"\+?[0-9X*#]+", value)]
    return (
        phrase(
            "%(pattern)s: write digits, X for any digit, and * at the end for anything",
            pattern=repr(wrong[0]),
        )
        if wrong
        else ""
    )


def light(value: Any) -> str:  # noqa: ANN401
    """What a busy light shows, as `appliance.desk.lamps` reads it."""
    try:
        shine(value)
    except ValueError as error:
        return str(error)
    return ""


def url(value: Any) -> str:  # noqa: ANN401
    """Where an outside source is: a URL without a user or a password in it; "" for none."""
    right = re.fullmatch(
        r"(ldaps?|https?)://(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?(/[!-~]*)?", value
    )
    return "" if right or not value else "write https://host/path or ldaps://host, without user and password"


def ldap_filter(value: Any) -> str:  # noqa: ANN401
    """A search filter as RFC 4515 writes it; "" for the usual one."""
    right = value.startswith("(") and value.endswith(")") and value.count("(") == value.count(")")
    return "" if right or not value else "write it in parentheses, such as (objectClass=person)"


def attributes(values: Any) -> str:  # noqa: ANN401
    """Fields of a person or kinds of number, each with the LDAP attribute that holds it, or none."""
    wrong = [value for value in values if not re.fullmatch(r"[a-z_]+=([A-Za-z][A-Za-z0-9.-]*)?", value)]
    return f"{wrong[0]!r}: write a field, = and an attribute, such as department=ou" if wrong else ""
