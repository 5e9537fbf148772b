"""What the settings file on the card may say of the machine, beside the desk's own settings."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

from appliance.settings import checks, draft
from appliance.settings.file import NAMES, suggest, typed
from appliance.settings.options import Settings, option

ZONES = Path("/usr/share/zoneinfo")
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
_KEY = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]{40,}={0,3}( .*)?")


def box_name(value: str) -> str:
    """A name of a machine, without dots; "" for the one it has."""
    right = not value or _NAME.fullmatch(value)
    return "" if right else "write letters, digits and hyphens, 63 at most, such as reception-berlin"


def zone(value: str) -> str:
    """A time zone that the system knows; "" for the one it has."""
    plain = re.fullmatch(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*", value)
    right = not value or (plain and (ZONES / value).is_file())
    return "" if right else "write a time zone by its region and city, such as Europe/Berlin"


def own_address(value: str) -> str:
    """An address with the length of its network; "" for one that is given by DHCP."""
    try:
        right = not value or ("/" in value and ipaddress.ip_interface(value).network.num_addresses > 1)
    except ValueError:
        right = False
    return "" if right else "write an address and the length of its network, such as 192.0.2.5/24"


def any_address(value: str) -> str:
    """An address; "" for none."""
    return "" if not value else checks.ip_address(value)


def addresses(values: tuple[str, ...]) -> str:
    """Addresses."""
    return next((wrong for value in values if (wrong := checks.ip_address(value))), "")


def hosts(values: tuple[str, ...]) -> str:
    """Names or addresses of hosts."""
    return next((wrong for value in values if (wrong := checks.host(value) if value else "write a name")), "")


def network_name(value: str) -> str:
    """The name of a radio network (SSID); "" for none."""
    return "" if len(value.encode()) <= 32 else "write the name of the network, 32 bytes at most"


def passphrase(value: str) -> str:
    """What WPA asks for; "" for an open network."""
    right = not value or re.fullmatch(r"[ -~]{8,63}|[0-9A-Fa-f]{64}", value)
    return "" if right else "write 8 to 63 characters without accents, as they stand at the router"


def password_hash(value: str) -> str:
    """A hash of a password as `deskbell box hash` prints it; "" for none."""
    from appliance.users.passwords import is_hash

    return "" if not value or is_hash(value) else "write what `deskbell box hash` prints"


def user_name(value: str) -> str:
    """A name of a user of the pages."""
    right = 1 <= len(value.strip()) <= 64 and value.isprintable()
    return "" if right else "write 1 to 64 printable characters"


def public_keys(values: tuple[str, ...]) -> str:
    """Public keys of SSH."""
    wrong = [at for at, value in enumerate(values, 1) if not _KEY.fullmatch(value.strip())]
    return (
        f"key {wrong[0]} of the list is none: copy the one line of a file that ends in .pub" if wrong else ""
    )


@dataclass(frozen=True, slots=True)
class BoxOptions:
    """The box itself."""

    name: str = option(
        "", 'Its name in the network; "": deskbell- and the end of its serial number.', box_name
    )
    timezone: str = option("", "Where it stands, such as Europe/Berlin.", zone)


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """The network cable. Without an address here, the network gives one (DHCP)."""

    address: str = option("", 'A fixed address and the length of its network: "192.0.2.5/24".', own_address)
    gateway: str = option("", "With a fixed address: the router.", any_address)
    dns: tuple[str, ...] = option((), 'Name servers: ["192.0.2.1"].', addresses)
    time_servers: tuple[str, ...] = option(
        (), "Who sets the clock, where the internet cannot be reached.", hosts
    )


@dataclass(frozen=True, slots=True)
class WifiOptions:
    """Wi-Fi. A cable is better for calls, where there is one."""

    ssid: str = option("", 'The name of the network; "": no Wi-Fi.', network_name)
    password: str = option("", "Its password. It is removed from this file when the box has read it.",
                           passphrase, secret=True)  # fmt: skip
    country: str = option("", "Where the box stands, such as DE: which channels may be used.", checks.country)
    hidden: bool = option(False, "The network does not show its name.")
    address: str = option("", "A fixed address over Wi-Fi, as for the cable.", own_address)
    gateway: str = option("", "With a fixed address: the router.", any_address)
    dns: tuple[str, ...] = option((), "Name servers.", addresses)


@dataclass(frozen=True, slots=True)
class AdminOptions:
    """The first admin of the pages. Without one, the page asks for the code that the box's screen shows."""

    name: str = option("admin", "Who signs in.", user_name)
    password_hash: str = option(
        "",
        "What `deskbell box hash` prints, on any computer with Deskbell: the password is not in it. It is"
        " removed from this file when the box has read it.",
        password_hash,
        secret=True,
    )


@dataclass(frozen=True, slots=True)
class SshOptions:
    """Access by SSH, which is off unless keys are written here: ssh admin@NAME.local, who may use sudo."""

    keys: tuple[str, ...] = option(
        (), 'Public keys that are let in: ["ssh-ed25519 AAAA… you@example"]; []: SSH is off.', public_keys
    )


MACHINE: dict[str, type] = {
    "box": BoxOptions,
    "network": NetworkOptions,
    "wifi": WifiOptions,
    "admin": AdminOptions,
    "ssh": SshOptions,
}


def unknown(section: tuple[str, ...]) -> str:
    """Return what to write instead of a section, "" where there is such a one."""
    first, *inner = section
    names = [*MACHINE, *(one.name for one in fields(Settings))]
    if first not in names:
        return suggest(first, names)
    kind = _types(Settings).get(first)
    within = next((one for one in get_args(kind) if is_dataclass(one)), None)
    if len(inner) > (1 if within else 0):
        return f"write [{first}]"
    if inner and not inner[0].isidentifier():
        return f"write [{first}.NAME], the name in letters and digits"
    return ""


def complaint(section: tuple[str, ...], name: str, value: Any) -> tuple[str, str]:  # noqa: ANN401
    """Return what is wrong with an option and the fix, "" where nothing is; a value is not quoted."""
    kind = MACHINE.get(section[0]) or _types(Settings)[section[0]]
    if kind == NAMES:
        if not isinstance(value, str):
            return "is not a text in quotes", 'write a number and a text: "1001" = "Ada Lovelace"'
        wrong = checks.numbers(1)([name])
        return ("is not a number", str(wrong)) if wrong else ("", "")
    if within := next((one for one in get_args(kind) if is_dataclass(one)), None):
        if len(section) == 1:
            return "is not a section", f"write [{section[0]}.NAME] and options below"
        kind = within
    declared = {one.name: one for one in fields(kind)}
    if name not in declared:
        return "is not an option here", suggest(name, declared)
    accepted, wrong = typed(value, _types(kind)[name])
    check = declared[name].metadata["check"]
    wrong = wrong or (check(accepted) if check else "")
    return ("has a wrong value", str(wrong)) if wrong else ("", "")


def is_secret(section: tuple[str, ...], name: str) -> bool:
    """Return whether an option is one that must not stay on the card."""
    if kind := MACHINE.get(section[0]):
        return any(one.name == name and one.metadata["secret"] for one in fields(kind))
    return draft.is_secret(".".join(section), name)


@cache
def _types(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
