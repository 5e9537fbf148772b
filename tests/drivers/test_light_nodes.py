"""Lights on serial ports and whole USB devices, by sysfs: who they are, and when they come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivers.base import Unplugged
from drivers.nodes import node_names, read_node
from drivers.usb import UsbBus
from tests.drivers.test_nodes import Recorder

if TYPE_CHECKING:
    from pathlib import Path

FIT, BLINKSTICK = ("2047", "03df"), ("20a0", "41e5")


class Usb:
    """A sysfs of USB devices, some with a serial port."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._address = 1
        for folder in ("class/hidraw", "class/sound", "class/tty", "bus/usb/devices"):
            (root / folder).mkdir(parents=True)

    def plug(self, port: str, ids: tuple[str, str], serial: str = "L1", tty: str = "") -> None:
        self._address += 1
        usb = self.root / "devices" / port
        usb.mkdir(parents=True)
        texts = {"idVendor": ids[0], "idProduct": ids[1], "product": "A light", "bcdDevice": "0202"}
        for name, text in {**texts, "serial": serial, "busnum": "1", "devnum": str(self._address)}.items():
            (usb / name).write_text(text + "\n")
        (self.root / "bus/usb/devices" / port).symlink_to(usb)
        if tty:
            interface = usb / f"{port}:1.0"
            interface.mkdir()
            (self.root / "bus/usb/devices" / interface.name).symlink_to(interface)
            (self.root / "class/tty" / tty).mkdir()
            (self.root / "class/tty" / tty / "device").symlink_to(interface)

    def unplug(self, port: str) -> None:
        for link in [*(self.root / "bus/usb/devices").glob(f"{port}*")]:
            link.unlink()
        for tty in (self.root / "class/tty").glob("tty*"):
            (tty / "device").unlink()
            tty.rmdir()


@pytest.fixture
def usb(tmp_path: Path) -> Usb:
    return Usb(tmp_path)


@pytest.fixture
def bus(usb: Usb, monkeypatch: pytest.MonkeyPatch) -> UsbBus:
    monkeypatch.setattr("drivers.netlink.monitor", lambda *_: None)
    return UsbBus(usb.root)


def test_serial_ports_of_usb_devices_and_usb_devices_are_found_and_nothing_else(usb: Usb) -> None:
    usb.plug("1-1", FIT, tty="ttyACM0")
    usb.plug("1-2", BLINKSTICK)
    for name in ("ttyS0", "tty1", "ttyAMA0", "ttyprintk"):
        (usb.root / "class/tty" / name).mkdir()
    (usb.root / "bus/usb/devices/usb1").mkdir()
    assert list(node_names(usb.root)) == ["ttyACM0", "1-1", "1-2"]


def test_a_serial_port_is_who_its_usb_device_is(usb: Usb) -> None:
    usb.plug("1-1", FIT, tty="ttyACM0")
    node = read_node("ttyACM0", usb.root)
    assert (node.path, node.vendor, node.product) == ("/dev/ttyACM0", 0x2047, 0x03DF)
    assert (node.id, node.name, node.port) == ("usb-2047-03df-L1", "A light", "1-1")


def test_a_usb_device_is_reached_by_its_place_on_the_bus(usb: Usb) -> None:
    usb.plug("1-1", BLINKSTICK, serial="BS000001-3.0")
    node = read_node("1-1", usb.root)
    assert node.path == "/dev/bus/usb/001/002"
    assert (node.id, node.release) == ("usb-20a0-41e5-BS000001_3.0", 0x0202)


@pytest.mark.parametrize("name", ["1-1:1.0", "1-9", "ttyACM9", "ttyS0"])
def test_what_is_no_usb_device_cannot_be_read(usb: Usb, name: str) -> None:
    usb.plug("1-1", FIT, tty="ttyACM0")
    (usb.root / "class/tty/ttyS0/device").mkdir(parents=True)
    with pytest.raises(OSError, match="No such file"):
        read_node(name, usb.root)


@pytest.mark.parametrize(("ids", "tty", "name"), [(FIT, "ttyACM0", "ttyACM0"), (BLINKSTICK, "", "1-1")])
def test_a_light_comes_goes_and_comes_back_and_its_first_opener_finds_nothing(
    usb: Usb, bus: UsbBus, ids: tuple[str, str], tty: str, name: str
) -> None:
    recorder = Recorder()
    bus.start(recorder)
    usb.plug("1-1", ids, tty=tty)
    bus.happened("add", "x", name)
    (device,) = recorder.devices.values()
    open_first = recorder.openers[device.id]
    usb.unplug("1-1")
    bus.happened("remove", "x", name)
    (usb.root / "devices/1-1").rename(usb.root / "devices/gone")
    usb.plug("1-1", ids, tty=tty)
    bus.happened("add", "x", name)
    assert [what for what, _ in recorder.told] == ["attach", "detach", "attach"]
    with pytest.raises(Unplugged):
        open_first(lambda key, pressed: None, lambda fault: None)
