"""What a person presses passes, whatever it is; a flood does not, and no key stays down for it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drivers.presses import A_SECOND, AT_ONCE, QUIET_SECONDS, Presses


class Told:
    """Presses by a clock of the test's own, and what they passed on."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.keys: list[tuple[str, bool]] = []
        self.presses = Presses(lambda key, pressed: self.keys.append((key, pressed)), lambda: self.now)

    def tap(self, key: str) -> None:
        self.presses(key, True)
        self.presses(key, False)


def test_twenty_presses_in_one_moment_and_ten_a_second_for_a_minute_all_pass() -> None:
    told = Told()
    for _ in range(20):
        told.tap("mute")
    for _ in range(600):
        told.now += 0.1
        told.tap("volume_up")
    assert len(told.keys) == 2 * 620
    assert not told.presses.flooded


def test_of_a_flood_little_passes_until_it_is_quiet() -> None:
    told = Told()
    for _ in range(10_000):
        told.now += 0.001
        told.tap("hook")
    assert len(told.keys) <= 2 * (AT_ONCE + 10 * A_SECOND)
    assert told.presses.flooded
    told.now += QUIET_SECONDS
    assert not told.presses.flooded
    told.keys.clear()
    told.tap("hook")
    assert told.keys == [("hook", True), ("hook", False)]


def test_a_hook_that_was_lifted_before_we_came_may_be_replaced() -> None:
    told = Told()
    told.presses("hook", False)
    assert told.keys == [("hook", False)]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 0.2)), max_size=400))
def test_every_press_that_passed_is_followed_by_its_release(moves: list[tuple[str, float]]) -> None:
    told = Told()
    down: set[str] = set()
    for key, seconds in moves:
        told.now += seconds
        told.presses(key, key not in down)
        down ^= {key}
    for key in down:
        told.presses(key, False)
    for key in "abc":
        states = [pressed for of, pressed in told.keys if of == key]
        assert states == [True, False] * (len(states) // 2)
