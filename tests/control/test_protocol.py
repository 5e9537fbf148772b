"""The protocol's promises: what is sent is what is read, and what is wrong is named."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.control.protocol import (
    ASKS,
    ProtocolError,
    Request,
    apply_patch,
    decode_request,
    encode_request,
    merge_patch,
)
from appliance.desk import events

texts = st.text(max_size=20)
KINDS = {"str": texts, "int": st.integers(), "bool": st.booleans(), "float": st.floats(allow_nan=False)}
requests = st.sampled_from(sorted(ASKS)).flatmap(
    lambda name: st.builds(
        Request,
        st.integers(),
        st.builds(
            ASKS[name],
            **{field.name: KINDS[str(field.type)] for field in fields(ASKS[name])},
        ),
    )
)
documents = st.recursive(
    st.dictionaries(texts, st.integers() | texts | st.lists(st.integers(), max_size=3), max_size=4),
    lambda inner: st.dictionaries(texts, inner | st.integers(), max_size=4),
    max_leaves=12,
)


@given(requests)
def test_what_is_asked_is_what_is_understood(request: Request) -> None:
    assert decode_request(encode_request(request)) == request


@given(documents, documents)
def test_a_patch_turns_the_old_state_into_the_new(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert apply_patch(old, merge_patch(old, new)) == new


@given(documents)
def test_no_change_is_no_patch(state: dict[str, Any]) -> None:
    assert merge_patch(state, state) == {}


@given(st.binary(max_size=200))
def test_whatever_comes_is_a_request_or_a_clear_error(line: bytes) -> None:
    try:
        decode_request(line)
    except ProtocolError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"[]", "not a JSON object"),
        (b'{"ask": "answer"}', "id: a whole number is needed"),
        (b'{"id": true, "ask": "answer"}', "id: a whole number is needed"),
        (b'{"id": 1, "ask": "anser"}', "ask: 'anser' is not known"),
        (b'{"id": 1, "ask": "answer", "cal": ""}', "cal: not a member of answer"),
        (b'{"id": 1, "ask": "answer", "call": 3}', "call: str is needed, not 3"),
        (b'{"id": 1, "ask": "transfer", "call": "a"}', "transfer needs target"),
        (b'{"id": 1, "ask": "mute", "on": "yes"}', "on: bool is needed, not 'yes'"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(line: bytes, error: str) -> None:
    with pytest.raises(ProtocolError, match=error.replace("(", r"\(")):
        decode_request(line)


def test_every_command_of_the_desk_can_be_asked() -> None:
    assert {ask for ask in ASKS.values() if ask.__module__ == events.__name__} == set(events.Command.__args__)
