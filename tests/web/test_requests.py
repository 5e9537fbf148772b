"""What the site answers, and to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web import states
from tests.web.asking import until
from web.view import lasted

if TYPE_CHECKING:
    from tests.web.conftest import Show, SignedIn
    from tests.web.daemon import StandInDaemon


def test_what_a_person_asks_reaches_the_desk(client: SignedIn, daemon: StandInDaemon) -> None:
    reply = client.post("/ask/transfer", json={"target": "1001"})
    assert (reply.status_code, reply.json) == (200, {"ok": True})
    assert daemon.asked == [("transfer", {"target": "1001"})]


def test_a_refusal_comes_back_in_the_desk_s_words(client: SignedIn, daemon: StandInDaemon) -> None:
    daemon.refusals["hold"] = "no call is active"
    reply = client.post("/ask/hold", json={})
    assert (reply.status_code, reply.json) == (409, {"ok": False, "error": "no call is active"})


def test_given_no_daemon_pages_open_and_say_that_it_is_away(
    client: SignedIn, running_daemon: StandInDaemon
) -> None:
    running_daemon.stop()
    try:
        assert client.post("/ask/hold", json={}).status_code == 503
        until(lambda: "The desk does not answer" in client.get("/").text)
        assert client.get("/calls").status_code == 200
    finally:
        running_daemon.start()
    until(lambda: "The desk does not answer" not in client.get("/").text)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/ask/explode", {}),
        ("/ask/watch", {}),
        ("/ask/status", {}),
        ("/ask/dial", {}),
        ("/ask/dial", {"number": 1001}),
        ("/ask/dial", {"number": "1001", "colour": "red"}),
        ("/ask/dial", ["1001"]),
        ("/ask/dial", None),
    ],
)
def test_what_is_not_a_request_is_refused_before_the_desk_hears_of_it(
    client: SignedIn, daemon: StandInDaemon, path: str, body: object
) -> None:
    reply = client.post(path, json=body)
    assert reply.status_code == 400
    assert reply.json
    assert reply.json["error"]
    assert daemon.asked == []


def test_a_flood_of_a_body_is_refused(client: SignedIn, daemon: StandInDaemon) -> None:
    assert client.post("/ask/dial", json={"number": "1" * 100_000}).status_code in (400, 413)
    assert daemon.asked == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},  # a form of another site
        {"Origin": "http://attacker.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},  # another service on the same box
    ],
)
def test_another_site_cannot_use_the_desk(
    client: SignedIn, daemon: StandInDaemon, headers: dict[str, str]
) -> None:
    assert client.post("/ask/answer", json={}, headers=headers).status_code == 403
    assert daemon.asked == []


def test_another_site_cannot_listen_but_may_link(client: SignedIn) -> None:
    listening = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
    assert client.get("/events", headers=listening).status_code == 403
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/", headers=link).status_code == 200


def test_its_own_page_may(client: SignedIn) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
    assert client.post("/ask/answer", json={}, headers=headers).status_code == 200


def test_a_name_that_somebody_else_pointed_here_is_refused(client: SignedIn) -> None:
    assert client.get("/", headers={"Host": "attacker.example"}).status_code == 421
    assert client.get("/login", headers={"Host": "desk.example:8080"}).status_code == 200


def test_no_other_script_no_frame_no_guessing_of_types(client: SignedIn) -> None:
    reply = client.get("/")
    policy = reply.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in reply.headers
    assert reply.headers["Cache-Control"] == "no-store"
    assert " style=" not in reply.text


def test_what_others_call_themselves_is_text_and_nothing_more(client: SignedIn, show: Show) -> None:
    show(states.idle() | {"calls": {"c1": states.call("1", '<script>alert("x")</script>')}})
    assert "<script>alert" not in client.get("/").text


@pytest.mark.parametrize(
    ("wanted", "language", "word"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de-AT", "Gehalten"),
        ("en-GB", "en-GB", "On hold"),
        ("xx,de;q=0.1", "de", "Gehalten"),
        ("xx", "en", "On hold"),
    ],
)
def test_the_page_speaks_the_reader_s_language(
    client: SignedIn, wanted: str, language: str, word: str
) -> None:
    reply = client.get("/", headers={"Accept-Language": wanted})
    assert f'<html lang="{language}"' in reply.text
    assert word in reply.text
    assert "Accept-Language" in reply.headers["Vary"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(-3, "0:00"), (7.9, "0:07"), (750, "12:30"), (3723, "1:02:03")]
)
def test_durations_read_as_on_a_telephone(seconds: float, text: str) -> None:
    assert lasted(1000, 1000 + seconds) == text
