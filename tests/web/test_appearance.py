"""Pages as somebody wants them: theme and text size of their own choice, installed as an app."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from flask import render_template_string
from PIL import Image
from playwright.sync_api import expect

from appliance.store.file import connect, writing
from appliance.users import accounts
from tests.web.conftest import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from playwright.sync_api import Page

    from tests.web.conftest import SignedIn


def choose(desk_store: Path, **choice: str) -> None:
    """Keep a choice of the admin's with their account."""
    with closing(connect(desk_store)) as file, writing(file):
        accounts.change(file, replace(accounts.named(file, NAME), **choice))  # type: ignore[arg-type]


@pytest.fixture
def account(desk_store: Path) -> Iterator[Path]:
    """The store, where the admin has chosen nothing before and after."""
    yield desk_store
    choose(desk_store, language="", theme="")


@pytest.mark.browser
def test_the_theme_of_the_account_is_shown_until_another_is_chosen_here(page: Page, account: Path) -> None:
    page.emulate_media(color_scheme="light")
    shown = page.locator("html")
    choose(account, theme="dark")
    page.reload()
    expect(shown).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Dark theme").click()
    page.reload()
    expect(shown).to_have_attribute("data-theme", "light")
    choose(account, theme="")
    page.emulate_media(color_scheme="dark")
    page.reload()
    expect(shown).to_have_attribute("data-theme", "dark")
    page.emulate_media(color_scheme=None)


def test_the_language_of_the_account_goes_before_what_the_browser_asks(
    client: SignedIn, account: Path
) -> None:
    choose(account, language="tr")
    answer = client.get("/", headers={"Accept-Language": "fr"})
    assert 'lang="tr"' in answer.text
    assert "Beklemede" in answer.text


CHOOSERS = """{% from "appearance.html" import language_field, theme_field, size_field with context %}
{{ language_field("ru") }}{{ theme_field("dark") }}{{ size_field() }}"""


def test_every_language_is_offered_by_its_own_name(application: Flask) -> None:
    with application.test_request_context("/", headers={"Accept-Language": "de"}):
        offered = render_template_string(CHOOSERS)
    assert '<option value="ru" lang="ru" selected>Русский</option>' in offered
    assert '<option value="da" lang="da">Dansk</option>' in offered
    assert offered.count("<option") == 12 + 3 + 3


@pytest.mark.browser
def test_a_larger_text_makes_everything_larger(page: Page) -> None:
    size = "parseFloat(getComputedStyle(document.querySelector('h2')).fontSize)"
    before = page.evaluate(size)
    page.evaluate("localStorage.size = 'larger'")
    page.reload()
    assert page.evaluate(size) == pytest.approx(before * 1.25)


def test_the_pages_can_be_installed_as_an_app(client: SignedIn) -> None:
    answer = client.get("/static/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    manifest = json.loads(answer.text)
    assert manifest["display"] == "standalone"
    sizes = {}
    for icon in manifest["icons"]:
        answer = client.get(f"/static/{icon['src']}")
        assert answer.mimetype == icon["type"]
        if icon["type"] == "image/png":
            with Image.open(BytesIO(answer.data)) as image:
                sizes[f"{image.width}x{image.height}"] = icon["sizes"]
    assert sizes == {"192x192": "192x192", "512x512": "512x512"}
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "manifest-src 'self'" in policy
