"""`deskbell box update`, `slots` and `healthy`: the two systems on the card, and their updates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from appliance.commands.grammar import (
    DONE,
    FAULT,
    REFUSED,
    USAGE,
    Commands,
    add,
    add_json,
    add_settings_path,
    print_json,
    say,
)

if TYPE_CHECKING:
    import argparse

    from appliance.box.update import Place


def add_words(words: Commands) -> None:
    """Add the words to those of `deskbell box`."""
    update = add(words, "update", "Install an update, and restart the box when no call is there.", _update)
    update.add_argument("file", type=Path, nargs="?", help="deskbell-VERSION.raucb")
    update.add_argument("--allow-older", action="store_true", help="also one that is older than what runs")
    update.add_argument("--requested", action="store_true", help="the one that the page asks for")
    add_settings_path(update)
    add_json(add(words, "slots", "Show which versions are on the card, and which one runs.", _slots))
    healthy = add(
        words, "healthy", "See whether an update works; if not, return to what ran before.", _healthy
    )
    add_settings_path(healthy)


def _place(options: argparse.Namespace) -> Place:
    from appliance.backup.box import box
    from appliance.box.system import System
    from appliance.box.update import Place

    return Place(System(), box(options.settings).store, options.socket)


def _update(options: argparse.Namespace) -> int:
    from appliance.box import update
    from appliance.box.update_bundle import UpdateError

    if (options.file is None) != options.requested:
        return say("name a file, or --requested", USAGE)
    place = _place(options)
    try:
        if options.requested:
            update.carry_out(place)
        else:
            update.say(update.run(place, options.file.absolute(), options.allow_older))
    except UpdateError as error:
        return say(str(error), REFUSED)
    return DONE


def _slots(options: argparse.Namespace) -> int:
    from dataclasses import asdict

    from appliance.box import slots
    from appliance.box.system import System

    try:
        found = slots.listed(System())
    except OSError as error:
        return say(f"the card cannot be read: {error}", FAULT)
    if options.json:
        print_json([asdict(slot) for slot in found])
        return DONE
    for slot in found:
        words = [slot.version or "empty", f"{slot.tries} tries left"]
        words += ["runs"] * slot.runs + ["was healthy last"] * slot.good
        print(f"{slot.name}: {', '.join(words)}")
    if not found:
        print("this box has one system, that is updated as its distribution is")
    return DONE


def _healthy(options: argparse.Namespace) -> int:
    from appliance import settings
    from appliance.box import healthy

    page = settings.load_or_default(options.settings).page
    try:
        return DONE if healthy.run(healthy.Trial(_place(options), page)) else REFUSED
    except OSError as error:
        return say(f"the card cannot be read or written: {error}", FAULT)
