"""Reads the settings file and the secrets beside it, and writes one with every option explained.

What is wrong in a file is reported all at once, each with its line and what to write instead.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import tomlkit

from appliance.settings import checks
from appliance.settings.agreement import disagreements
from appliance.settings.options import Settings
from appliance.store import sharing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

DEFAULT_PATH = Path("/etc/deskbell/deskbell.toml")
SECRETS_NAME = "secrets.toml"
NAMES = dict[str, str]  # a section of free names, each with a text


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an option (with its section where that is ""), its fix, and its file and line."""

    section: str
    option: str
    what: str
    fix: str
    place: str

    def __str__(self) -> str:
        """Return a line for a person with the file at hand."""
        title = f"{self.section}.{self.option}" if self.option else self.section
        return f"{self.place}: {title}: {self.what}; {self.fix}"


class SettingsError(ValueError):
    """The settings cannot be used; one line of text for each thing that is wrong, with its fix.

    `problems` are those that belong to an option or a section.
    """

    def __init__(self, text: str, problems: Sequence[Problem] = ()) -> None:
        """`text` tells of the problems and of all else."""
        super().__init__(text)
        self.problems = tuple(problems)


class NoSettingsError(SettingsError):
    """There are no settings yet."""


def load(path: Path) -> Settings:
    """Read the settings and the secrets beside them; raise SettingsError with all that is wrong.

    NoSettingsError where there is no such file.
    """
    secrets_path = path.with_name(SECRETS_NAME)
    text = _read(path, f"write one with: deskbell settings > {path}")
    secrets = _read(secrets_path, "") if secrets_path.exists() else ""
    loaded = understand(path, text, secrets, list(_loose_mode(secrets_path)))
    if loaded.line.server and not secrets_path.exists():
        mode = sharing.mode(path.parent, sharing.OPEN)
        fix = f"write one with the line's password, then: chmod {mode:o} {secrets_path}"
        raise SettingsError(f"{secrets_path}: there is no such file; {fix}")
    return loaded


def load_or_default(path: Path) -> Settings:
    """Read the settings as `load` does; where there are none yet, return those of a new desk."""
    try:
        return load(path)
    except NoSettingsError:
        return Settings()


def understand(path: Path, text: str, secrets: str, wrong: Sequence[str] = ()) -> Settings:
    """Return what the texts of the two files say; raise SettingsError with all that is wrong.

    `path` is where the settings stand or shall stand; `wrong` is what is wrong besides.
    """
    reader = _Reader(path, text, secret=False)
    keeper = _Reader(path.with_name(SECRETS_NAME), secrets, secret=True)

    def options(section: str, kind: type) -> Any:  # noqa: ANN401 - of that kind
        return kind(**reader.options(section, kind), **keeper.options(section, kind))

    sections: dict[str, Any] = {}
    types = get_type_hints(Settings)
    for declared in fields(Settings):
        section = declared.name
        if most := declared.metadata.get("most"):
            sections[section] = reader.names(section, most)
        elif kind := _each(types[section]):
            sections[section] = {
                name: options(f"{section}.{name}", kind) for name in reader.sections_in(section)
            }
        else:
            sections[section] = options(section, types[section])
    unknown = reader.unknown_sections() + keeper.unknown_sections()
    loaded = Settings(**sections)
    if not reader.problems:
        for disagreement in disagreements(loaded):
            reader.complain(*disagreement)
    problems = reader.problems + keeper.problems
    if lines := [*wrong, *unknown, *map(str, problems)]:
        raise SettingsError("\n".join(lines), problems)
    return loaded


def example() -> str:
    """Return a settings file with every option at its default, each explained."""
    document = tomlkit.document()
    document.add(
        tomlkit.comment("Settings of a Deskbell desk. Secrets stand in secrets.toml beside this file.")
    )
    types = get_type_hints(Settings)
    for section in fields(Settings):
        if section.name == "lines":  # none by default; LineOptions tells how to write one
            continue
        document.add(tomlkit.nl())
        if kind := _each(types[section.name]):  # none by default, so it is all comment
            pattern = tomlkit.document().append(section.name, {"NAME": _example_of(kind, "")})
            for line in tomlkit.dumps(pattern).splitlines():
                document.add(tomlkit.comment(line.removeprefix("# ")))
            continue
        document.add(section.name, _example_of(types[section.name], section.metadata.get("text", "")))
    return tomlkit.dumps(document)


def _each(kind: Any) -> Any:  # noqa: ANN401 - a type, or dict[str, type]
    """Return of what kind the sections inside a section are; None where there are none."""
    return next((inner for inner in get_args(kind) if is_dataclass(inner)), None)


def _example_of(kind: type, text: str) -> tomlkit.items.Table:
    """Return a section at its defaults; one of free names is empty, and `text` explains it."""
    table = tomlkit.table()
    if text:
        table.comment(text)
        return table
    first, *more = (kind.__doc__ or "").strip().splitlines()
    table.comment(first)
    for line in filter(None, map(str.strip, more)):
        table.add(tomlkit.comment(line))
    for declared in fields(kind):
        if not declared.metadata["secret"]:
            value = declared.default
            table.add(tomlkit.comment(declared.metadata["text"]))
            table.add(declared.name, list(value) if isinstance(value, tuple) else value)
    return table


def _read(path: Path, remedy: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NoSettingsError(f"{path}: there is no such file; {remedy}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from None


def _loose_mode(path: Path) -> Iterator[str]:
    if path.exists() and (remedy := sharing.remedy(path)):
        yield f"{path}: others may read the secrets; run: {remedy}"


class _Reader:
    """One TOML file: takes options out of it and collects what is wrong, with line numbers."""

    def __init__(self, path: Path, text: str, secret: bool) -> None:
        self._path, self._lines, self._secret = path, text.splitlines(), secret
        self.problems: list[Problem] = []
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
                self.complain(section, name, "not an option here", suggest(name, known))
                continue
            accepted, wrong = typed(value, types[name])
            check = known[name].metadata["check"]
            wrong = wrong or (check(accepted) if check else "")
            if wrong:
                # A URL may hold a password that belongs into the secrets.
                shown = "" if self._secret else re.sub(r"//[^/]*@", "//…@", f"{value!r}")
                self.complain(section, name, f"{shown} is wrong" if shown else "wrong value", wrong)
            else:
                found[name] = accepted
        for name, declared in known.items():  # what must be written has a default that its check refuses
            check = declared.metadata["check"]
            if name not in table and check and (wrong := check(declared.default)):
                self.complain(section, name, "is missing", wrong)
        return found

    def sections_in(self, section: str) -> list[str]:
        """Return the names of the sections inside a section; what else stands there is complained of."""
        found = []
        for name, value in self._table(section).items():
            if isinstance(value, dict) and name.isidentifier():
                found.append(name)
            else:
                self.complain(section, name, "is not a section", f"write [{section}.NAME] and options below")
        return found

    def names(self, section: str, most: int) -> dict[str, str]:
        """Return a section of free names, at most so many, each with a text."""
        table = self._table(section)
        for name, value in table.items():
            if not isinstance(value, str):
                self.complain(section, name, f"{value!r} is wrong", "write a name in quotes")
        wrong = checks.numbers(most)(list(table))
        if wrong:
            self.complain(section, "", "wrong", wrong)
        return {name: str(value) for name, value in table.items()}

    def unknown_sections(self) -> list[str]:
        """Return a complaint for every section that does not exist."""
        known = get_type_hints(Settings)
        return [
            f"{self._place(name, '')}: [{name}] is not a section here; {suggest(name, known)}"
            for name in self._document
            if name not in known
        ]

    def _table(self, section: str) -> dict[str, Any]:
        table: Any = self._document
        for name in section.split("."):
            table = table.get(name, {}) if isinstance(table, dict) else None
        if isinstance(table, dict):
            return table
        self.complain(section, "", "is not a section", f"write [{section}] on a line of its own")
        return {}

    def complain(self, section: str, name: str, what: str, fix: str) -> None:
        """Note what is wrong with an option, or with a section where no option is named."""
        self.problems.append(Problem(section, name, what, fix, self._place(section, name)))

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


def typed(value: Any, kind: Any) -> tuple[Any, str]:  # noqa: ANN401 - whatever TOML holds
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
    if kind == int | str:
        right = isinstance(value, int | str) and not isinstance(value, bool)
        return value, "" if right else "write a whole number, or a text in quotes"
    right = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return (tuple(value), "") if right else (value, 'write a list of texts: ["701", "702"]')


def suggest(name: str, known: Collection[str]) -> str:
    """Return what to write instead of a name that is none of those known."""
    close = difflib.get_close_matches(name, known, 1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(known) or 'none'}"
