"""Network namespaces: machines of their own, as far as the network goes, joined by cables."""

from __future__ import annotations

import ctypes
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

P = ParamSpec("P")
R = TypeVar("R")
_NEW_NETWORK = 0x40000000  # CLONE_NEWNET


def missing() -> str:
    """What keeps us from making namespaces, "" when nothing does."""
    done = subprocess.run(["unshare", "--net", "ip", "link"], capture_output=True, text=True)
    return done.stderr.strip()


class Machine:
    """A thread in a network namespace of its own; what it starts, threads and processes, lives there too."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self.id: int = self.run(enter)

    def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do something there, and return what it returns."""
        return self._thread.submit(function, *args, **kwargs).result()

    def ip(self, words: str) -> None:
        """Run ip(8) there."""
        done = self.run(subprocess.run, ["ip", *words.split()], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def plug(self, here: str, other: Machine, there: str) -> None:
        """Join the two machines by a cable with these addresses, such as "eth0 192.0.2.1/24"."""
        (mine, address), (its, other_address) = here.split(), there.split()
        self.ip(f"link add {mine} type veth peer name {its} netns {other.id}")
        for machine, link, at in ((self, mine, address), (other, its, other_address)):
            machine.ip(f"address add {at} dev {link}")
            machine.ip(f"link set {link} up")

    def close(self) -> None:
        """Its thread ends; the namespace goes with the last that lives in it."""
        self._thread.shutdown()


def enter() -> int:
    """Take the calling thread into a new namespace, and return the thread's id."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    return threading.get_native_id()


@contextmanager
def alone(address: str) -> Iterator[None]:
    """Let the calling thread, and what it starts, live in a new namespace with `address` on its loopback."""
    with Path("/proc/thread-self/ns/net").open() as before:
        enter()
        try:
            subprocess.run(["ip", "address", "add", address, "dev", "lo"], check=True)
            yield
        finally:
            ctypes.CDLL(None).setns(before.fileno(), _NEW_NETWORK)
