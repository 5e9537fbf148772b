"""The support bundle: one .zip with what somebody needs who helps from afar, and without what is secret."""

from __future__ import annotations

import csv
import io
import json
import platform
import sys
import time
import tomllib
import zipfile
from contextlib import closing, suppress
from dataclasses import asdict, fields, is_dataclass
from importlib.metadata import distributions
from typing import TYPE_CHECKING, Any

from appliance import settings
from appliance.backup.box import TOKENS, box
from appliance.checks.machine import Machine
from appliance.control.client import Client
from appliance.control.document import VERSION
from appliance.control.protocol import ControlError, LogLines, SipCalls, SipMessages
from appliance.directory.lookup import Keys
from appliance.doctor import examine
from appliance.store import link
from appliance.store.file import connect
from appliance.trace.redaction import SECRET, Redaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from appliance.backup.box import Box
    from appliance.store.link import Span

CONTENTS = {
    "about.json": "the version of Deskbell, of Python and of every package",
    "system.json": "kernel, machine, memory, disk, temperature, power supply",
    "settings.json": "the settings, without passwords",
    "findings.json": "what `deskbell doctor` found",
    "state.json": "what the desk does: registration, calls, extensions; not what was typed or written",
    "devices.json": "each device as it describes itself",
    "log.txt": "the last lines of the log",
    "link.csv": "the way to the exchange, in five-minute steps of the last week",
    "sip/": "SIP messages, call by call, without digests, keys, digits and texts",
}
"""What is in a bundle, for people."""

CODES = "*-code"
"""The files beside the store with what the box shows to whoever stands at it: see appliance.users.codes."""

UNTOLD = ("typed",)
"""Members of the state that may hold a PIN."""


def write(settings_path: Path, socket: Path, target: io.BufferedIOBase, with_numbers: bool) -> None:
    """Write a bundle; without `with_numbers` each number and name is another text, always the same.

    What cannot be had, because no desk runs or a file cannot be read, is said in its place.
    """
    this = box(settings_path)
    gathered = _gathered(settings_path, socket, this)
    redaction = Redaction(_secrets(this))
    if not with_numbers:
        _learn(redaction, gathered, settings_path)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("README.txt", _readme(with_numbers))
        for name, content in gathered.items():
            if isinstance(content, str):
                text = redaction.text(content, sip=name.startswith("sip/"))
            else:
                text = json.dumps(redaction.data(content), ensure_ascii=False, indent=2)
            bundle.writestr(name, text)


def _gathered(settings_path: Path, socket: Path, this: Box) -> dict[str, Any]:
    """Return the members: texts, or plain data."""
    members: dict[str, Any] = {
        "about.json": _about(),
        "system.json": _system(this),
        "settings.json": _settings(settings_path),
        "findings.json": [finding.as_json() for finding in examine(settings_path, socket)],
        "link.csv": _link(this.store),
    }
    try:
        with Client(socket) as desk:
            state = {name: said for name, said in desk.status().items() if name not in UNTOLD}
            for message in state["messages"].values():
                message["text"] = f"({len(message['text'])} letters)"
            members["devices.json"] = state.pop("devices")
            members["state.json"] = state
            members["log.txt"] = "".join(_log(desk))
            members |= _sip(desk)
    except ControlError as error:
        members["state.json"] = str(error)
    return members


def _about() -> dict[str, Any]:
    packages = {found.name: found.version for found in distributions()}
    return {
        "deskbell": VERSION,
        "python": sys.version,
        "at": time.time(),
        "packages": dict(sorted(packages.items())),
    }


def _system(this: Box) -> dict[str, Any]:
    machine = Machine()
    disk, power = machine.disk(this.state), machine.power()
    return {
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", ""),
        "model": machine.model(),
        "memory": machine.memory(),
        "load": machine.load(),
        "uptime": machine.uptime(),
        "temperature": machine.temperature(),
        "disk": asdict(disk) if disk else None,
        "power": asdict(power) if power else None,
    }


def _settings(path: Path) -> Any:  # noqa: ANN401 - plain data, or why there is none
    try:
        return _open(settings.load(path))
    except settings.SettingsError as error:
        return str(error)


def _open(options: Any) -> Any:  # noqa: ANN401 - options, or what is in them
    """Return options as plain data, a secret as whether there is one."""
    if isinstance(options, dict):
        return {name: _open(option) for name, option in options.items()}
    if not is_dataclass(options):
        return options
    told = {}
    for option in fields(options):
        value = getattr(options, option.name)
        told[option.name] = (SECRET if value else "") if option.metadata.get("secret") else _open(value)
    return told


def _secrets(this: Box) -> Iterator[str]:
    """Yield what is secret on this box, wherever it may turn up: in a log line, an error, a URL."""
    with suppress(OSError, ValueError):
        yield from _texts(tomllib.loads(this.secrets.read_text()))
    for file in (*this.state.glob(TOKENS), *this.state.glob(CODES)):
        with suppress(OSError, ValueError):
            text = file.read_text().strip()
            yield from (text, text.replace("-", ""))
            with suppress(ValueError):
                yield from _texts(json.loads(text))
    with suppress(Exception), closing(connect(this.store)) as store:
        for password, *_ in store.execute("SELECT password FROM user"):
            yield password


def _texts(data: Any) -> Iterator[str]:  # noqa: ANN401 - whatever TOML or JSON holds
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value)


def _log(desk: Client) -> Iterator[str]:
    for line in desk.ask(LogLines())["lines"]:
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(line["at"]))
        yield f"{at} {line['level']:7} {line['area']}: {line['text']}\n"


def _sip(desk: Client) -> dict[str, str]:
    members = {}
    calls = desk.ask(SipCalls())["calls"]
    for number, call in enumerate(reversed(calls), 1):
        messages = desk.ask(SipMessages(call["call"]))["messages"]
        quality = json.dumps(call["quality"])
        steps = (
            f"--- {one['at']:.3f} {'to' if one['sent'] else 'from'} {one['peer']}\n{one['text']}\n"
            for one in messages
        )
        members[f"sip/{number:03}-{call['method'].lower()}.txt"] = f"quality: {quality}\n\n" + "".join(steps)
    return members


def _link(store: Path) -> str:
    rows: list[Span] = []
    with suppress(Exception), closing(connect(store)) as file:  # a store that is damaged has no history
        rows = link.spans(file, 0)
    text = io.StringIO()
    csv.writer(text).writerows([link.Span._fields, *rows])
    return text.getvalue()


def _learn(redaction: Redaction, gathered: dict[str, Any], settings_path: Path) -> None:
    """Make known whose numbers and names there are."""
    key: Callable[[str], str] = str
    with suppress(settings.SettingsError):
        loaded = settings.load(settings_path)
        key = Keys(loaded.dialling.plan).key
        redaction.know_numbers([*loaded.extensions, *loaded.speed_dial.values(), loaded.line.user], key)
        redaction.know_numbers((line.user for line in loaded.lines.values()), key)
        redaction.know_names([*loaded.extensions.values(), loaded.line.display_name])
    for name in ("state.json", "settings.json"):
        redaction.learn(json.dumps(gathered.get(name, ""), ensure_ascii=False), key)
    state = gathered.get("state.json", {})
    if isinstance(state, dict):
        redaction.know_numbers(state.get("extensions", {}), key)
        for call in (*state.get("calls", {}).values(), *state.get("released", {}).values()):
            redaction.know_numbers((call["number"], call["called"], call["target"]), key)
    for name, content in gathered.items():
        if name.startswith(("sip/", "log.")):
            redaction.learn(content, key)


def _readme(with_numbers: bool) -> str:
    lines = [f"{name:15} {what}" for name, what in CONTENTS.items()]
    said = "as they are" if with_numbers else "replaced: the same one by the same text in every file"
    return "\n".join(
        [
            "A support bundle of a Deskbell desk. Passwords, keys, tokens, PINs and texts are not in it.",
            f"Numbers and names are {said}. Times are UTC.",
            "",
            *lines,
            "",
        ]
    )
