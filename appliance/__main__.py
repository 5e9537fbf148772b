"""The `deskbell` command: runs the desk, and steers one that runs."""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import logging
import os
import sys
from dataclasses import MISSING, fields
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance import report, settings
from appliance.commands.completion import SHELLS, Completion
from appliance.commands.grammar import (
    DONE,
    EXIT_CODES,
    FAULT,
    NO_DESK,
    REFUSED,
    WRONG_SETTINGS,
    Commands,
    add,
    add_json,
    add_settings_path,
    print_json,
    say,
)
from appliance.control.client import Client
from appliance.control.document import VERSION
from appliance.control.protocol import ControlError, Refused, SetLevels
from appliance.desk.words import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from appliance.commands.grammar import Run
    from appliance.desk import events

MODULES = {
    "code": "code",
    "line": "line",
    "settings": "settings",
    "directory": "directory",
    "blacklist": "blacklist",
    "screening": "screening",
    "hours": "screening",
    "holidays": "screening",
    "backup": "backup",
    "factory-reset": "backup",
    "box": "box",
    "bundle": "bundle",
    "history": "history",
    "stats": "stats",
    "users": "users",
}
"""The commands that have modules of their own, in `appliance.commands`."""


def main(words: Sequence[str] | None = None) -> int:
    """Carry out one command line; return its exit code."""
    words = sys.argv[1:] if words is None else words
    options = parser(_command(words)).parse_args(words)
    logging.basicConfig(level=logging.ERROR, format="%(message)s")  # `run` has more to tell
    try:
        return int(options.run(options))
    except Refused as error:
        return say(f"refused: {error}", REFUSED)
    except ControlError as error:
        return say(str(error), NO_DESK)
    except settings.SettingsError as error:
        return say(str(error), WRONG_SETTINGS)
    except BrokenPipeError:  # the reader of our output has gone: `deskbell watch | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return DONE


def _command(words: Sequence[str]) -> str:
    """Return which command is meant, "" where that is not plain."""
    after_socket = words[2:] if words[:1] == ["--socket"] else words
    return after_socket[0] if after_socket else ""


def parser(command: str = "") -> argparse.ArgumentParser:
    """Return the command line's grammar.

    For what a box waits for when it starts, or starts anew, it is that command's alone: it is there sooner.
    """
    top = argparse.ArgumentParser(
        "deskbell",
        description="The reception console in a box.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"deskbell {VERSION}")
    top.add_argument(
        "--socket",
        type=Path,
        default=Path(os.environ.get("DESKBELL_SOCKET") or settings.DeskOptions().socket),
        help="where the desk listens (default: $DESKBELL_SOCKET, else %(default)s)",
    )
    top.add_argument("--completion", choices=SHELLS, action=Completion, help="print completion for a shell")
    commands = top.add_subparsers(title="commands", metavar="command", required=True)
    if command == "run":
        _add_running(commands)
    elif command == "devices":
        _add_devices(commands)
    elif command in MODULES:
        _add_module(commands, MODULES[command])
    else:
        _add_running(commands)
        _add_looking(commands)
        _add_calls(commands)
        for module in dict.fromkeys(MODULES.values()):
            _add_module(commands, module)
    return top


def _add_module(commands: Commands, module: str) -> None:
    import_module(f"appliance.commands.{module}").add_commands(commands)


def _add_running(commands: Commands) -> None:
    run = add(commands, "run", "Run the desk until it is told to stop.", _run)
    add_settings_path(run)
    run.add_argument("--safe", action="store_true", help="without devices, after it stopped again and again")
    demo = add(commands, "demo", "Try everything: an exchange, callers, a simulated desk, its page.", _demo)
    demo.add_argument("--port", type=int, default=0, help="of the page (default: a free one from 8080 on)")
    doctor = add(commands, "doctor", "Find out what keeps this desk from working.", _doctor)
    add_settings_path(doctor)
    add_json(doctor)


def _add_looking(commands: Commands) -> None:
    for name, text, words in (
        ("status", "Show the line, the calls and the devices.", report.status),
        ("calls", "List the calls and who is parked.", report.calls),
        ("colleagues", "List the monitored extensions and what they do.", report.colleagues),
        ("recent", "List the last calls that are over.", report.recent),
        ("messages", "List the text messages.", report.messages),
    ):
        add_json(add(commands, name, text, _show(words)))
    _add_devices(commands)
    add_json(add(commands, "watch", "Show what changes, as it happens.", _watch))


def _add_devices(commands: Commands) -> None:
    text = "List the devices, their state, their keys and lamps; or test one."
    devices = add(commands, "devices", text, _devices)
    add_settings_path(devices)
    add_json(devices)
    deeds = devices.add_subparsers(title="commands", metavar="command")
    test = add(deeds, "test", "Light each lamp of a device, ring it, and wait for each of its keys.", _test)
    test.add_argument("device", help="its name in the list")
    test.add_argument("--seconds", type=float, default=60.0, help="to wait for keys (default: %(default)g)")
    dark = add(deeds, "dark", "Leave every device dark and every relay open, after a desk was killed.", _dark)
    add_settings_path(dark)
    level = add(deeds, "level", "Make a device louder or softer, from 0 to 1.", _level)
    level.add_argument("device", help="its name in the list")
    for what in ("speaker", "microphone"):
        level.add_argument(f"--{what}", type=float, default=-1.0, help="(default: as it is)")


def _add_calls(commands: Commands) -> None:
    """Everything a person can ask of the desk: one command for each, its fields the arguments."""
    for name, ask in COMMANDS.items():
        command = add(commands, name, (ask.__doc__ or "").strip(), _asking(ask))
        for at, field in enumerate(fields(ask)):
            if field.type == "bool" and field.default is MISSING:
                command.add_argument(field.name, choices=("on", "off"))
            elif field.type == "bool":
                command.add_argument(field.name, choices=("on", "off"), nargs="?", default="on")
            elif field.default is MISSING:
                command.add_argument(field.name, help="-: read it from standard input, unseen by others")
            elif at == 0:
                command.add_argument(field.name, nargs="?", default="", help="default: the one that is meant")
            else:
                command.add_argument(f"--{field.name}", default="", help="default: the one that is meant")


# --- the commands


def _run(options: argparse.Namespace) -> int:
    gc.disable()  # nothing of what is imported is garbage, now or ever
    import asyncio

    from appliance.backup.box import finish
    from appliance.control.server import AlreadyRunning
    from appliance.daemon import Daemon
    from appliance.sip.errors import PortError, SipError
    from appliance.store.file import StoreError

    gc.freeze()
    gc.enable()
    try:
        finish(options.settings)
    except StoreError as error:  # calls are answered with what there is
        say(str(error), FAULT)
    loaded = settings.load_or_default(options.settings)
    logging.basicConfig(
        level=loaded.desk.log_level.upper(),
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
        force=True,
    )
    if not options.settings.exists():
        logging.getLogger("deskbell").warning("there is no %s yet: this desk is a new one", options.settings)
    try:
        anew = asyncio.run(Daemon(loaded, options.settings, options.safe).run())
        if anew and not options.safe:  # else systemd starts one with devices: OnSuccess=
            logging.shutdown()
            os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - ourselves, as we were started
    except AlreadyRunning as error:
        return say(str(error), REFUSED)
    except ControlError:
        raise
    except PortError as error:
        return say(f"{error}; choose another with line.local_port in {options.settings}", FAULT)
    except SipError as error:
        return say(str(error), FAULT)
    except Exception:
        logging.getLogger("deskbell").exception("the desk stops, to be started anew in a known state")
        return FAULT
    return DONE


def _demo(options: argparse.Namespace) -> int:
    from appliance.demo import show

    return show.run(options.port)


def _doctor(options: argparse.Namespace) -> int:
    from appliance import doctor

    findings = doctor.examine(options.settings, options.socket)
    if options.json:
        print_json([finding.as_json() for finding in findings])
    else:
        print(report.findings(findings))
    return DONE if all(finding.well for finding in findings) else REFUSED


def _show(words: Callable[[dict[str, Any]], tuple[str, Any]]) -> Run:
    """Return a command that prints part of the state, as text or as JSON."""

    def run(options: argparse.Namespace) -> int:
        with Client(options.socket) as desk:
            text, data = words(desk.status())
        if options.json:
            print_json(data)
        else:
            print(text)
        return DONE

    return run


def _devices(options: argparse.Namespace) -> int:
    """List what the desk has; where none runs, what it would find."""
    try:
        return _show(report.devices)(options)
    except Refused:
        raise
    except ControlError as error:
        from appliance.control.document import described
        from appliance.devices import attached

        print(f"deskbell: {error}; this is what is plugged in", file=sys.stderr)
        found = {device.id: described(device) for device in attached(_settings_or_default(options.settings))}
        if options.json:
            print_json(found)
        else:
            print(report.devices({"devices": found})[0])
        return DONE


def _settings_or_default(path: Path) -> settings.Settings:
    """Return the settings, or the default ones: who has none yet has devices all the same."""
    try:
        return settings.load(path)
    except settings.SettingsError:
        return settings.Settings()


def _dark(options: argparse.Namespace) -> int:
    from appliance.configuration import gpio_pins
    from drivers.dark import make_dark
    from drivers.gpio import GpioHeader
    from drivers.usb import UsbBus

    with contextlib.suppress(ControlError), Client(options.socket):
        return say("a desk is running; it keeps its own lamps", REFUSED)
    pins = gpio_pins(_settings_or_default(options.settings))
    print("\n".join(make_dark([UsbBus(), *([GpioHeader(pins)] if pins else [])])))
    return DONE


def _test(options: argparse.Namespace) -> int:
    from appliance import trial

    whole = trial.run(options.socket, options.device, options.seconds, lambda line: print(line, flush=True))
    return DONE if whole else REFUSED


def _level(options: argparse.Namespace) -> int:
    with Client(options.socket) as desk:
        desk.ask(SetLevels(options.device, options.speaker, options.microphone))
    return DONE


def _watch(options: argparse.Namespace) -> int:
    with Client(options.socket) as desk:
        if options.json:
            for message in desk.watch():
                print(json.dumps(message, ensure_ascii=False), flush=True)
        else:
            before: dict[str, Any] = {}
            for state in desk.states():
                for line in report.changes(before, state):
                    print(line, flush=True)
                before = state
    return DONE


def _asking(ask: type[events.Command]) -> Run:
    """Return a command that asks one thing of the desk."""

    def run(options: argparse.Namespace) -> int:
        said = {field.name: getattr(options, field.name) for field in fields(ask)}
        said |= {field.name: said[field.name] == "on" for field in fields(ask) if field.type == "bool"}
        said |= {name: sys.stdin.readline().rstrip("\n") for name, value in said.items() if value == "-"}
        with Client(options.socket) as desk:
            desk.ask(ask(**said))
        return DONE

    return run


if __name__ == "__main__":
    sys.exit(main())
