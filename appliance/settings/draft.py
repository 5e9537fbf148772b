"""A change of the settings by a program: comments stay, all is checked first, it is whole or not at all."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from dataclasses import fields
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import tomlkit
from tomlkit.exceptions import TOMLKitError

from appliance.settings.file import SECRETS_NAME, SettingsError, example, understand
from appliance.settings.options import Settings
from appliance.store import sharing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tomlkit import TOMLDocument


class Draft:
    """The two files as they would be; nothing is written before `save`.

        with editing(path) as draft:
            draft.put("line", "server", "pbx.example")
            draft.put("line", "password", "…")  # goes to the secrets
            draft.save()

    A section inside another is named with a dot: "lines.berlin". What is missing is begun with `example`.
    """

    def __init__(self, path: Path) -> None:
        """Read what there is; SettingsError where it cannot be read."""
        self._path = path
        self._secrets_path = path.with_name(SECRETS_NAME)
        self._settings = _document(path, example())
        self._secrets = _document(self._secrets_path, "")

    def get(self, section: str, option: str) -> Any:  # noqa: ANN401 - whatever TOML holds
        """Return what stands in the files, None where nothing does."""
        table: Any = self._document(section, option)
        for name in (*section.split("."), option):
            table = table.get(name) if isinstance(table, dict) else None
        return table.unwrap() if hasattr(table, "unwrap") else table

    def names(self, section: str) -> list[str]:
        """Return the names that stand in a section of the settings."""
        table = self._settings.get(section, {})
        return list(table) if isinstance(table, dict) else []

    def put(self, section: str, option: str, value: object) -> None:
        """Set an option; its section is made where it is missing."""
        said: Any = list(value) if isinstance(value, tuple) else value
        if self.get(section, option) != said:
            self._table(self._document(section, option), section)[option] = said

    def drop(self, section: str, option: str = "") -> None:
        """Take an option out of the files, or a whole section with its secrets."""
        for document in (self._settings, self._secrets):
            *outer, last = (*section.split("."), option) if option else section.split(".")
            table: Any = document
            for name in outer:
                table = table.get(name) if isinstance(table, dict) else None
            if isinstance(table, dict):
                table.pop(last, None)

    def check(self) -> Settings:
        """Return the settings as they would be; SettingsError with all that is wrong."""
        return understand(self._path, tomlkit.dumps(self._settings), tomlkit.dumps(self._secrets))

    def save(self) -> Settings:
        """Check and write both files; SettingsError says why not, and then both are as they were."""
        checked = self.check()
        # The secrets first: a password without its account is of no use to anybody, an account without its
        # password is an outage.
        secret = sharing.mode(self._path.parent, sharing.OPEN)
        _write(self._secrets_path, tomlkit.dumps(self._secrets), secret)
        _write(self._path, tomlkit.dumps(self._settings), sharing.OPEN)
        return checked

    def _document(self, section: str, option: str) -> TOMLDocument:
        return self._secrets if is_secret(section, option) else self._settings

    @staticmethod
    def _table(document: TOMLDocument, section: str) -> Any:  # noqa: ANN401 - tomlkit's tables have many types
        table: Any = document
        outer = section.split(".")
        for at, name in enumerate(outer):
            if name not in table:
                table[name] = tomlkit.table(is_super_table=at < len(outer) - 1)
            table = table[name]
            if not isinstance(table, dict):
                raise SettingsError(f"{section}: is not a section; write [{section}] on a line of its own")
        return table


@contextmanager
def editing(path: Path) -> Iterator[Draft]:
    """Give a draft while no other program of ours changes the same files."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise SettingsError(f"{path.parent}: cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield Draft(path)
    finally:
        os.close(folder)


def is_secret(section: str, option: str) -> bool:
    """Return whether an option stands among the secrets."""
    kind: Any = get_type_hints(Settings).get(section.split(".")[0])
    kinds = [inner for inner in (kind, *get_args(kind)) if hasattr(inner, "__dataclass_fields__")]
    return any(one.name == option and one.metadata.get("secret") for inner in kinds for one in fields(inner))


def _document(path: Path, otherwise: str) -> TOMLDocument:
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.parse(otherwise)
    except (TOMLKitError, UnicodeDecodeError):  # the text of the error may quote a secret
        raise SettingsError(f"{path}: is not valid TOML; mend it by hand, or restore a backup") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error


def _write(path: Path, text: str, mode: int) -> None:
    """Replace a file by another in one step that no power cut leaves half done; mode and owner stay.

    `mode` is that of a file which is not there yet.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with suppress(FileNotFoundError):
            if path.read_text(encoding="utf-8") == text:
                return
            mode = path.stat().st_mode & 0o777
        part.unlink(missing_ok=True)
        with os.fdopen(
            os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(text)
            os.fchmod(file.fileno(), mode)
            with suppress(FileNotFoundError, PermissionError):
                os.fchown(file.fileno(), path.stat().st_uid, path.stat().st_gid)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise SettingsError(f"{path}: cannot be written: {error.strerror}; the old one stays") from error
