"""What a desk does now and then, each in a child process of its own: its memory and its errors end with it.

One at a time, and politely: calls come first.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

log = logging.getLogger("deskbell.chores")

MINUTE, HOUR = 60.0, 3600.0
LONGEST = 2 * HOUR  # a chore that takes longer hangs
LAST_WORDS = 5.0  # seconds that a chore has to end in, when the desk is closed


@dataclass(frozen=True, slots=True)
class Chore:
    """Words for the `deskbell` command; in seconds, how long after the start first, and how often."""

    words: tuple[str, ...]
    first: float
    every: float


SYNC = Chore(("directory", "sync", "--due"), 10, MINUTE)
SNAPSHOT = Chore(("backup", "snapshot"), 5 * MINUTE, HOUR)
SETTLE = Chore(("directory", "settle"), 20, 24 * HOUR)
TIDY = Chore(("history", "tidy"), 10 * MINUTE, 24 * HOUR)


class Chores:
    """The chores of one desk, whose settings lie at a path."""

    def __init__(self, settings: Path, chores: Sequence[Chore]) -> None:
        """Nothing is done before `start`."""
        self._settings, self._chores = settings, chores
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Do them, each at its time, from now on."""
        self._one_at_a_time = asyncio.Lock()
        self._tasks = [asyncio.create_task(self._repeat(chore)) for chore in self._chores]

    async def stop(self) -> None:
        """End what is being done."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _repeat(self, chore: Chore) -> None:
        await asyncio.sleep(chore.first)
        while True:
            async with self._one_at_a_time:
                try:
                    await self._do(chore)
                except OSError as error:  # no memory, no process: the next time may be better
                    log.error("%s cannot be done: %s", " ".join(chore.words), error)
            await asyncio.sleep(chore.every)

    async def _do(self, chore: Chore) -> None:
        command = [sys.executable, "-m", "appliance", *chore.words, "--settings", str(self._settings)]
        child = await asyncio.create_subprocess_exec(
            *("nice", "-n", "10", *command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        try:
            async with asyncio.timeout(LONGEST):
                _, said = await child.communicate()
        except TimeoutError:
            log.error("%s hangs, and is ended", " ".join(chore.words))
        else:
            if child.returncode:
                text = said.decode(errors="replace").strip() or f"exit code {child.returncode}"
                log.error("%s: %s", " ".join(chore.words), text.splitlines()[-1])
        finally:
            await _end(child)


async def _end(child: asyncio.subprocess.Process) -> None:
    """Let it end, or make it."""
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        try:
            async with asyncio.timeout(LAST_WORDS):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()
