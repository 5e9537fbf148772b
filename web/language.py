"""The pages in the reader's language: their own choice, else what their browser asks for.

`python -m web.language` brings the catalogues up to date with the texts in the source.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import flask_babel  # type: ignore[import-untyped]  # Flask-Babel has no types
from babel.core import Locale, UnknownLocaleError
from flask import g, has_request_context, request

from appliance.phrase import Phrase
from web import catalogues, figures
from web.figures import locale

if TYPE_CHECKING:
    from collections.abc import Callable

    from babel.support import NullTranslations
    from flask import Flask, Response

HOME = {"pt": "pt_PT"}  # our Portuguese is that of Portugal, Babel's that of Brazil
_REGIONAL = re.compile(r"([A-Za-z]{2,3})-([A-Za-z]{2})")
codes = catalogues.codes


class Catalogues(flask_babel.Domain):  # type: ignore[misc]  # Flask-Babel has no types
    """Flask-Babel's texts from our catalogues, which are compiled in memory."""

    def get_translations(self) -> NullTranslations:
        """Return the texts in the reader's language."""
        return catalogues.translations(locale().language)


def N_(text: str) -> str:
    """Mark a text of a module or class for translation; `translated` says it when it is shown."""
    return text


def gettext(text: str, **values: object) -> str:
    """Say a text in the reader's language, with `%(name)s` replaced by the value of that name."""
    return str(flask_babel.gettext(text, **values))


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """Say a text about `num` things: `ngettext("%(num)s call", "%(num)s calls", 3)`."""
    return str(flask_babel.ngettext(one, many, num, **values))


_ = gettext


def translated(text: str) -> str:
    """Say a text that was marked elsewhere, or a phrase, in the reader's language."""
    if isinstance(text, Phrase):
        values = {name: translated(of) if isinstance(of, str) else of for name, of in text.values.items()}
        return gettext(text.template, **values)
    return gettext(text) if text else ""  # the empty text is where a catalogue keeps its header


def language() -> str:
    """Return the reader's language, and country where it is known, as a page says it: de-AT."""
    return str(locale()).replace("_", "-")


def names() -> dict[str, str]:
    """Return the languages there are, each with its name in itself: {"fr": "Français", …}."""
    return {code: _capital(Locale(code).get_language_name()) for code in codes()}


def _capital(name: str | None) -> str:
    return (name or "")[:1].upper() + (name or "")[1:]


def best(own: str) -> Locale:
    """Return the own language of the reader, else the best of those that the browser accepts."""
    if not has_request_context():
        return Locale("en")
    g.negotiated = True
    accepted = list(request.accept_languages.values())
    asked = [own, *(tag.partition("-")[0].lower() for tag in accepted)]
    code = next((code for code in asked if code in codes()), "en")
    for tag in accepted:
        regional = _REGIONAL.fullmatch(tag)
        if regional and regional[1].lower() == code:
            try:
                return Locale.parse(f"{code}_{regional[2].upper()}")
            except UnknownLocaleError:
                continue
    return Locale.parse(HOME.get(code, code))


def translate(app: Flask, own: Callable[[], str] = str) -> None:
    """Let an application speak its reader's language; `own()` is the one they chose, or ""."""
    babel = flask_babel.Babel(app, locale_selector=lambda: best(own()), timezone_selector=figures.zone)
    babel.domain_instance = Catalogues()
    app.jinja_env.filters.update(figures.FILTERS, translated=translated)
    app.jinja_env.globals.update(
        language=language,
        languages=names,
        zone_name=figures.zone_name,
        weekdays=figures.weekdays,
        scripts=catalogues.scripts,
        script_words=lambda head: catalogues.words(locale().language, catalogues.scripts(head)),
    )
    app.after_request(_for_this_reader)


def _for_this_reader(response: Response) -> Response:
    """Let nobody else have what was said in the language of one reader."""
    if "negotiated" in g:
        response.vary.add("Accept-Language")
        response.headers.setdefault("Cache-Control", "no-store")
    return response


if __name__ == "__main__":
    catalogues.update()
