"""Report descriptors that no device sends: cut, changed, doubled, and made to cost as much as they can.

    .venv/bin/python -m tests.bench.mutations [count [seed]]

Each is parsed or refused, as a whole device: its keys, its lamps, input reports of random bytes. Fails with
the descriptor in hex where one takes over 10 ms of processor time or 1 MB, or does anything but be refused.
Time is the best of five where the first was near the limit: a busy machine is slower for everybody.
"""

from __future__ import annotations

import random
import sys
import time
import tracemalloc
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.base import DriverError
from drivers.telephony.report_descriptor import MAX_DESCRIPTOR_BYTES, DescriptorError, parse
from drivers.telephony.reports import KeyReports, LampReports
from tests.drivers.descriptors import MISSING, NAMES, descriptor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COUNT = 200_000
LIMIT_SECONDS = 0.010
LIMIT_BYTES = 1_000_000
WATCHED = 20  # one in so many has its memory measured: that takes five times as long
GREEDY = (
    "1900 2AFFFF 9501 7501 8100",  # as many usages as there may be
    "0920",  # one usage after the other, never used
    "0920 8102",  # one field after the other
    "A4 B4",  # push and pop
    "7501 9600 30 0920 8100",  # arrays of as many elements as there may be
    "8501 050B 0920 7501 9600 30 9102",
    "A100 C0",  # collections
    "A100",
    "04",  # items without data
    "14",
    "80",
    "0A 2000 0B 20000B00 8102",
    "050B 0905 A101 0508 1901 29FF 25FF 7508 9501 9100 C0",  # arrays of lamps
    "050B 0905 A101 0508 0917 7501 9501 9102 050B 19B0 29BB 150125FF 7508 9600 08 8100",
)


@dataclass
class Figures:
    """What the worst of them took."""

    tried: int = 0
    refused: int = 0
    telephones: int = 0
    seconds: float = 0.0
    bytes: int = 0

    def __str__(self) -> str:
        return (
            f"{self.tried} descriptors: {self.refused} refused, {self.telephones} telephones; "
            f"longest {self.seconds * 1000:.2f} ms, largest {self.bytes / 1000:.0f} kB"
        )


def greedy() -> Iterator[bytes]:
    """Descriptors as long as they may be, of the items that cost most."""
    for items in map(bytes.fromhex, GREEDY):
        yield (items * MAX_DESCRIPTOR_BYTES)[:MAX_DESCRIPTOR_BYTES]
        yield items * (MAX_DESCRIPTOR_BYTES // len(items))
    for usages in map(bytes.fromhex, ("0920", "192F292F", "19202921", "0BE9000C00")):
        end = bytes.fromhex("7501 9501 9600 20 8102 9102")  # one field of very many usages
        yield bytes.fromhex("050B 0905 A101 2501") + usages * (4000 // len(usages)) + end + b"\xc0"


def truncated() -> Iterator[bytes]:
    """Every real descriptor, cut at every byte."""
    for data in map(descriptor, NAMES):
        yield from (data[:length] for length in range(len(data) + 1))


def mutations(count: int, chance: random.Random) -> Iterator[bytes]:
    """Real descriptors with bits flipped, bytes changed, parts cut out, doubled or from another device."""
    pool = [descriptor(name) for name in NAMES]
    for _ in range(count):
        data = bytearray(chance.choice(pool))
        for _ in range(chance.randint(1, 6)):
            _mutate(data, pool, chance)
        yield bytes(data[: MAX_DESCRIPTOR_BYTES + 1])


def _mutate(data: bytearray, pool: list[bytes], chance: random.Random) -> None:
    at = chance.randrange(len(data) + 1)
    end = min(len(data), at + chance.randint(1, 64))
    match chance.randrange(6):
        case 0 if at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        case 1 if at < len(data):
            data[at] = chance.choice((0x00, 0x01, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        case 2:
            del data[at:end]
        case 3:
            data[at:at] = data[at:end] * chance.randint(1, 20)
        case 4:
            data[at:end] = chance.choice(pool)[at:end]
        case _:
            data[at:at] = chance.randbytes(chance.randint(1, 5))


def attempt(data: bytes, chance: random.Random) -> bool | None:
    """Use it as a device; returns whether it is a telephone, None where it is refused."""
    try:
        parsed = parse(data)
    except DescriptorError:
        return None
    keys = KeyReports(parsed)
    for _ in range(2):
        keys.read(chance.randbytes(chance.choice((0, 1, 2, 3, min(keys.longest, 64)))))
    try:
        lamps = LampReports(parsed)
    except DriverError:
        return False
    lamps.bearing(next(iter(lamps.lamps)))
    return True


def run(
    descriptors: Iterable[bytes],
    chance: random.Random,
    *,
    watched: int = WATCHED,
    limit: float = LIMIT_SECONDS,
) -> Figures:
    """Try them all; memory is measured for one in `watched`. Raises AssertionError with what was too much."""
    figures = Figures()
    for data in descriptors:
        seconds, telephone = _timed(data, chance)
        taken = _memory(data, chance) if figures.tried % watched == 0 else 0
        assert seconds <= limit, f"{seconds * 1000:.1f} ms: {data.hex()}"
        assert taken <= LIMIT_BYTES, f"{taken} bytes: {data.hex()}"
        figures.tried += 1
        figures.refused += telephone is None
        figures.telephones += telephone is True
        figures.seconds = max(figures.seconds, seconds)
        figures.bytes = max(figures.bytes, taken)
    return figures


def _timed(data: bytes, chance: random.Random) -> tuple[float, bool | None]:
    best, telephone = float("inf"), None
    for _ in range(5):
        start = time.thread_time()
        telephone = attempt(data, chance)
        best = min(best, time.thread_time() - start)
        if best <= LIMIT_SECONDS / 2:
            break
    return best, telephone


def _memory(data: bytes, chance: random.Random) -> int:
    tracemalloc.start()
    try:
        attempt(data, chance)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def main() -> None:
    """Run the long form."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 32)
    if not NAMES:
        sys.exit(MISSING)
    chance = random.Random(seed)
    print(f"seed {seed}")
    print("greedy:   ", run(greedy(), chance, watched=1))
    print("truncated:", run(truncated(), chance, watched=1))
    print("mutations:", run(mutations(count, chance), chance))


if __name__ == "__main__":
    main()
