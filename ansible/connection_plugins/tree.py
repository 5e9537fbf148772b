"""Runs modules in an unpacked root tree: `ansible_connection: tree`, `ansible_host:` its folder.

Each command has its own mount and process namespace: the tree gets /proc, /dev, an empty /run and the
controller's name servers for as long as it runs, and what a package may have started dies with it. It needs
root, and util-linux on the controller.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
name: tree
short_description: run in an unpacked root tree
description: Runs modules in an unpacked root tree by chroot, as root.
options:
  remote_addr:
    description: Folder of the tree.
    default: inventory_hostname
    vars: [{name: inventory_hostname}, {name: ansible_host}]
  remote_user:
    description: Always root, so that nobody needs sudo in the tree.
    default: root
"""

ENTER = """
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
mount -t tmpfs -o mode=755 tmpfs "$1/run"
mkdir -p "$1/run/lock" "$1/run/systemd/resolve"
cp /etc/resolv.conf "$1/run/systemd/resolve/stub-resolv.conf"
names=$1/etc/resolv.conf
[ -L "$names" ] || [ ! -e "$names" ] || mount --bind /etc/resolv.conf "$names"
exec chroot "$1" /bin/sh -c "$2"
"""

KEPT = ("SOURCE_DATE_EPOCH",)
"""Variables of the controller's environment that hold in the tree too."""


class Connection(ConnectionBase):
    """One tree."""

    transport = "tree"
    has_pipelining = True

    def _connect(self) -> Connection:
        self._root = Path(self.get_option("remote_addr")).resolve()
        if not (self._root / "etc/os-release").exists():
            raise AnsibleConnectionFailure(f"{self._root} is no root tree: it has no etc/os-release")
        if os.geteuid():
            raise AnsibleConnectionFailure("only root can run programs in a root tree")
        # Whoever runs in a chroot that is no mount point can change nothing of how mounts are shared.
        private = ["unshare", "--mount", "--propagation", "private", "true"]
        how = "unchanged" if subprocess.run(private, capture_output=True).returncode else "private"
        self._namespace = ["unshare", "--mount", "--propagation", how, "--pid", "--fork", "--kill-child"]
        self._connected = True
        return self

    def exec_command(
        self, cmd: str, in_data: bytes | None = None, sudoable: bool = True
    ) -> tuple[int, bytes, bytes]:
        """Run a command in the tree."""
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        run = subprocess.run(
            [*self._namespace, "/bin/sh", "-euc", ENTER, "sh", str(self._root), cmd],
            **({"stdin": subprocess.DEVNULL} if in_data is None else {"input": in_data}),
            capture_output=True,
            env={
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME": "/root",
                "LANG": "C.UTF-8",
                "RUNLEVEL": "1",  # invoke-rc.d starts no service
                **{name: os.environ[name] for name in KEPT if name in os.environ},
            },
        )
        return run.returncode, run.stdout, run.stderr

    def put_file(self, in_path: str, out_path: str) -> None:
        """Copy a file into the tree."""
        super().put_file(in_path, out_path)
        shutil.copyfile(in_path, self._inside(out_path))

    def fetch_file(self, in_path: str, out_path: str) -> None:
        """Copy a file out of the tree."""
        super().fetch_file(in_path, out_path)
        shutil.copyfile(self._inside(in_path), out_path)

    def close(self) -> None:
        """Leave nothing: nothing runs between two commands."""
        self._connected = False

    def _inside(self, path: str) -> str:
        return str(self._root / os.path.normpath(f"/{path}").lstrip("/"))
