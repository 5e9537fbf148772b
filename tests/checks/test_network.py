"""What is said of the network, by what the system's programs and files tell."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from appliance.checks.network import Network, addresses, examine, host_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

LOOP = {"ifname": "lo", "link_type": "loopback", "operstate": "UNKNOWN", "addr_info": []}
WIRE = {
    "ifname": "eth0",
    "link_type": "ether",
    "operstate": "UP",
    "address": "02:00:00:00:00:01",
    "addr_info": [
        {"local": "fd00::2", "prefixlen": 64, "scope": "global"},
        {"local": "192.0.2.2", "prefixlen": 24, "scope": "global", "dynamic": True},
        {"local": "fe80::1", "prefixlen": 64, "scope": "link"},
    ],
}
RADIO = {"ifname": "wlan0", "link_type": "ether", "operstate": "DOWN", "address": "02:00:00:00:00:02"}
VIRTUAL = {"ifname": "ifb0", "link_type": "ether", "operstate": "DOWN", "addr_info": []}


def saying(**said: Any) -> Callable[[Sequence[str]], str]:
    """Programs that say this, by the word that tells them apart."""

    def run(words: Sequence[str]) -> str:
        found = next((said[word] for word in words if word in said), "")
        return found if isinstance(found, str) else json.dumps(found)

    return run


def test_the_connections_of_a_box_are_told_and_not_what_is_none(tmp_path: Path) -> None:
    for name in ("eth0/device", "wlan0/device", "wlan0/wireless"):
        (tmp_path / "sys/class/net" / name).mkdir(parents=True)
    (tmp_path / "sys/class/net/eth0/speed").write_text("1000\n")
    (tmp_path / "sys/class/net/wlan0/speed").write_text("-1\n")
    wire, radio = Network(tmp_path, saying(address=[RADIO, LOOP, VIRTUAL, WIRE])).interfaces()
    assert (wire.name, wire.connected, wire.wireless, wire.speed) == ("eth0", True, False, 1000)
    assert (wire.dynamic, wire.addresses) == (True, ("fd00::2/64", "192.0.2.2/24"))
    assert (radio.name, radio.connected, radio.wireless, radio.speed) == ("wlan0", False, True, None)
    assert addresses([wire, radio]) == ["192.0.2.2", "fd00::2"]


def test_the_way_out_and_who_knows_the_names(tmp_path: Path) -> None:
    network = Network(
        tmp_path, saying(route=[{"dst": "default", "gateway": "192.0.2.1"}, {"dst": "default"}])
    )
    assert network.gateways() == ["192.0.2.1"]
    assert network.name_servers() == []
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/resolv.conf").write_text("# x\nnameserver 127.0.0.53\nnameserver\n")
    assert network.name_servers() == ["127.0.0.53"]
    (tmp_path / "run/systemd/resolve").mkdir(parents=True)
    (tmp_path / "run/systemd/resolve/resolv.conf").write_text("nameserver 192.0.2.53\n")
    assert network.name_servers() == ["192.0.2.53"]


def test_a_name_in_the_local_network_is_told_where_something_answers_to_it(tmp_path: Path) -> None:
    network = Network(tmp_path, saying())
    assert network.local_name() == ""
    (tmp_path / "run/avahi-daemon").mkdir(parents=True)
    (tmp_path / "run/avahi-daemon/pid").touch()
    assert network.local_name() == f"{host_name()}.local"
    assert Network(tmp_path, saying(timedatectl="ntp.example\n")).time_server() == "ntp.example"


def test_the_address_towards_the_exchange_is_the_one_it_sees(tmp_path: Path) -> None:
    towards = Network(tmp_path, saying(ahosts="127.0.0.1 STREAM localhost\n"))
    assert towards.address_towards("pbx.example") == "127.0.0.1"
    assert Network(tmp_path, saying()).address_towards("pbx.example") == ""
    assert towards.address_towards("") == ""
    assert towards.address_towards("--help") == ""


@given(st.text())
def test_whatever_a_program_says_nothing_breaks(said: str) -> None:
    network = Network(run=lambda _: said)
    assert network.interfaces() == []
    assert network.gateways() == []
    assert isinstance(network.time_server(), str)


def test_of_this_very_machine_it_can_be_asked() -> None:
    network = Network()
    assert all(one.name for one in network.interfaces())
    assert network.address_towards("127.0.0.1") == "127.0.0.1"
    assert host_name() == socket.gethostname().partition(".")[0]


def test_a_box_in_no_network_says_so_and_what_to_plug_in(tmp_path: Path) -> None:
    for name in ("eth0/device", "wlan0/device"):
        (tmp_path / "sys/class/net" / name).mkdir(parents=True)
    down = WIRE | {"operstate": "DOWN", "addr_info": []}
    (alone,) = examine(Network(tmp_path, saying(address=[LOOP, RADIO, down])))
    assert (alone.severity, alone.page) == ("fault", "network.start")
    assert "the network cable" in alone.remedy
    (nameless,) = examine(Network(tmp_path, saying(address=[LOOP, RADIO, down | {"operstate": "UP"}])))
    assert nameless.severity == "fault"
    assert "DHCP" in nameless.remedy
    (well,) = examine(Network(tmp_path, saying(address=[LOOP, WIRE])))
    assert (well.severity, well.what) == ("ok", "connected as 192.0.2.2, fd00::2")


def test_where_the_system_does_not_tell_nothing_is_said_of_the_network(tmp_path: Path) -> None:
    assert list(examine(Network(tmp_path, saying(address="no such program")))) == []
