"""The rig itself: what goes into the guest and comes back. What runs in it stands in `tests.rig.guest`."""

from __future__ import annotations

import errno
import shutil
import socket
import sys
from typing import TYPE_CHECKING

import pytest

from tests.rig.boot import Job, RigError, kernel, run
from tests.rig.tone import Recording, sine
from tests.rig.usbip import (
    CMD_SUBMIT,
    CMD_UNLINK,
    COMMAND,
    PACKET,
    RET_SUBMIT,
    RET_UNLINK,
    RETURN,
    Link,
    Urb,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.rig, pytest.mark.timeout(900)]  # the kernel may have to be built first


def shell(script: str, **options: object) -> Job:
    """A job for the guest's shell."""
    return Job(["sh", "-c", script], **options)  # type: ignore[arg-type]


def test_output_and_exit_status_come_back(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(shell("echo spoken; echo 'complained \"loudly\"' >&2; exit 3")) == 3
    assert capfd.readouterr().out == 'spoken\ncomplained "loudly"\n'


def test_the_guest_is_another_linux_with_this_python(capfd: pytest.CaptureFixture[str]) -> None:
    script = "import sys, platform; print(platform.release(), sys.executable)"
    assert run(Job([sys.executable, "-c", script])) == 0
    release, executable = capfd.readouterr().out.split()
    assert release.endswith("-rig")
    assert executable == sys.executable


def test_only_the_results_folder_is_kept(tmp_path: Path) -> None:
    results, elsewhere = tmp_path / "results", tmp_path / "elsewhere"
    results.mkdir()
    elsewhere.mkdir()
    assert run(shell(f"echo kept >{results}/file; echo lost >{elsewhere}/file", results=results)) == 0
    assert (results / "file").read_text() == "kept\n"
    assert not list(elsewhere.iterdir())


def test_udev_runs_and_the_network_is_the_loopback_alone(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(shell("udevadm control --ping && ls /sys/class/net")) == 0
    assert capfd.readouterr().out.split() == ["lo"]


def test_an_hour_passes_in_virtual_time() -> None:
    script = "import time; start = time.monotonic(); time.sleep(3600); exit(time.monotonic() - start < 3600)"
    assert run(Job([sys.executable, "-c", script], limit=60)) == 0


def test_a_guest_that_takes_too_long_is_ended_and_shows_what_it_said(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(RigError, match="did not finish within 3 s"):
        run(shell("echo started; sleep 60", real_time=True, limit=3))
    assert capfd.readouterr().out == "started\n"


def test_a_guest_that_dies_is_reported() -> None:
    with pytest.raises(RigError, match="the guest died; the kernel's last words"):
        run(shell("busybox poweroff -f"))


def test_a_kernel_that_cannot_be_built_names_the_command_that_shows_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    programs = tmp_path / "bin"  # without a compiler
    programs.mkdir()
    for name in ("bash", "cat", "cut", "dirname", "realpath", "sha256sum"):
        (programs / name).symlink_to(shutil.which(name) or name)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(RigError, match="make rig"):
        kernel()
    assert "sudo apt-get install gcc" in capfd.readouterr().err


class Silent:
    """A device that answers nothing by itself."""

    def __init__(self) -> None:
        self.held: list[Urb] = []

    def submit(self, urb: Urb, link: Link) -> None:
        self.held.append(urb)

    def cancel(self, urb: Urb) -> None:
        self.held.remove(urb)


@pytest.fixture
def kernel_side() -> Iterator[tuple[socket.socket, Link, Silent]]:
    """What the kernel's host controller would hold, and a device at the other end."""
    theirs, ours = socket.socketpair()
    device = Silent()
    with theirs, ours:
        theirs.settimeout(0)
        yield theirs, Link(ours, device), device


def submit(number: int, incoming: bool, body: bytes = b"", packets: int = 0, length: int = 8) -> bytes:
    return COMMAND.pack(CMD_SUBMIT, number, 0, incoming, 1, 0, length, 0, packets, 1, bytes(8)) + body


def unlink(number: int, target: int) -> bytes:
    return COMMAND.pack(CMD_UNLINK, number, 0, 0, 0, target, 0, 0, 0, 0, bytes(8))


def test_a_transfer_that_was_taken_back_is_never_answered(
    kernel_side: tuple[socket.socket, Link, Silent],
) -> None:
    theirs, link, device = kernel_side
    theirs.sendall(submit(1, incoming=True))
    link.receive()
    (urb,) = device.held
    theirs.sendall(unlink(2, target=1))
    link.receive()
    link.complete(urb, b"late")
    command, number, _, _, _, status, *_ = RETURN.unpack(theirs.recv(1000))
    assert (command, number, status) == (RET_UNLINK, 2, -errno.ECONNRESET)
    assert not device.held


def test_a_transfer_that_was_answered_cannot_be_taken_back(
    kernel_side: tuple[socket.socket, Link, Silent],
) -> None:
    theirs, link, device = kernel_side
    theirs.sendall(submit(1, incoming=True))
    link.receive()
    link.complete(device.held[0], b"key")
    answer = theirs.recv(1000)
    assert (RETURN.unpack_from(answer)[:2], answer[RETURN.size :]) == ((RET_SUBMIT, 1), b"key")
    theirs.sendall(unlink(2, target=1))
    link.receive()
    assert RETURN.unpack(theirs.recv(1000))[5] == 0


def test_commands_that_arrive_in_pieces_are_put_together(
    kernel_side: tuple[socket.socket, Link, Silent],
) -> None:
    theirs, link, device = kernel_side
    table = PACKET.pack(0, 4, 0, 0) + PACKET.pack(4, 4, 0, 0)
    stream = submit(1, False, b"01234567" + table, packets=2) + submit(2, False, b"89abcdef")
    for byte in stream:
        theirs.send(bytes([byte]))
        link.receive()
    assert [(urb.data, urb.packets) for urb in device.held] == [(b"01234567", [4, 4]), (b"89abcdef", [])]


def test_a_tone_is_measured_as_it_was_made() -> None:
    clean = Recording(16000, 1, sine(1000, -20, 16000, 0.5))
    assert clean.measure(1000).dbfs == pytest.approx(-20, abs=0.01)
    assert clean.measure(1000).snr > 60
    assert clean.measure(700).snr < -20
    gap = bytearray(clean.pcm)
    gap[8000:8100] = bytes(100)
    assert Recording(16000, 1, bytes(gap)).weakest(1000).snr < 20
    assert Recording(16000, 1, bytes(gap)).clear_for(1000) == pytest.approx(0.2)
    assert clean.clear_for(1000) == pytest.approx(0.5)
