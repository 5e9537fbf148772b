"""`deskbell directory`: people, their numbers, and what is done with them."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.commands import categories, importing, sources, tabs
from appliance.commands.directory_store import (
    add_people,
    add_word,
    an_id,
    changing,
    count,
    must_be_there,
    reading,
    table,
)
from appliance.commands.grammar import DONE, Commands, add_group, author, print_json

if TYPE_CHECKING:
    import argparse
    import sqlite3

    from appliance.directory.person import Number, Person, Picture
    from appliance.directory.search import Only

_TEXTS = {
    "last": "last name",
    "first": "first name",
    "company": "company",
    "department": "department",
    "office": "office",
    "title": "title",
    "notes": "notes",
    "external-id": "their id elsewhere",
    "email": "e-mail address",
    "web": "web address",
    "xmpp": "XMPP address",
    "calendar": "calendar's address",
    "owner": "the operator whose own entry it is; '': shared",
}
_LARGEST_PICTURE = 32 << 20  # bytes of a file that is made small


def add_commands(commands: Commands) -> None:
    """Add the words."""
    group = add_group(commands, "directory", "People and their numbers.")
    _add_looking(group)
    _add_changing(group)
    _add_marking(group)
    categories.add_words(group)
    tabs.add_words(group)
    importing.add_words(group)
    sources.add_words(group)


def _add_looking(group: Commands) -> None:
    search = add_word(group, "search", "Find people by beginnings of words, and parts of numbers.", _search)
    search.add_argument("typed", nargs="*", metavar="WORD", help="(default: everybody, by the alphabet)")
    search.add_argument("--category", metavar="NAME", help="only who is in it")
    search.add_argument("--tab", metavar="NAME", help="only who is in this tab of the operator")
    search.add_argument("--source", metavar="NAME", help="only who comes from it; '': from none")
    search.add_argument("--favourite", action="store_true", help="only favourites")
    search.add_argument("--operator", metavar="NAME", help="only what this operator sees")
    search.add_argument("--limit", type=an_id, default=50, metavar="N", help="(default: %(default)s)")
    search.add_argument("--skip", type=an_id, default=0, metavar="N", help="the first so many")
    show = add_word(group, "show", "Show all that is known of a person.", _show)
    show.add_argument("person", type=an_id, metavar="ID", help="as search lists it")
    who = add_word(group, "who", "Say who calls from a number, in whatever way it is written.", _who)
    who.add_argument("number")
    who.add_argument("--operator", default="", metavar="NAME", help="whose own entries count too")


def _add_changing(group: Commands) -> None:
    adding = add_word(group, "add", "Add a person.", _add)
    editing = add_word(group, "edit", "Change what is said of a person.", _edit)
    editing.add_argument("person", type=an_id, metavar="ID", help="as search lists it")
    for word in (adding, editing):
        for name, text in _TEXTS.items():
            word.add_argument(f"--{name}", metavar="TEXT", help=text)
        text = "such as mobile=+39 347 1234567; say it again for each number: these are all"
        word.add_argument("--number", action="append", metavar="TYPE=NUMBER", help=text)
        word.add_argument("--default", type=an_id, metavar="N", help="the N-th number is the default one")
        word.add_argument("--category", action="append", metavar="NAME", help="say it again for each")
        word.add_argument("--picture", metavar="FILE", help="JPEG, PNG or another; '': none")
    add_people(add_word(group, "remove", "Remove people.", _remove))


def _add_marking(group: Commands) -> None:
    for name, done, text in (
        ("favourite", "favourite", "Make people favourites."),
        ("disable", "disabled", "Disable people: still listed, but not monitored, nor on any speed dial."),
    ):
        word = add_word(group, name, text, _mark)
        add_people(word)
        word.add_argument("--off", action="store_true", help="no longer")
        word.set_defaults(done=done)
    add_people(add_word(group, "monitor", "Watch the extensions of people.", _monitor))
    add_people(add_word(group, "unmonitor", "Watch them no longer.", _unmonitor))
    add_word(group, "monitored", "List who is to be watched, and who is not, with the reason.", _monitored)
    dial = add_word(group, "speed-dial", "List the speed dials, or put a number behind a key.", _speed_dial)
    dial.add_argument("key", nargs="?", help="the key")
    dial.add_argument("person", nargs="?", type=an_id, metavar="ID", help="(default: clear the key)")
    dial.add_argument("number", nargs="?", help="one of theirs (default: the default one)")


# --- looking


def _search(options: argparse.Namespace) -> int:
    from appliance.directory import people
    from appliance.directory.search import search

    with reading(options) as (file, keys):
        typed = " ".join(options.typed)
        found = search(file, keys, typed, _only(file, options), options.limit, options.skip)
        listed = list(people.every(file, found.ids))
    if options.json:
        print_json({"people": [_described(person) for person in listed], "more": found.more})
        return DONE
    print(table(map(_row, listed)) if listed else "nobody is found")
    if found.more:
        print("there are more: type more of the name, or use --skip")
    return DONE


def _only(file: sqlite3.Connection, options: argparse.Namespace) -> Only:
    from appliance.directory import categories, tabs
    from appliance.directory.search import Only

    tab = tabs.named(file, options.operator or author(), options.tab).id if options.tab else None
    category = categories.named(file, options.category).id if options.category else None
    return Only(options.operator, category, tab, options.source, favourite=options.favourite)


def _row(person: Person) -> tuple[str, ...]:
    marks = "*" if person.favourite else "-" if person.disabled else ""
    numbers = ", ".join(number.number for number in person.numbers)
    company = person.company if person.company != person.name else ""
    return str(person.id), marks, person.name, company, numbers


def _show(options: argparse.Namespace) -> int:
    with reading(options) as (file, _):
        person = _person(file, options.person)
    if options.json:
        print_json(_described(person))
        return DONE
    said = [(text, getattr(person, name.replace("-", "_"))) for name, text in _TEXTS.items()]
    said += [(number.type, _number(number)) for number in person.numbers]
    said += [("categories", ", ".join(person.categories)), ("source, read only here", person.source)]
    said += [("favourite", "yes" * person.favourite), ("disabled", "yes" * person.disabled)]
    said += [("picture", person.picture.type if person.picture else "")]
    print(table([("id", str(person.id)), *((what, text) for what, text in said if text)]))
    return DONE


def _number(number: Number) -> str:
    marks = ["default"] * number.default + ["monitored"] * number.monitored
    marks += [f"speed dial {number.speed_dial}"] * bool(number.speed_dial)
    return f"{number.number} ({', '.join(marks)})" if marks else number.number


def _described(person: Person) -> dict[str, Any]:
    """Return a person for programs; of the picture, what it is."""
    picture = person.picture and {"type": person.picture.type, "bytes": len(person.picture.data)}
    return asdict(replace(person, picture=None)) | {"name": person.name, "picture": picture}


def _who(options: argparse.Namespace) -> int:
    from appliance.directory.lookup import caller

    with reading(options) as (file, keys):
        found = caller(file, keys, options.number, options.operator)
    if options.json:
        print_json(found and asdict(found))
    else:
        print(f"{found.person}  {found.name}" if found else "nobody has this number")
    return DONE


def _person(file: sqlite3.Connection, id: int) -> Person:
    from appliance.directory import people

    must_be_there(file, [id])
    return next(people.every(file, [id]))


# --- changing


def _add(options: argparse.Namespace) -> int:
    from appliance.directory import people
    from appliance.directory.person import Person

    with changing(options) as (file, keys):
        (id,) = people.insert(file, keys, [_changed(Person(), options)])
        person = _person(file, id)
    return _tell(options, "added", person)


def _edit(options: argparse.Namespace) -> int:
    from appliance.directory import people

    with changing(options) as (file, keys):
        people.update(file, keys, _changed(_person(file, options.person), options))
        person = _person(file, options.person)
    return _tell(options, "changed", person)


def _tell(options: argparse.Namespace, what: str, person: Person) -> int:
    if options.json:
        print_json(_described(person))
    else:
        print(f"{what}: {'  '.join(filter(None, _row(person)))}")
    return DONE


def _changed(person: Person, options: argparse.Namespace) -> Person:
    """Return a person with what was said; what was not stays."""
    said = {name.replace("-", "_"): getattr(options, name.replace("-", "_")) for name in _TEXTS}
    changes: dict[str, Any] = {name: text for name, text in said.items() if text is not None}
    if options.number is not None:
        changes["numbers"] = tuple(_read(text, person) for text in options.number if text)
    if options.default is not None:
        numbers = changes.get("numbers", person.numbers)
        changes["numbers"] = _with_default(numbers, options.default)
    if options.category is not None:
        changes["categories"] = tuple(name for name in options.category if name)
    if options.picture is not None:
        changes["picture"] = _picture(options.picture)
    return replace(person, **changes)


def _read(text: str, person: Person) -> Number:
    """Return the number that was said; one that the person had is what it was, but for its type."""
    from appliance.directory.person import Number

    type, _, number = text.rpartition("=")
    for known in person.numbers:
        if known.number == number:
            return replace(known, type=type or known.type)
    return Number(number, type or "work")


def _with_default(numbers: tuple[Number, ...], which: int) -> tuple[Number, ...]:
    from appliance.directory.errors import Unknown

    if which > len(numbers):
        raise Unknown(f"there is no number {which} of {len(numbers)}")
    return tuple(replace(number, default=at == which) for at, number in enumerate(numbers, 1))


def _picture(name: str) -> Picture | None:
    from appliance.directory.errors import DirectoryError
    from appliance.directory.pictures import PictureError, small

    if not name:
        return None
    try:
        with Path(name).open("rb") as file:
            data = file.read(_LARGEST_PICTURE + 1)
        if len(data) > _LARGEST_PICTURE:
            raise DirectoryError(f"{name} has more than {_LARGEST_PICTURE >> 20} MiB")
        return small(data)
    except (OSError, PictureError) as error:
        raise DirectoryError(f"{name} cannot be a picture: {error}") from error


def _remove(options: argparse.Namespace) -> int:
    from appliance.directory import people

    with changing(options) as (file, _):
        must_be_there(file, options.people)
        people.delete(file, options.people)
    return _tell_people(options, "removed")


# --- marking


def _mark(options: argparse.Namespace) -> int:
    from appliance.directory import people

    on = not options.off
    with changing(options) as (file, _):
        must_be_there(file, options.people)
        people.mark(file, options.people, **{options.done: on})
    return _tell_people(options, options.done if on else f"no longer {options.done}")


def _monitor(options: argparse.Namespace) -> int:
    from appliance.directory import monitored

    with changing(options) as (file, keys):
        must_be_there(file, options.people)
        monitored.monitor(file, keys, options.people)
    return _monitored(options)


def _unmonitor(options: argparse.Namespace) -> int:
    from appliance.directory import monitored

    with changing(options) as (file, _):
        must_be_there(file, options.people)
        monitored.unmonitor(file, options.people)
    return _monitored(options)


def _monitored(options: argparse.Namespace) -> int:
    from appliance import settings
    from appliance.directory import monitored

    room = monitored.LIMIT - len(settings.load(options.settings).extensions)
    with reading(options) as (file, _):
        wanted = monitored.wanted(file, room)
    if options.json:
        print_json([asdict(one) for one in wanted])
    elif wanted:
        print(table((one.number, one.name, one.reason or "monitored") for one in wanted))
    else:
        print("nobody of the directory is monitored")
    return DONE


def _speed_dial(options: argparse.Namespace) -> int:
    from appliance.directory import people

    if options.key:
        with changing(options) as (file, _):
            if options.person:
                numbers = _person(file, options.person).numbers
                meant = [number.number for number in numbers if number.default] or [
                    number.number for number in numbers
                ]
                people.set_speed_dial(file, options.person, options.number or "".join(meant[:1]), options.key)
            else:
                people.clear_speed_dial(file, options.key)
    with reading(options) as (file, _):
        dials = people.speed_dials(file)
    if options.json:
        print_json(
            {key: {"number": number, "name": name, "id": id} for key, (number, name, id) in dials.items()}
        )
    else:
        rows = [(key, number, name) for key, (number, name, _) in dials.items()]
        print(table(rows) if rows else "no speed dials")
    return DONE


def _tell_people(options: argparse.Namespace, what: str) -> int:
    if options.json:
        print_json({what: options.people})
    else:
        print(f"{what}: {count(options.people)}")
    return DONE
