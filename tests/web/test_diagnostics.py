"""Diagnostics and the log, as an admin sees them."""

from __future__ import annotations

import io
import time
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from appliance import bundle
from appliance.store import link
from appliance.store.file import connect, writing
from appliance.trace.areas import AREAS
from web import link_chart
from web.pages.diagnostics import IN_THE_BUNDLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.web.conftest import SignedIn
    from tests.web.daemon import StandInDaemon

NOW = 1_795_000_000.0
INVITE = "INVITE sip:200@desk SIP/2.0\nCall-ID: abc\nCSeq: 1 INVITE\nFrom: <sip:0305551234@pbx>\n"
PEER = "UDP 10.0.0.1:5060"
RINGING = "SIP/2.0 180 Ringing"
MESSAGES = [
    {
        "at": NOW,
        "sent": False,
        "peer": PEER,
        "what": "INVITE",
        "first": INVITE.partition("\n")[0],
        "cseq": "1 INVITE",
        "text": INVITE,
    },
    {
        "at": NOW + 0.004,
        "sent": True,
        "peer": PEER,
        "what": "180 Ringing",
        "first": RINGING,
        "cseq": "1 INVITE",
        "text": f"{RINGING}\n<script>alert(1)</script>",
    },
]
QUALITY = {"packets": 400, "loss": 0.5, "jitter": 4.2, "far_loss": 0.0, "far_jitter": 1.0, "round_trip": 12.0}
CALL = {
    "call": "abc",
    "at": NOW,
    "until": NOW + 8,
    "sent": False,
    "method": "INVITE",
    "from": "0305551234",
    "to": "200",
    "outcome": "200 OK",
    "messages": 2,
    "quality": QUALITY,
}
LEVELS = dict.fromkeys(AREAS, "info")
LINK = {"verdict": "poor", "asked": 20, "latency": 12, "longest": 40, "jitter": 3, "loss": 5}


def line(number: int, text: str, area: str = "line", level: str = "info") -> dict[str, Any]:
    return {"n": number, "at": NOW + number, "level": level, "area": area, "text": text}


@pytest.fixture
def desk(daemon: StandInDaemon) -> StandInDaemon:
    """A desk that has something to tell."""
    daemon.answers.update(
        sip_calls={"calls": [CALL]},
        sip_messages={"messages": MESSAGES},
        log_lines={
            "lines": [
                line(1, "registered"),
                line(2, "lamp <b>dark</b>", "devices", "warning"),
                line(3, "the store is full", "store", "error"),
            ],
            "last": 3,
            "missed": 0,
        },
    )
    daemon.change(diagnostics={"levels": LEVELS, "sip": "calls", "link": LINK})
    return daemon


@pytest.fixture
def history(desk_store: Path) -> None:
    """A day of measurements, with an hour in which nothing was answered."""
    now = int(time.time()) // 300 * 300
    with closing(connect(desk_store)) as file, writing(file):
        file.execute("DELETE FROM link")
        for step in range(1, 200):
            lost = 20 if 50 < step < 75 else 0
            link.keep(
                file, link.Span(now - step * 300, 20, lost, 0.0 if lost else 10.0 + step % 7, 30.0, 2.0)
            )


def test_what_is_measured_is_shown_as_picture_and_as_table(
    client: SignedIn, desk: StandInDaemon, history: None
) -> None:
    shown = client.get("/diagnostics").text
    assert shown.count("<polyline") == 2
    assert shown.count('<rect class="loss"') == 24
    assert "30.0 ms" in shown
    assert "100%" in shown
    assert client.get("/diagnostics?days=7").status_code == 200
    assert client.get("/diagnostics?days=nonsense").status_code == 200


def test_a_call_is_a_list_of_steps_each_with_its_message(client: SignedIn, desk: StandInDaemon) -> None:
    assert "0305551234" in client.get("/diagnostics").text
    shown = client.get("/diagnostics/call?call=abc").text
    assert "180 Ringing" in shown
    assert "&lt;script&gt;" in shown
    assert "<script>alert" not in shown
    desk.answers["sip_messages"] = {"messages": []}
    assert "not kept any more" in client.get("/diagnostics/call?call=gone").text


def test_what_is_kept_and_written_is_changed_by_admins_alone(
    client: SignedIn, desk: StandInDaemon, client_as: Callable[[str], SignedIn]
) -> None:
    assert client.post("/diagnostics/keep", data={"what": "all"}).status_code == 303
    assert client.post("/logs/levels", data={**LEVELS, "line": "debug"}).status_code == 303
    changes = [asked for asked in desk.asked if asked[0] in ("keep_sip", "set_trace")]
    assert changes == [("keep_sip", {"what": "all"}), ("set_trace", {"area": "line", "level": "debug"})]
    desk.refusals["keep_sip"] = "'x' is none of off, calls, all"
    assert client.post("/diagnostics/keep", data={"what": "x"}).status_code == 303
    assert "none of off" in client.get("/diagnostics").text
    stranger = client_as("")
    for address in ("/diagnostics", "/diagnostics/call", "/logs", "/logs/lines"):
        assert stranger.get(address).status_code in (302, 303, 401)
    assert stranger.post("/diagnostics/bundle").status_code in (302, 303, 400, 401, 403)


def test_given_no_desk_the_pages_say_so(client: SignedIn, running_daemon: StandInDaemon) -> None:
    running_daemon.stop()
    try:
        assert "does not answer" in client.get("/diagnostics").text
        assert "does not answer" in client.get("/logs").text
        assert client.get("/logs/lines").status_code == 503
        assert client.post("/logs/levels", data=LEVELS).status_code == 303
        assert client.post("/diagnostics/keep", data={"what": "all"}).status_code == 303
    finally:
        running_daemon.start()


def test_the_log_is_filtered_without_a_script_too(client: SignedIn, desk: StandInDaemon) -> None:
    everything = client.get("/logs").text
    assert "lamp &lt;b&gt;dark&lt;/b&gt;" in everything
    assert "registered" in everything
    for query, there in (("area=devices", "lamp"), ("level=error", "full"), ("text=LAMP", "lamp")):
        shown = client.get(f"/logs?{query}").text
        assert shown.count("<div data-level") == 1
        assert there in shown
    for wrong in ("area=x&level=y", "text=%00", "after=-1"):
        assert client.get(f"/logs?{wrong}").status_code == 200
    for after in ("-1", "x", "9" * 40, "²"):
        assert client.get("/logs/lines", query_string={"after": after}).status_code == 200


def test_a_bundle_is_downloaded_and_holds_what_the_page_says(client: SignedIn, desk: StandInDaemon) -> None:
    assert {name for name, _ in IN_THE_BUNDLE} == bundle.CONTENTS.keys()
    for form in ({}, {"without_numbers": "on"}):
        answer = client.post("/diagnostics/bundle", data=form)
        assert answer.mimetype == "application/zip"
        assert "deskbell-support-" in answer.headers["Content-Disposition"]
        with zipfile.ZipFile(io.BytesIO(answer.data)) as made:
            assert set(bundle.CONTENTS) - {"sip/"} <= set(made.namelist())
            whole = b"".join(made.read(name) for name in made.namelist())
            assert b"a line has one" not in whole
            assert (b"0305551234" in whole) is not bool(form)


def test_a_line_is_broken_where_the_desk_did_not_run() -> None:
    spans = [link.Span(at * 300, 20, 0, 5.0, 6.0, 1.0) for at in (0, 1, 2, 20, 21)]
    drawn = link_chart.chart(spans, 0, 86400)
    assert drawn
    assert [len(points.split()) for points in drawn.lines] == [3, 2]
    assert drawn.bars == ()
    assert link_chart.chart([], 0, 86400) is None
    (row,) = link_chart.rows([link.Span(0, 20, 20, 0.0, 0.0, 0.0)], 3600)
    assert (row.loss, row.latency) == (100.0, None)


@pytest.mark.browser
def test_the_log_goes_on_by_itself_until_it_is_paused(page: Page, site: str, desk: StandInDaemon) -> None:
    page.goto(f"{site}logs")
    log = page.get_by_role("log")
    expect(log.get_by_text("registered")).to_be_visible()
    desk.answers["log_lines"] = {"lines": [line(4, "a call came in", "calls")], "last": 4, "missed": 0}
    expect(log.get_by_text("a call came in")).to_be_visible()
    expect(log).to_have_attribute("aria-live", "off")
    page.get_by_label("Read new lines out").check()
    expect(log).to_have_attribute("aria-live", "polite")
    page.get_by_label("Area").select_option("Devices")
    expect(log.locator("> div")).to_have_count(1)
    page.get_by_label("Area").select_option("All")
    pause = page.get_by_role("button", name="Pause")
    pause.focus()
    page.keyboard.press("Space")
    expect(pause).to_have_attribute("aria-pressed", "true")
    desk.answers["log_lines"] = {"lines": [line(5, "while nobody looked")], "last": 5, "missed": 0}
    asked = len(desk.asked)
    page.keyboard.press("Space")
    expect(log.get_by_text("while nobody looked")).to_be_visible()
    assert len(desk.asked) > asked


@pytest.mark.browser
def test_a_ladder_opens_by_keyboard_and_the_figures_are_live(
    page: Page, site: str, desk: StandInDaemon, history: None
) -> None:
    page.goto(f"{site}diagnostics")
    expect(page.locator("[data-figure=latency]")).to_have_text("12 ms")
    desk.change(diagnostics={"link": {"latency": 90}})
    expect(page.locator("[data-figure=latency]")).to_have_text("90 ms")
    page.locator("#sip").get_by_role("link").nth(1).click()
    steps = page.locator(".ladder li")
    expect(steps).to_have_count(2)
    expect(steps.first).to_contain_text("received from UDP 10.0.0.1:5060")
    steps.first.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(steps.first.locator("pre")).to_be_visible()
    expect(steps.first.locator("pre")).to_contain_text("INVITE sip:200@desk")
