"""Every text of the page can be translated, and German is complete."""

from __future__ import annotations

import re

import pytest

from web import language


@pytest.mark.parametrize("code", language.codes()[1:])
def test_a_language_has_every_text_and_no_others(code: str) -> None:
    """Run `python -m web.language` after changing a text, then translate what is new."""
    used = {str(message.id) for message in language.extract() if message.id}
    translated = {
        str(message.id) for message in language.catalogue(code) if message.string and not message.fuzzy
    }
    assert translated - {""} == used


@pytest.mark.parametrize("code", language.codes()[1:])
def test_a_translation_keeps_every_place_for_a_value(code: str) -> None:
    for message in language.catalogue(code):
        places = re.findall(r"%\(\w+\)s", str(message.id))
        assert sorted(re.findall(r"%\(\w+\)s", str(message.string))) == sorted(places), message.id


def test_the_script_gets_the_words_that_it_uses() -> None:
    words = language.script_words("de")
    assert words["Call from %(who)s"] == "Anruf von %(who)s"
    assert "Shortcuts are on" not in words
