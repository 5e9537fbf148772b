"""Hidraw nodes, serial ports and USB devices as sysfs shows them: who they are, without opening anything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

USB = 0x03
BUSES = {USB: "usb", 0x05: "bluetooth"}  # linux/input.h
USB_TTY = re.compile(r"tty(ACM|USB)\d+$")
ODD_CHARACTERS = re.compile(r"[^A-Za-z0-9.]+")
SERIAL_CHARACTERS = MAKER_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Node:
    """One device file, from plug to unplug: `instance` is new at every plugging, all else may come again."""

    path: str  # /dev/hidraw3, /dev/ttyACM0, /dev/bus/usb/001/004
    instance: str  # 0003:0B0E:0307.0005
    bus: int
    vendor: int
    product: int
    release: int  # bcdDevice
    interface: int  # -1 where there is no USB interface
    name: str
    serial: str
    port: str  # 1-1.4: where on which hub
    folder: str  # of the USB device in sysfs; "" where there is none
    descriptor: bytes  # of its reports; empty for what is no HID

    @property
    def id(self) -> str:
        """Stable over replugging: by serial number, by port where there is none."""
        bus = BUSES.get(self.bus, "hid")
        return f"{bus}-{self.vendor:04x}-{self.product:04x}-{self.serial or self.port}"


def node_names(sys: Path) -> Iterator[str]:
    """The names of all hidraw nodes, in the order of their numbers; then of serial ports and USB devices."""
    names = (path.name for path in (sys / "class/hidraw").glob("hidraw*"))
    yield from sorted(names, key=lambda name: int(name.removeprefix("hidraw")))
    yield from sorted(path.name for path in (sys / "class/tty").glob("tty[AU]*") if USB_TTY.match(path.name))
    yield from sorted(path.name for path in (sys / "bus/usb/devices").glob("[0-9]*") if ":" not in path.name)


def read_node(name: str, sys: Path) -> Node:
    """What sysfs says of a node (hidraw3, ttyACM0, 1-1.4); raises OSError where it is gone or of no use."""
    if name.startswith("hidraw"):
        return _read_hidraw(name, sys)
    if name.startswith("tty"):
        interface = (sys / "class/tty" / name / "device").resolve(strict=True)
        usb = next((folder for folder in interface.parents if (folder / "idVendor").exists()), interface)
        return _read_usb(usb, name, f"/dev/{name}")
    usb = (sys / "bus/usb/devices" / name).resolve(strict=True)
    bus, address = (int(_needed(usb, number)) for number in ("busnum", "devnum"))
    return _read_usb(usb, name, f"/dev/bus/usb/{bus:03}/{address:03}")


def _read_usb(usb: Path, name: str, path: str) -> Node:
    return Node(
        path=path,
        instance=f"{name} {_needed(usb, 'devnum')}",
        bus=USB,
        vendor=int(_needed(usb, "idVendor"), 16),
        product=int(_needed(usb, "idProduct"), 16),
        release=int(_text(usb, "bcdDevice") or "0", 16),
        interface=-1,
        name=_text(usb, "product") or name,
        serial=_plain(_text(usb, "serial")),
        port=usb.name,
        folder=str(usb),
        descriptor=b"",
    )


def _read_hidraw(name: str, sys: Path) -> Node:
    hid = (sys / "class/hidraw" / name / "device").resolve(strict=True)
    uevent = dict(line.split("=", 1) for line in (hid / "uevent").read_text().splitlines() if "=" in line)
    bus, vendor, product = (int(part, 16) for part in uevent["HID_ID"].split(":"))
    usb = next((folder for folder in hid.parents if (folder / "idVendor").exists()), None)
    return Node(
        path=f"/dev/{name}",
        instance=hid.name,
        bus=bus,
        vendor=vendor,
        product=product,
        release=int(_text(usb, "bcdDevice") or "0", 16),
        interface=int(_text(hid.parent, "bInterfaceNumber") or "-1", 16),
        name=_text(usb, "product") or uevent.get("HID_NAME", hid.name),
        serial=_plain(uevent.get("HID_UNIQ", "") or _text(usb, "serial")),
        port=usb.name if usb else _plain(uevent.get("HID_PHYS", "") or hid.name),
        folder=str(usb) if usb else "",
        descriptor=(hid / "report_descriptor").read_bytes(),
    )


def audio_card(node: Node, sys: Path) -> str:
    """The ALSA card id (the CARD= of a PCM name) of the sound card in the same USB device, "" for none."""
    for card in sorted((sys / "class/sound").glob("card*")):
        if node.folder and str(card.resolve()).startswith(node.folder + "/"):
            return _text(card, "id")
    return ""


def maker(node: Node) -> str:
    """Whom a USB device names as its maker, "" for nobody."""
    return _text(Path(node.folder), "manufacturer")[:MAKER_CHARACTERS] if node.folder else ""


def _needed(folder: Path, name: str) -> str:
    return (folder / name).read_text().strip()


def _text(folder: Path | None, name: str) -> str:
    """An attribute, "" where there is none."""
    try:
        return (folder / name).read_text(errors="replace").strip() if folder else ""
    except OSError:
        return ""


def _plain(text: str) -> str:
    return ODD_CHARACTERS.sub("_", text.strip())[:SERIAL_CHARACTERS].strip("_")
