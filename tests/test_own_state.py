"""What the operator sets and counts: do-not-disturb, forwarding, mailbox, missed calls, pickup, messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.desk.events import (
    CallMailbox,
    Dial,
    MarkSeen,
    Pickup,
    ReadMessages,
    Redial,
    SendDigits,
    SendMessage,
    SetDnd,
    SetForward,
    SpeedDial,
)
from tests.reception import Reception

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.demo.exchange import Exchange

pytestmark = pytest.mark.exchange
CODES = {
    "pickup": "**",
    "mailbox": "*97",
    "dnd_on": "*78",
    "dnd_off": "*79",
    "forward_on": "*21*",
    "forward_off": "*22",
    "dnd_lamp": "*78200",
    "forward_lamp": "*21200",
}
DIALLING = {"country": "DE", "outside_prefix": "0", "deny": ["+49900*"]}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, exchange: Exchange) -> Iterator[Reception]:
    home = tmp_path_factory.mktemp("desk")
    with Reception(home, exchange, codes=CODES, dialling=DIALLING, speed_dial={"1": "1002"}) as reception:
        yield reception


@pytest.fixture
def reception(place: Reception) -> Iterator[Reception]:
    yield place
    place.clear()


def at_exchange(reception: Reception, family: str) -> bool:
    """Whether the exchange has an entry for this desk in that family of its database."""
    return (
        "200" in reception.exchange.cli(f"database show {family} 200").partition("\n0 ")[0].partition(":")[0]
    )


def test_do_not_disturb_is_set_here_and_at_the_exchange(reception: Reception) -> None:
    reception.has("1001")
    reception.ask(SetDnd(True))
    reception.until("the exchange knows", lambda _: at_exchange(reception, "DND"))
    since = reception.phones.mark()
    reception.phones.do("1001", "call", number="200")
    assert reception.phones.wait("1001", "CallReleased", since=since)["code"] == 486
    assert not reception.desk.status()["calls"]
    reception.ask(SetDnd(False))
    reception.until("the exchange knows", lambda _: not at_exchange(reception, "DND"))
    reception.rings("1001")


def test_do_not_disturb_set_at_the_exchange_shows_here(reception: Reception) -> None:
    reception.exchange.ami("Setvar", Variable="DEVICE_STATE(Custom:DND200)", Value="INUSE")
    reception.until("on", lambda state: state["dnd"])
    reception.exchange.ami("Setvar", Variable="DEVICE_STATE(Custom:DND200)", Value="NOT_INUSE")
    reception.until("off", lambda state: not state["dnd"])


def test_calls_are_forwarded_by_the_exchange(reception: Reception) -> None:
    reception.ask(SetForward("1002"))
    reception.until("the exchange knows", lambda _: at_exchange(reception, "CFU"))
    assert reception.desk.status()["forward"] == "1002"
    reception.ask(SetForward())
    reception.until("the exchange knows", lambda _: not at_exchange(reception, "CFU"))
    assert reception.desk.status()["forward"] == ""


def test_waiting_messages_are_counted_and_the_mailbox_is_one_action_away(reception: Reception) -> None:
    reception.exchange.set_messages("200", 2)
    reception.until("two new ones", lambda state: state["voicemail"]["new"] == 2)
    reception.ask(CallMailbox())
    reception.desk.until_call("answered")
    reception.ask(SendDigits("1234#"))
    assert "1234" not in reception.desk.log.read_text()
    reception.exchange.set_messages("200", 0)
    reception.until("none", lambda state: state["voicemail"]["new"] == 0)


def test_a_missed_call_stays_marked_until_somebody_looks(reception: Reception) -> None:
    reception.has("1001")
    missed = reception.desk.status()["counters"]["missed"]
    call = reception.rings("1001")
    reception.phones.do("1001", "hang_up")
    over = reception.until_released(call)
    assert (over["outcome"], over["seen"]) == ("missed", False)
    assert reception.desk.status()["counters"]["missed"] == missed + 1
    reception.ask(MarkSeen())
    assert reception.until_released(call)["seen"]


def test_numbers_are_dialled_as_the_exchange_wants_and_again(reception: Reception) -> None:
    reception.has("1002", answer_after=0.1)
    assert "must not be called" in reception.refused(Dial("0900 123456"))
    for ask in (SpeedDial("1"), Redial()):
        reception.ask(ask)
        state = reception.desk.until_call("answered")
        assert [call["called"] for call in state["calls"].values()] == ["1002"]
        reception.clear()


def test_a_call_that_rings_at_a_colleague_is_picked_up(reception: Reception) -> None:
    reception.has("1001", "1002")
    reception.phones.do("1001", "call", number="1002")
    reception.until_extension("1002", "ringing")
    reception.ask(Pickup("1002"))
    reception.desk.until_call("answered")
    reception.until_hears("1001")
    reception.until("who it is", lambda s: [c["number"] for c in s["calls"].values()] == ["1001"])


def test_messages_go_and_come_in_every_script(reception: Reception) -> None:
    reception.has("1001")
    text = "Besuch für Ada ☎ Привет, 你好! " * 100
    since = reception.phones.mark()
    reception.ask(SendMessage("1001", text))
    reception.until("delivered", lambda s: any(m["state"] == "delivered" for m in s["messages"].values()))
    reception.until("all of it is there", lambda _: reception.texts("1001", since) == text)
    reception.phones.do("1001", "message", message="m1", number="200", text="Danke ☺")
    state = reception.until("it came", lambda s: any(not m["seen"] for m in s["messages"].values()))
    (unread,) = (message for message in state["messages"].values() if not message["seen"])
    assert (unread["text"], unread["number"]) == ("Danke ☺", "1001")
    reception.ask(ReadMessages())
    reception.until("read", lambda s: all(m["seen"] for m in s["messages"].values()))
    before = len(reception.desk.status()["messages"])
    reception.desk.stop()
    reception.desk.start()
    reception.desk.until_registered()
    assert len(reception.desk.status()["messages"]) == before
