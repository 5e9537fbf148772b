"""How the box is connected, and where its pages listen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from appliance.checks.network import Network, addresses, host_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.web.conftest import SignedIn

LISTENS = {
    "page.address": "127.0.0.1",
    "page.port": "8080",
    "page.https_port": "0",
    "page.names": "desk.example",
}


@pytest.fixture
def unchanged(settings_path: Path) -> Iterator[None]:
    """The settings are as they were when the test is over."""
    before = settings_path.read_bytes()
    yield
    settings_path.write_bytes(before)


def test_what_the_system_tells_is_shown(client: SignedIn) -> None:
    shown = client.get("/network").text
    assert host_name() in shown
    assert all(address in shown for address in addresses(Network().interfaces()))
    assert "127.0.0.1:5060, UDP" in shown
    assert "Addresses are not changed here" in shown


@pytest.mark.usefixtures("unchanged")
def test_where_the_pages_listen_is_saved(client: SignedIn, settings_path: Path) -> None:
    said = client.post(
        "/network", data=LISTENS | {"page.names": "desk.example\nfoyer.example", "page.port": "8090"}
    )
    assert said.status_code == 303, said.text
    text = settings_path.read_text()
    assert "foyer.example" in text
    assert "port = 8090" in text
    assert text.startswith("# The reception in the hall.")


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("page.address", "somewhere"),
        ("page.port", "0"),
        ("page.port", "http"),
        ("page.https_port", "70000"),
        ("page.names", "two words"),
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_what_cannot_be_is_told_beside_its_field_and_nothing_is_saved(
    client: SignedIn, settings_path: Path, name: str, typed: str
) -> None:
    before = settings_path.read_text()
    said = client.post("/network", data=LISTENS | {name: typed})
    assert (said.status_code, f'id="{name}-error"' in said.text) == (422, True)
    assert settings_path.read_text() == before


@pytest.mark.browser
def test_a_person_reads_the_address_to_type_into_a_browser(page: Page, site: str) -> None:
    page.goto(f"{site}network")
    expect(page.get_by_role("heading", level=1)).to_have_text("Network")
    table = page.get_by_role("table")
    for address in addresses(Network().interfaces()):
        expect(table).to_contain_text(address)
