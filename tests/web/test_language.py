"""Every text of the page can be translated, and German is complete."""

from __future__ import annotations

import re

import pytest

from web import catalogues


@pytest.mark.parametrize("code", catalogues.codes()[1:])
def test_a_language_has_every_text_and_no_others(code: str) -> None:
    """Run `python -m web.language` after changing a text, then translate what is new."""
    used = {str(message.id) for message in catalogues.extract() if message.id}
    translated = {
        str(message.id) for message in catalogues.catalogue(code) if message.string and not message.fuzzy
    }
    assert translated - {""} == used


@pytest.mark.parametrize("code", catalogues.codes()[1:])
def test_a_translation_keeps_every_place_for_a_value(code: str) -> None:
    for message in catalogues.catalogue(code):
        places = re.findall(r"%\(\w+\)s", str(message.id))
        assert sorted(re.findall(r"%\(\w+\)s", str(message.string))) == sorted(places), message.id


def test_a_page_carries_the_words_of_its_scripts_alone() -> None:
    modules = catalogues.scripts('<script type="module" src="/static/calls.js?v=1"></script>')
    assert {"calls", "ask", "words"} <= set(modules)
    assert "messages" not in modules
    words = catalogues.words("de", modules)
    assert words["Call from %(who)s"] == "Anruf von %(who)s"
    assert "Message from %(who)s" not in words, "another module has it"
    assert "Shortcuts are on" not in words, "a template has it"
