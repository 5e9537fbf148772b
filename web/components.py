"""What Deskbell is made of: each component with its version, its licence and the text of it, as installed."""

from __future__ import annotations

import platform
import re
import sqlite3
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OURS = "deskbell"
TELEPHONY = "pjsua2"  # whose wheel brings libraries along, and no index carries

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TEXT = re.compile(r"(licen[cs]e|copying|notice|authors|patents)", re.IGNORECASE)
_LARGEST = 500_000  # bytes of a text

BROUGHT = {
    "pjproject": ("PJSIP", "GPL-2.0-or-later"),
    "libopus": ("Opus", "BSD-3-Clause"),
    "libbcg729": ("bcg729 (G.729)", "GPL-3.0-or-later"),
    "libspeex": ("Speex", "BSD-3-Clause"),
    "libspeexdsp": ("SpeexDSP", "BSD-3-Clause"),
    "libgsm": ("libgsm", "TU-Berlin-2.0"),
    "libsrtp": ("libSRTP", "BSD-3-Clause"),
    "webrtc_aec3": ("WebRTC AEC3", "BSD-3-Clause"),
}
"""What pjsua2's wheel brings along, by the beginning of the names of its texts (image/pjsua2/build)."""

SYSTEM = (
    ("Python", platform.python_version(), "PSF-2.0"),
    ("SQLite", sqlite3.sqlite_version, "blessing (public domain)"),
)
"""What the system brings; it has the texts in /usr/share/doc."""


@dataclass(frozen=True, slots=True)
class Component:
    """A part that others made; `texts` are the names of its licence's texts."""

    name: str
    version: str
    licence: str
    texts: tuple[str, ...]
    key: str
    """What it is asked for by, when a text is to be read."""


def components() -> list[Component]:
    """Return everything that runs on a box, by name."""
    found = [_component(one) for one in _needed()]
    system = [Component(name, version, licence, (), "") for name, version, licence in SYSTEM]
    return sorted([*found, *_brought(), *system], key=lambda one: one.name.lower())


def ours() -> Component:
    """Return Deskbell itself."""
    return _component(distribution(OURS))


def text(key: str, name: str) -> str | None:
    """Return one text of a component that `components` lists, or ours; None where there is no such."""
    if _normal(key) not in {OURS, TELEPHONY, *(_normal(one.name) for one in _needed())}:
        return None
    path = _texts(distribution(key)).get(name)
    try:
        return path.read_text(encoding="utf-8", errors="replace")[:_LARGEST] if path else None
    except OSError:
        return None


def _brought() -> Iterator[Component]:
    try:
        wheel = distribution(TELEPHONY)
    except PackageNotFoundError:
        return
    names = sorted(_texts(wheel))
    for stem, (name, licence) in BROUGHT.items():
        texts = tuple(one for one in names if re.match(rf"{stem}[-.]", one))
        version = wheel.version.partition("+")[0] if stem == "pjproject" else ""
        yield Component(name, version, licence, texts, TELEPHONY)


def _needed() -> list[Distribution]:
    """Return what Deskbell needs to run, with what that needs, as far as it is installed."""
    found: dict[str, Distribution] = {}
    waiting = [*_requirements(distribution(OURS), ("web",))]
    while waiting:
        name = waiting.pop()
        if _normal(name) in found:
            continue
        try:
            one = distribution(name)
        except PackageNotFoundError:  # for another system, or another Python
            continue
        found[_normal(name)] = one
        waiting.extend(_requirements(one))
    return list(found.values())


def _requirements(one: Distribution, extras: tuple[str, ...] = ()) -> Iterator[str]:
    for written in one.requires or ():
        wanted = re.search(r"extra\s*==\s*['\"]([^'\"]+)", written)
        name = _NAME.match(written)
        if name and (not wanted or wanted[1] in extras):
            yield name[0]


def _component(one: Distribution) -> Component:
    return Component(one.name, one.version, _licence(one), tuple(sorted(_texts(one))), one.name)


def _licence(one: Distribution) -> str:
    """Return the licence as the component names it, in its metadata's newest way first."""
    said = str(one.metadata["License-Expression"] or one.metadata["License"] or "")
    if said and "\n" not in said and len(said) < 60:
        return said
    told = [
        line.rpartition(" :: ")[2] for line in one.metadata.get_all("Classifier") or [] if _is_licence(line)
    ]
    return ", ".join(told) or "MIT" * ("MIT" in said[:40])


def _is_licence(classifier: str) -> bool:
    return classifier.startswith("License :: ")


def _texts(one: Distribution) -> dict[str, Path]:
    """Return the texts that a component brings along, by their names."""
    found: dict[str, Path] = {}
    for path in one.files or ():
        inside = path.parts[0].endswith(".dist-info")
        if inside and ("licenses" in path.parts or _TEXT.match(path.name)) and path.name not in found:
            found[path.name] = path.locate()  # type: ignore[assignment]  # a path on the disk
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
