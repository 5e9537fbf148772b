"""Every text in eleven languages, numbers and times in the reader's way, and room for the longest of them."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from appliance.phrase import phrase
from appliance.settings import Settings
from tests.web import states, walk
from tests.web.test_axe import PAGES, look
from web import access, catalogues, figures, language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Message
    from flask import Flask
    from playwright.sync_api import Browser, Page

    from tests.web.conftest import SignedIn

ELEVEN = {"en", "fr", "es", "de", "it", "nl", "da", "pt", "pl", "tr", "ru"}
OTHERS = sorted(ELEVEN - {"en"})
PLURALS = {"pl": 3, "ru": 3, "tr": 1}  # forms; the others have two
PLACE = re.compile(r"%(?:\(\w+\))?[a-z%]")


def texts(message: Message) -> list[str]:
    """Return what a message says in each of its forms."""
    return list(message.string) if isinstance(message.string, tuple) else [str(message.string)]


# --- the catalogues


def test_there_are_eleven_languages_each_known_by_its_own_name() -> None:
    assert set(catalogues.codes()) == ELEVEN
    names = language.names()
    assert (names["fr"], names["ru"], names["tr"]) == ("Français", "Русский", "Türkçe")


@pytest.fixture(scope="module")
def used() -> dict[object, Message]:
    """Every text in templates, scripts, Python and the explanations of options, by its English."""
    return {message.id: message for message in catalogues.extract() if message.id}


@pytest.mark.parametrize("code", OTHERS)
def test_no_message_is_missing_and_none_is_left_over(code: str, used: dict[object, Message]) -> None:
    """Run `python -m web.language` after changing a text, then translate what is new."""
    known = {message.id: message for message in catalogues.catalogue(code) if message.id}
    assert known.keys() - used.keys() == set()
    assert used.keys() - known.keys() == set()
    assert [message.id for message in known.values() if catalogues.missing(message)] == []
    assert [message.id for message in known.values() if message.fuzzy] == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_keeps_every_place_for_a_value(code: str) -> None:
    for message in catalogues.catalogue(code):
        english = [message.id] if isinstance(message.id, str) else [*message.id]
        wanted = sorted(PLACE.findall(english[-1]))
        for text in filter(None, texts(message)):
            assert sorted(PLACE.findall(text)) == wanted, message.id


@pytest.mark.parametrize("code", OTHERS)
def test_a_plural_has_as_many_forms_as_the_language(code: str) -> None:
    plural = [message for message in catalogues.catalogue(code) if message.id and message.pluralizable]
    assert plural
    for message in plural:
        assert len(texts(message)) == PLURALS.get(code, 2), message.id


def test_what_every_option_is_for_can_be_translated(used: dict[object, Message]) -> None:
    explained = set()
    for section in dataclasses.fields(Settings):
        options: Any = getattr(Settings(), section.name)
        if dataclasses.is_dataclass(options):
            explained |= {option.metadata["text"] for option in dataclasses.fields(options)}
    assert len(explained) > 100
    assert explained - used.keys() == set()


def test_a_page_carries_the_words_of_its_scripts_alone() -> None:
    modules = catalogues.scripts('<script type="module" src="/static/0123456789ab/calls.js"></script>')
    assert {"calls", "ask", "words"} <= set(modules)
    assert "messages" not in modules
    words = catalogues.words("de", modules)
    assert words["Call from %(who)s"] == "Anruf von %(who)s"
    assert "Message from %(who)s" not in words, "another module has it"
    assert "Shortcuts are on" not in words, "a template has it"
    assert catalogues.words("en", modules) == {}


# --- the reader


@pytest.mark.parametrize(
    ("accepted", "spoken"),
    [
        ("pt-BR, en;q=0.5", "pt-BR"),
        ("pt", "pt-PT"),
        ("de-AT", "de-AT"),
        ("en-GB, de;q=0.9", "en-GB"),
        ("fi, sv;q=0.8, da;q=0.3, en;q=0.1", "da"),
        ("de-XX", "de"),
        ("fi, *;q=0.1", "en"),
        ("fr;q=0, it", "it"),
        ("", "en"),
        ("\x00;;;=,q, de_de@@--", "en"),
    ],
)
def test_the_first_guess_is_the_best_that_the_browser_accepts(
    application: Flask, accepted: str, spoken: str
) -> None:
    with application.test_request_context("/login", headers={"Accept-Language": accepted}):
        assert language.language() == spoken


def test_a_page_says_that_it_depends_on_the_reader(client: SignedIn) -> None:
    answer = client.get("/", headers={"Accept-Language": "fr-CH"})
    assert 'lang="fr-CH" dir="ltr"' in answer.text
    assert "Ne pas déranger" in answer.text
    assert "Accept-Language" in answer.headers["Vary"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_a_user_chose_goes_before_what_the_browser_asks(lively: walk.Desk, application: Flask) -> None:
    with application.test_request_context("/", headers={"Accept-Language": "fr-FR, pl-PL;q=0.5"}):
        assert str(language.best("pl")) == "pl_PL"
        assert str(language.best("xx")) == "fr_FR"


NOON = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("accepted", "number", "share", "size", "day", "ago", "first"),
    [
        ("en-US", "1,234.5", "25%", "1.5 MB", "Mar 1, 2026", "3 minutes ago", "Sunday"),
        ("de-DE", "1.234,5", "25 %", "1,5 MB", "01.03.2026", "vor 3 Minuten", "Montag"),
        ("fr-FR", "1 234,5", "25 %", "1,5 Mo", "1 mars 2026", "il y a 3 minutes", "lundi"),
        ("pl-PL", "1 234,5", "25%", "1,5 MB", "1 mar 2026", "3 minuty temu", "poniedziałek"),
    ],
)
def test_numbers_dates_and_times_are_written_in_the_readers_way(
    application: Flask,
    accepted: str,
    number: str,
    share: str,
    size: str,
    day: str,
    ago: str,
    first: str,
) -> None:
    with application.test_request_context("/", headers={"Accept-Language": accepted}):
        assert re.sub("[\xa0\u202f]", " ", figures.number(1234.5)) == number
        assert re.sub("[\xa0\u202f]", " ", figures.percent(0.25)) == share
        assert re.sub("[\xa0\u202f]", " ", figures.size(1_500_000)) == size
        assert figures.date(NOON) == day
        assert figures.relative(NOON, NOON.timestamp() + 180) == ago
        assert figures.weekday(figures.weekdays()[0]) == first
        assert figures.duration(3723) == "1:02:03"


def test_a_phrase_is_said_in_the_readers_language(application: Flask) -> None:
    with application.test_request_context("/", headers={"Accept-Language": "de"}):
        assert language.translated(phrase("Call from %(who)s", who="100 %")) == "Anruf von 100 %"
        assert language.translated("Hold") == "Halten"
        assert language.translated("") == ""
        assert language.ngettext("You and %(num)s other", "You and %(num)s others", 3) == "Sie und 3 andere"


# --- the room that a text takes


def longest() -> str:
    """Return the language that takes the most letters."""
    return max(OTHERS, key=lambda code: sum(len(texts(message)[0]) for message in catalogues.catalogue(code)))


@pytest.fixture(scope="module")
def tab(browser: Browser, lively: walk.Desk) -> Iterator[Page]:
    """A tab of who is signed in at the lively desk."""
    context = browser.new_context(reduced_motion="reduce")
    context.add_cookies([{"name": access.COOKIE, "value": lively.token, "url": lively.site}])
    yield context.new_page()
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("endpoint", PAGES)
def test_no_page_overflows_in_the_longest_language(tab: Page, lively: walk.Desk, endpoint: str) -> None:
    """At 320 px, which is also 1280 at 400 % zoom, nothing but a table has to be scrolled sideways."""
    lively.daemon.show(walk.life())
    for code in (longest(), "en"):
        tab.set_extra_http_headers({"Accept-Language": code})
        if not walk.visit(tab, lively, endpoint):
            return
        assert tab.evaluate("document.documentElement.lang").startswith(code)
        tab.evaluate("document.querySelectorAll('main details').forEach((e) => e.open = true)")
        if code == "en":
            look(tab, "longer")
        for width in (1440, 390, 320):
            tab.set_viewport_size({"width": width, "height": 844})
            assert look(tab, "wide") == [], (code, width)


@pytest.mark.browser
@pytest.mark.parametrize("code", OTHERS)
def test_the_words_on_the_desk_fit_into_its_buttons(tab: Page, lively: walk.Desk, code: str) -> None:
    lively.daemon.show(walk.life())
    tab.set_extra_http_headers({"Accept-Language": code})
    walk.visit(tab, lively, "desk.start")
    expect(tab.locator("body[data-link=live]")).to_be_visible()
    for width in (1440, 390, 320):
        tab.set_viewport_size({"width": width, "height": 844})
        assert look(tab, "tight") == [], width


@pytest.mark.browser
def test_scripts_speak_the_readers_language_too(tab: Page, lively: walk.Desk) -> None:
    lively.daemon.show(states.conference())
    tab.set_extra_http_headers({"Accept-Language": "pl-PL"})
    walk.visit(tab, lively, "desk.start")
    said = tab.evaluate(
        """async () => {
            const main = document.querySelector("script[src*='main.js']").src;
            const { moment, ngettext, number } = await import(main.replace("main", "words"));
            const talk = (others) => ngettext("You and %(num)s other", "You and %(num)s others", others);
            return [talk(1), talk(3), talk(5), number(1234567.5), moment(0, { dateStyle: "medium" })];
        }"""
    )
    assert said == [
        "Rozmowa z 1 osobą",
        "Rozmowa z 3 osobami",
        "Rozmowa z 5 osobami",
        "1\xa0234\xa0567,5",
        "1 sty 1970",
    ]
