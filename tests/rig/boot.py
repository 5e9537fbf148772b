"""Boots the guest, runs one command in it and brings back its output and exit status.

The guest is a User Mode Linux kernel (see `build`) whose root is this machine's own root, read-only under
an overlay. The command therefore sees the checkout, the virtual environment and the caches under their own
paths; what it writes is gone afterwards, except in the results folder.
"""

from __future__ import annotations

import os
import resource
import select
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HERE = Path(__file__).parent
NEEDED_PROGRAMS = {
    "/bin/busybox": "busybox-static",
    "/usr/bin/aplay": "alsa-utils",
    "/usr/lib/systemd/systemd-udevd": "udev",
}
CARRIED_ENVIRONMENT = ("HOME", "LANG", "PATH", "VIRTUAL_ENV", "XDG_CACHE_HOME")
MEMORY_MB = 1024
OPEN_FILES = 16384


class RigError(RuntimeError):
    """The guest could not be started, died, or ran out of time; the message says why."""


@dataclass(frozen=True)
class Job:
    """What is to be run in the guest.

    `results` is a folder that the guest may write to, seen there under its own path. `real_time` lets the
    guest's clock follow the host's; otherwise time is virtual: it jumps to the next timer whenever the
    guest is idle, so sleeping costs nothing and a slow machine cannot disturb audio. `limit` is in seconds
    of the host's time.
    """

    command: Sequence[str]
    results: Path | None = None
    real_time: bool = False
    limit: float = 600
    environment: Mapping[str, str] | None = None


def kernel() -> Path:
    """The path of the guest's kernel, built first where it is not there yet (4 to 8 minutes, once)."""
    built = subprocess.run([HERE / "build"], stdout=subprocess.PIPE, text=True, check=False)
    if built.returncode != 0:
        raise RigError("the rig's kernel cannot be built; `make rig` shows why")
    return Path(built.stdout.strip())


def run(job: Job, output: int = 1) -> int:
    """Run the job and return its exit status; what it writes goes to file descriptor `output` as it comes."""
    missing = [package for path, package in NEEDED_PROGRAMS.items() if not Path(path).exists()]
    if missing:
        raise RigError(f"missing on this machine; install with: sudo apt-get install {' '.join(missing)}")
    linux = kernel()
    with tempfile.TemporaryDirectory(prefix="deskbell-rig-") as name:
        folder = Path(name)
        _write(job, folder)
        _boot(linux, job, folder, output)
        status = folder / "status"
        if not status.is_file() or not status.read_text().strip():
            raise RigError("the guest died; the kernel's last words:\n" + _last_words(folder))
        return int(status.read_text())


def _write(job: Job, folder: Path) -> None:
    """Put what the guest's first process reads into the folder that both see."""
    shutil.copy(HERE / "init", folder / "init")
    results = str(job.results.resolve()) if job.results else ""
    (folder / "settings").write_text(f"RIG_RESULTS={shlex.quote(results)}\n")
    environment = {name: os.environ[name] for name in CARRIED_ENVIRONMENT if name in os.environ}
    environment |= {
        "DESKBELL_RIG": "guest",
        "GPIOZERO_PIN_FACTORY": "lgpio",
        "LG_WD": "/run/tmp",
        "TMPDIR": "/run/tmp",
        "PYTHONDONTWRITEBYTECODE": "1",
        **(job.environment or {}),
    }
    exports = [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
    command = [f"cd {shlex.quote(os.getcwd())}", f"exec {shlex.join(job.command)}"]
    (folder / "command").write_text("\n".join(exports + command) + "\n")


def _boot(linux: Path, job: Job, folder: Path, output: int) -> None:
    """Run the kernel until it powers off; past the limit, end it and raise."""
    shared_memory = Path("/dev/shm")
    roomy = shared_memory.is_dir() and shutil.disk_usage(shared_memory).free > MEMORY_MB << 20
    arguments = [
        f"mem={MEMORY_MB}M",
        "root=/dev/root",
        "rootfstype=hostfs",
        "rootflags=/",
        "ro",
        f"init={folder / 'init'}",
        f"rigjob={folder}",
        f"uml_dir={folder}/",
        "seccomp=auto",
        "console=stderr",  # the kernel's own messages; the first console is the job's alone
        "con=null",
        *([] if job.real_time else ["time-travel=inf-cpu"]),
    ]
    _allow_open_files()
    reading, writing = os.pipe()  # the kernel wants a console that it can poll, and changes its settings
    with (folder / "kernel.log").open("wb") as log:
        guest = subprocess.Popen(
            [linux, *arguments, f"con0=null,fd:{writing}"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={"PATH": os.environ["PATH"], "TMPDIR": str(shared_memory if roomy else folder)},
            pass_fds=(writing,),
            start_new_session=True,
        )
    os.close(writing)
    try:
        _pass_through(reading, output, time.monotonic() + job.limit)
    except TimeoutError:
        raise RigError(
            f"the guest did not finish within {job.limit:g} s; the kernel's last words:\n"
            + _last_words(folder)
        ) from None
    finally:
        os.close(reading)
        _end(guest)


def _allow_open_files() -> None:
    """Lift the usual 1024: the guest keeps a file of this machine open for each that it has seen."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, most), most))


def _pass_through(source: int, output: int, deadline: float) -> None:
    """Copy what the guest writes until it is gone; TimeoutError at the deadline."""
    while True:
        ready, _, _ = select.select([source], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError
        written = os.read(source, 1 << 16)
        if not written:
            return
        os.write(output, written)


def _end(guest: subprocess.Popen[bytes]) -> None:
    """End the kernel with all the processes that it uses for the guest's own."""
    try:
        os.killpg(guest.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        guest.wait()


def _last_words(folder: Path, lines: int = 30) -> str:
    log = (folder / "kernel.log").read_text(errors="replace")
    return "\n".join(log.splitlines()[-lines:])
