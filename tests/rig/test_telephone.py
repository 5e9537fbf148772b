"""The virtual telephones' behaviour by itself: no guest, a clock that is wound by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.rig.hid import OUTPUT
from tests.rig.layout import layout
from tests.rig.models import MODELS, REAL
from tests.rig.telephone import Habits, Telephone

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.rig.models import Model

JABRA = MODELS["one report"]
HOOK, MUTE_KEY = 0b1, 0b100  # in the second byte of its input report 2
DARK, OFF_HOOK, MUTE, HOLD = 0, 0b1, 0b10, 0b1000  # in that of its output report 2


class Bench:
    """A telephone, what it has sent, and what it will do later."""

    def __init__(self, model: Model = JABRA, **habits: bool) -> None:
        self.sent: list[int] = []
        self._due: list[tuple[float, Callable[[], None]]] = []
        self._now = 0.0
        plan = layout(model.report_descriptor)
        chosen = replace(model.habits, **habits)
        self.telephone = Telephone(
            plan, chosen, lambda report: self.sent.append(report[1]), lambda s, c: self._later(s, c)
        )

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        self._due.append((self._now + seconds, call))

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        end = self._now + seconds
        while due := sorted((one for one in self._due if one[0] <= end), key=lambda one: one[0]):
            self._due.remove(due[0])
            self._now = due[0][0]
            due[0][1]()
        self._now = end

    def light(self, lamps: int) -> None:
        """The host writes its lamps, all in one report."""
        self.telephone.written(OUTPUT, bytes([2, lamps, 0]))

    def tap(self, key: str) -> None:
        """Press a key and let go."""
        self.telephone.press(key)
        self.telephone.release(key)


def test_the_hook_switch_follows_the_off_hook_lamp_and_says_so() -> None:
    bench = Bench()
    bench.light(OFF_HOOK)
    bench.light(OFF_HOOK | HOLD)
    bench.wait(1)
    bench.light(DARK)
    bench.wait(1)
    assert bench.sent == [HOOK, 0]


def test_a_lifted_hook_is_taken_back_after_two_seconds_unless_acknowledged() -> None:
    alone, answered = Bench(), Bench()
    for bench in (alone, answered):
        bench.telephone.press("Hook Switch")
    answered.light(OFF_HOOK)
    for bench in (alone, answered):
        bench.wait(1.9)
        assert bench.sent == [HOOK]
        bench.wait(0.2)
    assert (alone.sent, answered.sent) == ([HOOK, 0], [HOOK])


def test_the_mute_key_is_dead_on_hook_and_else_sends_one_and_none() -> None:
    bench = Bench()
    bench.tap("Phone Mute")
    assert bench.sent == []
    bench.light(OFF_HOOK)
    bench.wait(1)
    bench.tap("Phone Mute")
    assert bench.sent == [HOOK, HOOK | MUTE_KEY, HOOK]


def test_every_second_press_of_mute_is_lost_where_its_lamp_is_not_written() -> None:
    ignored, answered = Bench(), Bench()
    for bench in (ignored, answered):
        bench.light(OFF_HOOK)
    for press in range(20):
        ignored.tap("Phone Mute")
        answered.tap("Phone Mute")
        answered.light(OFF_HOOK | (MUTE if press % 2 == 0 else 0))
    assert (ignored.telephone.lost, answered.telephone.lost) == (10, 0)


def test_a_boom_arm_that_is_up_mutes_and_refuses_to_unmute() -> None:
    bench = Bench()
    bench.light(OFF_HOOK)
    bench.wait(1)
    bench.telephone.move_arm(True)
    told = [HOOK | MUTE_KEY, HOOK]
    assert bench.sent == [HOOK, *told]
    bench.light(OFF_HOOK | MUTE)
    bench.wait(1)
    assert bench.sent == [HOOK, *told]
    bench.light(OFF_HOOK)
    bench.wait(1)
    assert bench.sent == [HOOK, *told, *told]


def test_off_hook_put_out_while_hold_burns_ends_the_call() -> None:
    bench = Bench()
    bench.light(OFF_HOOK | HOLD)
    bench.light(HOLD)
    assert bench.telephone.dropped == 1


@pytest.mark.parametrize("report", [b"", b"\2\1", b"\2\1\0\0", b"\7\1\0"])
def test_a_report_of_a_wrong_length_or_number_is_ignored_without_a_word(report: bytes) -> None:
    bench = Bench()
    bench.telephone.written(OUTPUT, report)
    bench.wait(1)
    assert (bench.telephone.ignored, bench.sent) == (1, [])


def test_when_the_host_opens_it_it_tells_how_its_hook_is() -> None:
    bench = Bench(follows_off_hook=False)
    bench.telephone.press("Hook Switch")
    bench.telephone.power_on()
    bench.telephone.opened()
    bench.wait(1)
    assert bench.sent == [HOOK, HOOK]


def test_one_without_habits_does_what_it_is_told_and_no_more() -> None:
    bench = Bench(replace(JABRA, habits=Habits()))
    bench.light(OFF_HOOK)
    bench.tap("Phone Mute")
    bench.tap("Phone Mute")
    bench.telephone.opened()
    bench.wait(5)
    assert bench.sent == [MUTE_KEY, 0] * 2


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if model.real])
def test_ours_has_the_layout_of_the_real_one(name: str) -> None:
    """But for what the real one has besides, and the number of a lamp that nobody lights."""
    ours, genuine = MODELS[name], MODELS[name].genuine
    if genuine is None:
        pytest.skip(f"no descriptors: put the folder of real ones at {REAL}")
    own, real = layout(ours.report_descriptor), layout(genuine.report_descriptor)
    keys = own.keys.keys() - {"Undefined"}
    lamps = own.lamps.keys() - {"Undefined", "Speaker"}
    assert {key: real.keys.get(key) for key in keys} == {key: own.keys[key] for key in keys}
    assert {lamp: real.lamps.get(lamp) for lamp in lamps} == {lamp: own.lamps[lamp] for lamp in lamps}
