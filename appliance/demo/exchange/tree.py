"""The exchange's program tree: Asterisk and its libraries from pinned Debian packages, in the user's cache.

No root and no chroot: the tree holds its own C library and loader, so the host's may be older. Debian 12 and
13 carry no Asterisk of their own; `debs.lock` pins the packages of a newer suite by SHA-256, and apt fetches
them from the mirror that this machine uses already.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.demo.exchange.errors import ExchangeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_HERE = Path(__file__).parent
LOCK = _HERE / "debs.lock"
SUITE = "forky"
LIBRARIES = Path("usr/lib/x86_64-linux-gnu")
_APT_HELPER = Path("/usr/lib/apt/apt-helper")
_KEYRINGS = Path("/usr/share/keyrings")
# As root apt would drop to its own user, who may not write into a cache in root's home.
_APT = ["-q=2", "-o", "APT::Sandbox::User=root"]


def cached_tree() -> Path:
    """Where the tree of this recipe is, or will be after `prepare()`."""
    recipe = hashlib.sha256(LOCK.read_bytes() + Path(__file__).read_bytes()).hexdigest()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "deskbell" / "exchange" / recipe[:16]


def prepare(report: Callable[[str], None]) -> Path:
    """Fetch and unpack the tree unless it is cached, and return it; `report` gets a line per step.

    A second caller waits for the first; an interrupted one leaves nothing that would be taken for a tree.
    """
    tree = cached_tree()
    if tree.is_dir():
        return tree
    _check_host()
    tree.parent.mkdir(parents=True, exist_ok=True)
    with _locked(tree.with_suffix(".lock")):
        if tree.is_dir():
            return tree
        part = tree.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        (part / "debs").mkdir(parents=True)
        report("exchange: fetching Asterisk (19 MB)")
        debs = _fetch(part / "debs", report)
        report(f"exchange: unpacking {len(debs)} packages")
        for deb in debs:
            _run(["dpkg-deb", "-x", str(deb), str(part)])
        shutil.rmtree(part / "debs")
        # What the package's own set-up script would do.
        (part / "usr/share/asterisk/sounds/en").symlink_to("en_US_f_Allison")
        part.rename(tree)
    report("exchange: ready")
    return tree


def _check_host() -> None:
    if platform.machine() != "x86_64":
        raise ExchangeError(f"the exchange is packed for x86_64, this machine is {platform.machine()}")
    missing = [tool for tool in ("dpkg-deb", str(_APT_HELPER)) if not shutil.which(tool)]
    if missing:
        raise ExchangeError(f"the exchange is fetched with apt and dpkg; missing: {', '.join(missing)}")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch(into: Path, report: Callable[[str], None]) -> list[Path]:
    """The pinned packages; when one has left the mirror, the present ones of the suite."""
    mirror = _mirror()
    pinned = [line.split() for line in LOCK.read_text().splitlines() if not line.startswith("#")]
    try:
        return _download(into, [(mirror + path, "SHA256:" + sha256) for sha256, _, path in pinned])
    except ExchangeError as error:
        report(f"exchange: A PINNED PACKAGE DID NOT COME: {error}")
        report(f"exchange: taking the present versions of Debian {SUITE} instead of those in {LOCK.name}")
    names = [Path(path).name.split("_")[0].replace("%2b", "+") for _, _, path in pinned]
    return _download(into, _resolve(names, mirror, into / "apt"))


def _mirror() -> str:
    """The Debian mirror that this machine's apt uses, with a slash at its end."""
    origin = ["Origin: Debian", "Label: Debian"]
    mirrors = _run(["apt-get", "indextargets", "--format", "$(REPO_URI)", *origin]).split()
    if not mirrors:
        raise ExchangeError("apt knows no Debian mirror on this machine: sudo apt-get update")
    return mirrors[0].rstrip("/") + "/"


def _download(into: Path, files: Sequence[tuple[str, str]]) -> list[Path]:
    """Fetch (URI, hash) pairs the way apt does: its proxies, its retries, the hashes checked."""
    targets = [into / uri.rsplit("/", 1)[1] for uri, _ in files]
    words = [
        word
        for (uri, sha256), target in zip(files, targets, strict=True)
        for word in (uri, str(target), sha256)
    ]
    _run([str(_APT_HELPER), *_APT, "download-file", *words])
    return targets


def _resolve(names: Sequence[str], mirror: str, apt: Path) -> list[tuple[str, str]]:
    """URI and hash of the suite's present packages, by an apt of our own: the host's lists stay untouched."""
    for folder in ("lists/partial", "cache/archives/partial", "empty"):
        (apt / folder).mkdir(parents=True)
    (apt / "status").touch()
    keyring = next(_KEYRINGS.glob("debian-archive-keyring.[gp]*"))  # .gpg, since Debian 13 also .pgp
    (apt / "sources.list").write_text(f"deb [signed-by={keyring} arch=amd64] {mirror} {SUITE} main\n")
    settings = {
        "Dir::Etc::SourceList": apt / "sources.list",
        "Dir::Etc::SourceParts": apt / "empty",
        "Dir::Etc::PreferencesParts": apt / "empty",
        "Dir::Etc::Preferences": "/dev/null",
        "Dir::State": apt,
        "Dir::State::Lists": apt / "lists",
        "Dir::State::Status": apt / "status",
        "Dir::Cache": apt / "cache",
        "APT::Architecture": "amd64",
        "APT::Architectures": "amd64",
        "Acquire::Languages": "none",
        "Acquire::Check-Valid-Until": "false",  # a frozen mirror's Release file is past its date
    }
    own = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
    _run(["apt-get", *_APT, *own, "update"])
    uris = _run(["apt-get", *_APT, *own, "download", "--print-uris", *names])
    found = [line.split() for line in uris.splitlines() if line.startswith("'")]
    return [(uri.strip("'"), sha256) for uri, _, _, sha256 in found]


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        complaint = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise ExchangeError(f"{Path(command[0]).name}: {complaint[0] if complaint else 'failed'}")
    return done.stdout
