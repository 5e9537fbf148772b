"""Device files of lights: reports through hidraw, control transfers through libusb."""

from __future__ import annotations

from typing import TYPE_CHECKING

import hidraw  # type: ignore[import-not-found]

from drivers.base import DriverError

if TYPE_CHECKING:
    from drivers.nodes import Node

USB_SECONDS = 1.0
NO_LIBUSB = "lights like this one need libusb: sudo apt-get install libusb-1.0-0"


class Hidraw:
    """A hidraw node. hidapi says -1 where a write fails; here it raises OSError."""

    def __init__(self, path: str) -> None:
        """Open it; raises OSError."""
        self._device = hidraw.device()
        self._device.open_path(path.encode())

    def write(self, report: bytes) -> None:
        """Send an output report, its number (0 for none) first."""
        self._done(self._device.write(report))

    def write_feature(self, report: bytes) -> None:
        """Send a feature report, its number (0 for none) first."""
        self._done(self._device.send_feature_report(report))

    def close(self) -> None:
        """Let go of it."""
        self._device.close()

    def _done(self, written: int) -> None:
        if written < 0:
            raise OSError(self._device.error())


class UsbDevice:
    """A whole USB device through libusb, for requests that are meant for the device itself.

    Linux lets these through while a kernel driver has the interfaces (check_ctrlrecip in
    drivers/usb/core/devio.c asks for a claim only where the recipient is an interface or an endpoint), so
    nothing is taken from usbhid and nothing has to be given back.
    """

    def __init__(self, node: Node) -> None:
        """Find it by its place on the bus; raises OSError."""
        import usb.core  # type: ignore[import-untyped]  # with libusb: 1 MB, for the few that need it

        bus, address = (int(part) for part in node.path.split("/")[-2:])
        try:
            self._device = usb.core.find(custom_match=lambda usb: (usb.bus, usb.address) == (bus, address))
        except usb.core.NoBackendError as fault:
            raise DriverError(NO_LIBUSB) from fault
        if self._device is None:
            raise OSError("it is not on the bus")

    def write(self, kind: int, request: int, value: int, index: int = 0, data: bytes = b"") -> None:
        """Send a control transfer: bmRequestType, bRequest, wValue, wIndex; raises OSError."""
        self._device.ctrl_transfer(kind, request, value, index, data, timeout=int(USB_SECONDS * 1000))

    def close(self) -> None:
        """Let go of it."""
        import usb.util  # type: ignore[import-untyped]

        usb.util.dispose_resources(self._device)
