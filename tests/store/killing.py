"""Kills a process at every step it takes on files: after each, the next start must find things right."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MEMORY = "/dev/shm"
"""Where to do so: what a killed process leaves is the same on any disk, and this one is quick."""

STEPS = {
    "open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "shutil.rmtree", "fcntl.flock",
    "sqlite3.connect", "subprocess.Popen",
}  # fmt: skip


def killed_at(step: int, do: Callable[[], object]) -> bool:
    """Do it in a process that is killed just before its `step`th step; False when it came to its end."""
    child = os.fork()
    if child == 0:
        left = step

        def count(event: str, _: tuple[Any, ...]) -> None:
            nonlocal left
            if event not in STEPS:
                return
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        try:
            do()
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.waitstatus_to_exitcode(status) == 0
    return False
