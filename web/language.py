"""The page in the reader's language: gettext catalogues, chosen by Accept-Language.

The English text itself is the key, in templates, Python and script alike. After changing a text run

    python -m web.language

which extracts every text and brings each `web/languages/*.po` up to date; then translate what is new.
A new language is a copy of a catalogue under its own code. Nothing has to be compiled.
"""

from __future__ import annotations

import gettext
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from flask import g, request

if TYPE_CHECKING:
    from flask import Flask, Response

ROOM = Path(__file__).parent
CATALOGUES = ROOM / "languages"
METHODS = [
    ("templates/**.html", "jinja2.ext:babel_extract"),
    ("static/**.js", "javascript"),
    ("**.py", "python"),
]


def codes() -> list[str]:
    """Return the languages there are, English first: it is what the texts are written in."""
    return ["en", *sorted(path.stem for path in CATALOGUES.glob("*.po"))]


def catalogue(code: str) -> Catalog:
    """Read the catalogue of a language."""
    with (CATALOGUES / f"{code}.po").open("rb") as file:
        return read_po(file, locale=code)


@cache
def translations(code: str) -> gettext.NullTranslations:
    """Return what Python and templates translate with."""
    if code == "en":
        return gettext.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue(code))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@cache
def script_words(code: str) -> dict[str, str]:
    """Return the texts that the modules in `static/` use, each with its translation."""
    if code == "en":
        return {}
    return {
        str(message.id): str(message.string)
        for message in catalogue(code)
        if message.id and any(Path(file).suffix == ".js" for file, _ in message.locations)
    }


def chosen() -> str:
    """Return the language of the request that is being answered."""
    if "language" not in g:
        g.language = request.accept_languages.best_match(codes(), default="en")
    return str(g.language)


def translate(app: Flask) -> None:
    """Let the templates of an application speak the reader's language."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # the extension brings it
        gettext=lambda text: translations(chosen()).gettext(text),
        ngettext=lambda one, many, n: translations(chosen()).ngettext(one, many, n),
        newstyle=True,
    )
    app.jinja_env.globals.update(language=chosen, script_words=lambda: script_words(chosen()))
    app.after_request(_vary)


def _vary(response: Response) -> Response:
    if "language" in g:
        response.vary.add("Accept-Language")
    return response


def extract() -> Catalog:
    """Return every text that the room uses, with where."""
    template = Catalog(project="Deskbell", fuzzy=False)
    for file, _line, text, comments, context in extract_from_dir(ROOM, METHODS):
        template.add(text, locations=[(file, 0)], auto_comments=comments, context=context)
    return template


def main() -> None:
    """Bring every catalogue up to date with the texts in the source."""
    template = extract()
    for code in codes()[1:]:
        catalog = catalogue(code)
        template.creation_date = catalog.creation_date  # no difference where no text differs
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        with (CATALOGUES / f"{code}.po").open("wb") as file:
            write_po(file, catalog, include_lineno=False, sort_by_file=True, width=100)
        missing = [str(message.id) for message in catalog if message.id and not message.string]
        print(f"{code}: {len(catalog)} texts, {len(missing)} to translate")


if __name__ == "__main__":
    main()
