"""What several options must agree on: a pin is used once, a button asks for what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from appliance.desk import events
from appliance.desk.words import bound
from appliance.phrase import phrase
from drivers.base import Key
from drivers.gpio.names import pin_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from appliance.settings.options import Settings, SourceOptions

NOWHERE = -1  # of a pin
_STANDARD = ("answer", "hold", "park", "answer_lamp", "hold_lamp", "park_lamp")


class Disagreement(NamedTuple):
    """An option that does not fit the others, what is wrong with it, and the fix."""

    section: str
    option: str
    what: str
    fix: str


def disagreements(settings: Settings) -> Iterator[Disagreement]:
    """Return what is wrong with settings whose options are right one by one."""
    yield from _accounts(settings)
    yield from _pins(settings)
    yield from _keys(settings)
    for name, relay in settings.relays.items():
        if relay.seconds > relay.longest:
            fix = f"write {relay.longest:g} at most, or more in relays.{name}.longest"
            yield Disagreement(f"relays.{name}", "seconds", f"{relay.seconds:g} is too long", fix)
    for name, source in settings.sources.items():
        for option, what, fix in _source(source):
            yield Disagreement(f"sources.{name}", option, what, fix)


def _accounts(settings: Settings) -> Iterator[Disagreement]:
    """A box may have no account yet; one that is begun is whole, and a further one always."""
    begun = {f"lines.{name}": line for name, line in settings.lines.items()}
    if settings.line.server or settings.line.user:
        begun["line"] = settings.line
    for section, line in begun.items():
        if not line.server:
            fix = phrase("write the name or address of the exchange")
            yield Disagreement(section, "server", phrase("is missing"), fix)
        if not line.user:
            fix = phrase("write a number or name without spaces or @")
            yield Disagreement(section, "user", phrase("is missing"), fix)


def _pins(settings: Settings) -> Iterator[Disagreement]:
    users: dict[int, str] = {}
    for section, option, pin in _wired(settings):
        number = pin_number(pin)
        if number in users:
            what = f"{pin!r} is GPIO{number}, which {users[number]} uses"
            yield Disagreement(section, option, what, "write a pin that is free")
        users.setdefault(number, f"{section}.{option}")


def _wired(settings: Settings) -> Iterator[tuple[str, str, int | str]]:
    for option in _STANDARD:
        if (pin := getattr(settings.buttons, option)) != NOWHERE:
            yield "buttons", option, pin
    for name, key in settings.keys.items():
        yield f"keys.{name}", "pin", key.pin
    for name, relay in settings.relays.items():
        yield f"relays.{name}", "pin", relay.pin


def _keys(settings: Settings) -> Iterator[Disagreement]:
    for name, key in settings.keys.items():
        section = f"keys.{name}"
        if name in list(Key):
            fix = "write [buttons] for it, or another name"
            yield Disagreement(section, "", f"{name} is a key that the desk knows", fix)
        for option, text in (("press", key.press), ("long", key.long), ("double", key.double)):
            match bound(text) if text else None:
                case events.SpeedDial(number) if number not in settings.speed_dial:
                    fix = f"write it into [speed_dial], or one of {_listed(settings.speed_dial)}"
                    yield Disagreement(section, option, f"there is no speed dial {number!r}", fix)
                case events.SwitchRelay(relay) if relay not in settings.relays:
                    fix = f"write [relays.{relay}], or one of {_listed(settings.relays)}"
                    yield Disagreement(section, option, f"there is no relay {relay!r}", fix)
                case _:
                    pass


def _source(source: SourceOptions) -> Iterator[tuple[str, str, str]]:
    scheme = source.url.partition(":")[0]
    if source.kind == "graph":
        if not source.client_id:
            yield "client_id", "is missing", "register an application at Microsoft and write its id"
    elif scheme.removesuffix("s") != ("ldap" if source.kind == "ldap" else "http"):
        fix = "ldaps://host" if source.kind == "ldap" else "https://host/path"
        yield "url", f"{source.url!r} is not where a source of this kind is", f"write {fix}"
    if source.kind == "ldap" and not source.base:
        yield "base", "is missing", "write the DN below which people are, such as dc=example,dc=com"
    if source.start_tls and scheme != "ldap":
        yield "start_tls", "is for ldap:// alone", "write false"
    if source.user and scheme in ("ldap", "http") and not (source.start_tls or source.in_clear):
        fix = f"write {scheme}s://, or in_clear = true where nobody can listen"
        yield "url", "the password would be sent unencrypted", fix


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def pins_in_use(settings: Settings) -> dict[int, tuple[str, str]]:
    """Return the section and the option that use a pin, by its BCM number."""
    return {pin_number(pin): (section, option) for section, option, pin in _wired(settings)}
