"""A reception as people know it: the running desk, a real exchange, and real telephones around it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from appliance.control.protocol import Refused
from appliance.desk.events import Answer
from tests.running import PATIENCE, RunningDesk
from tests.sip.parties import Phones, joined
from tests.sip.sound import level

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.control.protocol import Ask
    from appliance.demo.exchange import Exchange
    from tests.running import State

Call = dict[str, Any]
COLLEAGUES = {"1001": "Ada", "1002": "Grace", "1003": "Alan", "1004": "Edsger"}
TONES = {"1001": 700, "1002": 1100, "1003": 1500, "1004": 1900}  # Hz, what each says


class Reception:
    """The operator's desk (200) and the telephones of the colleagues; a context manager."""

    def __init__(self, home: Path, exchange: Exchange, **sections: dict[str, Any]) -> None:
        """`sections` change the desk's settings."""
        self.home, self.exchange = home, exchange
        sections.setdefault("extensions", COLLEAGUES)
        self.desk = RunningDesk(home, exchange.sip_port, "200", None, **sections)
        self.phones = Phones(exchange)

    def __enter__(self) -> Self:
        try:
            self.desk.start()
            self.desk.until_registered()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.desk.stop()
        finally:
            assert self.phones.close() == 0

    def clear(self) -> None:
        """End all calls, so that the next test finds an idle desk and idle colleagues."""
        self.exchange.cli("channel request hangup all")
        self.desk.until_call()
        self.desk.until(
            "all colleagues are free",
            lambda state: all(e["state"] in ("available", "unknown") for e in state["extensions"].values()),
        )

    # --- the telephones

    def has(self, *lines: str, **habits: Any) -> None:
        """Put telephones on the desks of these colleagues, each with its tone.

        `habits`: answer_after, hang_up_after (seconds; without one, only when told).
        """
        for line in lines:
            self.phones.register(line, **habits)
            self.phones.do(line, "tone", hz=TONES[line])
        registered = set(lines)
        self.until("the exchange knows them", lambda _: registered <= self.exchange.registered())

    def rings(self, line: str) -> str:
        """Let a colleague call the desk; return the desk's name for the call."""
        before = set(self.desk.status()["calls"])
        self.phones.do(line, "call", number="200")
        return self.new_call(before)

    def talks(self, line: str) -> str:
        """Let a colleague call the desk, and answer; return when the exchange has joined them."""
        call = self.rings(line)
        self.ask_answer(call)
        joined(self.exchange, line)
        return call

    def ask_answer(self, call: str) -> None:
        """Answer a call."""
        self.desk.ask(Answer(call))
        self.until_call(call, "answered")

    def hears(self, line: str, seconds: float = 0.6) -> dict[str, float]:
        """Record what a colleague hears, and return how loud each colleague's tone is in it (0 to 32767)."""
        file = self.home / f"heard-{line}-{time.monotonic_ns()}.wav"
        since = self.phones.mark()
        self.phones.do(line, "record", file=str(file))
        time.sleep(seconds)
        self.phones.do(line, "stop_recording")
        self.phones.wait(line, "Recorded", since=since)
        return {other: level(file, hz) for other, hz in TONES.items()}

    def until_hears(self, line: str, *others: str) -> None:
        """Wait until a colleague hears just these others."""
        end = time.monotonic() + PATIENCE
        while True:
            heard = self.hears(line)
            if {other for other, loud in heard.items() if loud > 800} == set(others):
                return
            assert time.monotonic() < end, f"{line} hears {heard}, not {others}"

    def texts(self, line: str, since: int) -> str:
        """Return the text messages that a colleague got; a long one comes in parts."""
        return "".join(event["text"] for event in self.phones.told(line, "TextArrived", since))

    # --- the desk

    def ask(self, *asks: Ask) -> None:
        """Ask the desk something."""
        self.desk.ask(*asks)

    def refused(self, ask: Ask) -> str:
        """Ask for what cannot be; return the desk's reason."""
        try:
            self.desk.ask(ask)
        except Refused as refusal:
            return str(refusal)
        raise AssertionError(f"{ask} was not refused")

    def until(self, what: str, holds: Any) -> State:
        """Wait until the state is so."""
        return self.desk.until(what, holds)

    def new_call(self, before: set[str]) -> str:
        """Wait for a call that was not there before; return its name."""
        state = self.until("a new call", lambda state: set(state["calls"]) - before)
        return str(next(iter(set(state["calls"]) - before)))

    def until_call(self, call: str, *states: str) -> Call:
        """Wait until a call is in one of these states; return it."""
        state = self.until(
            f"{call} is {states}", lambda state: state["calls"].get(call, {}).get("state") in states
        )
        return dict(state["calls"][call])

    def until_released(self, call: str) -> Call:
        """Wait until a call is over; return how it went."""
        return dict(self.until(f"{call} is over", lambda state: call in state["released"])["released"][call])

    def until_extension(self, number: str, *states: str) -> None:
        """Wait until the desk sees a colleague in one of these states."""
        self.until(f"{number} is {states}", lambda state: state["extensions"][number]["state"] in states)
