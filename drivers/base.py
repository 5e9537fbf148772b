"""What every driver offers: keys to press, lamps to light, sounds and relays, and the state of the device."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class DriverError(OSError):
    """A device cannot be opened, read or written; the message says which and what to do."""


class Unplugged(DriverError):
    """The device is not there any more."""


class AccessDenied(DriverError, PermissionError):
    """The device is there and may not be opened; the message names the udev fix."""


class Key(StrEnum):
    """A key that a person presses; the value is its name everywhere outside this room."""

    HOOK = "hook"  # the hook switch: pressed = lifted (off-hook), released = replaced (on-hook)
    ANSWER = "answer"
    HOLD = "hold"
    PARK = "park"
    FLASH = "flash"
    MUTE = "mute"
    REJECT = "reject"
    REDIAL = "redial"
    LINE = "line"
    LINE_BUSY = "line_busy"  # not pressed by anybody: a headset's own idea of whether it is in a call
    SPEED_DIAL = "speed_dial"
    VOICE_MAIL = "voice_mail"
    VOLUME_UP = "volume_up"
    VOLUME_DOWN = "volume_down"
    DIGIT_0 = "0"
    DIGIT_1 = "1"
    DIGIT_2 = "2"
    DIGIT_3 = "3"
    DIGIT_4 = "4"
    DIGIT_5 = "5"
    DIGIT_6 = "6"
    DIGIT_7 = "7"
    DIGIT_8 = "8"
    DIGIT_9 = "9"
    STAR = "*"
    POUND = "#"


class Lamp(StrEnum):
    """Something a device can show; the value is its name everywhere outside this room."""

    OFF_HOOK = "off_hook"
    RING = "ring"
    MUTE = "mute"
    HOLD = "hold"
    MESSAGE_WAITING = "message_waiting"
    SPEAKER = "speaker"
    MICROPHONE = "microphone"
    ON_LINE = "on_line"
    ANSWER = "answer"
    PARK = "park"
    STATUS = "status"  # a busy light: the only lamp whose colour counts


class Pattern(StrEnum):
    """How a lamp burns in time."""

    OFF = "off"
    ON = "on"
    BLINK = "blink"  # 1 Hz
    FAST = "fast"  # 4 Hz
    SLOW = "slow"  # a quarter of a hertz
    FLASH = "flash"  # a short flash every two seconds
    WINK = "wink"  # a short gap every two seconds


ON_OFF_SECONDS = {
    Pattern.BLINK: (0.5, 0.5),
    Pattern.FAST: (0.125, 0.125),
    Pattern.SLOW: (2.0, 2.0),
    Pattern.FLASH: (0.25, 1.75),
    Pattern.WINK: (1.75, 0.25),
}


def beat(pattern: Pattern, now: float) -> tuple[bool, float | None]:
    """Return whether a lamp is lit at a moment (seconds of any clock), and in how many seconds that changes.

    None: not before the pattern changes. All lamps that go by one clock keep the same time.
    """
    if pattern not in ON_OFF_SECONDS:
        return pattern is Pattern.ON, None
    lit, dark = ON_OFF_SECONDS[pattern]
    at = now % (lit + dark)
    return (True, lit - at) if at < lit else (False, lit + dark - at)


@dataclass(frozen=True, slots=True)
class LampState:
    """What one lamp shows: a pattern, and for lights a colour as (red, green, blue), each 0 to 255."""

    pattern: Pattern = Pattern.OFF
    colour: tuple[int, int, int] = (255, 255, 255)

    @property
    def lit(self) -> bool:
        """True for every pattern but off: what a lamp that cannot blink shows."""
        return self.pattern is not Pattern.OFF


@dataclass(frozen=True, slots=True)
class Ring:
    """A sound to be made until another takes its place.

    `tone` is the path of a WAV file, "" the built-in one; what has melodies of its own plays one of them
    instead, another one for `internal` calls. `volume` is from 0 to 1; `every` is seconds of silence between
    two rings, 0: ring once.
    """

    tone: str = ""
    volume: float = 0.8
    every: float = 4.0
    internal: bool = False


class Kind(StrEnum):
    """What a device is to a person."""

    HEADSET = "headset"
    HANDSET = "handset"
    SPEAKERPHONE = "speakerphone"
    LIGHT = "light"
    BUTTONS = "buttons"
    RINGER = "ringer"

    @property
    def speaks(self) -> bool:
        """True for what an operator talks through."""
        return self in (Kind.HEADSET, Kind.HANDSET, Kind.SPEAKERPHONE)


class Palette(StrEnum):
    """Which colours the lamp STATUS of a device can show; of those it cannot it shows the nearest."""

    ANY = "any"
    SEVEN = "seven"  # red, green and blue, each on or off
    RED = "red"


class DeviceState(StrEnum):
    """Whether a device can be used; a fault is a state, not an exception."""

    ONLINE = "online"
    OFFLINE = "offline"  # unplugged or out of range
    DENIED = "denied"  # no permission; the reason names the udev fix
    FAILED = "failed"  # it answers wrongly or not at all; the reason says how


@dataclass(frozen=True, slots=True)
class Device:
    """One device as the rest of the world sees it.

    `id` is stable over unplug and replug (vendor, product, serial or port); `audio` is the ALSA card
    id (the CARD= of a PCM name) of the sound card in the same USB device, "" where there is none.
    `keys` are the names of its keys: those of `Key`, and the free names of buttons that were wired by hand.
    `rings` says that it can make the sounds of `Ring`; `relays` are the names of its relays. `shown` is what
    was last written to its lamps. `maker` is whom the device itself names, `usb` its numbers of vendor and
    product as 0b0e:0307, `driver` whose word its driver goes by; "" where there is none.
    """

    id: str
    kind: Kind
    name: str
    keys: frozenset[str]
    lamps: frozenset[Lamp]
    audio: str = ""
    rings: bool = False
    relays: frozenset[str] = frozenset()
    simulated: bool = False
    maker: str = ""
    usb: str = ""
    driver: str = ""
    palette: Palette = Palette.ANY
    state: DeviceState = DeviceState.ONLINE
    reason: str = ""
    shown: Mapping[Lamp, LampState] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """A key of a device went down (`pressed`) or up."""

    device: str
    key: str
    pressed: bool


class Driver(Protocol):
    """An open device. `show` and `close` are called by its worker's thread only, and may block.

    Keys and the loss of the device are told through what `Open` was given, from any thread.
    """

    def show(self, lamps: Mapping[Lamp, LampState], again: bool) -> float | None:
        """Write all lamps that this device has; `again`: even those that did not change.

        Returns the seconds after which it wants to be called again (its blink clock, its keep-alive),
        None for not before the plan changes. Raises OSError.
        """

    def close(self) -> None:
        """Let go of the device. Raises OSError."""


@runtime_checkable
class Rings(Protocol):
    """A driver that makes sounds too."""

    def ring(self, ring: Ring | None) -> float | None:
        """Make this sound from now on, None: be silent; what sounds already goes on undisturbed.

        Returns when it wants to be called again, as `Driver.show` does. Raises OSError.
        """


@runtime_checkable
class Impaired(Protocol):
    """A driver that may be open and yet not work as a whole."""

    trouble: str
    """What does not work, and why; "" where all does."""


@runtime_checkable
class Switches(Protocol):
    """A driver that has relays."""

    def switch(self, relay: str, seconds: float) -> None:
        """Close a relay for so long, at most for as long as it may be; 0: open it. Raises OSError."""


Press: TypeAlias = "Callable[[str, bool], None]"  # key, pressed
Lose: TypeAlias = "Callable[[OSError], None]"  # why the device cannot be read any more
Open: TypeAlias = "Callable[[Press, Lose], Driver]"  # may block; raises OSError


class Ports(Protocol):
    """Where a `Source` reports what comes and goes; never blocks."""

    def attach(self, device: Device, open_device: Open) -> None:
        """Say that a device is there; it is opened by a worker of its own."""

    def detach(self, device_id: str) -> None:
        """Say that a device is gone."""

    def retry(self, device_id: str) -> None:
        """Say that what kept a device from opening may have changed."""

    def hear(self, device_id: str, audio: str) -> None:
        """Say which ALSA card belongs to a device, "" for none."""


class Source(Protocol):
    """Where devices come from: the USB bus, the GPIO header, a simulated desk."""

    def start(self, ports: Ports) -> None:
        """Report what is there now, and from now on what comes and goes."""

    def stop(self) -> None:
        """Report no more."""
