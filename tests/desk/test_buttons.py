"""Buttons with names of their own, pressed, pressed for long, pressed twice; relays and what closes them."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.desk import actions, events
from appliance.desk.config import Button, DeskConfig, Relay
from appliance.desk.events import Clock, Timer
from appliance.desk.keys import LONG_PRESS
from appliance.desk.words import COMMANDS, Toggle, bound
from tests.desk.reception import ADA, CONFIG, Reception, refusal, wire

DOOR = events.SwitchRelay("door")
PRESS, LONG, DOUBLE = (events.SendMessage("1001", what) for what in ("press", "long", "double"))
AGAIN = 0.35  # seconds in which a second press is a double one


def reception(
    button: Button = Button(),  # noqa: B008  (frozen)
    **relays: Relay,
) -> Reception:
    return Reception(replace(CONFIG, speed_dials=(("1", "1001"),), buttons={"b": button}, relays=relays))


def down(desk: Reception, after: float = 1.0) -> list[actions.Action]:
    return desk.happens(events.ButtonPressed("b"), after)


def up(desk: Reception, after: float = 0.1) -> list[actions.Action]:
    return desk.happens(events.ButtonReleased("b"), after)


def said(done: list[actions.Action]) -> list[str]:
    """Which of the commands were carried out."""
    return [action.text for action in done if isinstance(action, actions.SendText)]


# --- when a button acts


def test_a_button_with_one_meaning_acts_the_moment_it_goes_down() -> None:
    desk = reception(Button(PRESS))
    assert said(down(desk)) == ["press"]
    assert said(up(desk, after=5)) == []
    assert not timers(desk)


def test_a_button_with_a_long_press_acts_when_it_comes_up_or_while_it_is_still_down() -> None:
    desk = reception(Button(PRESS, long=LONG))
    assert said(down(desk)) == []
    assert said(up(desk)) == ["press"]
    assert said(down(desk)) == []
    assert said(ends(desk, Clock.BUTTON_LONG, LONG_PRESS)) == ["long"]
    assert said(up(desk)) == []


def test_a_button_with_a_double_press_waits_for_the_second_only_as_long_as_it_must() -> None:
    desk = reception(Button(PRESS, double=DOUBLE))
    down(desk)
    assert said(up(desk)) == []
    assert said(down(desk, after=0.2)) == ["double"]
    assert said(up(desk)) == []
    down(desk)
    up(desk)
    assert said(ends(desk, Clock.BUTTON_DOUBLE, AGAIN)) == ["press"]
    assert not timers(desk)


def test_a_button_that_is_held_down_acts_as_pressed_where_no_long_press_is_bound() -> None:
    desk = reception(Button(PRESS, double=DOUBLE))
    down(desk)
    ends(desk, Clock.BUTTON_LONG, LONG_PRESS)
    up(desk, after=3)
    assert said(ends(desk, Clock.BUTTON_DOUBLE, AGAIN)) == ["press"]


def test_a_button_that_nobody_bound_does_nothing_and_is_a_touch_all_the_same() -> None:
    desk = Reception(DeskConfig(away_after=60))
    desk.happens(events.TimerEnded(Timer(Clock.AWAY, "")), 61)
    assert desk.seen.away
    assert wire(desk.happens(events.ButtonPressed("b"))) == []
    assert not desk.seen.away


@given(
    st.builds(
        Button,
        press=st.sampled_from([None, PRESS]),
        long=st.sampled_from([None, LONG]),
        double=st.sampled_from([None, DOUBLE]),
    ),
    st.lists(st.tuples(st.booleans(), st.floats(0.01, 2)), max_size=20),
)
def test_however_a_button_is_moved_one_press_is_one_action_at_most(
    button: Button, moves: list[tuple[bool, float]]
) -> None:
    desk = reception(button)
    presses = done = 0
    for is_down, after in moves:
        done += len(passes(desk, after))
        presses += is_down
        acted = said(down(desk, 0) if is_down else up(desk, 0))
        assert len(acted) <= 1
        done += len(acted)
        assert done <= presses
        if button.long is None and button.double is None and button.press:
            assert done == presses, "what can only mean one thing is not waited for"
    passes(desk, 5)
    up(desk)
    passes(desk, 5)
    assert not timers(desk), "in the end it rests"


# --- what a button asks for


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("dnd", Toggle.DND),
        ("dnd on", events.SetDnd(True)),
        ("dnd off", events.SetDnd(False)),
        ("mute", Toggle.MUTE),
        ("speed-dial 1", events.SpeedDial("1")),
        ("transfer 1001", events.Transfer("1001")),
        ("consult 1001", events.Consult("1001")),
        ("digits 5#", events.SendDigits("5#")),
        ("relay door", DOOR),
        ("answer", events.Answer()),
        ("park", events.Park()),
        ("park 702", events.Park(orbit="702")),
        ("hangup", events.HangUp()),
        ("redial", events.Redial()),
        ("mailbox", events.CallMailbox()),
        ("pickup", events.Pickup()),
        ("pickup 1001", events.Pickup("1001")),
        ("forward 030 123", events.SetForward("030 123")),
        ("forward", events.SetForward()),
        ("  message 1001 A visitor is here ", events.SendMessage("1001", "A visitor is here")),
    ],
)
def test_a_button_asks_in_the_words_of_the_command_line(text: str, command: object) -> None:
    assert bound(text) == command


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("", "known are answer"),
        ("hangpu", "did you mean hangup?"),
        ("mute-party c1", "nothing that a button can ask for"),
        ("speed-dial", "write speed-dial KEY"),
        ("redial 3", "write redial"),
        ("dnd maybe", "write dnd, dnd on or dnd off"),
        ("message 1001", "write message NUMBER TEXT"),
    ],
)
def test_what_a_button_cannot_ask_for_is_refused_with_the_fix(text: str, fix: str) -> None:
    with pytest.raises(ValueError, match=fix.replace("?", r"\?")):
        bound(text)


@given(st.sampled_from(list(COMMANDS)), st.text(max_size=20))
def test_whatever_is_written_is_a_command_or_refused(word: str, rest: str) -> None:
    try:
        meant = bound(f"{word} {rest}")
    except ValueError as refused:
        assert str(refused)
    else:
        assert isinstance(meant, Toggle | events.Command)


def test_every_command_has_a_word() -> None:
    assert set(COMMANDS.values()) == set(get_args(events.Command))


def test_one_button_switches_do_not_disturb_on_and_off() -> None:
    desk = reception(Button(Toggle.DND))
    down(desk)
    assert desk.seen.dnd
    up(desk)
    down(desk)
    assert not desk.seen.dnd


def test_one_button_mutes_and_unmutes() -> None:
    desk = reception(Button(Toggle.MUTE))
    desk.talks()
    down(desk)
    assert desk.seen.muted
    up(desk)
    down(desk)
    assert not desk.seen.muted


def test_a_button_calls_who_is_behind_a_speed_dial() -> None:
    desk = reception(Button(events.SpeedDial("1")))
    (placed,) = wire(down(desk))
    assert isinstance(placed, actions.PlaceCall)
    assert placed.number == "1001"


def test_a_button_opens_a_door_by_digits_in_the_call() -> None:
    desk = reception(Button(events.SendDigits("5#")))
    desk.talks("a", ADA)
    assert wire(down(desk)) == [actions.SendDtmf("a", "5#")]


def test_what_a_button_asks_for_and_cannot_be_is_told_as_a_notice() -> None:
    desk = reception(Button(events.HangUp(), long=events.Redial()))
    down(desk)
    assert wire(up(desk)) == []
    assert desk.notice()
    down(desk)
    assert not desk.notice()
    ends(desk, Clock.BUTTON_LONG, LONG_PRESS)
    assert desk.notice()


# --- relays


def test_a_relay_is_closed_for_its_time() -> None:
    desk = reception(Button(DOOR), door=Relay(seconds=2.5))
    assert actions.SwitchRelay("door", 2.5) in down(desk)
    assert desk.happens(DOOR) == [actions.SwitchRelay("door", 2.5)]


def test_a_relay_that_is_not_there_is_refused_by_name() -> None:
    desk = reception(door=Relay())
    assert refusal(desk.happens(events.SwitchRelay("gate"))) == "there is no relay 'gate'; known: door"


@pytest.mark.parametrize(("follows", "talking"), [("ringing", False), ("talking", True)])
def test_a_relay_follows_the_desk(follows: str, talking: bool) -> None:
    desk = reception(bell=Relay(follows=follows, longest=60))  # type: ignore[arg-type]
    close, opens = actions.SwitchRelay("bell", 60), actions.SwitchRelay("bell", 0)
    rings = desk.rings("a")
    answers = desk.happens(events.Answer("a"))
    ended = desk.happens(events.HangUp("a")) + desk.happens(events.CallReleased("a"))
    assert [close in rings, close in answers] == [not talking, talking]
    assert [opens in answers, opens in ended] == [not talking, talking]


def timers(desk: Reception) -> dict[Timer, object]:
    """The timers that run."""
    board = desk.desk._board
    return {timer: span for timer, span in board.timers.items() if timer not in board.ended}


def ends(desk: Reception, clock: Clock, after: float) -> list[actions.Action]:
    return desk.happens(events.TimerEnded(Timer(clock, "b")), after)


def passes(desk: Reception, seconds: float) -> list[str]:
    """Let time pass; the button's timers end in it."""
    until, done = desk.now + seconds, list[str]()
    while due := [
        (span.since + span.seconds, timer)  # type: ignore[attr-defined]
        for timer, span in timers(desk).items()
        if span.since + span.seconds <= until  # type: ignore[attr-defined]
    ]:
        at, timer = min(due, key=lambda one: one[0])
        done += said(desk.happens(events.TimerEnded(timer), at - desk.now))
    desk.now = until
    return done
