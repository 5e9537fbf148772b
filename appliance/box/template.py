"""The settings file that lies on the card of a new box: what most want to say, explained, all of it off."""

from __future__ import annotations

import json
import textwrap
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from appliance.box.options import MACHINE
from appliance.settings.options import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 100
HEAD = """\
# The settings of this Deskbell box.
#
# Take the # away before an option to use it, and write what is yours behind its =, texts in quotes.
# The box reads this file whenever it is switched on. What is wrong in it is left out, and told on the
# box's screen, on its pages, and in deskbell-errors.txt beside this file. Passwords leave this file
# when the box has read them; a later change here changes only what stands here.
# All else is set on the box's pages: https://NAME.local
"""

EXAMPLES: dict[str, dict[str, Any]] = {
    "box": {"name": "reception-berlin", "timezone": "Europe/Berlin"},
    "admin": {"name": "admin", "password_hash": ""},
    "page": {"first_run_code": ""},
    "network": {
        "address": "192.0.2.5/24", "gateway": "192.0.2.1", "dns": ["192.0.2.1"], "time_servers": ["192.0.2.1"]
    },
    "wifi": {
        "ssid": "Office", "password": "", "country": "DE", "hidden": False, "address": "192.0.2.6/24",
        "gateway": "192.0.2.1", "dns": ["192.0.2.1"],
    },
    "ssh": {"keys": []},
    "desk": {"name": "Reception"},
    "line": {
        "server": "pbx.example.com", "user": "200", "password": "", "display_name": "Reception",
        "transport": "udp",
    },
    "dialling": {"country": "DE", "outside_prefix": "0"},
    "park": {"dialect": "orbit", "orbits": ["701", "702"]},
    "extensions": {"1001": "Ada Lovelace"},
}  # fmt: skip
"""Which sections and options, in which order, each with a value to begin with."""


def template() -> str:
    """Return the file: every line that is no section is a remark, options with no space behind the #."""
    parts = [HEAD]
    types = get_type_hints(Settings)
    for section, examples in EXAMPLES.items():
        kind = MACHINE.get(section, types.get(section))
        parts.append("\n".join([f"[{section}]", *_section(kind, examples)]))
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _section(kind: Any, examples: dict[str, Any]) -> Iterator[str]:  # noqa: ANN401 - a type, or dict[str, str]
    texts: dict[str, str] = {}
    if is_dataclass(kind):
        about = (kind.__doc__ or "").splitlines()[0]
        # What follows there is about other files than this one.
        yield from _remark(about if kind in MACHINE.values() else about.split(". ")[0].rstrip(".") + ".")
        texts = {one.name: one.metadata["text"] for one in fields(kind)}
    else:
        yield from _remark("Colleagues whose calls the desk shows: a number and a name each.")
    for name, value in examples.items():
        if name in texts:
            yield "#"
            yield from _remark(texts[name])
        shown = name if name in texts else json.dumps(name)
        yield f"#{shown} = {json.dumps(value, ensure_ascii=False)}"


def _remark(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ")
