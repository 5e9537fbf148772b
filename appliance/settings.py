"""The settings: one commented TOML file, typed; the secrets apart in a file that only its owner may read.

Every option is declared once, here, with its default, its explanation and its check. What is wrong in a
file is reported all at once, each with its line and what to write instead.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
import stat
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import tomlkit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEFAULT_PATH = Path("/etc/deskbell/deskbell.toml")
SECRETS_NAME = "secrets.toml"
_NUMBER = re.compile(r"[0-9A-Za-z*#+._-]{1,64}")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,255}")


class SettingsError(ValueError):
    """The settings cannot be used; one line of text for each thing that is wrong, with its fix."""


def _whole(low: int, high: int) -> Callable[[Any], str]:
    return lambda value: "" if low <= value <= high else f"write a whole number from {low} to {high}"


def _seconds(low: float, high: float) -> Callable[[Any], str]:
    return lambda value: "" if low <= value <= high else f"write seconds, from {low:g} to {high:g}"


def _one_of(*words: str) -> Callable[[Any], str]:
    return lambda value: "" if value in words else f"write one of {', '.join(words)}"


def _host(value: Any) -> str:  # noqa: ANN401 - checked for its type before
    if not value:
        return "write the name or address of the exchange"
    try:
        ipaddress.ip_address(value)
    except ValueError:
        right = _HOST.fullmatch(value)
        return "" if right else "write a host name or an address, without sip: and without a port"
    return ""


def _number(value: Any) -> str:  # noqa: ANN401
    return "" if _NUMBER.fullmatch(value) else "write a number or name without spaces or @"


def _numbers(most: int) -> Callable[[Any], str]:
    def check(values: Any) -> str:  # noqa: ANN401
        if len(values) > most:
            return f"write {most} at most; there are {len(values)}"
        wrong = [value for value in values if not _NUMBER.fullmatch(value)]
        if wrong:
            return f"{wrong[0]!r} is not an extension number"
        return "write each number once" if len(set(values)) < len(values) else ""

    return check


def _prefix(value: Any) -> str:  # noqa: ANN401
    return "" if value == "" or _NUMBER.fullmatch(value) else "write digits, * and # only"


def _pin(value: Any) -> str:  # noqa: ANN401
    return "" if value == -1 or 0 <= value <= 57 else "write a GPIO number from 0 to 57, or -1 for none"


def option(default: Any, text: str, check: Callable[[Any], str] | None = None, secret: bool = False) -> Any:  # noqa: ANN401
    """Declare an option; `check` returns what to write instead, or "" when the value is right."""
    return field(default=default, repr=not secret, metadata={"text": text, "check": check, "secret": secret})


@dataclass(frozen=True, slots=True)
class DeskOptions:
    """This desk."""

    name: str = option("Reception", "What the page is headed with.")
    hold_alert: float = option(120.0, "Seconds on hold after which a call alerts.", _seconds(5, 3600))
    socket: str = option("/run/deskbell/desk.sock", "Where page and command line find the daemon.")
    log_level: str = option(
        "info", "debug, info, warning or error.", _one_of("debug", "info", "warning", "error")
    )


@dataclass(frozen=True, slots=True)
class LineOptions:
    """The account at the exchange. Its password stands in secrets.toml beside this file."""

    server: str = option("", "Name or address of the exchange.", _host)
    port: int = option(5060, "Its SIP port.", _whole(1, 65535))
    transport: str = option("udp", "udp or tcp.", _one_of("udp", "tcp"))
    user: str = option("", "Extension or user name of this desk.", _number)
    display_name: str = option("Reception", "The name that others see.")
    password: str = option("", "The password of the account.", secret=True)
    local_port: int = option(
        5060,
        "SIP port of this desk, 0 for any: a fixed one lets a restart replace what the exchange knows.",
        _whole(0, 65535),
    )
    expires: int = option(300, "Seconds between registrations.", _whole(30, 86400))


@dataclass(frozen=True, slots=True)
class ParkOptions:
    """Park orbits of the exchange."""

    orbits: tuple[str, ...] = option((), "The numbers of the orbits, 10 at most.", _numbers(10))
    prefix: str = option("", "Dialled before an orbit's number to park there.", _prefix)


@dataclass(frozen=True, slots=True)
class ButtonOptions:
    """Push buttons and their lamps at GPIO pins (BCM numbers; -1: none)."""

    answer: int = option(-1, "Answer button.", _pin)
    hold: int = option(-1, "Hold button.", _pin)
    park: int = option(-1, "Park button.", _pin)
    answer_lamp: int = option(-1, "Lamp of the Answer button.", _pin)
    hold_lamp: int = option(-1, "Lamp of the Hold button.", _pin)
    park_lamp: int = option(-1, "Lamp of the Park button.", _pin)
    active_low: bool = option(True, "A pressed button connects its pin to ground, else to 3.3 V.")
    lamps_active_high: bool = option(True, "A lamp burns while its pin is at 3.3 V, else at ground.")
    bounce: float = option(0.02, "Seconds in which a button's contact may bounce.", _seconds(0, 1))


@dataclass(frozen=True, slots=True)
class DeviceOptions:
    """Headsets, handsets, speakerphones and lights are found by themselves."""

    usb: bool = option(True, "Use what is plugged in.")
    simulated: bool = option(False, "A simulated headset, light and buttons, to try the desk without any.")
    sound: bool = option(True, "Play and record sound; false: calls carry silence.")


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one desk."""

    desk: DeskOptions = field(default_factory=DeskOptions)
    line: LineOptions = field(default_factory=LineOptions)
    extensions: dict[str, str] = field(default_factory=dict)  # monitored: number = name, 50 at most
    park: ParkOptions = field(default_factory=ParkOptions)
    buttons: ButtonOptions = field(default_factory=ButtonOptions)
    devices: DeviceOptions = field(default_factory=DeviceOptions)


def load(path: Path) -> Settings:
    """Read the settings and the secrets beside them; raise SettingsError with all that is wrong."""
    secrets_path = path.with_name(SECRETS_NAME)
    text = _read(path, f"write one with: deskbell settings > {path}")
    problems = list(_loose_mode(secrets_path))
    secrets = _read(secrets_path, f"write one with the line's password, then: chmod 600 {secrets_path}")
    reader = _Reader(path, text, secret=False)
    keeper = _Reader(secrets_path, secrets, secret=True)
    sections: dict[str, Any] = {}
    for section, kind in get_type_hints(Settings).items():
        if section == "extensions":
            sections[section] = reader.names(section)
        else:
            sections[section] = kind(**reader.options(section, kind), **keeper.options(section, kind))
    problems += reader.unknown_sections() + keeper.unknown_sections()
    problems += reader.problems + keeper.problems
    if problems:
        raise SettingsError("\n".join(problems))
    return Settings(**sections)


def example() -> str:
    """Return a settings file with every option at its default, each explained."""
    document = tomlkit.document()
    document.add(
        tomlkit.comment("Settings of a Deskbell desk. Secrets stand in secrets.toml beside this file.")
    )
    for section, kind in get_type_hints(Settings).items():
        table = tomlkit.table()
        if section == "extensions":
            table.comment('Monitored extensions, 50 at most: "1001" = "Ada Lovelace"')
        else:
            table.comment((kind.__doc__ or "").strip())
            for declared in fields(kind):
                if not declared.metadata["secret"]:
                    value = declared.default
                    table.add(tomlkit.comment(declared.metadata["text"]))
                    table.add(declared.name, list(value) if isinstance(value, tuple) else value)
        document.add(tomlkit.nl())
        document.add(section, table)
    return tomlkit.dumps(document)


def _read(path: Path, remedy: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(f"{path}: there is no such file; {remedy}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from None


def _loose_mode(path: Path) -> Iterator[str]:
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield f"{path}: others may read the secrets; run: chmod 600 {path}"


class _Reader:
    """One TOML file: takes options out of it and collects what is wrong, with line numbers."""

    def __init__(self, path: Path, text: str, secret: bool) -> None:
        self._path, self._lines, self._secret = path, text.splitlines(), secret
        self.problems: list[str] = []
        try:
            self._document: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            # The text of the error may quote the line, and so a secret: its place is enough there.
            place = re.search(r"line (\d+)", str(error))
            what = "not valid TOML" if secret else f"not valid TOML: {error}"
            raise SettingsError(f"{path}:{place[1] if place else len(self._lines)}: {what}") from None

    def options(self, section: str, kind: type) -> dict[str, Any]:
        """Return the options of a section that belong into this file."""
        table = self._table(section)
        known = {f.name: f for f in fields(kind) if f.metadata["secret"] is self._secret}
        types = get_type_hints(kind)
        found: dict[str, Any] = {}
        for name, value in table.items():
            if name not in known:
                self._complain(section, name, "not an option here", _suggest(name, known))
                continue
            typed, wrong = _typed(value, types[name])
            check = known[name].metadata["check"]
            wrong = wrong or (check(typed) if check else "")
            if wrong:
                self._complain(section, name, "wrong value" if self._secret else f"{value!r} is wrong", wrong)
            else:
                found[name] = typed
        for name, declared in known.items():  # what must be written has a default that its check refuses
            check = declared.metadata["check"]
            if name not in table and check and (wrong := check(declared.default)):
                self._complain(section, name, "is missing", wrong)
        return found

    def names(self, section: str) -> dict[str, str]:
        """Return a section of free names, each with a text."""
        table = self._table(section)
        for name, value in table.items():
            if not isinstance(value, str):
                self._complain(section, name, f"{value!r} is wrong", "write a name in quotes")
        wrong = _numbers(50)(list(table))
        if wrong:
            self._complain(section, "", "wrong", wrong)
        return {name: str(value) for name, value in table.items()}

    def unknown_sections(self) -> list[str]:
        """Return a complaint for every section that does not exist."""
        known = get_type_hints(Settings)
        return [
            f"{self._place(name, '')}: [{name}] is not a section here; {_suggest(name, known)}"
            for name in self._document
            if name not in known
        ]

    def _table(self, section: str) -> dict[str, Any]:
        table = self._document.get(section, {})
        if isinstance(table, dict):
            return table
        self._complain(section, "", "is not a section", f"write [{section}] on a line of its own")
        return {}

    def _complain(self, section: str, name: str, what: str, fix: str) -> None:
        title = f"{section}.{name}" if name else section
        self.problems.append(f"{self._place(section, name)}: {title}: {what}; {fix}")

    def _place(self, section: str, name: str) -> str:
        """Return file and line of an option, or of its section where the option is missing."""
        line, inside = 0, False
        for at, text in enumerate(self._lines, 1):
            bare = text.strip()
            if bare.startswith("["):
                inside = bare.split("]")[0].strip("[ \"'") == section
                line = at if inside else line
            elif inside and name and re.match(rf"[\"']?{re.escape(name)}[\"']?\s*=", bare):
                return f"{self._path}:{at}"
        return f"{self._path}:{line}" if line else str(self._path)


def _typed(value: Any, kind: Any) -> tuple[Any, str]:  # noqa: ANN401 - whatever TOML holds
    """Return the value in its declared type, and what to write instead when it is of another."""
    if kind is bool:
        return value, "" if isinstance(value, bool) else "write true or false"
    if kind is int:
        return value, "" if isinstance(value, int) and not isinstance(value, bool) else "write a whole number"
    if kind is float:
        right = isinstance(value, int | float) and not isinstance(value, bool)
        return (float(value), "") if right else (value, "write a number")
    if kind is str:
        return value, "" if isinstance(value, str) else "write a text in quotes"
    right = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return (tuple(value), "") if right else (value, 'write a list of texts: ["701", "702"]')


def _suggest(name: str, known: dict[str, Any]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(known) or 'none'}"
