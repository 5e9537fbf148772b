"""Backup, restore and factory reset on the page: the box goes into one file, comes back, or is gone."""

from __future__ import annotations

import re
import subprocess
import time
from contextlib import closing
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from appliance.backup import create
from appliance.backup.box import box as box_at
from appliance.backup.box import finish
from appliance.backup.errors import BackupError
from appliance.control.protocol import ControlError
from appliance.store import snapshots
from appliance.store.file import connect, prepare, writing
from appliance.users import accounts, sessions
from tests.running import PATIENCE, RunningDesk
from tests.store import books
from tests.web import states
from tests.web.conftest import NAME, PASSWORD, SignedIn, free_address, served
from web import access, archives
from web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from appliance.demo.exchange import Exchange
    from tests.web.daemon import StandInDaemon

PASSPHRASE = "vier Worte, die keiner errät"


def admitted(store: Path) -> str:
    """Sign the admin of a box in, who is made where there is none; return the token for the cookie."""
    with closing(connect(store)) as file, writing(file):
        if not accounts.any_admin(file):
            accounts.add(file, NAME, PASSWORD, "admin")
        return sessions.begin(file, accounts.every(file)[0], time.time())


def sign_in(settings: Path, store: Path) -> SignedIn:
    """The pages of a box, signed in as its admin."""
    app = create_app(settings)
    app.test_client_class = SignedIn
    client = app.test_client()
    assert isinstance(client, SignedIn)
    token = admitted(store)
    with closing(connect(store)) as file:
        found = sessions.find(file, token, time.time())
    assert found
    client.set_cookie(access.COOKIE, token)
    client.token = client.environ_base["HTTP_X_CSRF_TOKEN"] = found.csrf
    return client


@pytest.fixture
def desk(tmp_path: Path) -> RunningDesk:
    """A desk with a store; it does not run yet."""
    made = RunningDesk(tmp_path, 9, desk={"name": "Foyer"})
    prepare(box_at(made.settings).store)
    return made


@pytest.fixture
def pages(desk: RunningDesk) -> Iterator[SignedIn]:
    """Its pages, signed in as its admin."""
    client = sign_in(desk.settings, box_at(desk.settings).store)
    yield client
    client.application.extensions["feed"].close()


def back_up(pages: SignedIn) -> bytes:
    """Make a backup on the page, and fetch it."""
    said = pages.post("/backup/create", data={"passphrase": PASSPHRASE, "again": PASSPHRASE})
    assert said.status_code == 303, said.text
    found = re.search(r"/backup/fetch/([0-9a-f]{32})", pages.get("/backup").text)
    assert found
    file: bytes = pages.post(found[0]).data
    return file


def bring(pages: SignedIn, file: bytes) -> str:
    """Bring a file to the box; return where it is looked at."""
    said = pages.post("/backup/upload", data=file, content_type="application/octet-stream")
    assert said.status_code == 200, said.text
    return str(said.get_json()["at"])


def left(desk: RunningDesk) -> list[str]:
    """What lies beside the store that was made or brought on the page."""
    return [path.name for path in desk.home.iterdir() if ".made-" in path.name or ".brought-" in path.name]


@pytest.mark.parametrize(
    ("passphrase", "again", "what"),
    [
        ("", "", "at least 12 characters"),
        ("short", "short", "at least 12 characters"),
        ("a" * 30, "a" * 30, "at least 12 characters"),
        (PASSPHRASE, "another", "The two are not the same."),
        (PASSPHRASE + "\nx", PASSPHRASE + "\nx", "is a single line"),
    ],
)
def test_a_passphrase_that_will_not_do_makes_nothing(
    desk: RunningDesk, pages: SignedIn, passphrase: str, again: str, what: str
) -> None:
    said = pages.post("/backup/create", data={"passphrase": passphrase, "again": again})
    assert (said.status_code, what in said.text) == (422, True)
    assert f'value="{passphrase}"' not in said.text
    assert left(desk) == []
    assert not (desk.home / "backed-up").exists()


def test_a_backup_is_made_fetched_and_gone_from_the_box_and_so_is_one_that_was_brought(
    desk: RunningDesk, pages: SignedIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []
    begin = subprocess.Popen

    def noted(words: Any, *more: Any, **options: Any) -> Any:
        started.append((words, options.get("env")))
        return begin(words, *more, **options)

    monkeypatch.setattr(subprocess, "Popen", noted)
    file = back_up(pages)
    assert started
    assert PASSPHRASE not in str(started)
    assert left(desk) == []
    (tmp_path / "fetched").write_bytes(file)
    manifest = create.verify(tmp_path / "fetched", PASSPHRASE)
    assert manifest["box"] == "Foyer"
    assert "There was none yet." not in pages.get("/backup").text
    assert pages.post(f"/backup/fetch/{'0' * 32}").status_code == 404
    at = bring(pages, file)
    assert "What is in it" in pages.get(at).text
    assert len(left(desk)) == 1
    assert pages.post(f"{at}/leave").status_code == 303
    assert left(desk) == []
    assert pages.get(at).status_code == 404


@pytest.mark.parametrize("file", [b"", b"rubbish", b"\0" * 100_000])
def test_what_is_no_backup_is_refused_and_nothing_of_it_stays(
    desk: RunningDesk, pages: SignedIn, file: bytes
) -> None:
    said = pages.post("/backup/upload", data=file, content_type="application/octet-stream")
    assert (said.status_code, said.get_json()["ok"]) == (422, False)
    assert "not a backup of a Deskbell" in said.get_json()["error"]
    assert left(desk) == []


def test_a_file_that_leaves_no_room_is_refused(desk: RunningDesk, pages: SignedIn) -> None:
    desk.settings.write_text(desk.settings.read_text() + "\n[backup]\nreserve = 1000000\n")
    said = pages.post("/backup/upload", data=bytes(100_000), content_type="application/octet-stream")
    assert said.status_code in (413, 422)
    assert left(desk) == []


def test_nobody_else_may_bring_a_file(desk: RunningDesk, pages: SignedIn) -> None:
    stranger = pages.application.test_client()
    assert stranger.post("/backup/upload", data=b"x").status_code in (303, 400, 401, 403)
    pages.environ_base["HTTP_X_CSRF_TOKEN"] = "forged"
    assert pages.post("/backup/upload", data=b"x").status_code == 400
    assert left(desk) == []


@pytest.mark.parametrize("token", ["", "x", "../../etc/passwd", "0" * 32, "%2e%2e"])
def test_no_other_file_is_reached_by_a_name(pages: SignedIn, token: str) -> None:
    assert pages.get(f"/backup/restore/{token}").status_code in (404, 405)


def test_a_box_is_restored_while_its_desk_runs_once_it_restarts(desk: RunningDesk, pages: SignedIn) -> None:
    store = box_at(desk.settings).store
    with desk:
        books.write(store, "before")
        file = back_up(pages)
        books.write(store, "after")
        was = desk.settings.read_text()
        desk.settings.write_text(was + "\n# changed since\n")
        at = bring(pages, file)
        wrong = pages.post(at, data={"passphrase": "quite another one"})
        assert (wrong.status_code, "is not the one it was made with" in wrong.text) == (422, True)
        shown = pages.post(at, data={"passphrase": PASSPHRASE}).text
        assert "Foyer" in shown
        assert "whole and undamaged" in shown
        assert sorted(books.read(store)) == ["after", "before"], "nothing is restored by looking"
        confirmed = pages.post(at, data={"passphrase": PASSPHRASE, "restore": "yes"})
        assert confirmed.status_code == 303
        until_done(desk)
        assert list(books.read(store)) == ["before"]
        assert "# changed since" not in desk.settings.read_text()
        assert left(desk) == []


def test_where_no_desk_runs_a_box_is_restored_at_once(desk: RunningDesk, pages: SignedIn) -> None:
    store = box_at(desk.settings).store
    books.write(store, "before")
    file = back_up(pages)
    books.write(store, "after")
    at = bring(pages, file)
    pages.post(at, data={"passphrase": PASSPHRASE, "restore": "yes"})
    assert list(books.read(store)) == ["before"]
    assert "/login" in pages.get("/backup").headers["Location"], "who is signed in now signs in anew"
    again = sign_in(desk.settings, store)
    assert again.get("/backup").status_code == 200
    again.application.extensions["feed"].close()


@pytest.mark.parametrize(
    ("word", "password", "what"),
    [("erase", PASSWORD, "in capitals"), ("", PASSWORD, "in capitals"), ("ERASE", "x", "not your password")],
)
def test_a_reset_that_is_not_meant_erases_nothing(
    desk: RunningDesk, pages: SignedIn, word: str, password: str, what: str
) -> None:
    before = desk.settings.read_text()
    said = pages.post("/backup/reset", data={"word": word, "password": password})
    assert (said.status_code, what in said.text) == (422, True)
    assert desk.settings.read_text() == before
    assert not box_at(desk.settings).journal.exists()


def test_who_guesses_the_password_has_to_wait(desk: RunningDesk, pages: SignedIn) -> None:
    for _ in range(20):
        said = pages.post("/backup/reset", data={"word": "ERASE", "password": "a guess"})
    assert (said.status_code, "Too many tries." in said.text) == (429, True)
    right = pages.post("/backup/reset", data={"word": "ERASE", "password": PASSWORD})
    assert right.status_code == 429
    assert desk.settings.exists()


@pytest.mark.exchange
def test_a_reset_waits_for_the_call_to_end_and_then_erases_the_box(
    tmp_path: Path, exchange: Exchange
) -> None:
    desk = RunningDesk(tmp_path, exchange.sip_port)
    here = box_at(desk.settings)
    prepare(here.store)
    pages = sign_in(desk.settings, here.store)
    with desk:
        desk.until_registered()
        books.write(here.store, "somebody's secret")
        snapshots.take(here.store, reserve=0)
        for left_over in ("jobs/0123456789abcdef/asked.json", "first-run", "first-run-code"):
            (tmp_path / left_over).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / left_over).write_text("of somebody")
        exchange.originate("0301234", "200")
        desk.until_call("ringing")
        said = pages.post("/backup/reset", data={"word": "ERASE", "password": PASSWORD})
        assert said.status_code == 303
        assert pages.get("/backup/pending").get_json()["waits"] is True
        assert "A restore or a reset was decided." in pages.get("/backup").text
        desk.press("answer")
        desk.until_call("answered")
        assert list(books.read(here.store)) == ["somebody's secret"]
        desk.kill()  # a new desk would now be at the places of any other on this machine
    finish(desk.settings)  # as it does first of all
    assert not any(path.exists() for path in (here.settings, here.secrets, here.store))
    assert snapshots.listed(here.store) == []
    assert not any((tmp_path / name).exists() for name in ("jobs", "first-run", "first-run-code"))
    pages.application.extensions["feed"].close()


def test_a_snapshot_is_taken_and_listed(desk: RunningDesk, pages: SignedIn) -> None:
    desk.settings.write_text(desk.settings.read_text() + "\n[backup]\nreserve = 0\n")
    store = box_at(desk.settings).store
    assert "There is none yet." in pages.get("/backup").text
    assert pages.post("/backup/snapshot").status_code == 303
    assert len(snapshots.listed(store)) == 1
    assert "There is none yet." not in pages.get("/backup").text


def test_a_snapshot_takes_the_place_of_the_store_and_there_is_a_way_back(
    desk: RunningDesk, pages: SignedIn
) -> None:
    desk.settings.write_text(desk.settings.read_text() + "\n[backup]\nreserve = 0\n")
    store = box_at(desk.settings).store
    with desk:
        books.write(store, "before")
        pages.post("/backup/snapshot")
        (first, *_) = snapshots.listed(store)
        books.write(store, "after")
        assert pages.get("/backup/snapshot/999").status_code == 404
        at = f"/backup/snapshot/{first.number}"
        assert "it is the way back" in pages.get(at).text
        assert sorted(books.read(store)) == ["after", "before"], "nothing is restored by looking"
        assert pages.post(at).status_code == 303
        until_done(desk)
        assert list(books.read(store)) == ["before"]
        newest = snapshots.listed(store)[0]
        assert newest.number > first.number
        assert sorted(books.read(newest.path)) == ["after", "before"]


def test_how_often_snapshots_are_taken_is_a_setting(desk: RunningDesk, pages: SignedIn) -> None:
    wrong = pages.post("/backup", data=wanted(**{"backup.every": "-3"}))
    assert wrong.status_code == 422
    assert pages.post("/backup", data=wanted(**{"backup.every": "6"})).status_code == 303
    assert "every = 6" in desk.settings.read_text()


def wanted(**typed: str) -> dict[str, str]:
    """What the form of snapshots sends."""
    return {"backup.every": "1", "backup.newest": "6", "backup.days": "7", "backup.reserve": "500"} | typed


def until_done(desk: RunningDesk) -> None:
    """Wait until the desk has restarted, and what was decided is done."""
    deadline = time.monotonic() + PATIENCE
    while box_at(desk.settings).journal.exists():
        assert time.monotonic() < deadline, desk.log.read_text()
        time.sleep(0.02)
    while True:
        try:
            desk.status()
        except ControlError:
            assert time.monotonic() < deadline, desk.log.read_text()
            time.sleep(0.02)
        else:
            return


def test_what_comes_in_is_never_held_in_memory_as_a_whole(tmp_path: Path) -> None:
    asked: list[int] = []

    class Stream(BytesIO):
        """Notes how much is wanted at once."""

        def read(self, size: int | None = -1) -> bytes:
            asked.append(size or -1)
            return super().read(size)

    with pytest.raises(BackupError):
        archives.receive(Stream(bytes(3_000_000)), tmp_path / "it", 10_000_000)
    assert 0 < min(asked) <= max(asked) <= 1 << 20
    with pytest.raises(BackupError), create_app(tmp_path / "none.toml").test_request_context():
        archives.receive(Stream(bytes(3_000_000)), tmp_path / "it", 1_000_000)
    assert not (tmp_path / "it").exists()


@pytest.mark.browser
def test_a_person_makes_a_backup_fetches_it_and_restores_it(
    browser: Browser, desk: RunningDesk, tmp_path: Path
) -> None:
    store = box_at(desk.settings).store
    address = free_address()
    with desk, served(desk.settings, address), browser.new_context() as context:
        books.write(store, "before")
        site = f"http://{address}/"
        context.add_cookies([{"name": access.COOKIE, "value": admitted(store), "url": site}])
        page = context.new_page()
        page.goto(f"{site}backup")
        page.get_by_label("Passphrase").fill("too short")
        expect(page.locator("#strength")).to_have_text("3 more characters")
        page.get_by_label("Passphrase").fill(PASSPHRASE)
        expect(page.locator("#strength")).to_have_text("Strong")
        page.get_by_label("Once more").fill(PASSPHRASE)
        page.get_by_role("button", name="Make a backup").click()
        expect(page.get_by_text("The backup is ready")).to_be_visible(timeout=60_000)
        with page.expect_download() as fetched:
            page.get_by_role("button", name="Fetch the backup").click()
        assert fetched.value.suggested_filename.endswith(".backup")
        fetched.value.save_as(tmp_path / "it")
        books.write(store, "after")
        page.goto(f"{site}backup")
        page.get_by_label("File of the backup").set_input_files(tmp_path / "it")
        page.get_by_role("button", name="Bring it to the box").click()
        page.get_by_label("Its passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="Show what is in it").click()
        expect(page.get_by_role("heading", name="What happens")).to_be_visible(timeout=60_000)
        expect(page.locator("dl")).to_contain_text("Foyer")
        page.get_by_label("Its passphrase, once more").fill(PASSPHRASE)
        page.get_by_role("button", name="Replace everything by this backup").click()
        page.wait_for_url(re.compile(f"^{site}(backup)?$"), timeout=60_000)
        until_done(desk)
        assert list(books.read(store)) == ["before"]


@pytest.mark.browser
def test_what_waits_for_calls_says_so_until_it_is_done(
    page: Page, site: str, daemon: StandInDaemon, settings_path: Path
) -> None:
    journal = box_at(settings_path).journal
    journal.write_text("[]")
    try:
        daemon.change(calls={"c1": states.call("030", state="answered")})
        page.goto(f"{site}backup")
        expect(page.locator("#pending-calls")).to_have_text("It waits for 1 call to end.")
        daemon.change(calls={"c1": None})
        expect(page.locator("#pending-calls")).to_have_text("No call is there: it takes a moment.")
        page.get_by_role("button", name="Restart when no call is there").click()
        expect(page.get_by_text("The desk restarts as soon as no call is there.")).to_be_visible()
        assert ("restart", {}) in daemon.asked
    finally:
        journal.unlink()
    page.wait_for_url(site)


@pytest.mark.browser
def test_a_file_that_is_no_backup_is_told_on_the_page(page: Page, site: str, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"no backup at all")
    page.goto(f"{site}backup")
    page.get_by_label("File of the backup").set_input_files(tmp_path / "photo.jpg")
    page.get_by_role("button", name="Bring it to the box").click()
    expect(page.locator("#bring .wrong")).to_contain_text("not a backup of a Deskbell")
    expect(page.get_by_role("button", name="Bring it to the box")).to_be_enabled()
