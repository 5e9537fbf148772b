"""The exchange tells what waits in the mailbox, and what it does with calls to this desk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.desk.actions import DialCode
from appliance.desk.events import Event, Feature, FeatureChanged, MessagesWaiting
from appliance.desk.state import ExtensionState
from appliance.sip.message_summary import Messages, parse
from appliance.sip.own_state import Mailbox, OwnFeature
from appliance.sip.xml_body import BodyError
from tests.sip.parties import Operator, config, until
from tests.sip.scripted import ScriptedExchange
from tests.sip.test_dialog_info import dialog, document
from tests.sip.test_presence import document as presence

if TYPE_CHECKING:
    from appliance.demo.exchange import Exchange

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
DND, FORWARD = Feature.DND, Feature.FORWARD


@pytest.mark.parametrize(("name", "new"), [("mwi-1-new", 1), ("mwi-empty", 0), ("mwi-initial", 0)])
def test_every_captured_summary_is_understood(name: str, new: int) -> None:
    assert parse((SAMPLES / f"{name}.notify.body.txt").read_text()) == Messages(new, 0)


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        ("Messages-Waiting: yes\r\nVoice-Message: 2/8 (0/2)\r\n", Messages(2, 8)),
        ("messages-waiting:YES\nvoice-message : 4 / 1\n", Messages(4, 1)),
        ("Messages-Waiting: yes", Messages(1, 0)),
        ("Messages-Waiting: no\r\n", Messages(0, 0)),
        ("Message-Account: sip:*97@pbx\r\nMessages-Waiting: no\r\nFax-Message: 3/0\r\n", Messages(0, 0)),
        ("Messages-Waiting: no\r\nVoice-Message: 0/5\r\n", Messages(0, 5)),
    ],
)
def test_a_summary_is_read_leniently(body: str, messages: Messages) -> None:
    assert parse(body) == messages


@given(st.text() | st.text(alphabet="Messages-Waitingvoc: 0123/\r\n"))
def test_any_text_is_either_understood_or_refused(text: str) -> None:
    try:
        messages = parse(text)
    except BodyError:
        return
    assert min(messages) >= 0


def test_what_was_told_stays_while_nobody_tells() -> None:
    told: list[Event] = []
    mailbox, feature = Mailbox(told.append), OwnFeature(DND, told.append)
    lamp = feature.by_lamp()
    assert mailbox.take("", "Voice-Message: 2/1")
    assert lamp.take("", document(dialog("confirmed")))
    for reader in (mailbox, lamp):
        reader.lose("the exchange does not answer")
        assert reader.take("", "nonsense")
    assert mailbox.take("", "Voice-Message: 2/1")
    lamp.begin()
    assert lamp.take("", document(dialog("confirmed")))
    assert told == [MessagesWaiting(2, 1), FeatureChanged(DND, on=True)]


def test_a_forwarding_lamp_may_tell_where_to() -> None:
    told: list[Event] = []
    lamp = OwnFeature(FORWARD, told.append).by_lamp()
    target = '<remote><identity display="Ann">sip:1002@pbx</identity></remote>'
    assert lamp.take("", document(dialog("confirmed", extra=target)))
    assert lamp.take("", document(dialog("terminated", extra=target)))
    assert told == [FeatureChanged(FORWARD, on=True, target="1002"), FeatureChanged(FORWARD, on=False)]


def test_do_not_disturb_and_forwarding_are_told_whoever_switches_them() -> None:
    exchange = ScriptedExchange()
    exchange.bodies = {
        "*78": document(dialog("terminated")),
        "*21": document(dialog("early")),
        "200": presence("<note>Do not disturb</note>"),
    }
    with exchange, Operator(config(exchange, watch_self=True, forward_lamp="*21")) as operator:
        operator.wait(FeatureChanged, feature=DND, on=True)
        operator.wait(FeatureChanged, feature=FORWARD, on=True)


@pytest.mark.exchange
@pytest.mark.parametrize("way", ["lamps", "presence"])
def test_the_real_exchange_tells_of_do_not_disturb_that_a_code_switched(exchange: Exchange, way: str) -> None:
    # Asterisk puts do-not-disturb into the presence of those telephones only that it takes for Digium's.
    ways: dict[str, dict[str, Any]] = {
        "lamps": {"dnd_lamp": "*78200"},
        "presence": {"watch_self": True, "user_agent": "Deskbell digium"},
    }
    with Operator(config(exchange, **ways[way])) as operator:
        operator.registered().wait(FeatureChanged, feature=DND, on=False)
        operator.do(DialCode("*78"))
        operator.wait(FeatureChanged, feature=DND, on=True)
        since = operator.mark()
        operator.do(DialCode("*79"))
        operator.wait(FeatureChanged, feature=DND, on=False, since=since)


@pytest.mark.exchange
def test_the_real_exchange_tells_of_forwarding_that_a_code_switched(exchange: Exchange) -> None:
    with Operator(config(exchange, forward_lamp="*21200")) as operator:
        operator.registered().wait(FeatureChanged, feature=FORWARD, on=False)
        operator.do(DialCode("*21*1003"))
        operator.wait(FeatureChanged, feature=FORWARD, on=True)
        since = operator.mark()
        operator.do(DialCode("*22"))
        operator.wait(FeatureChanged, feature=FORWARD, on=False, since=since)


@pytest.mark.exchange
@pytest.mark.parametrize("asked", [True, False], ids=["asked", "unasked"])
def test_the_real_exchange_tells_of_messages_asked_or_not(exchange: Exchange, asked: bool) -> None:
    exchange.set_messages("200", 2)
    with Operator(config(exchange, mailbox=asked)) as operator:
        operator.registered().wait(MessagesWaiting, new=2)
        since = operator.mark()
        exchange.set_messages("200", 3)
        operator.wait(MessagesWaiting, new=3, since=since)
        exchange.set_messages("200", 0)
        operator.wait(MessagesWaiting, new=0, since=since)


@pytest.mark.exchange
def test_an_orbit_is_watched_by_its_calls_whatever_the_extensions_are_watched_by(exchange: Exchange) -> None:
    with Operator(config(exchange, monitor="presence", orbits=("701",), extensions=("1009",))) as operator:
        operator.registered().extension("701", ExtensionState.AVAILABLE)
        assert operator.extension("1009", ExtensionState.UNKNOWN).reason == "its telephone is not registered"


def test_a_mailbox_that_nobody_may_ask_for_harms_nothing() -> None:
    refused = ScriptedExchange(subscribe=lambda _n: (489, "Bad Event"))
    with refused as exchange, Operator(config(exchange, mailbox=True, watch_self=True)) as operator:
        operator.registered()
        until(lambda: exchange.count("SUBSCRIBE") >= 2, "both were asked for")
        assert not [e for e in operator.events if isinstance(e, MessagesWaiting | FeatureChanged)]
