"""`deskbell directory category`: categories of people, and the rights of operators in them."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from appliance.commands.directory_store import add_people, add_word, changing, must_be_there, reading
from appliance.commands.grammar import DONE, Commands, add_group, print_json

if TYPE_CHECKING:
    import argparse

    from appliance.directory.categories import Category


def add_words(group: Commands) -> None:
    """Add the words to `deskbell directory`."""
    words = add_group(group, "category", "Categories of people, and the rights of operators in them.")
    add_word(words, "list", "List them.", _list)
    adding = add_word(words, "add", "Add one.", _add)
    adding.add_argument("--private", action="store_true", help="only its members see it")
    changing = add_word(words, "change", "Change one.", _change)
    changing.add_argument("--rename", metavar="NAME", help="its new name")
    seen = changing.add_mutually_exclusive_group()
    seen.add_argument("--public", action="store_true", help="every operator sees it")
    seen.add_argument("--private", action="store_true", help="only its members see it")
    member = add_word(words, "member", "Make an operator a member, with these rights.", _member)
    putting = add_word(words, "put", "Put people into one.", _put)
    taking = add_word(words, "take-out", "Take people out of one.", _take_out)
    removing = add_word(words, "remove", "Remove one; who was in it stays.", _remove)
    for word in (adding, changing, member, putting, taking, removing):
        word.add_argument("name")
    member.add_argument("operator")
    member.add_argument("--edits-people", action="store_true", help="may edit the people in it")
    member.add_argument("--edits-category", action="store_true", help="may edit the category")
    member.add_argument("--off", action="store_true", help="no longer a member")
    add_people(putting)
    add_people(taking)


def _list(options: argparse.Namespace) -> int:
    from appliance.directory import categories

    with reading(options) as (file, _):
        found = categories.every(file)
    if options.json:
        print_json([asdict(category) for category in found])
    else:
        print("\n".join(map(_line, found)) or "no categories")
    return DONE


def _line(category: Category) -> str:
    members = [
        " ".join(
            [member.operator, *["+people"] * member.edits_people, *["+category"] * member.edits_category]
        )
        for member in category.members
    ]
    return ", ".join([f"{category.name}: {'public' if category.public else 'private'}", *members])


def _add(options: argparse.Namespace) -> int:
    from appliance.directory import categories

    with changing(options) as (file, _):
        categories.keep(file, categories.Category(options.name, public=not options.private))
    return _list(options)


def _change(options: argparse.Namespace) -> int:
    from appliance.directory import categories

    with changing(options) as (file, _):
        category = categories.named(file, options.name)
        public = options.public or (category.public and not options.private)
        categories.keep(file, replace(category, name=options.rename or category.name, public=public))
    return _list(options)


def _member(options: argparse.Namespace) -> int:
    from appliance.directory import categories

    member = categories.Member(options.operator, options.edits_people, options.edits_category)
    with changing(options) as (file, _):
        category = categories.named(file, options.name)
        others = tuple(one for one in category.members if one.operator != options.operator)
        categories.keep(file, replace(category, members=others if options.off else (*others, member)))
    return _list(options)


def _put(options: argparse.Namespace) -> int:
    from appliance.directory import categories

    with changing(options) as (file, _):
        must_be_there(file, options.people)
        categories.add(file, categories.named(file, options.name).id, options.people)
    return _list(options)


def _take_out(options: argparse.Namespace) -> int:
    from appliance.directory import categories

    with changing(options) as (file, _):
        must_be_there(file, options.people)
        categories.take_out(file, categories.named(file, options.name).id, options.people)
    return _list(options)


def _remove(options: argparse.Namespace) -> int:
    from appliance.directory import categories

    with changing(options) as (file, _):
        categories.remove(file, categories.named(file, options.name).id)
    return _list(options)
