"""A flood of requests, as many as this machine can: `python -m tests.bench.flood PORT [SECONDS]`."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections import Counter
from contextlib import suppress

CONNECTIONS = 64
AT_ONCE = 16  # requests sent in one piece
PATHS = ("/", "/login", "/directory", "/events", "/static/style.css", "/../../etc/passwd", "/nothing")


async def attack(port: int, counts: Counter[str]) -> None:
    """Open a connection, send many requests, read what comes, and again, for ever."""
    request = "".join(f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n" for path in PATHS * AT_ONCE)
    while True:
        with suppress(OSError, asyncio.TimeoutError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request.encode())
                counts["sent"] += len(PATHS) * AT_ONCE
                while heard := await asyncio.wait_for(reader.read(65536), 2):
                    counts["429"] += heard.count(b" 429 ")
                    counts["answered"] += heard.count(b"HTTP/1.1 ")
            finally:
                writer.close()


async def main() -> None:
    """Attack until SIGTERM, or for so many seconds."""
    counts: Counter[str] = Counter()
    port, seconds = int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 3600.0
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    began = time.monotonic()
    attackers = [asyncio.create_task(attack(port, counts)) for _ in range(CONNECTIONS)]
    with suppress(TimeoutError):
        await asyncio.wait_for(over.wait(), seconds)
    for attacker in attackers:
        attacker.cancel()
    lasted = time.monotonic() - began
    told = ", ".join(f"{count / lasted:.0f} {what} a second" for what, count in sorted(counts.items()))
    print(told, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
