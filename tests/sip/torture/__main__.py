"""The long fuzz: python -m tests.sip.torture --count 200000 [--seed 1]."""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

from tests.running import RunningDesk
from tests.sip.scripted import ScriptedExchange
from tests.sip.torture.fuzz import fuzz
from tests.sip.torture.mutation import ours, samples
from tests.sip.torture.wire import Wire
from tests.sip.torture.witness import Witness, resident


def main() -> None:
    """Fuzz a desk of its own, at an exchange of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.sip.torture", description=__doc__)
    parser.add_argument("--count", type=int, default=200_000, help="how many messages")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32), help="repeat a run")
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}")
    with tempfile.TemporaryDirectory() as home, ScriptedExchange() as exchange:
        desk = RunningDesk(Path(home), exchange.sip_port, desk={"log_level": "warning"}, park={"orbits": []})
        with desk:
            desk.until_registered()
            address = exchange.asked[0].source
            with Wire.udp(address) as wire, Witness(desk, wire) as witness:
                begun, before = time.monotonic(), resident(desk)
                messages = samples() + ours(wire.sender())
                fuzz(desk, address, witness, messages, chosen.count, chosen.seed)
                seconds, grown = time.monotonic() - begun, (resident(desk) - before) / 1e6
                print(
                    f"{chosen.count} messages of {len(messages)} kinds in {seconds:.0f} s: the desk lives, "
                    f"its call is whole, it has grown by {grown:.1f} MB"
                )
                witness.hang_up()


if __name__ == "__main__":
    main()
