"""What people do is read from any exchange's presence, and adds to what their calls tell."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.desk.state import ExtensionState, Party
from appliance.sip.blf import Lamp, View, combined
from appliance.sip.presence import NOT_REGISTERED, parse
from appliance.sip.xml_body import BodyError

if TYPE_CHECKING:
    from appliance.desk.events import ExtensionChanged

AVAILABLE, UNKNOWN, RINGING = ExtensionState.AVAILABLE, ExtensionState.UNKNOWN, ExtensionState.RINGING
BUSY, AWAY, DND, HELD = ExtensionState.BUSY, ExtensionState.AWAY, ExtensionState.DND, ExtensionState.HELD
CONFERENCE = ExtensionState.CONFERENCE

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
CAPTURED = {
    "presence-1001-held-by-200": BUSY,
    "presence-1001-resumed": BUSY,
    "presence-1001-ringing": BUSY,  # 1001 calls
    "presence-1001-terminated": AVAILABLE,
    "presence-1001-unregistered": UNKNOWN,
    "presence-200-confirmed": BUSY,
    "presence-200-held-by-1001": BUSY,
    "presence-200-idle": AVAILABLE,
    "presence-200-incall-and-ringing": BUSY,
    "presence-200-resumed2": BUSY,
    "presence-200-ringing": BUSY,
    "presence-200-terminated": AVAILABLE,
    "presence-200-two-calls": BUSY,
}


def document(*elements: str, basic: str = "open") -> str:
    told = f"<tuple id='a'><status><basic>{basic}</basic></status></tuple>" if basic else ""
    return (
        '<p:presence xmlns:p="urn:ietf:params:xml:ns:pidf" xmlns="urn:ietf:params:xml:ns:pidf" '
        'xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" '
        f'entity="sip:1001@pbx">{told}{"".join(elements)}</p:presence>'
    )


def does(*activities: str) -> str:
    listed = "".join(f"<rpid:{activity}/>" for activity in activities)
    return f"<dm:person id='p'><rpid:activities>{listed}</rpid:activities></dm:person>"


@pytest.mark.parametrize("name", CAPTURED)
def test_every_captured_notification_is_understood(name: str) -> None:
    told = parse((SAMPLES / f"{name}.notify.body.xml").read_text())
    assert told.state is CAPTURED[name]
    assert told.reason == (NOT_REGISTERED if told.state is UNKNOWN else "")


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (document(), AVAILABLE),
        (document(basic="OPEN"), AVAILABLE),
        (document(basic="closed"), UNKNOWN),
        (document(basic="maybe"), UNKNOWN),
        (document(basic=""), UNKNOWN),
        ("<presence/>", UNKNOWN),
        (document("<tuple id='b'><status><basic>open</basic></status></tuple>", basic="closed"), AVAILABLE),
        (document(does("on-the-phone")), BUSY),
        (document(does("busy")), BUSY),
        (document(does("away")), AWAY),
        (document(does("meeting", "working")), AWAY),
        (document(does("looking-for-work")), AVAILABLE),
        (document(does("away", "on-the-phone")), BUSY),
        (document(does("away"), basic="closed"), UNKNOWN),
        (document("<note>Do Not Disturb until 5</note>"), DND),
        (document("<note>DND</note>", does("busy")), DND),
        (document("<note>DND</note>", basic="closed"), DND),
        (document("<note>Away</note>"), AWAY),
        (document("<note>Ready</note>"), AVAILABLE),
        (document(does("dnd")), DND),
        (document("<tuple id='d'><status><digium_presence type='dnd'/></status></tuple>"), DND),
        (document("<tuple id='d'><status><digium_presence type='xa'/></status></tuple>"), AWAY),
        (document("<tuple id='d'><status><digium_presence type='available'/></status></tuple>"), AVAILABLE),
        (document("<rpid:activity>on-the-phone</rpid:activity>"), BUSY),
    ],
)
def test_presence_is_read_leniently(body: str, state: ExtensionState) -> None:
    told = parse(body)
    assert told.state is state
    assert bool(told.reason) == (state is UNKNOWN)


@pytest.mark.parametrize(
    "body", ["", "hello", "<presence", "<dialog-info/>", "\0", "<!DOCTYPE p [<!ENTITY b 'c'>]><presence/>"]
)
def test_what_is_no_presence_is_refused(body: str) -> None:
    with pytest.raises(BodyError):
        parse(body)


@given(st.text() | st.text(alphabet="<>/=\"'!?[]&; presncoclodtu:"))
def test_any_text_is_either_understood_or_refused(text: str) -> None:
    try:
        told = parse(text)
    except BodyError:
        return
    assert (told.state is AVAILABLE) <= (told.open is True)


ANN = Party("1002", "Ann")
CLOSED, LOST = View(UNKNOWN, reason=NOT_REGISTERED), View(UNKNOWN, reason="the exchange does not answer")


@pytest.mark.parametrize(
    ("calls", "person", "shown"),
    [
        (None, None, None),
        (None, View(AVAILABLE), None),
        (View(AVAILABLE), None, View(UNKNOWN, reason="the exchange has not told whether it can be reached")),
        (View(AVAILABLE), View(AVAILABLE), View(AVAILABLE)),
        (View(AVAILABLE), View(DND), View(DND)),
        (View(AVAILABLE), View(AWAY), View(AWAY)),
        (View(AVAILABLE), CLOSED, CLOSED),
        (View(AVAILABLE), LOST, LOST),
        (View(RINGING, ANN), View(DND), View(RINGING, ANN)),
        (View(BUSY, ANN), CLOSED, View(BUSY, ANN)),
        (View(HELD), View(BUSY), View(HELD)),
        (View(CONFERENCE), None, View(CONFERENCE)),
        (LOST, View(AVAILABLE), LOST),
        (LOST, View(DND), View(DND)),
        (LOST, CLOSED, LOST),
        (LOST, None, LOST),
    ],
)
def test_calls_are_certain_and_people_tell_the_rest(
    calls: View | None, person: View | None, shown: View | None
) -> None:
    assert combined(calls, person) == shown


VIEWS = st.builds(View, st.sampled_from(ExtensionState), reason=st.just("why"))


@given(st.none() | VIEWS, st.none() | VIEWS)
def test_nobody_is_available_unless_calls_and_person_both_say_so(
    calls: View | None, person: View | None
) -> None:
    shown = combined(calls, person)
    if shown is not None and shown.state is AVAILABLE:
        assert calls is not None
        assert person is not None
        assert calls.state is person.state is AVAILABLE


@given(st.lists(st.tuples(st.booleans(), VIEWS)))
def test_a_lamp_tells_each_change_once(changes: list[tuple[bool, View]]) -> None:
    told: list[ExtensionChanged] = []
    lamp = Lamp("1001", "both", told.append)
    calls = person = None
    for of_calls, view in changes:
        if of_calls:
            calls = view
            lamp.calls(view)
        else:
            person = view
            lamp.person(view)
        shown = combined(calls, person)
        assert (told[-1].state if told else None) == (shown.state if shown else None)
    assert all(one != another for one, another in pairwise(told))
