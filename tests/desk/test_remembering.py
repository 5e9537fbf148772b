"""What was before the desk was started, and what its directory says: told late, or again and again."""

from __future__ import annotations

from dataclasses import replace

from appliance.desk import actions, events
from appliance.desk.config import DeskConfig
from appliance.desk.state import (
    Call,
    CallState,
    Counters,
    Direction,
    ExtensionState,
    Message,
    MessageState,
    Outcome,
    Party,
)
from tests.desk.reception import ADA, BOB, CONFIG, Reception

BEFORE = Call(
    "1/a", Direction.IN, BOB, "200", CallState.RELEASED, -60.0, -50.0, outcome=Outcome.MISSED, seen=False
)


def test_what_is_remembered_late_lies_before_what_has_happened_since() -> None:
    desk = Reception()
    desk.rings()
    desk.happens(events.CallReleased("a", 487))
    desk.asks(events.SendMessage("1001", "new"))
    old = Message("text-1", Direction.OUT, BOB, "old", MessageState.DELIVERED, -5.0)
    desk.happens(events.Remembered((old,), (BEFORE,), Counters(missed=3, incoming=2)))
    assert [(message.id, message.text) for message in desk.seen.messages] == [
        ("text-1 before", "old"),
        ("text-1", "new"),
    ]
    assert [call.id for call in desk.seen.missed] == ["a", "1/a"]
    assert desk.seen.counters == Counters(missed=4, incoming=2)


def test_calling_back_deals_with_what_was_missed_before_the_start() -> None:
    desk = Reception()
    desk.happens(events.Remembered(released=(BEFORE,)))
    desk.asks(events.MarkSeen(BOB.number))
    assert desk.seen.missed == ()


def test_who_calls_has_the_name_that_the_directory_knows() -> None:
    names = {"1001": "Ada Lovelace"}

    def name(party: Party) -> Party:
        return replace(party, name=names[party.number], person=7) if party.number in names else party

    desk = Reception(replace(CONFIG, name=name))
    desk.rings(party=replace(ADA, name="A. L. from the exchange"))
    assert desk.call("a").party == Party("1001", "Ada Lovelace", person=7)
    desk.rings("b", Party("1001", withheld=True))
    assert desk.call("b").party.name == "", "who does not want to be known is not looked up"
    names["1001"] = "Ada King"
    desk.happens(events.DirectoryChanged())
    assert desk.call("a").party.name == "Ada King"


def test_whom_the_directory_wants_monitored_is_watched_after_those_of_the_settings() -> None:
    desk = Reception()
    desk.happens(events.ExtensionChanged("1001", ExtensionState.BUSY))
    done = desk.happens(events.DirectoryChanged((("1002", "Bob"), ("1001", "another name"))))
    assert actions.WatchExtensions(("1001", "1002")) in done
    assert [(known.number, known.name, known.state) for known in desk.seen.extensions] == [
        ("1001", "Ada", ExtensionState.BUSY),
        ("1002", "Bob", ExtensionState.UNKNOWN),
    ]
    desk.happens(events.DirectoryChanged())
    assert [known.number for known in desk.seen.extensions] == ["1001"]


def test_speed_dials_of_the_settings_go_before_those_of_the_directory() -> None:
    desk = Reception(DeskConfig(speed_dials=(("1", "1001"),)))
    desk.happens(events.DirectoryChanged(speed_dials=(("1", "1002"), ("2", "1003"))))
    assert dict(desk.seen.speed_dials) == {"1": "1001", "2": "1003"}
    (placed,) = [one for one in desk.happens(events.SpeedDial("2")) if isinstance(one, actions.PlaceCall)]
    assert placed.number == "1003"


def test_a_desk_that_is_set_up_in_another_way_keeps_its_calls_and_what_it_knows() -> None:
    desk = Reception()
    desk.happens(events.DirectoryChanged((("1002", "Bob"),), (("2", "1002"),)))
    desk.happens(events.ExtensionChanged("1001", ExtensionState.BUSY))
    desk.happens(events.ExtensionChanged("1002", ExtensionState.RINGING))
    desk.rings()
    more = (("1001", "Countess"), ("1003", "Carl"))
    done = desk.happens(events.Configured(replace(CONFIG, extensions=more, speed_dials=(("1", "1003"),))))
    assert actions.WatchExtensions(("1001", "1003", "1002")) in done
    assert [(known.number, known.name, known.state) for known in desk.seen.extensions] == [
        ("1001", "Countess", ExtensionState.BUSY),
        ("1003", "Carl", ExtensionState.UNKNOWN),
        ("1002", "Bob", ExtensionState.RINGING),
    ]
    assert dict(desk.seen.speed_dials) == {"1": "1003", "2": "1002"}
    assert desk.call("a").state is CallState.RINGING
    desk.happens(events.Configured(replace(CONFIG, extensions=(), max_incoming=1)))
    assert [known.number for known in desk.seen.extensions] == ["1002"]
    desk.rings("b")
    assert desk.call("a").state is CallState.RINGING
    assert [call.id for call in desk.seen.calls] == ["a"], "one may wait from now on"
