"""Stand-ins for hidraw handles, for what no virtual device can be made to do: refuse, block, fall silent."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING

from drivers.telephony.device import TelephonyDevice
from drivers.telephony.quirks import Quirk

if TYPE_CHECKING:
    from pathlib import Path

    from drivers.telephony.report_descriptor import ReportDescriptor


class Wire:
    """The far end of the handles: what they read, what they wrote, how reading and writing go."""

    def __init__(self) -> None:
        self.reports: queue.Queue[bytes | OSError] = queue.Queue()
        self.written: list[bytes] = []
        self.result = 0
        self.refused: set[int] = set()  # numbers of reports
        self.open_handles = 0

    def handle(self) -> Handle:
        return Handle(self)


class Handle:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def open_path(self, path: bytes) -> None:
        self._wire.open_handles += 1

    def read(self, max_length: int, timeout_ms: int) -> list[int]:
        try:
            report = self._wire.reports.get(timeout=min(timeout_ms / 1000, 0.1))
        except queue.Empty:
            return []
        if isinstance(report, OSError):
            raise report
        return list(report[:max_length])

    def write(self, buff: bytes) -> int:
        if self._wire.result < 0 or buff[0] in self._wire.refused:
            return -1
        self._wire.written.append(bytes(buff))
        return len(buff)

    def error(self) -> str:
        return "Broken pipe"

    def close(self) -> None:
        self._wire.open_handles -= 1


class Phone:
    """An open device and what it told."""

    def __init__(self, path: Path, wire: Wire, descriptor: ReportDescriptor, quirk: Quirk = Quirk()) -> None:  # noqa: B008  (frozen)
        self.pressed: queue.Queue[tuple[str, bool]] = queue.Queue()
        self.lost: queue.Queue[OSError] = queue.Queue()
        self.device = TelephonyDevice(
            str(path),
            descriptor,
            lambda key, down: self.pressed.put((key, down)),
            self.lost.put,
            quirk=quirk,
            new_handle=wire.handle,
        )

    def told(self, count: int) -> list[tuple[str, bool]]:
        """The next keys that it told."""
        return [self.pressed.get(timeout=20) for _ in range(count)]
