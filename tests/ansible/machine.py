"""A Debian of the tests' own: an unpacked tree that the role sets up, and that systemd runs as a machine.

Needs root, mmdebstrap, and a kernel with cgroup v2; a machine has namespaces and a network of its own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROJECT = Path(__file__).parents[2]
ANSIBLE = PROJECT / "ansible"
PATIENCE = 120.0  # seconds after which something that should have happened has not
ENTER = """
mount -t proc proc "$1/proc"; mount --rbind /dev "$1/dev"; mount -t tmpfs tmpfs "$1/run"
exec chroot "$@"
"""
START = """
cd "$1"
mount --bind . . && cd "$1"
mount -t proc proc proc; mount -t sysfs sysfs sys; mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev; mount -t tmpfs -o mode=755 tmpfs run
for name in null zero full random urandom tty; do
  touch dev/$name; mount --bind /dev/$name dev/$name
done
mkdir dev/pts dev/shm; mount -t tmpfs tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx; ln -s /proc/self/fd dev/fd
pivot_root . mnt; cd /; umount -l mnt
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin /usr/lib/systemd/systemd --show-status=no
"""


def ansible(words: list[str], before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run one of Ansible's programs in the project's own folder; `before` it, what puts it elsewhere."""
    program = Path(sys.executable).with_name(words[0])
    return subprocess.run(
        [*before, str(program), *words[1:]],
        cwd=ANSIBLE,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"not so: {what}"
        time.sleep(0.2)


def counts(output: str) -> dict[str, int]:
    """Return what the last line says of a run: ok, changed, failed …"""
    return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", output.splitlines()[-2])}


class Tree:
    """An unpacked root tree."""

    def __init__(self, root: Path, wheels: Path) -> None:
        """`wheels` is the release that it gets."""
        self.root, self.wheels = root, wheels
        self.inventory = root.with_suffix(".yml")

    def play(self, *words: str, playbook: str = "site.yml", **said: Any) -> subprocess.CompletedProcess[str]:
        """Play a playbook of ours for this tree; `said` are the inventory's words about it."""
        about = {"ansible_connection": "tree", "ansible_host": str(self.root), **said}
        return self._play(words, playbook, about)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a program in it."""
        namespace = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", ENTER, "sh"]
        return subprocess.run(
            [*namespace, str(self.root), *words], capture_output=True, text=True, check=False
        )

    @contextmanager
    def started(self) -> Iterator[Machine]:
        """Have its own systemd run it."""
        group = _cgroups() / f"deskbell-test-{os.getpid()}"
        group.mkdir()
        namespaces = ["--cgroup", "--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "--net"]
        enter = f'echo $$ >"{group}/cgroup.procs"; exec "$@"'
        process = subprocess.Popen(
            ["sh", "-euc", enter, "sh", "unshare", *namespaces, "sh", "-euc", START, "sh", str(self.root)]
        )
        try:
            machine = Machine(self, process)
            until(machine.is_up, "the machine runs")
            yield machine
        finally:
            process.kill()
            process.wait()
            until(lambda: _removed(group), "its processes are gone")

    def _play(
        self, words: tuple[str, ...], playbook: str, said: dict[str, Any], before: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        about = {"deskbell_wheels": str(self.wheels), **said}
        self.inventory.write_text(json.dumps({"all": {"hosts": {"desk": about}}}))
        return ansible(["ansible-playbook", "-i", str(self.inventory), playbook, *words], before)


class Machine:
    """A tree that runs."""

    def __init__(self, tree: Tree, process: subprocess.Popen[bytes]) -> None:
        """`process` is that of its namespaces."""
        self.tree, self._process = tree, process

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a program in it."""
        return subprocess.run([*self._enter("--all"), *words], capture_output=True, text=True, check=False)

    def play(self, *words: str, playbook: str = "site.yml", **said: Any) -> subprocess.CompletedProcess[str]:
        """Play a playbook for it over SSH."""
        about = {
            "ansible_host": "127.0.0.1",
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(self.tree.root.with_suffix(".key")),
            "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
            **said,
        }
        return self.tree._play(words, playbook, about, self._enter("--net"))

    def is_up(self) -> bool:
        """Return whether everything is started that starts by itself."""
        said = self.run("systemctl", "is-system-running").stdout.strip()
        return said in ("running", "degraded")

    def is_active(self, unit: str) -> bool:
        """Return whether a unit runs."""
        return self.run("systemctl", "is-active", unit).stdout.strip() == "active"

    def _enter(self, what: str) -> tuple[str, ...]:
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return ("nsenter", f"--target={children[0] if children else self._process.pid}", what)


def let_in(tree: Tree) -> None:
    """Let the tests in by SSH, as an admin prepares a machine."""
    key = tree.root.with_suffix(".key")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    folder = tree.root / "root/.ssh"
    folder.mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(f"{key}.pub", folder / "authorized_keys")


def _cgroups() -> Path:
    """Return where the kernel shows control groups of version 2."""
    for line in Path("/proc/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if kind == "cgroup2":
            return Path(place)
    raise OSError("no cgroup v2 is mounted here: mount -t cgroup2 cgroup2 /sys/fs/cgroup")


def _removed(group: Path) -> bool:
    """Remove a control group and those inside; False while something runs there."""
    try:
        for inner in sorted(group.rglob("*/"), reverse=True):
            inner.rmdir()
        group.rmdir()
    except OSError:
        return not group.exists()
    return True
