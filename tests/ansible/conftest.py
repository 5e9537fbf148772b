"""The Debian that the role's tests set up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ansible.machine import PROJECT, Tree, let_in

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def prepared() -> Path:
    """What all of them begin with, made once per machine: a stock Debian and the wheels of a release."""
    missing = [word for word in ("mmdebstrap", "unshare", "nsenter", "ssh") if not shutil.which(word)]
    if os.geteuid() or missing:
        why = f"needs root, and: sudo apt-get install {' '.join(missing) or 'nothing more'}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(why)
    made = subprocess.run([PROJECT / "tests/ansible/prepare"], stdout=subprocess.PIPE, text=True, check=True)
    return Path(made.stdout.strip())


@pytest.fixture(scope="module")
def stock(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    """A machine that knows nothing of Deskbell, and the release of this checkout."""
    folder = tmp_path_factory.mktemp("stock")
    wheels = shutil.copytree(prepared / "wheels", folder / "wheels")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--wheel-dir", wheels, PROJECT], check=True)
    tree = Tree(folder / "desk", wheels)
    tree.root.mkdir()
    subprocess.run(["tar", "-xpf", prepared / "stock.tar", "-C", tree.root], check=True)
    # Its packages are those of the mirror; where the tests run there may be no network.
    stamp = tree.root / "var/lib/apt/periodic/update-success-stamp"
    stamp.parent.mkdir(exist_ok=True)
    stamp.touch()
    os.utime(stamp, (time.time() + 3600, time.time() + 3600))
    let_in(tree)
    yield tree
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def installed(stock: Tree) -> Tree:
    """The same after the role's first run."""
    first = stock.play()
    assert first.returncode == 0, first.stdout + first.stderr
    return stock
