"""The state that clients see is whole, and costs what has changed, not what there is."""

from __future__ import annotations

import json
from dataclasses import fields, replace

from appliance.control.document import Document
from appliance.control.protocol import apply_patch, merge_patch
from appliance.desk.state import (
    Call,
    CallState,
    Direction,
    Extension,
    ExtensionState,
    Message,
    MessageState,
    Outcome,
    Party,
    Return,
    Snapshot,
)

ADA = Party("1001", "Ada")
RINGING = Call("in-1", Direction.IN, ADA, "200", CallState.RINGING, 1.0, 1.0, returned=Return.PARK)
DESK = Snapshot(
    calls=(RINGING,),
    released=(replace(RINGING, id="in-0", state=CallState.RELEASED, outcome=Outcome.MISSED, seen=False),),
    extensions=tuple(Extension(str(number), "Ada") for number in range(1001, 1051)),
    messages=(Message("text-1", Direction.IN, ADA, "Привет", MessageState.RECEIVED, 1.0),),
)


def test_every_part_of_the_snapshot_is_told_and_nothing_is_null() -> None:
    told = Document("Reception", "200")(DESK, ())
    assert {field.name for field in fields(Snapshot)} <= told.keys()
    assert "null" not in json.dumps(told)
    assert told["calls"]["in-1"]["returned"] == "park"
    assert told["released"]["in-0"]["outcome"] == "missed"
    assert told["messages"]["text-1"]["text"] == "Привет"


def test_what_has_not_changed_is_the_very_same_again() -> None:
    document = Document("Reception", "200")
    before = document(DESK, ())
    busy = replace(DESK.extensions[7], state=ExtensionState.BUSY)
    after = document(replace(DESK, extensions=(*DESK.extensions[:7], busy, *DESK.extensions[8:])), ())
    assert after["released"] is before["released"]
    assert after["extensions"]["1001"] is before["extensions"]["1001"]
    patch = merge_patch(before, after)
    assert patch == {"extensions": {"1008": {"state": "busy"}}}
    assert apply_patch(before, patch) == after
