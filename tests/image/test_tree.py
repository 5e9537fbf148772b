"""The root file system that `image/build` made: no key in it, no password, nothing of who built it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.image import tools

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(900)  # programs of the board are emulated
PROJECT = Path(__file__).parents[2]
PACKED = PROJECT / "image/out/tree.tar"
DRIVERS = {
    "sound": ["snd-usb-audio", "snd-bcm2835"],
    "keys and lights": ["usbhid", "hid-plantronics", "cp210x"],
    "the board": ["gpio-regulator", "bcm2835-wdt", "vc4"],
    "the card": ["overlay", "virtio_blk"],
    "the network": ["genet", "smsc95xx", "lan78xx", "brcmfmac", "cdc_ether", "virtio_net"],
}


@pytest.fixture(scope="module")
def tree() -> Iterator[Path]:
    """It is unpacked without its owners and devices, so that nobody needs to be root."""
    if not PACKED.exists() and not os.environ.get("CI"):
        pytest.skip("there is no image/out/tree.tar: image/build --tree-only (or make image)")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        root = Path(folder)
        subprocess.run(
            ["tar", "-xf", PACKED, "-C", root, "--no-same-owner", "--mode=u+rwX", "--exclude=./dev/*"],
            check=True,
        )
        yield root


def wanted(tree: Path) -> set[str]:
    """Every unit that some target starts."""
    return {path.name for path in (tree / "etc/systemd/system").glob("*.target.wants/*")}


def box(tree: Path, program: str) -> str:
    """Run a piece of Python as the box would, with all that its virtual environment has."""
    [packages] = (tree / "opt/deskbell").resolve().glob("lib/python3.*/site-packages")
    [python] = (tree / "usr/bin").glob("python3.[0-9][0-9]")
    begin = f"import sys; sys.path.insert(0, {str(packages)!r}); sys.dont_write_bytecode = True\n"
    done = subprocess.run(
        [tools.tree() / "usr/bin/qemu-aarch64", "-L", tree, python, "-I", "-c", begin + program],
        capture_output=True,
        text=True,
        cwd="/",
        env={"LG_WD": tempfile.gettempdir()},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nobody_can_sign_in(tree: Path) -> None:
    for line in (tree / "etc/shadow").read_text().splitlines():
        name, password = line.split(":")[:2]
        assert password.startswith(("*", "!")), f"{name} has a password"
    assert not [*tree.glob("**/authorized_keys")]


def test_no_key_is_the_same_on_two_boxes(tree: Path) -> None:
    assert not [*(tree / "etc/ssh").glob("ssh_host_*")]
    assert (tree / "etc/machine-id").read_bytes() == b""
    assert not (tree / "var/lib/systemd/random-seed").exists()
    assert tomllib.loads((tree / "etc/deskbell/secrets.toml").read_text()) == {}


def test_the_desk_starts_by_itself_and_ssh_does_not(tree: Path) -> None:
    units = wanted(tree)
    assert {"deskbell.service", "deskbell-web.service", "deskbell-settings.service"} <= units
    assert {"deskbell-healthy.service", "deskbell-update.path", "avahi-daemon.service"} <= units
    assert not [unit for unit in units if unit.startswith(("ssh.", "sshd", "getty@"))]


def test_every_program_is_for_the_board(tree: Path) -> None:
    subprocess.run(
        [
            sys.executable,
            PROJECT / "image/stages/foreign.py",
            tree / "usr",
            (tree / "opt/deskbell").resolve(),
        ],
        check=True,
    )


def test_the_desk_can_be_loaded_with_all_it_needs(tree: Path) -> None:
    said = box(
        tree,
        "import alsaaudio, appliance.daemon, gpiozero, hidraw, lgpio, pjsua2, usb, web.app; print('all')",
    )
    assert said == "all\n"


def test_the_command_knows_its_version(tree: Path) -> None:
    said = box(tree, "sys.argv = ['deskbell', '--version']; from appliance.__main__ import main; main()")
    release = dict(line.split("=") for line in (tree / "usr/lib/deskbell/release").read_text().split())
    assert release["VERSION"] in said


def test_nothing_tells_of_the_machine_that_built_it(tree: Path) -> None:
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    traces = [str(trace).encode() for trace in (PROJECT, home)]
    if len(platform.node()) > 3:
        traces.append(platform.node().encode())
    for folder in ("etc", "opt", "usr/lib/deskbell", "usr/lib/systemd", "var"):
        for path in (tree / folder).rglob("*"):
            if path.is_file() and not path.is_symlink():
                content = path.read_bytes()
                assert not [trace for trace in traces if trace in content], path


def test_the_bootloader_finds_a_kernel_and_its_initrd(tree: Path) -> None:
    for name in ("vmlinuz", "initrd.img"):
        assert (tree / "boot" / name).is_file(), name


@pytest.mark.parametrize("module", [name for names in DRIVERS.values() for name in names])
def test_the_drivers_of_the_boards_are_there_with_all_that_they_need(tree: Path, module: str) -> None:
    [modules] = (tree / "usr/lib/modules").iterdir()
    needs = dict(line.split(":", 1) for line in (modules / "modules.dep").read_text().splitlines())
    name = module.replace("-", "_")
    built_in = (modules / "modules.builtin").read_text().replace("-", "_")
    if f"/{name}.ko" in built_in:
        return
    [path] = [path for path in needs if path.rpartition("/")[2].split(".")[0].replace("-", "_") == name]
    for needed in (path, *needs[path].split()):
        assert (modules / needed).exists(), needed
