"""How this box is connected: its names, addresses and links, as the system tells."""

from __future__ import annotations

import json
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.checks.finding import Finding
from appliance.phrase import phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PATIENCE = 2.0  # seconds for a program that tells

_STUB = "127.0.0.53"  # systemd-resolved, which knows the servers itself


@dataclass(frozen=True, slots=True)
class Interface:
    """One connection; `speed` is in Mbit/s, None where nothing tells. `dynamic`: by DHCP, or by a router."""

    name: str
    connected: bool
    wireless: bool
    hardware: str
    addresses: tuple[str, ...]
    dynamic: bool = False
    speed: int | None = None


def _run(words: Sequence[str]) -> str:
    """Return what a program says; "" where there is none, or it does not say it."""
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=True)
        return done.stdout
    return ""


@dataclass(frozen=True, slots=True)
class Network:
    """Where the system tells of the network; whoever tests plants another root and other programs."""

    root: Path = Path("/")
    run: Callable[[Sequence[str]], str] = field(default=_run)

    def interfaces(self) -> list[Interface]:
        """Return the connections of this box, those that are connected first; not the loop to itself."""
        told = self._json("ip", "-j", "address", "show")
        found = [self._interface(one) for one in told if one.get("link_type") != "loopback"]
        real = [one for one in found if one.addresses or self._here(one.name, "device").exists()]
        return sorted(real, key=lambda one: (not one.connected, one.name))

    def gateways(self) -> list[str]:
        """Return where all goes that is not for this network."""
        told = self._json("ip", "-j", "route", "show", "default") + self._json(
            "ip", "-j", "-6", "route", "show", "default"
        )
        return list(dict.fromkeys(str(one["gateway"]) for one in told if "gateway" in one))

    def name_servers(self) -> list[str]:
        """Return who is asked for names."""
        found = self._servers("etc/resolv.conf")
        return (self._servers("run/systemd/resolve/resolv.conf") or found) if found == [_STUB] else found

    def local_name(self) -> str:
        """Return the name by which others in this network reach it without a name server; "" for none."""
        return f"{host_name()}.local" if (self.root / "run/avahi-daemon/pid").exists() else ""

    def time_server(self) -> str:
        """Return who sets the clock; "" where that is not known."""
        said = self.run(["timedatectl", "show-timesync", "--property=ServerName", "--value"])
        return said.strip()[:100]

    def address_towards(self, server: str) -> str:
        """Return our address that a server is reached from; "" when it is not. Nothing is sent to it."""
        found = self.run(["getent", "ahosts", server]) if server and not server.startswith("-") else ""
        for there in dict.fromkeys(line.split()[0] for line in found.splitlines() if line.strip()):
            family = socket.AF_INET6 if ":" in there else socket.AF_INET
            with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as trial:
                trial.connect((there, 5060))
                return str(trial.getsockname()[0])
        return ""

    def _interface(self, told: dict[str, Any]) -> Interface:
        name = str(told.get("ifname", ""))
        kept = [one for one in told.get("addr_info", ()) if one.get("scope") == "global"]
        return Interface(
            name,
            told.get("operstate") == "UP" or (told.get("operstate") == "UNKNOWN" and bool(kept)),
            self._here(name, "wireless").exists(),
            str(told.get("address", "")),
            tuple(f"{one.get('local')}/{one.get('prefixlen')}" for one in kept),
            any(one.get("dynamic") for one in kept),
            _speed(self._here(name, "speed")),
        )

    def _here(self, name: str, what: str) -> Path:
        return self.root / "sys/class/net" / name / what

    def _json(self, *words: str) -> list[dict[str, Any]]:
        try:
            told = json.loads(self.run(words) or "[]")
        except ValueError:
            return []
        return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []

    def _servers(self, name: str) -> list[str]:
        try:
            lines = (self.root / name).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        return [words[1] for line in lines if len(words := line.split()) > 1 and words[0] == "nameserver"]


def examine(network: Network) -> Iterator[Finding]:
    """Say whether this box is in a network; nothing where the system does not tell."""
    found = network.interfaces()
    if own := addresses(found):
        yield Finding("network", "network", phrase("connected as %(addresses)s", addresses=", ".join(own)))
    elif any(one.connected for one in found):
        yield Finding(
            "network",
            "network",
            phrase("the network gives this box no address: no call comes in, and no page is shown"),
            phrase(
                "see whether the router gives addresses (DHCP), or write a fixed one into the settings file"
            ),
            "fault",
            "network.start",
        )
    elif found:
        yield Finding(
            "network",
            "network",
            phrase("this box is in no network: no call comes in, and no page is shown"),
            phrase("plug the network cable in, at both ends; for Wi-Fi see its name and password"),
            "fault",
            "network.start",
        )


def host_name() -> str:
    """Return the name of this box."""
    return socket.gethostname().partition(".")[0]


def addresses(found: Sequence[Interface]) -> list[str]:
    """Return the addresses without their networks, those of IPv4 first."""
    plain = [address.partition("/")[0] for one in found if one.connected for address in one.addresses]
    return sorted(plain, key=lambda address: ":" in address)


def _speed(path: Path) -> int | None:
    try:
        said = int(path.read_text())
    except (OSError, ValueError):
        return None
    return said if said > 0 else None
