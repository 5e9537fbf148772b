"""What Deskbell is, under which licence, and what of others is in it."""

from __future__ import annotations

import re
from importlib.metadata import requires
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.control.document import VERSION
from web import components

if TYPE_CHECKING:
    from tests.web.conftest import SignedIn


def test_the_version_and_the_licence_are_told(client: SignedIn) -> None:
    shown = client.get("/about").text
    assert VERSION in shown
    assert "GPL-3.0-or-later" in shown
    assert "gives you its source on demand" in shown


def test_everything_that_runs_on_a_box_is_listed_with_version_and_licence() -> None:
    listed = {one.name.lower().replace("_", "-"): one for one in components.components()}
    needed = [one for one in requires("deskbell") or () if "extra" not in one or 'extra == "web"' in one]
    names = {re.split(r"[^A-Za-z0-9._-]", one)[0].lower().replace("_", "-") for one in needed}
    assert names - {"lgpio"} <= set(listed), "lgpio is for some Pythons only"
    assert {"werkzeug", "jinja2"} <= set(listed), "with what those need"
    assert "pytest" not in listed
    assert all(one.version for one in listed.values() if one.key not in ("", "pjsua2"))
    assert all(one.licence or one.texts for one in listed.values())


@pytest.mark.exchange
def test_what_the_telephone_is_made_of_is_listed_with_its_texts() -> None:
    brought = {one.name: one for one in components.components() if one.key == "pjsua2"}
    assert set(brought) == {name for name, _ in components.BROUGHT.values()}
    assert all(one.texts for one in brought.values())
    assert brought["PJSIP"].version.startswith("2.")


def test_every_text_that_is_linked_can_be_read(client: SignedIn) -> None:
    links = re.findall(r'href="(/about/[^"]+)"', client.get("/about").text)
    assert len(links) > 20
    for link in links:
        assert client.get(link).status_code == 200, link
    own = components.ours()
    assert "GNU GENERAL PUBLIC LICENSE" in (components.text(own.key, own.texts[0]) or "")


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("flask", "METADATA"),
        ("flask", "../../../etc/passwd"),
        ("pytest", "LICENSE"),
        ("no-such", "LICENSE"),
        ("deskbell", "RECORD"),
        ("", ""),
    ],
)
def test_nothing_else_is_read(client: SignedIn, key: str, name: str) -> None:
    assert components.text(key, name) is None
    assert client.get(f"/about/{key}/{name}").status_code in (404, 405)


@settings(deadline=None, max_examples=30)
@given(st.text(), st.text())
def test_whatever_is_asked_for_nothing_breaks(key: str, name: str) -> None:
    assert components.text(key, name) is None
