"""The five kinds of telephony device in use, to be plugged into the rig.

    with MODELS["one report"].headset("A1") as headset:
        headset.lift_hook()
        headset.wait_for_lamp("Off-Hook")

| name                | like                       | what is particular                                      |
| ------------------- | -------------------------- | ------------------------------------------------------- |
| one report          | Jabra Evolve Link          | all lamps in one report; an unwanted hook is taken back |
| one lamp per report | Plantronics Blackwire 3220 | mute by key XOR mute by USB audio                       |
| array buttons       | EPOS Impact D              | keys and volume in one report, an array, Drop           |
| constant            | Anker PowerConf            | real keys flagged Constant                              |
| keypad              | a handset with a keypad    | unnumbered reports; its cradle follows no lamp          |

Layouts and habits: the real devices' report descriptors (`real`, in the collection beside the checkout), and
what their makers and users say of them. The descriptors here are our own, with the same layouts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from tests.rig.audio import Format
from tests.rig.devices import Headset
from tests.rig.telephone import Habits
from tests.rig.usb import Identity

REAL = Path(__file__).parents[3] / "shared" / "descriptors"

ONE_REPORT = bytes.fromhex(
    "050B 0905 A101"  # Telephony: Headset
    "8502 1500 2501 7501"
    "0920 0997 9502 8122"  # Hook Switch, Line Busy Tone: absolute, no preferred state
    "092F 0921 0924 0950 9504 8106"  # Phone Mute, Flash, Redial, Speed Dial: relative
    "0509 0907 9501 8102"  # Button 7: absolute
    "050B 0906 A102 19B0 29BB 1500 250C 7504 9501 8100 C0"  # Phone Keys: an array; 0 for none all the same
    "7501 9505 8101"
    "0508 1500 2501"
    "0917 0909 0918 0920 0921 9505 9122"  # LEDs: Off-Hook, Mute, Ring, Hold, Microphone
    "050B 099E 9501 9122"  # Ringer
    "950A 9101"
    "C0"
)
ONE_LAMP_PER_REPORT = bytes.fromhex(
    "050B 0905 A101"  # Telephony: Headset
    "8508 1500 2501 7501"
    "092F 9501 8106"  # Phone Mute: relative
    "0920 0921 9502 8122"  # Hook Switch, Flash: absolute, no preferred state
    "0924 9501 8106"  # Redial: relative
    "0907 9501 8102"  # Programmable Button: absolute
    "9503 8101"
    "0508"  # LEDs, each in a report of its own:
    "8509 0909 9501 9122 9507 9101"  # Mute
    "8517 0917 9501 9122 9507 9101"  # Off-Hook
    "8518 0918 9501 9122 9507 9101"  # Ring
    "851E 091E 9501 9122 9507 9101"  # Speaker
    "8520 0920 9501 9122 9507 9101"  # Hold
    "852A 092A 9501 9122 9507 9101"  # On-Line
    "C0"
)
ARRAY_BUTTONS = bytes.fromhex(
    "050B 0905 A101"  # Telephony: Headset
    "8502 1500 2501 7501"
    "050C 09EA 09E9 9502 8102"  # Consumer: Volume Down, Volume Up
    "050B 0920 9501 8122"  # Hook Switch: absolute, no preferred state
    "0921 0924 092F 0926 9504 8106"  # Flash, Redial, Phone Mute, Drop: relative
    "0907 0509 0901 9501 8140"  # an array of Programmable Button (0, its idle) and Button 1
    "8503 050B 099E 9501 9122"  # Ringer
    "0508 0917 0921 0918 0909 092A 0920 9506 9122"  # Off-Hook, Microphone, Ring, Mute, On-Line, Hold
    "9501 9101"
    "C0"
)
CONSTANT = bytes.fromhex(
    "050B 0905 A101"  # Telephony: Headset
    "8502 1500 2501 7501"
    "0920 0997 9502 8123"  # Hook Switch, Line Busy Tone: Constant, and yet they move
    "092F 0921 0970 0950 9504 8107"  # Phone Mute, Flash, Voice Mail, Speed Dial: relative, Constant
    "0906 A102 19B0 29BB 1500 250C 7504 9501 8140 C0"  # Phone Keys: an array
    "1500 2501 0509 0907 7501 9501 8102"  # Button 7: absolute
    "9505 8101"
    "0508 0917 0909 0918 0920 0921 9505 9122"  # LEDs: Off-Hook, Mute, Ring, Hold, Microphone
    "050B 099E 9501 9122"  # Ringer
    "950A 9101"
    "C0"
)
KEYPAD = bytes.fromhex(
    "050B 0904 A101"  # Telephony: Handset
    "1500 2501 7501"
    "0920 9501 8122"  # Hook Switch: absolute, no preferred state
    "092F 0921 0924 0926 0970 9505 8106"  # Phone Mute, Flash, Redial, Drop, Voice Mail: relative
    "9502 8101"
    "19B0 29BB 1501 250C 7504 9501 8140"  # Phone Key 0 … 9, *, #: an array of one, 0 for none
    "7504 9501 8101"
    "0508 1500 2501 7501"
    "0917 0918 0909 0920 0919 9505 9122"  # LEDs: Off-Hook, Ring, Mute, Hold, Message Waiting
    "9503 9101"
    "C0"
)


@dataclass(frozen=True)
class Model:
    """One kind of device; `rejects` are the keys by which a person turns a caller away."""

    identity: Identity
    report_descriptor: bytes
    habits: Habits
    rejects: tuple[str, ...]
    real: str = ""
    """The first part of the file name of a real one's report descriptor; "" where there is none."""
    arm: bool = False
    """It has a boom arm that mutes."""
    sound: Format = Format(rates=(16000,), playback_channels=1)  # noqa: RUF009  (frozen)

    def headset(self, serial: str = "RIG0001", *, audio: bool = True) -> Headset:
        """One of these."""
        return Headset(
            serial,
            report_descriptor=self.report_descriptor,
            identity=replace(self.identity, serial=serial),
            audio=self.sound if audio else None,
            habits=self.habits,
        )

    @property
    def genuine(self) -> Model | None:
        """The same with a real device's report descriptor; None where the collection is not there."""
        files = sorted(REAL.glob(f"{self.real}*.hex")) if self.real else []
        return replace(self, report_descriptor=bytes.fromhex(files[0].read_text())) if files else None


MODELS = {
    "one report": Model(
        Identity(0x0B0E, 0x0307, 0x0123, "Deskbell", "Rig One Report"),
        ONE_REPORT,
        Habits(
            follows_off_hook=True,
            takes_hook_back=True,
            tells_at_open=True,
            mute_off_hook_only=True,
            mute_wants_reply=True,
            drops_held_call=True,
        ),
        rejects=("Button 7",),
        real="jabra_evolve-link-ms",
        arm=True,
    ),
    "one lamp per report": Model(
        Identity(0x047F, 0xC056, 0x0123, "Deskbell", "Rig One Lamp Per Report"),
        ONE_LAMP_PER_REPORT,
        Habits(
            follows_off_hook=True,
            mute_off_hook_only=True,
            mute_follows_audio=True,
        ),
        rejects=("Programmable Button",),
        real="plantronics_blackwire-c5220",
        arm=True,
        sound=Format(),
    ),
    "array buttons": Model(
        Identity(0x1395, 0x00A9, 0x0123, "Deskbell", "Rig Array Buttons"),
        ARRAY_BUTTONS,
        Habits(
            follows_off_hook=True,
            tells_at_open=True,
            mute_off_hook_only=True,
            mute_wants_reply=True,
        ),
        rejects=("Drop", "Button 1"),
        real="epos_impact-d_",
        arm=True,
    ),
    "constant": Model(
        Identity(0x291A, 0x3301, 0x0123, "Deskbell", "Rig Constant"),
        CONSTANT,
        Habits(
            follows_off_hook=True,
            takes_hook_back=True,
            mute_off_hook_only=True,
            mute_wants_reply=True,
        ),
        rejects=("Button 7",),
        real="anker_powerconf",
    ),
    "keypad": Model(
        Identity(0x1209, 0x0001, 0x0123, "Deskbell", "Rig Keypad"),
        KEYPAD,
        Habits(tells_at_open=True, mute_off_hook_only=True),
        rejects=("Drop",),
    ),
}
