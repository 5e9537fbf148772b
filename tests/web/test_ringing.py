"""The ringing page: what rings, how and with which tone; what busy lights show."""

from __future__ import annotations

import io
import math
import struct
import tomllib
import wave
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as fuzzing
from hypothesis import strategies as st
from playwright.sync_api import expect

from appliance.backup.box import box, named
from appliance.settings import load
from tests.web import states
from tests.web.asking import until
from tests.web.test_settings_pages import fields_of
from web.pages import ringing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.web.conftest import SignedIn
    from tests.web.daemon import StandInDaemon


@pytest.fixture
def written(settings_path: Path) -> Iterator[Callable[[], dict[str, Any]]]:
    """Return what gives the settings as they are written; afterwards they are as they were."""
    before = settings_path.read_text()
    yield lambda: tomllib.loads(settings_path.read_text())
    settings_path.write_text(before)
    for file in box(settings_path).files.glob("*"):
        file.unlink()


def wav(seconds: float = 0.5, hz: float = 440) -> bytes:
    """Return a WAV file with a tone."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        values = [
            round(9000 * math.sin(2 * math.pi * hz * at / 16000)) for at in range(round(seconds * 16000))
        ]
        file.writeframes(struct.pack(f"<{len(values)}h", *values))
    return content.getvalue()


def bring(client: SignedIn, content: bytes, which: str = "external") -> Any:
    """Upload a file as the form does."""
    return client.post(f"/ringing/tone/{which}", data={"file": (io.BytesIO(content), "my ring.wav")})


def test_all_of_the_ringing_is_set_and_the_desk_is_told(
    client: SignedIn,
    daemon: StandInDaemon,
    written: Callable[[], dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    cards = tmp_path / "cards"
    cards.write_text(
        " 0 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones\n"
        "                      bcm2835 Headphones\n"
        " 1 [vc4hdmi0       ]: vc4-hdmi - vc4-hdmi-0\n"
    )
    monkeypatch.setattr(ringing, "CARDS", cards)
    page = client.get("/ringing").text
    assert "bcm2835_headpho - bcm2835 Headphones" in page
    form = fields_of(page) | {
        "ringing.ringers": ["vc4hdmi0"],
        "ringing.volume": "0.55",
        "ringing.every": "0",
        "ringing.while_talking": "silent",
        "lights.dnd": "own",
        "lights.dnd.own": "#ff00aa",
        "lights.dnd.rhythm": "wink",
        "lights.away": "off",
    }
    del form["ringing.light"]
    assert client.post("/ringing", data=form).status_code == 303
    now = written()
    assert now["ringing"] == {
        "light": False,
        "ringers": ["vc4hdmi0"],
        "volume": 0.55,
        "every": 0.0,
        "while_talking": "silent",
    }
    assert now["lights"] == {"dnd": "#ff00aa wink", "away": "off"}
    assert daemon.asked[-1][0] == "reload"


def test_what_is_wrong_is_told_beside_it_and_nothing_is_written(
    client: SignedIn, settings_path: Path, written: object
) -> None:
    before = settings_path.read_text()
    form = fields_of(client.get("/ringing").text)
    for change in ({"ringing.volume": "11"}, {"lights.dnd": "own", "lights.dnd.own": "mauve"}):
        answer = client.post("/ringing", data=form | change)
        assert answer.status_code == 422
        assert 'class="wrong"' in answer.text
    assert settings_path.read_text() == before


def test_a_tone_is_brought_heard_kept_by_backups_and_taken_away(
    client: SignedIn, settings_path: Path, written: Callable[[], dict[str, Any]]
) -> None:
    content = wav()
    assert bring(client, content).status_code == 303
    path = written()["ringing"]["tone_external"]
    assert ("ringing.tone_external", path) in [(one, str(file)) for one, file in named(load(settings_path))]
    heard = client.get("/ringing/tone/external.wav")
    assert (heard.data, heard.mimetype) == (content, "audio/wav")
    assert client.get("/ringing/tone/external.wav", headers={"Range": "bytes=0-3"}).data == b"RIFF"
    assert "media-src 'self'" in client.get("/ringing").headers["Content-Security-Policy"]
    assert bring(client, wav(hz=500)).status_code == 303
    files = box(settings_path).files
    assert [str(file) for file in files.iterdir()] == [written()["ringing"]["tone_external"]]
    assert client.post("/ringing/tone/external/remove").status_code == 303
    assert written()["ringing"]["tone_external"] == ""
    assert list(files.iterdir()) == []
    assert client.get("/ringing/tone/external.wav").status_code == 404


def test_a_tone_that_both_kinds_of_calls_have_stays_while_one_of_them_has_it(
    client: SignedIn, settings_path: Path, written: Callable[[], dict[str, Any]]
) -> None:
    for which in ("external", "internal"):
        bring(client, wav(), which)
    client.post("/ringing/tone/external/remove")
    assert client.get("/ringing/tone/internal.wav").status_code == 200


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"ID3 and so on", "MP3"),
        (b"nonsense", "not WAV"),
        (wav()[:30], "WAV"),
        (wav(61), "60 at most"),
        (b"", "not WAV"),
    ],
)
def test_what_cannot_ring_is_refused_with_the_reason_and_left_nowhere(
    client: SignedIn, settings_path: Path, written: Callable[[], dict[str, Any]], content: bytes, told: str
) -> None:
    before = settings_path.read_text()
    answer = bring(client, content)
    assert answer.status_code == 422
    assert told in answer.text
    assert settings_path.read_text() == before
    assert list(box(settings_path).files.glob("*")) == []


def test_a_file_that_is_too_large_is_not_taken(client: SignedIn, written: object) -> None:
    assert bring(client, bytes(ringing.MOST_REQUEST + 1)).status_code == 413


@given(content=st.binary(max_size=200) | st.binary(max_size=100).map(lambda tail: wav(0.01)[:44] + tail))
@fuzzing(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_file_breaks_the_page(client: SignedIn, written: object, content: bytes) -> None:
    assert bring(client, content).status_code in (303, 422)


@pytest.mark.parametrize("said", ["green", "dim green wink", "#00c8ff", "#00c8ff fast", "off", "red on"])
def test_every_way_to_write_a_light_is_shown_as_colour_and_rhythm(said: str) -> None:
    colour, rhythm = ringing._light(said)
    assert said in (f"{colour} {rhythm}", colour)


@pytest.mark.browser
def test_a_light_is_previewed_as_it_is_chosen_and_a_ringer_tried(
    page: Page, site: str, daemon: StandInDaemon
) -> None:
    bell = states.device("ringer", "Ringer vc4hdmi0", [], {}, rings=True)
    daemon.show(states.idle() | {"devices": {"ringer-vc4hdmi0": bell}})
    page.goto(f"{site}ringing")
    dnd = page.get_by_role("group", name="Do not disturb")
    bulb = dnd.locator(".bulb")
    expect(bulb).to_have_css("background-color", "rgb(150, 0, 255)")
    dnd.get_by_label("How it burns").select_option("fast")
    expect(bulb).to_have_attribute("data-rhythm", "fast")
    dnd.get_by_label("Colour", exact=True).select_option("own")
    dnd.get_by_label("Another colour").fill("#112233")
    dnd.get_by_label("How it burns").select_option("on")
    expect(bulb).to_have_css("background-color", "rgb(17, 34, 51)")
    slider = page.get_by_label("Volume", exact=True)
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("output[for='ringing.volume']")).to_have_text("85%")
    page.get_by_role("button", name="Call of a colleague").click()
    asked = ("test_ring", {"device": "ringer-vc4hdmi0", "internal": True})
    until(lambda: asked in daemon.asked)
