"""What an import is done by: `python -m web.import_job FOLDER SETTINGS`, a child process of the page.

In the folder it finds the file and what is asked of it, and says there how far it is and what came of it.
"""

from __future__ import annotations

import json
import resource
import sys
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance import settings
from appliance.directory import importing
from appliance.directory.errors import DirectoryError
from appliance.directory.formats.items import MAX_ROWS
from appliance.directory.lookup import Keys
from appliance.store.file import StoreError, connect

if TYPE_CHECKING:
    import sqlite3

MEMORY = 512 << 20
"""Bytes that it may take: whatever is in the file, the desk keeps its own."""


def main() -> None:
    """Do what is asked; what goes wrong is said in the folder."""
    folder, path = map(Path, sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    asked = json.loads((folder / "asked.json").read_text())
    try:
        loaded = settings.load(path)
        with closing(connect(Path(loaded.desk.store))) as file:
            outcome = _done(folder, asked, file, Keys(loaded.dialling.plan))
    except (DirectoryError, StoreError, settings.SettingsError) as error:
        outcome = {"reason": str(error)}
    except MemoryError:
        outcome = {"reason": "it takes too much memory: split the file in smaller ones"}
    _write(folder / "outcome.json", outcome)


def _done(folder: Path, asked: dict[str, Any], file: sqlite3.Connection, keys: Keys) -> dict[str, Any]:
    if asked["what"] == "undo":
        return asdict(importing.undo(file, keys, asked["id"]))

    def progress(rows: int, share: float) -> None:
        _write(folder / "progress.json", {"rows": rows, "share": share})

    manner = importing.Manner(**asked["manner"], told=MAX_ROWS)
    taken = folder / asked["file"]
    with taken.open("rb") as stream:
        if asked["what"] == "preview":
            found = importing.preview(file, keys, stream, manner, progress)
        else:
            author, name = asked["author"], asked["name"]
            found = importing.apply(file, keys, stream, manner, author=author, name=name, progress=progress)
            taken.unlink()
    with (folder / asked["faults"]).open("w") as out:
        for line, fault, text in (
            *((one.line, True, one.reason) for one in found.faults),
            *((one.line, False, one.text) for one in found.notices),
        ):
            print(json.dumps({"line": line, "fault": fault, "text": text}), file=out)
    first = [asdict(replace(person, picture=None)) | {"name": person.name} for person in found.first]
    return asdict(replace(found, faults=[], notices=[], first=[])) | {"first": first}


def _write(path: Path, said: dict[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(said))
    part.replace(path)


if __name__ == "__main__":
    main()
