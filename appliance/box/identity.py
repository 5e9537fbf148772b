"""Who the box is: its name in the network, and its time zone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.box.system import System

UNNAMED = ("", "localhost", "deskbell")
"""What a system is called that nobody has given a name yet."""

_SERIAL = "proc/device-tree/serial-number"


def name(system: System, wanted: str) -> None:
    """Give the box a name; without one it keeps its own, or gets one that no other box has."""
    now = system.read("etc/hostname")
    if not wanted and now not in UNNAMED:
        return
    chosen = (wanted or f"deskbell-{own_digits(system)}").lower()
    if chosen != now:
        system.write("etc/hostname", f"{chosen}\n")
    hosts = system.read("etc/hosts") or "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback"
    others = [line for line in hosts.splitlines() if line.split()[:1] != ["127.0.1.1"]]
    mended = "\n".join([*others, f"127.0.1.1\t{chosen}"])
    if mended != hosts:
        system.write("etc/hosts", f"{mended}\n")
    if system.runs:
        (system.root / "proc/sys/kernel/hostname").write_text(chosen)


def own_digits(system: System) -> str:
    """Return six digits that tell this box from others: of the board, of its network card, or drawn once."""
    found = re.sub("[^0-9a-f]", "", system.read(_SERIAL).lower())
    if found.strip("0"):
        return found[-6:]
    for card in sorted((system.root / "sys/class/net").glob("*/device")):
        if (hardware := system.read(f"sys/class/net/{card.parent.name}/address").replace(":", "")).strip("0"):
            return hardware[-6:]
    return system.read("etc/machine-id")[-6:] or "000000"


def time_zone(system: System, wanted: str) -> None:
    """Let the clock show the time of where the box stands."""
    if not wanted:
        return
    link, target = system.root / "etc/localtime", f"/usr/share/zoneinfo/{wanted}"
    if link.is_symlink() and str(link.readlink()) == target:
        return
    part = link.with_name(".localtime.part")
    part.unlink(missing_ok=True)
    part.symlink_to(target)
    part.replace(link)
