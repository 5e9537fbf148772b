"""Who a hidraw node is, by sysfs; and what the USB source makes of nodes that come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivers.base import Kind, Lamp, Palette, Unplugged
from drivers.nodes import audio_card, node_names, read_node
from drivers.usb import UsbBus

if TYPE_CHECKING:
    from pathlib import Path

    from drivers.base import Device, Open

HEADSET = "050B 0905 A101 0920 2501 7501 9501 8122 0508 0917 9501 9122 C0"
EVOLVE = "usb-0b0e-0307-A1"
VENDOR = "0600FF 0901 A101 1500 26FF00 7508 9508 0901 9102 C0"
MOUSE = "0501 0902 A101 0509 0901 2501 7501 9501 8102 C0"


class Sysfs:
    """A sysfs of a few files, laid out as Linux does."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("hidraw", "sound"):
            (root / "class" / name).mkdir(parents=True)
        self._instance = 0

    def plug(
        self,
        name: str,
        port: str = "1-1",
        serial: str = "A1",
        descriptor: str = HEADSET,
        interface: int = 3,
        **ids: str,
    ) -> None:
        """A HID interface of a USB device."""
        ids = {"vendor": "0b0e", "product": "0307", "title": "Evolve Link", **ids}
        usb = self.root / "devices" / port
        self._instance += 1
        instance = f"0003:{ids['vendor']}:{ids['product']}.{self._instance:04X}".upper()
        hid = usb / f"{port}:1.{interface}" / instance
        hid.mkdir(parents=True)
        for file, text in (
            (usb / "idVendor", ids["vendor"]),
            (usb / "product", ids["title"]),
            (usb / "serial", serial),
            (usb / "bcdDevice", "0123"),
            (hid.parent / "bInterfaceNumber", f"{interface:02x}"),
            (
                hid / "uevent",
                f"HID_ID=0003:0000{ids['vendor']}:0000{ids['product']}\nHID_NAME=x\nHID_UNIQ={serial}\n",
            ),
        ):
            file.write_text(text)
        (hid / "report_descriptor").write_bytes(bytes.fromhex(descriptor))
        (self.root / "class/hidraw" / name).mkdir()
        (self.root / "class/hidraw" / name / "device").symlink_to(hid)

    def unplug(self, name: str) -> None:
        (self.root / "class/hidraw" / name / "device").unlink()
        (self.root / "class/hidraw" / name).rmdir()

    def card(self, number: int, port: str, name: str) -> None:
        card = self.root / "devices" / port / f"{port}:1.0" / f"card{number}"
        card.mkdir(parents=True)
        (card / "id").write_text(name + "\n")
        (self.root / "class/sound" / f"card{number}").symlink_to(card)


class Recorder:
    """What a source reported."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.devices: dict[str, Device] = {}
        self.openers: dict[str, Open] = {}

    def attach(self, device: Device, open_device: Open) -> None:
        self.told.append(("attach", device.id))
        self.devices[device.id] = device
        self.openers[device.id] = open_device

    def detach(self, device_id: str) -> None:
        self.told.append(("detach", device_id))

    def retry(self, device_id: str) -> None:
        self.told.append(("retry", device_id))

    def hear(self, device_id: str, audio: str) -> None:
        self.told.append(("hear " + audio, device_id))


@pytest.fixture
def sysfs(tmp_path: Path) -> Sysfs:
    return Sysfs(tmp_path)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def bus(sysfs: Sysfs, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> UsbBus:
    """A bus without udev: the tests say what happened."""
    monkeypatch.setattr("drivers.netlink.monitor", lambda *_: None)
    return UsbBus(sysfs.root)


def test_a_node_says_who_it_is(sysfs: Sysfs) -> None:
    sysfs.plug("hidraw3", port="1-1.4", serial="00 1A/é")
    node = read_node("hidraw3", sysfs.root)
    assert (node.id, node.path, node.name) == ("usb-0b0e-0307-00_1A", "/dev/hidraw3", "Evolve Link")
    assert (node.port, node.release, node.interface) == ("1-1.4", 0x0123, 3)
    assert node.descriptor == bytes.fromhex(HEADSET)


def test_without_a_serial_number_a_device_goes_by_its_port(sysfs: Sysfs) -> None:
    sysfs.plug("hidraw0", port="1-1.4", serial="")
    assert read_node("hidraw0", sysfs.root).id == "usb-0b0e-0307-1-1.4"


def test_nodes_come_in_the_order_of_their_numbers(sysfs: Sysfs) -> None:
    for number in (10, 2, 0):
        sysfs.plug(f"hidraw{number}", port=f"1-{number}")
    assert list(node_names(sysfs.root)) == ["hidraw0", "hidraw2", "hidraw10"]


def test_the_sound_card_of_the_same_usb_device_is_found_and_no_other(sysfs: Sysfs) -> None:
    sysfs.plug("hidraw0", port="1-1")
    sysfs.card(0, "1-11", "Other")
    node = read_node("hidraw0", sysfs.root)
    assert audio_card(node, sysfs.root) == ""
    sysfs.card(1, "1-1", "Link")
    assert audio_card(node, sysfs.root) == "Link"


def test_a_machine_without_hidraw_has_no_devices(tmp_path: Path, recorder: Recorder) -> None:
    bus = UsbBus(tmp_path)
    bus.start(recorder)
    bus.stop()
    assert recorder.told == []


def test_telephones_and_lights_are_reported_and_nothing_else(
    sysfs: Sysfs, bus: UsbBus, recorder: Recorder
) -> None:
    sysfs.plug("hidraw0", port="1-1", product="0001", descriptor=MOUSE)
    sysfs.plug("hidraw1", port="1-2", product="0002", descriptor="05")
    sysfs.plug("hidraw2", port="1-3")
    sysfs.plug("hidraw3", port="1-4", vendor="27bb", product="3bca", title="Busylight", descriptor="C0")
    sysfs.card(0, "1-3", "Link")
    bus.start(recorder)
    headset, light = recorder.devices.values()
    assert (headset.id, headset.kind, headset.audio) == (EVOLVE, Kind.HEADSET, "Link")
    assert (light.id, light.kind, light.lamps) == ("usb-27bb-3bca-A1", Kind.LIGHT, frozenset({Lamp.STATUS}))
    assert light.name == "Kuando Busylight Alpha"


def test_a_device_says_who_made_it_and_by_whose_word_it_is_driven(
    sysfs: Sysfs, bus: UsbBus, recorder: Recorder
) -> None:
    sysfs.plug("hidraw0", port="1-1")
    sysfs.plug("hidraw1", port="1-2", vendor="1294", product="1320", title="MAILBOX", descriptor="C0")
    sysfs.plug("hidraw2", port="1-3", vendor="1234", product="0001", title="Unknown")
    (sysfs.root / "devices/1-1/manufacturer").write_text("GN Netcom A/S\n")
    bus.start(recorder)
    headset, light, unknown = recorder.devices.values()
    assert (headset.maker, headset.usb) == ("GN Netcom A/S", "0b0e:0307")
    assert headset.driver == "Jabra Evolve Link MS (real descriptor)"
    assert (light.maker, light.palette) == ("", Palette.SEVEN)
    assert light.driver == "Riso Kagaku Webmail Notifier (kernel driver)"
    assert unknown.driver == "HID telephony"


def test_a_device_that_comes_back_as_another_node_is_the_same_device(
    sysfs: Sysfs, bus: UsbBus, recorder: Recorder
) -> None:
    bus.start(recorder)
    sysfs.plug("hidraw0", port="1-1")
    bus.happened("add", "hidraw", "hidraw0")
    sysfs.unplug("hidraw0")
    bus.happened("remove", "hidraw", "hidraw0")
    sysfs.plug("hidraw7", port="1-2")
    bus.happened("add", "hidraw", "hidraw7")
    assert recorder.told == [("attach", EVOLVE), ("detach", EVOLVE), ("attach", EVOLVE)]


def test_a_change_of_a_known_node_is_a_reason_to_try_again(
    sysfs: Sysfs, bus: UsbBus, recorder: Recorder
) -> None:
    sysfs.plug("hidraw0")
    bus.start(recorder)
    bus.happened("change", "hidraw", "hidraw0")
    assert recorder.told[1:] == [("retry", EVOLVE)]


def test_a_node_name_used_again_is_another_device_and_the_old_one_is_not_opened_by_it(
    sysfs: Sysfs, bus: UsbBus, recorder: Recorder
) -> None:
    sysfs.plug("hidraw0", port="1-1", serial="A1")
    bus.start(recorder)
    sysfs.unplug("hidraw0")
    sysfs.plug("hidraw0", port="1-2", serial="B2")
    with pytest.raises(Unplugged):
        recorder.openers[EVOLVE](lambda key, pressed: None, lambda fault: None)
    bus.happened("add", "hidraw", "hidraw0")
    assert recorder.told[1:] == [("detach", EVOLVE), ("attach", "usb-0b0e-0307-B2")]


def test_twins_that_are_there_at_start_go_by_their_ports_in_whatever_order_they_are_found(
    sysfs: Sysfs, recorder: Recorder, bus: UsbBus
) -> None:
    sysfs.plug("hidraw0", port="1-2")
    sysfs.plug("hidraw1", port="1-1")
    bus.start(recorder)
    assert list(recorder.devices) == [f"{EVOLVE}-1-2", f"{EVOLVE}-1-1"]


def test_a_twin_that_comes_later_goes_by_its_port_and_the_first_keeps_its_name_until_the_next_start(
    sysfs: Sysfs, recorder: Recorder, bus: UsbBus
) -> None:
    sysfs.plug("hidraw0", port="1-1")
    bus.start(recorder)
    sysfs.plug("hidraw1", port="1-2")
    bus.happened("add", "hidraw", "hidraw1")
    assert recorder.told == [("attach", EVOLVE), ("attach", f"{EVOLVE}-1-2")]


def test_a_twin_that_is_replugged_while_the_other_is_away_is_not_taken_for_it(
    sysfs: Sysfs, recorder: Recorder, bus: UsbBus
) -> None:
    sysfs.plug("hidraw0", port="1-1")
    bus.start(recorder)
    sysfs.plug("hidraw1", port="1-2")
    bus.happened("add", "hidraw", "hidraw1")
    for name in ("hidraw0", "hidraw1"):
        sysfs.unplug(name)
        bus.happened("remove", "hidraw", name)
    for name, port in (("hidraw4", "1-2"), ("hidraw5", "1-1")):
        sysfs.plug(name, port=port)
        bus.happened("add", "hidraw", name)
    assert recorder.told[4:] == [("attach", f"{EVOLVE}-1-2"), ("attach", EVOLVE)]


def test_a_headset_whose_going_is_told_after_its_coming_back_is_no_twin_of_itself(
    sysfs: Sysfs, recorder: Recorder, bus: UsbBus
) -> None:
    sysfs.plug("hidraw0", port="1-1")
    bus.start(recorder)
    sysfs.unplug("hidraw0")
    sysfs.plug("hidraw1", port="1-2")
    bus.happened("add", "hidraw", "hidraw1")
    bus.happened("remove", "hidraw", "hidraw0")
    assert recorder.told == [("attach", EVOLVE), ("detach", EVOLVE), ("attach", EVOLVE)]


def test_a_base_and_a_headset_of_one_maker_on_one_hub_are_two_devices_whatever_their_serials(
    sysfs: Sysfs, recorder: Recorder, bus: UsbBus
) -> None:
    sysfs.plug("hidraw0", port="1-1.1", product="2400", serial="A1")
    sysfs.plug("hidraw1", port="1-1.2", product="2453", serial="A1")
    sysfs.card(0, "1-1.1", "Base")
    sysfs.card(1, "1-1.2", "Headset")
    bus.start(recorder)
    cards = {name: device.audio for name, device in recorder.devices.items()}
    assert cards == {"usb-0b0e-2400-A1": "Base", "usb-0b0e-2453-A1": "Headset"}


def test_two_interfaces_of_one_device_are_two_devices_with_one_sound_card(
    sysfs: Sysfs, recorder: Recorder, bus: UsbBus
) -> None:
    sysfs.plug("hidraw0", port="1-1", interface=3)
    sysfs.plug("hidraw1", port="1-1", interface=4)
    sysfs.card(0, "1-1", "Link")
    bus.start(recorder)
    cards = {name: device.audio for name, device in recorder.devices.items()}
    assert cards == {EVOLVE: "Link", f"{EVOLVE}-i4": "Link"}


def test_a_second_interface_of_a_light_is_left_alone(sysfs: Sysfs, recorder: Recorder, bus: UsbBus) -> None:
    for interface in (0, 1):
        sysfs.plug(
            f"hidraw{interface}", vendor="2c0d", product="0001", interface=interface, descriptor=VENDOR
        )
    bus.start(recorder)
    assert list(recorder.devices) == ["usb-2c0d-0001-A1"]


def test_a_sound_card_that_comes_later_is_heard_of(sysfs: Sysfs, bus: UsbBus, recorder: Recorder) -> None:
    sysfs.plug("hidraw0", port="1-1")
    bus.start(recorder)
    sysfs.card(1, "1-1", "Link")
    bus.happened("add", "sound", "card1")
    assert recorder.told[1:] == [("hear Link", EVOLVE)]


def test_an_event_for_a_node_that_is_gone_again_and_one_after_the_end_do_nothing(
    sysfs: Sysfs, bus: UsbBus, recorder: Recorder
) -> None:
    bus.start(recorder)
    bus.happened("add", "hidraw", "hidraw9")
    bus.happened("remove", "hidraw", "hidraw9")
    bus.stop()
    sysfs.plug("hidraw0")
    bus.happened("add", "hidraw", "hidraw0")
    assert recorder.told == []
