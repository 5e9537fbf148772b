"""udev's rules and hardware database, made from the drivers' own tables: `python -m drivers.udev`.

It writes udev/70-deskbell.rules and udev/70-deskbell.hwdb anew. What a light is known by (its USB numbers,
its interface, its name) stands in the database, so that the rules need one line for each kind of device file.
Formats: udev(7), hwdb(7).

Nothing wakes devices up: Linux lets no HID and no sound card sleep by itself unless it is asked to
(Documentation/driver-api/usb/power-management.rst), and systemd's 60-autosuspend.hwdb asks for none of these.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drivers.lights.catalogue import INPUTS, MODELS
from drivers.lights.model import Reach

if TYPE_CHECKING:
    from drivers.lights.model import Model

FOLDER = Path(__file__).parents[1] / "udev"
NAME = "70-deskbell"
TELEPHONY_PAGE = b"\x05\x0b"
OFF_HOOK = b"\x09\x17"  # of the LED page
HIDRAW, INPUT = "device", "../.."  # where the HID device is, seen from a node
NODES = {Reach.HIDRAW: "hidraw", Reach.TTY: "tty", Reach.USB: "usb"}  # the kernel's subsystems

RULES = """\
# Deskbell: which device files the desk's daemon may open. Goes to /etc/udev/rules.d, and {name}.hwdb to
# /etc/udev/hwdb.d; the group deskbell must exist. Made from the drivers' tables by: python -m drivers.udev

ACTION=="remove", GOTO="deskbell_end"
SUBSYSTEM!="hidraw|input|tty|usb|gpio", GOTO="deskbell_end"

# Buttons, lamps and relays.
SUBSYSTEM=="gpio", KERNEL=="gpiochip*", GROUP="deskbell", MODE="0660"

# Telephones: their report descriptors name the Telephony page and an Off-Hook lamp. udev itself cannot look
# for bytes in a file with zeros; systemd too runs a program for every hidraw node (60-fido-id.rules).
SUBSYSTEM=="hidraw", PROGRAM=="{telephony}", PROGRAM=="{off_hook}", GROUP="deskbell", MODE="0660"

# Whenever a program opens a telephone as an input device, Linux writes its lamps as it knows them: Ring and
# Off-Hook go out. So it is none; hidraw hears its keys all the same. What can be typed or pointed with stays.
SUBSYSTEM=="input", KERNEL=="input*", {only_a_telephone}, ATTR{{inhibited}}="1"

# Lights, by {name}.hwdb; a mouse or keyboard beside one stays closed.
SUBSYSTEM!="gpio|input", IMPORT{{builtin}}="hwdb --subsystem=usb --lookup-prefix=deskbell:"
SUBSYSTEM=="hidraw", ENV{{ID_DESKBELL}}=="hidraw", PROGRAM!="{inputs}", GROUP="deskbell", MODE="0660"
SUBSYSTEM=="tty", ENV{{ID_DESKBELL}}=="tty", GROUP="deskbell", MODE="0660"
SUBSYSTEM=="usb", ENV{{ID_DESKBELL}}=="usb", ENV{{DEVTYPE}}=="usb_device", GROUP="deskbell", MODE="0660"

LABEL="deskbell_end"
"""


def rules() -> str:
    """The text of 70-deskbell.rules."""
    inputs = "|".join(_escaped(start) for start in INPUTS)
    return RULES.format(
        name=NAME,
        telephony=_grep(_escaped(TELEPHONY_PAGE)),
        off_hook=_grep(_escaped(OFF_HOOK)),
        only_a_telephone=", ".join(
            f'PROGRAM{equal}"{_grep(pattern, INPUT)}"'
            for equal, pattern in (
                ("==", _escaped(TELEPHONY_PAGE)),
                ("==", _escaped(OFF_HOOK)),
                ("!=", inputs),
            )
        ),
        inputs=_grep(f"^({inputs})"),
    )


def hwdb() -> str:
    """The text of 70-deskbell.hwdb: by which kind of device file each light is driven.

    Lights inside telephones are not in it: they are reached through the telephone's file.
    """
    entries = {
        _key(model): f"# {model.name}\n{_key(model)}\n ID_DESKBELL={NODES[model.reach]}\n" for model in MODELS
    }
    head = "# Deskbell: the lights that it drives. Made from the drivers' tables by: python -m drivers.udev\n"
    return "\n".join([head, *(entries[key] for key in sorted(entries))])


def _key(model: Model) -> str:
    """What the database is searched with for a light's interface, or for the device where its name counts.

    The kernel's modalias of an interface ends in its number (in01); udev makes that of a device of its
    numbers and its name (udev-builtin-hwdb.c).
    """
    start = f"deskbell:usb:v{model.vendor:04X}p{model.product:04X}"
    if model.word:
        return f"{start}:*{''.join(f'[{letter.upper()}{letter}]' for letter in model.word)}*"
    return f"{start}*" if model.interface is None else f"{start}*in{model.interface:02X}*"


def _grep(pattern: str, hid: str = HIDRAW) -> str:
    """A program that looks for bytes in the report descriptor of the HID device of a node."""
    return f"/usr/bin/grep -qsaP '{pattern}' %S%p/{hid}/report_descriptor"


def _escaped(wanted: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in wanted)


def write(folder: Path = FOLDER) -> None:
    """Write both files."""
    (folder / f"{NAME}.rules").write_text(rules())
    (folder / f"{NAME}.hwdb").write_text(hwdb())


if __name__ == "__main__":
    write()
