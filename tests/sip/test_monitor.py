"""Extensions are watched by their calls, by presence and by one list; what cannot be known is said so."""

from __future__ import annotations

import re
import threading
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import pytest

from appliance.demo.exchange import Exchange
from appliance.desk.actions import WatchExtensions
from appliance.desk.events import ExtensionChanged
from appliance.desk.state import ExtensionState
from tests.sip.parties import Operator, Phones, config, until
from tests.sip.scripted import Request, ScriptedExchange
from tests.sip.test_dialog_info import dialog, document, ringing
from tests.sip.test_presence import document as presence
from tests.sip.test_presence import does
from tests.sip.test_resource_list import TYPE, instance, listed, multipart, part, resource

if TYPE_CHECKING:
    from collections.abc import Iterator

AVAILABLE, RINGING, BUSY = ExtensionState.AVAILABLE, ExtensionState.RINGING, ExtensionState.BUSY
UNKNOWN, DND, AWAY = ExtensionState.UNKNOWN, ExtensionState.DND, ExtensionState.AWAY
NOT_REGISTERED = "its telephone is not registered"
WITHIN_A_MINUTE = 60.0


@pytest.fixture(scope="module")
def large_exchange() -> Iterator[Exchange]:
    """A real exchange with fifty extensions."""
    Exchange.prepare()
    with Exchange(users=50) as running:
        yield running


def states(operator: Operator) -> dict[str, ExtensionState]:
    return {e.number: e.state for e in list(operator.events) if isinstance(e, ExtensionChanged)}


def reasons(operator: Operator) -> dict[str, str]:
    return {e.number: e.reason for e in list(operator.events) if isinstance(e, ExtensionChanged)}


def all_are(operator: Operator, numbers: tuple[str, ...], state: ExtensionState, seconds: float = 10) -> None:
    wanted = dict.fromkeys(numbers, state)
    until(lambda: wanted.items() <= states(operator).items(), f"all are {state.value}", seconds)


def subscriptions(exchange: ScriptedExchange, event: str = "dialog") -> list[Request]:
    asked = [request for request in exchange.asked if request.method == "SUBSCRIBE"]
    return [request for request in asked if request.header("event") == event]


WAYS: dict[str, dict[str, Any]] = {
    "fifty dialogs": {},
    "one list": {"monitor_list": "blf-all"},
    "one list over TCP": {"monitor_list": "blf-all", "transport": "tcp"},
    "two lists over TLS": {
        "monitor": "both",
        "monitor_list": "blf-all",
        "presence_list": "presence-all",
        "transport": "tls",
    },
    "presence": {"monitor": "presence"},
}


@pytest.mark.exchange
def test_whom_the_directory_names_is_watched_from_then_on_and_until_it_does_no_more(
    fresh_exchange: Exchange,
) -> None:
    def comes_in(operator: Operator, *numbers: str) -> None:
        for number in numbers:
            fresh_exchange.set_extension(number, "INUSE")
            operator.extension(number, BUSY)

    with Operator(config(fresh_exchange, extensions=("1001",))) as operator:
        operator.do(WatchExtensions(("1002", "1001")))  # before the line is registered
        until(lambda: states(operator).keys() == {"1001", "1002"}, "both are told")
        operator.do(WatchExtensions(("1002", "1003")))
        until(lambda: "1003" in states(operator), "the new one is told")
        comes_in(operator, "1001", "1002", "1003")
        operator.do(WatchExtensions(("1004",)))
        until(lambda: "1004" in states(operator), "the next one is told")
        fresh_exchange.set_extension("1002", "NOT_INUSE")
        fresh_exchange.set_extension("1003", "NOT_INUSE")
        comes_in(operator, "1004")
        fresh_exchange.set_extension("1001", "NOT_INUSE")
        operator.extension("1001", AVAILABLE)
        assert {states(operator)[number] for number in ("1002", "1003")} == {BUSY}, "nobody tells of them"


@pytest.mark.exchange
@pytest.mark.parametrize("way", WAYS)
def test_fifty_extensions_are_right_after_the_exchange_was_killed(large_exchange: Exchange, way: str) -> None:
    exchange, numbers = large_exchange, large_exchange.users
    more = dict(WAYS[way])
    if more.get("transport") == "tls":
        more |= {"port": exchange.tls_port, "ca_file": str(exchange.ca_file)}
    idle = UNKNOWN if "monitor" in more else AVAILABLE  # no telephone is registered there
    with Operator(config(exchange, extensions=numbers, watch=1.0, **more)) as operator:
        until(lambda: len(states(operator)) == len(numbers), "all are told")
        exchange.set_extension("1050", "INUSE")
        operator.extension("1050", BUSY)
        exchange.kill()
        all_are(operator, numbers, UNKNOWN, WITHIN_A_MINUTE)
        assert NOT_REGISTERED not in reasons(operator).values() or way == "presence"
        exchange.start()
        exchange.set_extension("1001", "INUSE")
        all_are(operator, ("1001",), BUSY, WITHIN_A_MINUTE)
        all_are(operator, numbers[1:], idle, WITHIN_A_MINUTE)
        until(lambda: set(reasons(operator).values()) <= {"", NOT_REGISTERED}, "why", WITHIN_A_MINUTE)
        exchange.set_extension("1001", "UNAVAILABLE")
        all_are(operator, ("1001",), idle)


@pytest.mark.exchange
@pytest.mark.parametrize("way", ["fifty dialogs", "one list over TCP"])
def test_fifty_extensions_are_right_after_the_exchange_was_restarted_unnoticed(
    large_exchange: Exchange, way: str
) -> None:
    exchange, numbers = large_exchange, large_exchange.users
    with Operator(config(exchange, extensions=numbers, watch=1.0, **WAYS[way])) as operator:
        all_are(operator, numbers, AVAILABLE)
        exchange.restart()
        exchange.set_extension("1033", "INUSE")
        all_are(operator, ("1033",), BUSY, WITHIN_A_MINUTE)
        all_are(operator, tuple(set(numbers) - {"1033"}), AVAILABLE, WITHIN_A_MINUTE)
        exchange.set_extension("1033", "UNAVAILABLE")


@pytest.mark.exchange
@pytest.mark.parametrize("way", ["fifty dialogs", "one list over TCP"])
def test_hundreds_of_changes_are_all_told_in_their_order(large_exchange: Exchange, way: str) -> None:
    exchange, numbers, rounds = large_exchange, large_exchange.users, 6
    with Operator(config(exchange, extensions=numbers, **WAYS[way])) as operator:
        all_are(operator, numbers, AVAILABLE)
        since = operator.mark()
        busy = cycle([True, False])
        for turn in islice(busy, rounds):
            for number in numbers:
                exchange.set_extension(number, "INUSE" if turn else "UNAVAILABLE")
        wanted = list(islice(cycle([BUSY, AVAILABLE]), rounds))

        def told(number: str) -> list[ExtensionState]:
            changes = [e for e in operator.events[since:] if isinstance(e, ExtensionChanged)]
            return [change.state for change in changes if change.number == number]

        until(lambda: all(len(told(number)) >= rounds for number in numbers), "all changes are told")
        assert {number: told(number) for number in numbers} == dict.fromkeys(numbers, wanted)


@pytest.mark.exchange
def test_changes_that_come_while_nobody_looks_are_told_afterwards(large_exchange: Exchange) -> None:
    exchange, numbers = large_exchange, large_exchange.users
    with Operator(config(exchange, extensions=numbers)) as operator:
        all_are(operator, numbers, AVAILABLE)
        since, looks = operator.mark(), threading.Event()

        def look_away() -> None:
            looks.wait(10)

        operator.agent._engine.post(look_away)
        for state in ("INUSE", "UNAVAILABLE", "INUSE"):
            for number in numbers:
                exchange.set_extension(number, state)
        looks.set()
        until(lambda: operator.mark() - since >= 3 * len(numbers), "all are told")
        for number in numbers:
            exchange.set_extension(number, "UNAVAILABLE")
        all_are(operator, numbers, AVAILABLE)


@pytest.mark.exchange
def test_calls_and_people_together_on_the_real_exchange(large_exchange: Exchange) -> None:
    settings = config(
        large_exchange,
        extensions=("1005", "1006", "1007"),
        monitor="both",
        presence_list="presence-all",
        user_agent="Deskbell digium",
        transport="tcp",
    )
    phones = Phones(large_exchange)
    with Operator(settings) as operator:
        all_are(operator.registered(), ("1005", "1006", "1007"), UNKNOWN)
        assert reasons(operator)["1005"] == NOT_REGISTERED
        phones.register("1005")
        phones.register("1006")
        all_are(operator, ("1005", "1006"), AVAILABLE)
        large_exchange.ami("Setvar", Variable="PRESENCE_STATE(CustomPresence:1006)", Value="away")
        operator.extension("1006", AWAY)
        phones.do("1005", "call", number="1006")
        operator.extension("1006", RINGING)
        operator.extension("1005", BUSY)
        phones.do("1005", "hang_up")
        all_are(operator, ("1005",), AVAILABLE)
        all_are(operator, ("1006",), AWAY)
        assert phones.close() == 0
        large_exchange.ami("Setvar", Variable="PRESENCE_STATE(CustomPresence:1006)", Value="not_set")


@pytest.mark.exchange
def test_whom_the_list_does_not_name_is_watched_alone(large_exchange: Exchange) -> None:
    numbers = ("1001", "701", "4711")  # an extension of the list, an orbit, and nobody
    settings = config(
        large_exchange, extensions=("1001", "4711"), orbits=("701",), monitor_list="blf-all", transport="tcp"
    )
    with Operator(settings) as operator:
        until(lambda: set(numbers) <= set(states(operator)), "all are told")
        all_are(operator, ("1001", "701"), AVAILABLE)
        assert operator.extension("4711", UNKNOWN).reason.endswith("(404 Not Found)")


@pytest.mark.exchange
def test_a_list_that_the_exchange_does_not_have_makes_all_unknown(large_exchange: Exchange) -> None:
    settings = config(large_exchange, extensions=("1001", "1002"), monitor_list="no-such-list")
    with Operator(settings) as operator:
        all_are(operator.registered(), ("1001", "1002"), UNKNOWN)
        assert reasons(operator)["1002"].endswith("(404 Not Found)")


def test_a_ringing_extension_tells_how_to_pick_it_up() -> None:
    exchange = ScriptedExchange()
    exchange.bodies["1001"] = ringing()
    with exchange, Operator(config(exchange, extensions=("1001",))) as operator:
        told = operator.extension("1001", RINGING)
    assert told.dialog == "a@b;to-tag=callers;from-tag=theirs;early-only"


def test_a_missed_change_asks_for_the_whole_state_in_the_same_dialog() -> None:
    exchange = ScriptedExchange()
    exchange.bodies["1001"] = document(dialog("terminated"), version="1")
    with exchange, Operator(config(exchange, extensions=("1001",))) as operator:
        operator.extension("1001", AVAILABLE)
        subscribe = subscriptions(exchange)[-1]
        exchange.bodies["1001"] = document(dialog("early"), version="4")
        exchange.notify(subscribe, 2, body=document(dialog("confirmed"), version="3", state="partial"))
        operator.extension("1001", RINGING)
        again = subscriptions(exchange)[-1]
        assert again.header("call-id") == subscribe.header("call-id")
        assert BUSY not in [e.state for e in operator.events if isinstance(e, ExtensionChanged)]


def test_a_notification_that_another_has_overtaken_is_not_believed() -> None:
    exchange = ScriptedExchange()
    exchange.bodies["1001"] = document(dialog("terminated"))
    with exchange, Operator(config(exchange, extensions=("1001",))) as operator:
        operator.extension("1001", AVAILABLE)
        subscribe = subscriptions(exchange)[-1]
        exchange.notify(subscribe, 5, body=document(dialog("early"), version="3"))
        operator.extension("1001", RINGING)
        exchange.notify(subscribe, 4, body=document(dialog("confirmed"), version="2"))
        exchange.notify(subscribe, 6, body=document(dialog("terminated"), version="4"))
        operator.extension("1001", AVAILABLE, operator.mark() - 1)
        assert BUSY not in [e.state for e in operator.events if isinstance(e, ExtensionChanged)]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("terminated;reason=noresource", "the exchange ended the subscription (noresource)"),
        ("terminated;reason=rejected", "the exchange ended the subscription (rejected)"),
        ("terminated", "the exchange ended the subscription (no reason given)"),
        ("pending;expires=300", "the exchange has not allowed to watch it yet"),
    ],
)
def test_a_subscription_that_ends_or_waits_says_why(state: str, reason: str) -> None:
    exchange = ScriptedExchange()
    exchange.bodies["1001"] = document(dialog("confirmed"))
    with exchange, Operator(config(exchange, extensions=("1001",))) as operator:
        operator.extension("1001", BUSY)
        exchange.notify(subscriptions(exchange)[-1], 2, body="", state=state)
        assert operator.extension("1001", UNKNOWN).reason == reason


def test_a_subscription_that_the_exchange_moves_is_made_anew_without_a_word() -> None:
    exchange = ScriptedExchange()
    exchange.bodies["1001"] = document(dialog("confirmed"))
    with exchange, Operator(config(exchange, extensions=("1001",))) as operator:
        operator.extension("1001", BUSY)
        first = subscriptions(exchange)[-1]
        exchange.bodies["1001"] = document(dialog("early"))
        exchange.notify(first, 2, body="", state="terminated;reason=deactivated")
        operator.extension("1001", RINGING)
        assert subscriptions(exchange)[-1].header("call-id") != first.header("call-id")
        told = [event.state for event in operator.events if isinstance(event, ExtensionChanged)]
        assert told == [BUSY, RINGING]


def test_a_state_that_never_changes_stays() -> None:
    exchange = ScriptedExchange()
    exchange.bodies = {"1001": document(dialog("confirmed")), "1002": document()}
    with exchange, Operator(config(exchange, extensions=("1001", "1002"))) as operator:
        operator.extension("1001", BUSY)
        operator.extension("1002", AVAILABLE)
        first, second = (s for s in subscriptions(exchange) if ";tag=" not in s.header("to"))
        exchange.notify(first, 2, body="", state="terminated;reason=invariant")
        exchange.notify(second, 3, body="", state="terminated")
        operator.extension("1002", UNKNOWN)
        assert states(operator)["1001"] is BUSY


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((403, "Forbidden"), "(403 Forbidden)"),
        ((404, "Not Found"), "(404 Not Found)"),
        ((423, "Interval Too Brief"), "(423 Interval Too Brief)"),
        ((481, "Call/Transaction Does Not Exist"), "(481 Call/Transaction Does Not Exist)"),
        ((489, "Bad Event"), "(489 Bad Event)"),
    ],
)
def test_one_refused_subscription_leaves_the_others_alone(answer: tuple[int, str], reason: str) -> None:
    exchange = ScriptedExchange(subscribe=lambda n: answer if n == 2 else (200, "OK"))
    exchange.bodies = {number: document(dialog("confirmed")) for number in ("1001", "1002", "1003")}
    with exchange, Operator(config(exchange, extensions=("1001", "1002", "1003"))) as operator:
        assert operator.extension("1002", UNKNOWN).reason.endswith(reason)
        all_are(operator, ("1001", "1002", "1003"), BUSY)
        others = [e for e in operator.events if isinstance(e, ExtensionChanged) and e.number != "1002"]
        assert {event.state for event in others} == {BUSY}


def test_a_longer_subscription_is_asked_for_where_the_exchange_wants_that() -> None:
    exchange = ScriptedExchange(
        subscribe=lambda n: (423, "Too Brief", "Min-Expires: 1800\r\n") if n == 1 else (200, "OK")
    )
    exchange.bodies["1001"] = document(dialog("confirmed"))
    with exchange, Operator(config(exchange, extensions=("1001",))) as operator:
        operator.extension("1001", BUSY)
        assert [s.header("expires") for s in subscriptions(exchange)] == ["600", "1800"]
        assert UNKNOWN not in states(operator).values()


def test_a_list_with_a_member_that_ended_and_one_that_lies() -> None:
    exchange = ScriptedExchange()
    members = (
        resource("1001", instance("a@x")),
        resource("1002", instance(state="terminated", reason="noresource")),
        resource("1003", instance("missing@x")),
    )
    exchange.types["all"] = TYPE
    exchange.bodies["all"] = multipart(listed(*members), part(document(dialog("confirmed")), "a@x"))
    numbers = ("1001", "1002", "1003")
    with exchange, Operator(config(exchange, extensions=numbers, monitor_list="all")) as operator:
        operator.extension("1001", BUSY)
        assert operator.extension("1002", UNKNOWN).reason.endswith("(noresource)")
        assert "did not come" in operator.extension("1003", UNKNOWN).reason
        [subscribe] = subscriptions(exchange)
    assert re.search(r"\beventlist\b", subscribe.header("supported"))
    accepted = {kind.strip() for kind in subscribe.header("accept").split(",")}
    assert accepted == {"application/dialog-info+xml", "application/rlmi+xml", "multipart/related"}


def test_presence_adds_what_calls_do_not_tell() -> None:
    exchange = ScriptedExchange()
    exchange.types["all"] = TYPE
    bodies = {"1001": does("away"), "1002": "<note>DND</note>", "1003": does("on-the-phone")}
    exchange.bodies = {number: document(dialog("terminated")) for number in bodies}
    exchange.bodies["all"] = multipart(
        listed(*(resource(number, instance(f"{number}@x")) for number in bodies)),
        *(part(presence(body), f"{number}@x") for number, body in bodies.items()),
    )
    settings = config(exchange, extensions=tuple(bodies), monitor="both", presence_list="all")
    with exchange, Operator(settings) as operator:
        operator.extension("1001", AWAY)
        operator.extension("1002", DND)
        operator.extension("1003", BUSY)
