"""Telephony devices and busy lights as they come and go: a source of devices, by sysfs and udev."""

from __future__ import annotations

import contextlib
import logging
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyudev  # type: ignore[import-untyped]

from drivers import lights, netlink, telephony
from drivers.base import Kind, Unplugged
from drivers.nodes import Node, audio_card, maker, node_names, read_node

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drivers.base import Device, Driver, Lose, Open, Ports, Press

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Attached:
    device: Device
    node: Node


class UsbBus:
    """Reports every HID telephony device and busy light; where udev is silent, what was there at start."""

    def __init__(self, sys: Path = Path("/sys")) -> None:
        """`sys` is where sysfs is mounted."""
        self._sys = sys
        self._attached: dict[str, _Attached] = {}  # by node name
        self._twins: dict[str, str] = {}  # ids that two devices claim, and the port of the one that keeps it
        self._lock = threading.Lock()
        self._ports: Ports | None = None
        self._observer: pyudev.MonitorObserver | None = None

    def start(self, ports: Ports) -> None:
        """Listen first and look then, so that nothing slips through in between."""
        self._ports = ports
        monitor = netlink.monitor("hidraw", "sound", "tty", "usb")
        names = tuple(node_names(self._sys))
        self._twins = dict.fromkeys(_claimed_twice(names, self._sys), "")
        for name in names:
            self.happened("add", "hidraw", name)
        if monitor:
            self._observer = pyudev.MonitorObserver(
                monitor,
                callback=lambda event: self.happened(event.action, event.subsystem, event.sys_name),
                name="udev",
            )
            self._observer.start()

    def stop(self) -> None:
        """Listen no more."""
        self._ports = None
        if self._observer:
            self._observer.stop()

    def happened(self, action: str, subsystem: str, name: str) -> None:
        """Take a udev event: something was added, changed or removed."""
        with self._lock:
            if self._ports is None:
                return
            if subsystem == "sound":
                self._listen_to_cards(self._ports)
            elif action == "remove":
                self._vanish(name, self._ports)
            else:
                self._appear(name, self._ports)

    def _appear(self, name: str, ports: Ports) -> None:
        for gone in [old for old, known in self._attached.items() if not self._there(old, known.node)]:
            self._vanish(gone, ports)  # udevd may tell of its removal after this
        try:
            node = read_node(name, self._sys)
        except OSError:
            return  # gone again already; its removal follows
        if known := self._attached.get(name):
            ports.retry(known.device.id)  # its permissions changed, or its udev rule came
            return
        offer = lights.with_light(node, telephony.offer(node)) or lights.offer(node)
        if offer is None:
            return
        device, open_device = offer
        if device.kind is Kind.LIGHT and self._is_lit(node):
            log.info("%s: a second interface of %s is left alone", node.path, node.id)
            return
        device = replace(
            device,
            id=self._name(node),
            audio=audio_card(node, self._sys),
            maker=maker(node),
            usb=f"{node.vendor:04x}:{node.product:04x}",
        )
        self._attached[name] = _Attached(device, node)
        ports.attach(device, self._only_if_same(name, node, open_device))

    def _name(self, node: Node) -> str:
        """Its id; by port too where it has a twin: who came first today may come second tomorrow.

        Twins that were there at start all go by their ports; of those that met later the first keeps its id.
        A second telephone in the same device goes by the number of its interface.
        """
        others = [known.node for known in self._attached.values() if known.node.id == node.id]
        if twin := next((other for other in others if other.port != node.port), None):
            self._twins.setdefault(node.id, twin.port)
        first = self._twins.get(node.id, node.port) == node.port
        name = node.id if first else f"{node.id}-{node.port}"
        return f"{name}-i{node.interface}" if any(other.port == node.port for other in others) else name

    def _is_lit(self, node: Node) -> bool:
        """Whether the device of this node has a light already."""
        lit = [one.node for one in self._attached.values() if one.device.kind is Kind.LIGHT]
        return any((one.id, one.port) == (node.id, node.port) for one in lit)

    def _vanish(self, name: str, ports: Ports) -> None:
        attached = self._attached.pop(name, None)
        if attached:
            ports.detach(attached.device.id)

    def _listen_to_cards(self, ports: Ports) -> None:
        for attached in self._attached.values():
            ports.hear(attached.device.id, audio_card(attached.node, self._sys))

    def _only_if_same(self, name: str, node: Node, open_device: Open) -> Open:
        """Node names are used again: a worker that tries again must not open the next device."""

        def open_same(press: Press, lose: Lose) -> Driver:
            if not self._there(name, node):
                raise Unplugged("unplugged")
            return open_device(press, lose)

        return open_same

    def _there(self, name: str, node: Node) -> bool:
        try:
            return read_node(name, self._sys) == node
        except OSError:
            return False


def _claimed_twice(names: Iterable[str], sys: Path) -> Iterator[str]:
    """The ids under which more than one device is there."""
    ports: dict[str, set[str]] = {}
    for name in names:
        with contextlib.suppress(OSError):  # gone again already
            node = read_node(name, sys)
            ports.setdefault(node.id, set()).add(node.port)
    return (device for device, places in ports.items() if len(places) > 1)
