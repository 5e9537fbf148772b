"""Send damaged messages to a desk in a call, batch by batch, and look after each whether all is well."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from appliance.control.protocol import ControlError
from appliance.desk.events import HangUp, Reject
from tests.running import call_states
from tests.sip.torture.mutation import addressed, damaged
from tests.sip.torture.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.running import RunningDesk
    from tests.sip.torture.wire import Address
    from tests.sip.torture.witness import Witness

BATCH = 40  # so many fit into the desk's socket buffer


def fuzz(
    desk: RunningDesk, address: Address, witness: Witness, messages: Sequence[bytes], count: int, seed: int
) -> None:
    """Send `count` messages; a failure names the batch's own seed, which alone repeats it."""
    with desk.log.open(errors="replace") as log:
        for batch in range(0, count, BATCH):
            try:
                _send(desk, address, messages, random.Random(seed + batch), min(BATCH, count - batch))
                witness.is_untouched()
                assert "Traceback" not in (said := log.read()), said
            except (AssertionError, ControlError, OSError) as error:
                repeat = f"--seed {seed + batch} --count {BATCH}"
                raise AssertionError(f"{repeat}: {error}\n{log.read()[-3000:]}") from error


def _send(
    desk: RunningDesk, address: Address, messages: Sequence[bytes], dice: random.Random, count: int
) -> None:
    with Wire.udp(address) as wire:
        for _ in range(count):
            message = addressed(dice.choice(messages), wire.sender())
            wire.send(damaged(message, dice.choice(messages), dice))
        _wait_for_the_desk(wire)
    _clear(desk)


def _wait_for_the_desk(wire: Wire) -> None:
    for _ in range(10):
        with suppress(AssertionError):
            wire.probe(0.5)
            return
    wire.probe()


def _clear(desk: RunningDesk) -> None:
    """Refuse what rings; only the witness's call is left."""
    end = time.monotonic() + 10
    while call_states(state := desk.status()) != ["answered"]:
        assert time.monotonic() < end, state["calls"]
        for name, call in state["calls"].items():
            if call["state"] != "answered":
                with suppress(ControlError):  # it has gone meanwhile
                    desk.ask((Reject if call["state"] == "ringing" else HangUp)(name))
