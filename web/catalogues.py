"""Every text of Deskbell and its translations: gettext catalogues that nobody has to compile.

The English text itself is the key, in templates, Python and script alike. After changing a text run

    python -m web.language

which extracts every text and brings each `web/languages/*.po` up to date; then translate what is new, as
`web/languages/GLOSSARY.md` says. A new language is a copy of a catalogue under its own code.
"""

from __future__ import annotations

import re
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from babel.support import NullTranslations, Translations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from babel.messages.catalog import Message

ROOM = Path(__file__).parent
CATALOGUES = ROOM / "languages"
SCRIPTS = ROOM / "static"
PAGES = [
    ("templates/**.html", "jinja2.ext:babel_extract"),
    ("static/**.js", "javascript"),
    ("**.py", "python"),
]
TEMPLATES = {"templates/**.html": {"silent": "false"}}  # a template with an error is not passed over

# What the other rooms have for people: phrases, and the explanation of each option (its second argument).
ELSEWHERE = {"N_": None, "phrase": (1,), "option": (2,)}

_SCRIPT = re.compile(r"/static/(?:[0-9a-f]+/)?([\w-]+)\.js")
_IMPORT = re.compile(r'^(?:import|export|\}) ?[^"]*"\./([\w-]+)\.js"', re.MULTILINE)

Forms = str | tuple[str, ...]  # a translation, or one for each plural form


@cache
def codes() -> tuple[str, ...]:
    """Return the languages there are, English first: it is what the texts are written in."""
    return ("en", *sorted(path.stem for path in CATALOGUES.glob("*.po")))


def catalogue(code: str) -> Catalog:
    """Read the catalogue of a language."""
    with (CATALOGUES / f"{code}.po").open("rb") as file:
        return read_po(file, locale=code)


@cache
def translations(code: str) -> NullTranslations:
    """Return what Python and templates translate with."""
    if code == "en":
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue(code))
    compiled.seek(0)
    return Translations(compiled)


def scripts(head: str) -> list[str]:
    """Return the names of the modules that a page loads: those in its head, and what they import."""
    known: dict[str, None] = {}
    asked = _SCRIPT.findall(head)
    while asked:
        name = asked.pop()
        if name not in known:
            known[name] = None
            asked += _imports(name)
    return sorted(known)


@cache
def _imports(module: str) -> list[str]:
    return _IMPORT.findall((SCRIPTS / f"{module}.js").read_text())


def words(code: str, modules: Iterable[str]) -> dict[str, Forms]:
    """Return the texts of these modules, each with its translation; a plural goes by its English singular."""
    every = _script_words(code)
    return {text: forms for module in modules for text, forms in every.get(module, {}).items()}


@cache
def _script_words(code: str) -> dict[str, dict[str, Forms]]:
    found: dict[str, dict[str, Forms]] = {}
    for message in catalogue(code) if code != "en" else ():
        for file, _line in message.locations:
            if file.endswith(".js") and message.id and not missing(message):
                text = message.id if isinstance(message.id, str) else message.id[0]
                found.setdefault(Path(file).stem, {})[text] = said(message)
    return found


def extract() -> Catalog:
    """Return every text that is shown to people, with where."""
    template = Catalog(project="Deskbell", fuzzy=False)
    for file, _line, text, comments, context in extract_from_dir(ROOM, PAGES, options_map=TEMPLATES):
        template.add(text, locations=[(file, 0)], auto_comments=comments, context=context)
    appliance = ROOM.parent / "appliance"
    for file, _line, text, comments, context in extract_from_dir(
        appliance, [("**.py", "python")], keywords=ELSEWHERE
    ):
        template.add(text, locations=[(f"appliance/{file}", 0)], auto_comments=comments, context=context)
    return template


def said(message: Message) -> Forms:
    """Return the translation of a message."""
    return str(message.string or "") if isinstance(message.id, str) else tuple(message.string or ())


def missing(message: Message) -> bool:
    """Say whether a message has no translation yet, or lacks one of its plural forms."""
    forms = said(message)
    return bool(message.id) and not (all(forms) if isinstance(forms, tuple) else forms)


def update() -> None:
    """Bring every catalogue up to date with the texts in the source."""
    template = extract()
    for code in codes()[1:]:
        catalog = catalogue(code)
        template.creation_date = catalog.creation_date  # no difference where no text differs
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        with (CATALOGUES / f"{code}.po").open("wb") as file:
            write_po(file, catalog, include_lineno=False, sort_by_file=True, width=100)
        print(f"{code}: {len(catalog)} texts, {sum(map(missing, catalog))} to translate")
