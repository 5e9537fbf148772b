"""What is attached to the desk, in words: what a device is, has, and what is wrong with it."""

from __future__ import annotations

from typing import Any, NamedTuple

from web.language import N_

KINDS = {
    "headset": N_("Headset"),
    "handset": N_("Handset"),
    "speakerphone": N_("Speakerphone"),
    "light": N_("Busy light"),
    "buttons": N_("Buttons"),
    "ringer": N_("Ringer"),
}
NAMES = {
    "hook": N_("Hook switch"),
    "answer": N_("Answer"),
    "hold": N_("Hold"),
    "park": N_("Park"),
    "flash": N_("Flash"),
    "mute": N_("Mute"),
    "reject": N_("Reject"),
    "redial": N_("Redial"),
    "line": N_("Line"),
    "line_busy": N_("Line busy"),
    "speed_dial": N_("Speed dial"),
    "voice_mail": N_("Voicemail"),
    "volume_up": N_("Louder"),
    "volume_down": N_("Softer"),
    "off_hook": N_("Off-hook"),
    "ring": N_("Ring"),
    "message_waiting": N_("Message"),
    "speaker": N_("Speaker"),
    "microphone": N_("Microphone off"),
    "on_line": N_("On line"),
    "status": N_("Light"),
}
"""Keys and lamps; what is not named here has a name of its own."""

COLOURS = {
    "red": N_("red"),
    "orange": N_("orange"),
    "yellow": N_("yellow"),
    "green": N_("green"),
    "dim green": N_("dim green"),
    "cyan": N_("cyan"),
    "blue": N_("blue"),
    "purple": N_("purple"),
    "white": N_("white"),
}
RHYTHMS = {
    "on": N_("steadily"),
    "blink": N_("blinks, once a second"),
    "fast": N_("blinks fast, four times a second"),
    "slow": N_("blinks slowly, once in four seconds"),
    "flash": N_("flashes shortly, every two seconds"),
    "wink": N_("goes dark shortly, every two seconds"),
}
PALETTES = {
    "any": tuple(COLOURS),
    "seven": ("red", "yellow", "green", "cyan", "blue", "purple", "white"),
    "red": ("red",),
}
PICTURES = {"light": "star", "buttons": "keypad", "ringer": "ring", "speakerphone": "announce"}


class Trouble(NamedTuple):
    """What is wrong with a device, and what to do: both marked for translation."""

    state: str  # of a badge
    what: str
    fix: str = ""


WELL = Trouble("ok", N_("Connected"))
# What the drivers say, by words in it; the first that fits counts.
_SAYINGS = (
    ("is being opened", Trouble("warn", N_("Being opened …"))),
    (
        "group audio",
        Trouble(
            "bad",
            N_("Deskbell may not use this sound card"),
            N_("Add Deskbell's user to the group audio, then start the desk anew."),
        ),
    ),
    (
        "libusb",
        Trouble(
            "bad", N_("A part of the system is missing"), N_("Install libusb-1.0-0, then plug it in anew.")
        ),
    ),
    (
        "another program plays",
        Trouble(
            "bad", N_("Another program uses it"), N_("Close that program; Deskbell tries again by itself.")
        ),
    ),
    (
        "in use by",
        Trouble(
            "bad",
            N_("Another program or driver has claimed a pin"),
            N_("Switch that driver off in the box's configuration (dtoverlay), or choose another pin."),
        ),
    ),
    (
        "no GPIO header",
        Trouble(
            "bad",
            N_("This machine has no GPIO header"),
            N_("Buttons and relays need a Raspberry Pi; remove them under Buttons and relays otherwise."),
        ),
    ),
    (
        "no sound card",
        Trouble(
            "off", N_("Its sound card is not there"), N_("Plug it in, or choose another one under Ringing.")
        ),
    ),
    (
        "presses its keys faster",
        Trouble("bad", N_("It presses its keys without end"), N_("Plug it in anew, or replace it.")),
    ),
    (
        "not answer",
        Trouble(
            "bad",
            N_("It does not answer"),
            N_("Plug it in anew, straight into the box: behind a hub without a supply it may lack power."),
        ),
    ),
)
_BY_STATE = {
    "offline": Trouble("off", N_("Unplugged"), N_("Plug it in, or bring it back into range.")),
    "denied": Trouble(
        "bad",
        N_("Deskbell may not open it"),
        N_("Install Deskbell's udev rules as told below, then plug it in anew."),
    ),
    "failed": Trouble(
        "bad", N_("It does not work"), N_("Plug it in anew; if it stays so, try another port or cable.")
    ),
    "online": Trouble("warn", N_("Part of it does not work"), N_("See what it says.")),
}
NO_CARD = Trouble(
    "warn",
    N_("It has keys, but no sound card"),
    N_("Plug it in anew, straight into the box; calls have no sound here until then."),
)


def trouble(device: dict[str, Any]) -> Trouble:
    """Return what is wrong with a device, WELL where nothing is."""
    said = device.get("reason", "")
    if found := next((one for words, one in _SAYINGS if words in said), None):
        return found
    state = device.get("state", "")
    if state == "online" and not said:
        speaks = device.get("audio") and not device.get("simulated")
        return NO_CARD if speaks and not device.get("card") else WELL
    return _BY_STATE.get(state, _BY_STATE["failed"])


def picture(device: dict[str, Any]) -> str:
    """Return the icon of its kind."""
    return PICTURES.get(device.get("kind", ""), "headset")
