"""`deskbell directory tab`: an operator's own directories."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from appliance.commands.directory_store import add_people, add_word, changing, must_be_there, reading
from appliance.commands.grammar import DONE, Commands, add_group, author, print_json

if TYPE_CHECKING:
    import argparse

VIEWS = ("tree", "list", "table")


def add_words(group: Commands) -> None:
    """Add the words to `deskbell directory`."""
    words = add_group(group, "tab", "An operator's own directories.")
    listing = add_word(words, "list", "List them in their order.", _list)
    adding = add_word(words, "add", "Add one.", _add)
    changing = add_word(words, "change", "Change one.", _change)
    putting = add_word(words, "put", "Put people into one.", _put)
    taking = add_word(words, "take-out", "Take people out of one.", _take_out)
    removing = add_word(words, "remove", "Remove one; who was in it stays in the directory.", _remove)
    for word in (adding, changing, putting, taking, removing):
        word.add_argument("name")
    ordering = add_word(words, "order", "Put them in this order.", _order)
    ordering.add_argument("names", nargs="+", metavar="NAME", help="the first ones; the others follow")
    adding.add_argument("--view", choices=VIEWS, default="list", help="(default: %(default)s)")
    adding.add_argument("--private", action="store_true", help="no other operator sees it")
    changing.add_argument("--view", choices=VIEWS)
    changing.add_argument("--rename", metavar="NAME", help="its new name")
    seen = changing.add_mutually_exclusive_group()
    seen.add_argument("--private", action="store_true", help="no other operator sees it")
    seen.add_argument("--open", action="store_true", help="other operators see it")
    add_people(putting)
    add_people(taking)
    for word in (listing, adding, changing, putting, taking, removing, ordering):
        word.add_argument("--operator", default=author(), metavar="NAME", help="(default: %(default)s)")


def _list(options: argparse.Namespace) -> int:
    from appliance.directory import tabs

    with reading(options) as (file, _):
        own, others = tabs.of(file, options.operator), tabs.of_others(file, options.operator)
    if options.json:
        print_json([asdict(tab) for tab in (*own, *others)])
        return DONE
    lines = [f"{tab.name}: {tab.view}{', private' * tab.private}" for tab in own]
    lines += [f"{tab.name} (of {tab.operator}): {tab.view}" for tab in others]
    print("\n".join(lines) or f"{options.operator} has no tabs")
    return DONE


def _add(options: argparse.Namespace) -> int:
    from appliance.directory import tabs

    with changing(options) as (file, _):
        tabs.create(file, options.operator, options.name, options.view, private=options.private)
    return _list(options)


def _change(options: argparse.Namespace) -> int:
    from appliance.directory import tabs

    with changing(options) as (file, _):
        tab = tabs.named(file, options.operator, options.name)
        private = options.private or (tab.private and not options.open)
        name, view = options.rename or tab.name, options.view or tab.view
        tabs.change(file, replace(tab, name=name, view=view, private=private))
    return _list(options)


def _put(options: argparse.Namespace) -> int:
    from appliance.directory import tabs

    with changing(options) as (file, _):
        must_be_there(file, options.people)
        tab = tabs.named(file, options.operator, options.name)
        tabs.put(file, options.operator, tab.id, options.people)
    return _list(options)


def _take_out(options: argparse.Namespace) -> int:
    from appliance.directory import tabs

    with changing(options) as (file, _):
        tab = tabs.named(file, options.operator, options.name)
        tabs.take_out(file, options.operator, tab.id, options.people)
    return _list(options)


def _remove(options: argparse.Namespace) -> int:
    from appliance.directory import tabs

    with changing(options) as (file, _):
        tabs.delete(file, options.operator, tabs.named(file, options.operator, options.name).id)
    return _list(options)


def _order(options: argparse.Namespace) -> int:
    from appliance.directory import tabs

    with changing(options) as (file, _):
        ids = [tabs.named(file, options.operator, name).id for name in options.names]
        tabs.order(file, options.operator, ids)
    return _list(options)
