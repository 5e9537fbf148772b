"""A Raspberry Pi's 40-pin header as it is drawn: what each place is, the odd ones at the left."""

from __future__ import annotations

from typing import NamedTuple

_LABELS = [
    "3V3", "5V", "GPIO2", "5V", "GPIO3", "GND", "GPIO4", "GPIO14", "GND", "GPIO15", "GPIO17", "GPIO18",
    "GPIO27", "GND", "GPIO22", "GPIO23", "3V3", "GPIO24", "GPIO10", "GND", "GPIO9", "GPIO25", "GPIO11",
    "GPIO8", "GND", "GPIO7", "GPIO0", "GPIO1", "GPIO5", "GND", "GPIO6", "GPIO12", "GPIO13", "GND", "GPIO19",
    "GPIO16", "GPIO26", "GPIO20", "GND", "GPIO21",
]  # fmt: skip
_ALSO = {
    0: "ID_SD", 1: "ID_SC", 2: "I²C SDA", 3: "I²C SCL", 4: "GPCLK0", 7: "SPI CE1", 8: "SPI CE0",
    9: "SPI MISO", 10: "SPI MOSI", 11: "SPI SCLK", 14: "UART TXD", 15: "UART RXD", 18: "PCM CLK",
    19: "PCM FS", 20: "PCM DIN", 21: "PCM DOUT",
}  # fmt: skip


class Place(NamedTuple):
    """A place on the header: its number, its name, its BCM number (None: no GPIO), what else it can be."""

    number: int
    name: str
    gpio: int | None
    also: str

    @property
    def kind(self) -> str:
        """What is there: gpio, ground, 3v3 or 5v."""
        return {"GND": "ground", "3V3": "3v3", "5V": "5v"}.get(self.name, "gpio")


def _place(number: int, name: str) -> Place:
    gpio = int(name.removeprefix("GPIO")) if name.startswith("GPIO") else None
    return Place(number, name, gpio, _ALSO.get(gpio, "") if gpio is not None else "")


PLACES = tuple(_place(number, name) for number, name in enumerate(_LABELS, 1))
ROWS = tuple(zip(PLACES[::2], PLACES[1::2], strict=True))
BY_GPIO = {place.gpio: place for place in PLACES if place.gpio is not None}
