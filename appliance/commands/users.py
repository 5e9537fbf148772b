"""`deskbell users`: who may use the pages. What each does is in the audit log."""

from __future__ import annotations

import getpass
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from appliance import settings
from appliance.commands.grammar import (
    DONE,
    REFUSED,
    Commands,
    add,
    add_group,
    add_json,
    add_settings_path,
    author,
    print_json,
    say,
)
from appliance.commands.store import opened
from appliance.store.file import StoreError, writing

if TYPE_CHECKING:
    import argparse

    from appliance.commands.grammar import Run


def add_commands(commands: Commands) -> None:
    """Add the words."""
    group = add_group(commands, "users", "Who may sign in on the pages.")
    listing = add(group, "list", "List them.", _safely(_list))
    add_json(listing)
    asked = "; the password is asked for, or read from standard input as one line"
    adding = add(group, "add", f"Add a user{asked}.", _safely(_add))
    adding.add_argument("--admin", action="store_true", help="who may change everything (default: operator)")
    adding.add_argument("--language", default="", help="such as de (default: the browser's)")
    setting = add(group, "password", f"Give a user another password{asked}.", _safely(_password))
    removing = add(group, "remove", "Remove a user; the last admin stays.", _safely(_remove))
    for word in (adding, setting, removing):
        word.add_argument("name", help="which they sign in with")
    for word in (listing, adding, setting, removing):
        add_settings_path(word)


def _safely(run: Run) -> Run:
    """Return a command that says why not."""

    def safe(options: argparse.Namespace) -> int:
        from appliance.users.errors import UserError

        try:
            return run(options)
        except (UserError, StoreError) as error:
            return say(str(error), REFUSED)

    return safe


def _list(options: argparse.Namespace) -> int:
    from appliance.users import accounts

    with opened(settings.load_or_default(options.settings)) as file:
        users = accounts.every(file)
    if options.json:
        print_json([asdict(user) for user in users])
    else:
        print("\n".join(f"{user.name}  {user.role}" for user in users) or "there are no users yet")
    return DONE


def _add(options: argparse.Namespace) -> int:
    from appliance.users import accounts, audit

    role: accounts.Role = "admin" if options.admin else "operator"
    with opened(settings.load_or_default(options.settings)) as file:
        password = asked()
        with writing(file):
            accounts.add(file, options.name, password, role, options.language)
            audit.write(file, time.time(), author(), "user added", {"name": options.name, "role": role})
    print(f"{options.name} may sign in, as {role}")
    return DONE


def _password(options: argparse.Namespace) -> int:
    from appliance.users import accounts, audit

    with opened(settings.load_or_default(options.settings)) as file:
        user = accounts.named(file, options.name)
        password = asked()
        with writing(file):
            accounts.set_password(file, user.id, password)
            audit.write(file, time.time(), author(), "password reset", {"name": user.name})
    print(f"{user.name} has another password; who was signed in with the old one is no more")
    return DONE


def _remove(options: argparse.Namespace) -> int:
    from appliance.users import accounts, audit

    with opened(settings.load_or_default(options.settings)) as file, writing(file):
        user = accounts.named(file, options.name)
        accounts.remove(file, user.id)
        audit.write(file, time.time(), author(), "user removed", {"name": user.name})
    print(f"{user.name} is removed")
    return DONE


def asked() -> str:
    """Ask for a password twice, unseen; a program writes it into standard input, as one line."""
    from appliance.users.errors import UserError

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise UserError("the two are not the same")
    return password
