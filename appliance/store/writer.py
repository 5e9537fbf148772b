"""A thread that writes, each time in one transaction: a slow SD card delays no call."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from appliance.store.file import connect, writing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path
    from typing import Concatenate

Said = ParamSpec("Said")
Done = TypeVar("Done")


class Writer:
    """Writes to one file, in the order of being asked."""

    def __init__(self, path: Path) -> None:
        """Open a file that was prepared; StoreError when that cannot be."""
        self._file = connect(path)
        self._thread = ThreadPoolExecutor(1, "store")

    def write(
        self,
        what: Callable[Concatenate[sqlite3.Connection, Said], Done],
        *said: Said.args,
        **more: Said.kwargs,
    ) -> Future[Done]:
        """Have this done to the file; once the future is done, no power cut takes it back.

        What goes wrong is the future's exception.
        """

        def transaction() -> Done:
            with writing(self._file) as file:
                return what(file, *said, **more)

        return self._thread.submit(transaction)

    def close(self) -> None:
        """Finish what is to be written."""
        self._thread.shutdown()
        self._file.close()
