"""How the box is connected, in files of systemd-networkd and wpa_supplicant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.box.system import System

CABLE = "etc/systemd/network/10-deskbell-cable.network"
RADIO = "etc/systemd/network/10-deskbell-wifi.network"
CARD = "wlan0"
SUPPLICANT = f"etc/wpa_supplicant/wpa_supplicant-{CARD}.conf"
SERVICE = f"wpa_supplicant@{CARD}.service"
"""udev starts it with its device, where there is a file for it: nobody waits for a card that is not there."""

CABLE_METRIC, RADIO_METRIC = 100, 600  # where there are both, the cable is taken


def cable(system: System, said: Mapping[str, Any]) -> None:
    """Use the cable as it is said: {} leaves it as the system has it."""
    if not any(said.values()):
        system.remove(CABLE)
        return
    system.write(CABLE, _network("ether", said, CABLE_METRIC))


def radio(system: System, said: Mapping[str, Any]) -> None:
    """Use the Wi-Fi that is said, or none."""
    if not said.get("ssid"):
        system.remove(SUPPLICANT)
        system.remove(RADIO)
        return
    system.write(SUPPLICANT, _supplicant(said), 0o600)
    system.write(RADIO, _network("wlan", said, RADIO_METRIC))
    if (system.root / "sys/class/net" / CARD).exists():
        system.run(["systemctl", "restart", "--no-block", SERVICE])  # udev was here before us


def _network(kind: str, said: Mapping[str, Any], metric: int) -> str:
    """Return what systemd.network(5) reads."""
    lines = ["[Match]", f"Type={kind}", "", "[Network]"]
    fixed = said.get("address")
    lines += [f"Address={fixed}" if fixed else "DHCP=yes"]
    lines += [f"DNS={one}" for one in said.get("dns", ())]
    lines += [f"NTP={one}" for one in said.get("time_servers", ())]
    if fixed and said.get("gateway"):
        lines += ["", "[Route]", f"Gateway={said['gateway']}", f"Metric={metric}"]
    lines += ["", "[DHCPv4]", f"RouteMetric={metric}", "", "[IPv6AcceptRA]", f"RouteMetric={metric}"]
    return "\n".join(lines) + "\n"


def _supplicant(said: Mapping[str, Any]) -> str:
    """Return what wpa_supplicant.conf(5) reads. The name goes in as hex: it may hold any sign."""
    password = said.get("password", "")
    lines = ["ctrl_interface=DIR=/run/wpa_supplicant"]
    lines += [f"country={said['country']}"] if said.get("country") else []
    lines += ["network={", f"\tssid={said['ssid'].encode().hex()}"]
    lines += ["\tscan_ssid=1"] if said.get("hidden") else []
    if not password:
        lines += ["\tkey_mgmt=NONE"]
    elif len(password) == 64:  # the key itself
        lines += ["\tkey_mgmt=WPA-PSK", f"\tpsk={password}"]
    else:
        lines += ["\tkey_mgmt=WPA-PSK SAE", "\tieee80211w=1", f'\tpsk="{password}"']
    return "\n".join([*lines, "}"]) + "\n"
