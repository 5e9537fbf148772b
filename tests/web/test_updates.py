"""The page of updates: what it shows, what it takes, and how it follows an update to its end."""

from __future__ import annotations

import json
import os
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from appliance.box import update, update_note
from appliance.box.system import System
from appliance.box.update_bundle import Bundle, UpdateError
from appliance.box.update_note import Note
from appliance.control.document import VERSION
from appliance.phrase import phrase
from web.pages import updates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.web.conftest import SignedIn
    from tests.web.daemon import StandInDaemon

BUNDLE = b"hsqs" + b"a bundle" * 1000


class Rauc:
    """What RAUC says of a file: a stand-in, since the real one is tried in tests/box/test_update.py."""

    def __init__(self) -> None:
        self.says: Bundle | UpdateError = Bundle("99.1", "deskbell-rpi")

    def __call__(self, _system: System, file: Path) -> Bundle:
        assert file.read_bytes() == BUNDLE
        if isinstance(self.says, UpdateError):
            raise self.says
        return self.says


@pytest.fixture
def folder(desk_store: Path) -> Iterator[Path]:
    """Return the folder of the store; no update is left in it."""
    yield desk_store.parent
    (desk_store.parent / update_note.NAME).unlink(missing_ok=True)
    for left in (desk_store.parent / update.FOLDER).glob("*"):
        left.unlink()


@pytest.fixture
def rauc(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rauc:
    """Have the box be one that was set up by its image."""
    settings = tmp_path / "usr/lib/rauc/system.conf"
    settings.parent.mkdir(parents=True)
    settings.touch()
    monkeypatch.setattr(updates, "System", lambda: System(tmp_path))
    made = Rauc()
    monkeypatch.setattr("appliance.box.update_bundle.read", made)
    return made


def bring(client: SignedIn, data: bytes = BUNDLE) -> tuple[int, dict[str, Any]]:
    answer = client.post("/updates/upload", data=data, content_type="application/octet-stream")
    return answer.status_code, answer.get_json()


def asked(folder: Path) -> dict[str, Any] | None:
    request = folder / update.FOLDER / update.REQUEST
    return json.loads(request.read_text()) if request.exists() else None


def test_a_box_that_was_not_set_up_by_its_image_says_how_it_is_updated(
    client: SignedIn, folder: Path
) -> None:
    shown = client.get("/updates").text
    assert f"Deskbell {VERSION}" in shown
    assert "run the playbook again" in shown
    assert "Bring it to the box" not in shown


def test_both_versions_of_a_box_are_shown(client: SignedIn, rauc: Rauc, folder: Path) -> None:
    update_note.write(folder, Note(other="0.0.9"))
    shown = client.get("/updates").text
    assert f"Deskbell {VERSION}" in shown
    assert "Deskbell 0.0.9" in shown


def test_an_update_is_brought_looked_at_and_asked_for(client: SignedIn, rauc: Rauc, folder: Path) -> None:
    assert bring(client) == (200, {"ok": True, "at": "/updates#brought"})
    assert "Install 99.1" in client.get("/updates").text
    assert asked(folder) is None
    client.post("/updates/install")
    assert asked(folder) == {"file": updates.BROUGHT, "allow_older": False}
    assert (folder / update.FOLDER / updates.BROUGHT).read_bytes() == BUNDLE
    assert client.get("/updates/state").get_json()["text"] == "It begins in a moment."


def test_what_was_brought_can_be_removed_again(client: SignedIn, rauc: Rauc, folder: Path) -> None:
    bring(client)
    client.post("/updates/leave")
    assert list((folder / update.FOLDER).iterdir()) == []
    assert client.post("/updates/install").status_code == 404


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"hsq"])
def test_a_file_of_another_kind_is_refused_at_once(
    client: SignedIn, rauc: Rauc, folder: Path, data: bytes
) -> None:
    assert bring(client, data) == (422, {"ok": False, "error": "This file is no update of Deskbell."})
    assert list((folder / update.FOLDER).iterdir()) == []


def test_an_update_with_a_wrong_signature_is_refused_and_removed(
    client: SignedIn, rauc: Rauc, folder: Path
) -> None:
    rauc.says = UpdateError(phrase("it is not signed by anybody from whom this box takes updates"))
    assert bring(client) == (422, {"ok": False, "error": str(rauc.says)})
    assert list((folder / update.FOLDER).iterdir()) == []


def test_an_update_that_is_too_large_is_refused_before_it_is_sent(
    client: SignedIn, rauc: Rauc, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "RESERVE", 1 << 60)
    code, told = bring(client)
    assert code in (413, 422), told
    assert not (folder / update.FOLDER / updates.BROUGHT).exists()


def test_an_update_that_is_cut_off_on_its_way_leaves_nothing(
    client: SignedIn, rauc: Rauc, folder: Path
) -> None:
    class Cut(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise OSError("gone")
            return super().read(8)

    with pytest.raises(OSError, match="gone"):
        updates._receive(Cut(BUNDLE), folder / "brought.raucb")
    assert not list(folder.glob("brought*"))


def test_an_older_version_is_installed_only_when_that_is_confirmed(
    client: SignedIn, rauc: Rauc, folder: Path
) -> None:
    rauc.says = Bundle("0.0.1", "deskbell-rpi")
    bring(client)
    assert "Go back to 0.0.1, though it is older" in client.get("/updates").text
    assert "confirm that this is wanted" in client.post("/updates/install", follow_redirects=True).text
    assert asked(folder) is None
    client.post("/updates/install", data={"older": "on"})
    assert asked(folder) == {"file": updates.BROUGHT, "allow_older": True}


def test_while_an_update_is_under_way_no_other_is_taken(client: SignedIn, rauc: Rauc, folder: Path) -> None:
    update_note.write(folder, Note("installing", "99.1", VERSION, "B", percent=40))
    code, told = bring(client)
    assert (code, told["error"]) == (422, "An update is under way: wait until it is done.")
    assert client.get("/updates/state").get_json()["percent"] == 40


def test_a_request_that_nobody_takes_is_told(client: SignedIn, rauc: Rauc, folder: Path) -> None:
    bring(client)
    client.post("/updates/install")
    os.utime(folder / update.FOLDER / update.REQUEST, (0, 0))
    assert "restart the box" in client.get("/updates/state").get_json()["text"]


def test_a_box_that_returned_says_why(client: SignedIn, rauc: Rauc, folder: Path) -> None:
    tried = Note("trying", "99.1", VERSION, "B", 1.0)
    update_note.write(folder, tried.over("returned", 2.0, phrase("the page does not answer")))
    shown = client.get("/updates").text
    assert "The box has returned to its version before 99.1: the page does not answer" in shown
    assert "did not stay" in shown
    assert client.get("/updates/state").get_json() == {"runs": False}


def test_a_stranger_and_an_operator_see_nothing_of_it(
    client_as: Callable[[str], SignedIn], rauc: Rauc, daemon: StandInDaemon
) -> None:
    stranger = client_as("")
    for at in ("/updates", "/updates/state"):
        assert stranger.get(at).status_code in (303, 401)
    assert stranger.post("/updates/install").status_code in (303, 400, 401, 403)


@pytest.mark.browser
def test_a_person_sees_how_an_update_goes_to_its_end(
    page: Page, site: str, folder: Path, daemon: StandInDaemon
) -> None:
    update_note.write(folder, Note("installing", "99.1", VERSION, "B", percent=40))
    page.goto(f"{site}/updates")
    panel = page.locator("#progress")
    assert "which goes on meanwhile" in panel.inner_text()
    update_note.write(folder, Note("waiting", "99.1", VERSION, "B", percent=100))
    page.locator("#progress-text", has_text="restarts").wait_for()
    done = Note("trying", "99.1", VERSION, "B").over("returned", 2.0, phrase("the page does not answer"))
    update_note.write(folder, done)
    page.get_by_role("alert").filter(has_text="the page does not answer").wait_for()
