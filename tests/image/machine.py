"""A box in QEMU: power, serial line and network of a machine that boots a card.

Two machines. `RASPBERRY` is QEMU's Raspberry Pi 3B: the card in its MMC slot, its network on USB, U-Boot and
the device tree from the card's own FAT partition; it proves that the image boots with this board's devices.
`VIRT` is QEMU's generic Arm machine with the same processor: virtio in place of those devices, and QEMU's own
U-Boot; from boot.scr on all is the image's own. It is four times as fast and proves what does not depend on
the board. Neither runs the Pi's firmware, and neither tells how fast a Pi is.

The machine's network is behind a NAT (QEMU's user network, which answers DHCP): whatever this host can reach
the box can reach; the box's own ports are forwarded to 127.0.0.1.
"""

from __future__ import annotations

import re
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from tests.image import tools

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.image.card import Card

LIMIT = 900.0  # seconds after which what should have happened has not: an emulated Pi on a busy host is slow
PORTS = {"ssh": 22, "http": 80, "https": 443}
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>78cM]|\r")


class MachineError(AssertionError):
    """The machine ended or did not do in time what it should; the message has its last words."""


@dataclass(frozen=True)
class Board:
    """What QEMU puts the card into."""

    name: str
    hardware: tuple[str, ...]
    """QEMU's words; {card} is the card's file, {network} the network's options."""
    firmware: Mapping[str, str]
    """QEMU's option for each file it starts with: of the card's FAT partition, or (with a slash) a tool."""


RASPBERRY = Board(
    "raspi3b",
    (
        *("-machine", "raspi3b", "-drive", "file={card},if=sd,format=raw"),
        *("-netdev", "{network}", "-device", "usb-net,netdev=net", "-serial", "null"),
    ),
    {"-kernel": "u-boot.bin", "-dtb": "bcm2837-rpi-3-b.dtb"},
)
VIRT = Board(
    "virt",
    (
        # No random numbers from outside, as on the board: with them the kernel changes its page tables at
        # every system call, which costs an emulated processor half of its time.
        *("-machine", "virt,dtb-randomness=off", "-cpu", "cortex-a53", "-smp", "2", "-m", "1024"),
        *("-drive", "file={card},if=none,id=card,format=raw"),
        *("-device", "virtio-blk-pci,drive=card"),
        *(
            "-netdev",
            "{network}",
            "-device",
            "virtio-net-pci,netdev=net,romfile=",
            "-device",
            "virtio-rng-pci",
        ),
    ),
    {"-bios": "usr/lib/u-boot/qemu_arm64/u-boot.bin"},
)


class Serial:
    """What a machine writes on its serial line, each line with the seconds since power-on."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        """Read until the machine ends; the same goes to the file `log`."""
        self.lines: list[tuple[float, str]] = []
        self._partial = ""
        self._ended = False
        self._stream = process.stdout
        self._news = threading.Condition()
        self._began = time.monotonic()
        self._reader = threading.Thread(target=self._read, args=(log,), daemon=True)
        self._reader.start()

    def wait(self, pattern: str, seconds: float = LIMIT) -> float:
        """Wait until a line matches, and return the seconds from power-on to that line."""
        with self._news:
            self._news.wait_for(lambda: self._found(pattern) is not None or self._ended, seconds)
        found = self._found(pattern)
        if found is None:
            raise MachineError(f"no {pattern!r} on the serial line; its last words:\n{self.last()}")
        return found

    def now(self) -> float:
        """Return the seconds since power-on."""
        return time.monotonic() - self._began

    def last(self, count: int = 40) -> str:
        """Return the last lines, with their times."""
        return "\n".join([*(f"[{at:8.2f}] {line}" for at, line in self.lines[-count:]), self._partial])

    def close(self) -> None:
        """Wait until all is read; the machine has ended."""
        self._reader.join()

    def _found(self, pattern: str) -> float | None:
        now = (self.now(), self._partial)
        return next((at for at, line in (*self.lines, now) if re.search(pattern, line)), None)

    def _read(self, log: Path) -> None:
        assert self._stream
        with log.open("w") as file:
            while data := self._stream.read1(4096):  # type: ignore[attr-defined]
                at = self.now()
                text = _ESCAPES.sub("", self._partial + data.decode(errors="replace"))
                *whole, partial = text.split("\n")
                file.writelines(f"[{at:8.2f}] {line}\n" for line in whole)
                file.flush()
                with self._news:
                    self.lines += [(at, line) for line in whole]
                    self._partial = partial
                    self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()


class Machine:
    """A machine that boots a card; also a context manager: on, and in the end its power is taken away."""

    def __init__(
        self, card: Card, folder: Path, board: Board = VIRT, *, isolated: bool = False, clock: str = "utc"
    ) -> None:
        """Put it together. `folder` gets the serial log.

        `isolated`: its network leads nowhere, and only the forwarded ports work. `clock`: the time that its
        battery kept, an ISO date.
        """
        self.card, self.board = card, board
        self.ports = {name: _free_port() for name in PORTS}
        self._folder, self._isolated, self._clock = folder, isolated, clock
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0

    def __enter__(self) -> Self:
        """Switch it on."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Switch it off."""
        self.cut()

    def start(self) -> None:
        """Switch it on; returns at once. It does not outlive the thread that calls this."""
        self._starts += 1
        log = self._folder / f"serial-{self.board.name}-{self._starts}.log"
        self._process = subprocess.Popen(
            [
                "setpriv",
                "--pdeathsig",
                "KILL",
                "nice",
                "-n",
                "10",
                *tools.words("qemu-system-aarch64", *self._arguments()),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=tools.environment(),
        )
        self.serial = Serial(self._process, log)

    def cut(self) -> None:
        """Take its power away; what the guest has not written to the card is lost."""
        if self._process:
            self._process.kill()
            self.wait_until_off()

    def must_run(self) -> None:
        """Fail when it is off: it has given up, or restarted."""
        if self._process is None or self._process.poll() is not None:
            raise MachineError(f"it is off; its last words:\n{self.serial.last()}")

    def wait_until_off(self, seconds: float = LIMIT) -> None:
        """Wait until it has switched itself off, or restarts: it stays off then."""
        assert self._process
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise MachineError(f"it does not switch off; its last words:\n{self.serial.last()}") from error
        self.serial.close()
        self._process = None

    def _arguments(self) -> list[str]:
        forwards = [f"hostfwd=tcp:127.0.0.1:{self.ports[name]}-:{port}" for name, port in PORTS.items()]
        network = ",".join(["user,id=net", *forwards, *(["restrict=on"] if self._isolated else [])])
        hardware = [word.format(card=self.card.file, network=network) for word in self.board.hardware]
        firmware = [
            word
            for option, name in self.board.firmware.items()
            for word in (option, str(self._firmware(name)))
        ]
        accelerator = ["-accel", "tcg,thread=multi,tb-size=512"]
        console = ["-display", "none", "-monitor", "none", "-serial", "stdio"]
        habits = ["-no-reboot", "-rtc", f"base={self._clock}"]
        firmwares = ["-L", str(tools.tree() / "usr/share/qemu")]
        return [*firmwares, *accelerator, *hardware, *firmware, *console, *habits]

    def _firmware(self, name: str) -> Path:
        if "/" in name:
            return tools.tree() / name
        file = self._folder / name
        data = self.card.read(name)
        if data is None:
            raise MachineError(f"the card's FAT partition has no {name}")
        file.write_bytes(data)
        return file


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
