"""What an extension does is read from any exchange's dialog-info, and never guessed to be available."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.desk.state import NOBODY, ExtensionState, Party
from appliance.sip.dialog_info import IDLE, Dialog, DialogInfo, Dialogs, parse
from appliance.sip.xml_body import BodyError

AVAILABLE, RINGING = ExtensionState.AVAILABLE, ExtensionState.RINGING
BUSY, HELD, UNKNOWN = ExtensionState.BUSY, ExtensionState.HELD, ExtensionState.UNKNOWN
CONFERENCE = ExtensionState.CONFERENCE
ANN = Party("1002", "Ann")

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
CAPTURED = {
    "blf-1001-held-by-200": HELD,
    "blf-1001-resumed": BUSY,
    "blf-1001-ringing": BUSY,  # 1001 calls: it does not ring
    "blf-1001-terminated": AVAILABLE,
    "blf-1001-unregistered": AVAILABLE,
    "blf-200-confirmed": BUSY,
    "blf-200-held-by-1001": HELD,
    "blf-200-idle": AVAILABLE,
    "blf-200-incall-and-ringing": RINGING,
    "blf-200-resumed2": BUSY,
    "blf-200-ringing": RINGING,
    "blf-200-terminated": AVAILABLE,
    "blf-200-two-calls": BUSY,
    "blf-queue-600-answered": AVAILABLE,
    "blf-queue-600-waiting": RINGING,
    "blf-unsubscribe-final": AVAILABLE,
    "park-701-free": AVAILABLE,
    "park-701-retrieved": AVAILABLE,
    "park-701-used": BUSY,
    "park-702-used-direct": BUSY,
}


def document(*dialogs: str, version: str = "1", state: str = "full", prefix: str = "") -> str:
    name = f":{prefix[:-1]}" if prefix else ""
    return (
        f'<?xml version="1.0"?><{prefix}dialog-info xmlns{name}="urn:ietf:params:xml:ns:dialog-info" '
        f'version="{version}" state="{state}" entity="sip:1001@pbx">{"".join(dialogs)}</{prefix}dialog-info>'
    )


def dialog(state: str, ident: str = "a", extra: str = "", attributes: str = "") -> str:
    return f'<dialog id="{ident}" {attributes}><state>{state}</state>{extra}</dialog>'


def focus(side: str, value: str = "") -> str:
    told = f' pvalue="{value}"' if value else ""
    return f'<{side}><target uri="sip:c@pbx"><param pname="isfocus"{told}/></target></{side}>'


def summary(*bodies: str) -> tuple[ExtensionState, Party]:
    dialogs = Dialogs()
    for body in bodies:
        dialogs.apply(parse(body))
    return dialogs.shown().state, dialogs.shown().party


REMOTE = '<remote><identity display="Ann">sip:1002@pbx;user=phone</identity></remote>'
RENDERING_NO = '<local><target uri="sip:a@b"><param pname="+sip.rendering" pvalue="no"/></target></local>'


@pytest.mark.parametrize("name", CAPTURED)
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the captured NOTIFYs are not in ../shared/samples")
def test_every_captured_notification_is_understood(name: str) -> None:
    body = (SAMPLES / f"{name}.notify.body.xml").read_text()
    assert summary(body)[0] is CAPTURED[name]


@pytest.mark.parametrize(
    ("body", "state", "party"),
    [
        (document(), AVAILABLE, NOBODY),
        (document(dialog("terminated", extra=REMOTE)), AVAILABLE, NOBODY),
        (document(dialog("early", extra=REMOTE)), RINGING, ANN),
        (document(dialog("early", attributes='direction="initiator"')), BUSY, NOBODY),
        (document(dialog("trying")), RINGING, NOBODY),
        (document(dialog(" Confirmed ", extra=REMOTE)), BUSY, ANN),
        (document(dialog("confirmed", extra=RENDERING_NO + REMOTE)), HELD, ANN),
        (document(dialog("confirmed", extra=focus("local") + REMOTE)), CONFERENCE, ANN),
        (document(dialog("confirmed", extra=focus("remote"))), CONFERENCE, Party("c")),
        (document(dialog("confirmed", extra=focus("local", "no"))), BUSY, NOBODY),
        (document(dialog("early", extra=focus("remote"))), RINGING, Party("c")),
        (document(dialog("on-the-phone")), UNKNOWN, NOBODY),
        (document(dialog("on-the-phone"), dialog("terminated", "b")), UNKNOWN, NOBODY),
        (document(dialog("confirmed"), dialog("confirmed", "b", focus("local"))), CONFERENCE, NOBODY),
        (document("<dialog/>"), UNKNOWN, NOBODY),
        (document(dialog("terminated"), dialog("confirmed", "b"), dialog("early", "c")), RINGING, NOBODY),
        (document(dialog("confirmed", extra=RENDERING_NO), dialog("confirmed", "b")), BUSY, NOBODY),
        (document("<d:dialog id='1'><d:state>early</d:state></d:dialog>", prefix="d:"), RINGING, NOBODY),
        ("<dialog-info><dialog><state>confirmed</state></dialog></dialog-info>", BUSY, NOBODY),
    ],
)
def test_states_are_read_leniently(body: str, state: ExtensionState, party: Party) -> None:
    assert summary(body) == (state, party)


@pytest.mark.parametrize(
    "body",
    [
        *("", "hello", "<dialog-info", "<presence/>", "<d:dialog-info/>", "\0", "\ud800"),
        '<!DOCTYPE a [<!ENTITY b "c">]><dialog-info>&b;</dialog-info>',
    ],
)
def test_what_is_no_dialog_info_is_refused(body: str) -> None:
    with pytest.raises(BodyError):
        parse(body)


def test_a_partial_notification_changes_only_what_it_names() -> None:
    first = document(dialog("confirmed", "a"), dialog("early", "b"), version="5")
    second = document(dialog("terminated", "b"), version="6", state="partial")
    assert summary(first, second) == (BUSY, NOBODY)
    third = document(dialog("terminated", "a"), version="7", state="partial")
    assert summary(first, second, third) == (AVAILABLE, NOBODY)


def test_a_missed_partial_notification_is_noticed_and_an_old_one_ignored() -> None:
    dialogs = Dialogs()
    partial = parse(document(dialog("confirmed"), version="3", state="partial"))
    assert not dialogs.apply(partial)  # nothing to apply it to
    assert dialogs.apply(parse(document(version="1")))
    assert not dialogs.apply(partial)
    assert dialogs.apply(parse(document(version="4")))
    assert dialogs.apply(partial)
    assert dialogs.shown() == IDLE


def test_an_exchange_that_never_counts_its_versions_is_believed() -> None:
    assert summary(document(dialog("early"), version="0"), document(version="0")) == (AVAILABLE, NOBODY)


def ringing(state: str = "early", **attributes: str) -> str:
    told = {"call-id": "a@b", "local-tag": "theirs", "remote-tag": "callers"} | attributes
    names = " ".join(f'{name.replace("_", "-")}="{value}"' for name, value in told.items())
    return document(dialog(state, attributes=names))


def replaces(body: str) -> str:
    dialogs = Dialogs()
    assert dialogs.apply(parse(body))
    return dialogs.shown().replaces


def test_a_ringing_dialog_can_be_picked_up_by_who_is_told_its_call_id_and_tags() -> None:
    # As in flow-invite-replaces-early: whoever calls the extension has the extension's tag as the remote one.
    assert replaces(ringing()) == "a@b;to-tag=callers;from-tag=theirs;early-only"


@pytest.mark.parametrize(
    "body",
    [
        ringing("confirmed"),
        ringing("terminated"),
        ringing(direction="initiator"),
        ringing(**{"remote-tag": ""}),
        ringing(**{"call-id": ""}),
        ringing(**{"local-tag": "a;b"}),
        ringing(**{"call-id": "a&#13;&#10;Route: evil"}),
        document(dialog("early")),
    ],
)
def test_a_dialog_that_does_not_ring_or_is_not_told_cannot_be_picked_up(body: str) -> None:
    assert replaces(body) == ""


@given(st.text() | st.text(alphabet="<>/=\"'!?[]&; adilogenfsttc-:"))
def test_any_text_is_either_understood_or_refused(text: str) -> None:
    try:
        info = parse(text)
    except BodyError:
        return
    assert isinstance(info, DialogInfo)


STATES = [RINGING, BUSY, HELD, CONFERENCE, AVAILABLE, UNKNOWN]
DIALOGS = st.builds(Dialog, st.sampled_from("abc"), st.sampled_from(STATES))


@given(st.lists(st.lists(DIALOGS, max_size=3), min_size=1))
def test_partial_notifications_add_up_to_the_same_as_full_ones(changes: list[list[Dialog]]) -> None:
    partly, known = Dialogs(), dict[str, Dialog]()
    for version, change in enumerate(changes):
        known |= {dialog.id: dialog for dialog in change}
        assert partly.apply(DialogInfo(version, version == 0, tuple(change)))
    wholly = Dialogs()
    wholly.apply(DialogInfo(None, True, tuple(known.values())))
    assert partly.shown() == wholly.shown()
    worst = {dialog.state for dialog in known.values()}
    assert (wholly.shown().state is AVAILABLE) == (worst <= {AVAILABLE})
