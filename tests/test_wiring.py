"""Buttons and relays in the settings: how they are written, what is refused, what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import tomlkit

from appliance import settings
from appliance.configuration import desk_config, gpio_pins
from appliance.desk import events
from appliance.desk.config import Button, Relay
from appliance.desk.words import Toggle
from drivers.base import Key, Lamp
from drivers.gpio import ButtonPin, RelayPin
from tests.test_settings import GOOD, complaint, write

if TYPE_CHECKING:
    from pathlib import Path

WIRED = """
[speed_dial]
"1" = "1001"

[buttons]
answer = "J8:11"
answer_lamp = 23
active_low = false
bounce = 0.05
long_press = 1.5

[keys.doctor]
pin = "GPIO5"
press = "speed-dial 1"
long = "dnd"
double = "message 1001 A visitor"

[keys.gate]
pin = 6
active_low = false
pull = "none"
press = "relay gate"

[relays.gate]
pin = 13
active_high = false
seconds = 2
longest = 8

[relays.bell]
pin = "BOARD36"
follows = "ringing"
"""


def test_what_is_wired_reaches_the_header_and_the_desk(tmp_path: Path) -> None:
    read = settings.load(write(tmp_path, GOOD + WIRED))
    pins = gpio_pins(read)
    assert pins is not None
    assert pins.buttons == {
        Key.ANSWER: ButtonPin(17, active_low=False, pull="down", bounce_seconds=0.05),
        "doctor": ButtonPin(5),
        "gate": ButtonPin(6, active_low=False, pull="none"),
    }
    assert pins.lamps == {Lamp.ANSWER: 23}
    assert pins.relays == {"gate": RelayPin(13, False, 8.0), "bell": RelayPin(16)}
    desk = desk_config(read)
    assert desk.buttons == {
        "doctor": Button(events.SpeedDial("1"), Toggle.DND, events.SendMessage("1001", "A visitor")),
        "gate": Button(events.SwitchRelay("gate")),
    }
    assert desk.relays == {"gate": Relay(2, "", 8), "bell": Relay(3, "ringing", 10)}
    assert desk.long_press == 1.5


def test_where_nothing_is_wired_no_header_is_looked_for(tmp_path: Path) -> None:
    assert gpio_pins(settings.load(write(tmp_path))) is None


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("pin = 6", "", "keys.gate.pin: is missing; write a GPIO number from 0 to 27"),
        ("pin = 6", "pin = 28", "keys.gate.pin: 28 is wrong; write a GPIO number from 0 to 27"),
        ("pin = 6", "pin = true", "write a whole number, or a text in quotes"),
        ('"J8:11"', '"J8:6"', "buttons.answer: 'J8:6' is wrong; pin 6 of the header is no GPIO"),
        ("pin = 6", "pin = 17", "keys.gate.pin: 17 is GPIO17, which buttons.answer uses"),
        ("pin = 13", 'pin = "J8:29"', "relays.gate.pin: 'J8:29' is GPIO5, which keys.doctor.pin uses"),
        ("keys.doctor", "keys.hold", "keys.hold: hold is a key that the desk knows; write [buttons] for it"),
        ('"dnd"', '"dnt"', "keys.doctor.long: 'dnt' is wrong; 'dnt' is nothing that a button can ask for"),
        ('"relay gate"', '"relay"', "keys.gate.press: 'relay' is wrong; write relay RELAY"),
        ('"speed-dial 1"', '"speed-dial 7"', "keys.doctor.press: there is no speed dial '7'; write it into"),
        (
            '"relay gate"',
            '"relay door"',
            "there is no relay 'door'; write [relays.door], or one of gate",
        ),
        ("seconds = 2", "seconds = 9", "relays.gate.seconds: 9 is too long; write 8 at most, or more in"),
        ('"ringing"', '"registered"', "write one of ringing, talking"),
        ('pull = "none"', 'pull = "off"', "write one of auto, up, down, none"),
    ],
)
def test_what_cannot_be_wired_is_refused_with_the_fix(
    tmp_path: Path, right: str, wrong: str, says: str
) -> None:
    assert right in WIRED
    assert says in complaint(write(tmp_path, GOOD + WIRED.replace(right, wrong)))


def test_the_example_shows_how_a_button_and_a_relay_are_written(tmp_path: Path) -> None:
    example = settings.example()
    (keys,) = [line for line in example.splitlines() if line.startswith("# [keys.NAME]")]
    written = example[example.index(keys) :].split("\n\n")[0]
    lines = [line.removeprefix("# ") for line in written.splitlines()]
    options = tomlkit.parse("\n".join([lines[0], *(line for line in lines[1:] if " = " in line)]))
    assert options["keys"]["NAME"].keys() >= {"pin", "pull", "press", "long", "double"}
    assert "# [relays.NAME]" in example
