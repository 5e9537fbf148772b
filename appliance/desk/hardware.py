"""Devices and their keys: where the audio goes, what a press means, and which reports are only echoes.

While there is no call, the audio belongs to the device that comes first in the order of preference. Once
there is one, it belongs to the device that a person took it with, by its hook switch or a key of its own;
what was answered by a push button, at a page or by itself belongs where the audio was. It stays there,
whatever else is plugged in; is that device gone, the next one helps out until it is back. Who lifts another
one talks there, and who puts the handset back has left it: what is still on hold then belongs to the first
one again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.desk import actions, consulting, dialling, ending, events, incoming, keypad, switching
from appliance.desk.board import Press
from appliance.desk.events import Clock, Timer
from appliance.desk.keys import DIGITS, TABLE, Key, Meaning, hook_lifted, hook_replaced, situation
from appliance.desk.lamps import off_hook
from appliance.desk.parking import park
from appliance.desk.state import Device

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.desk.board import Board, Handlers, Timers
    from appliance.desk.events import Event
    from appliance.desk.state import Snapshot

ECHO = 2.0  # seconds in which a headset answers our Off-Hook lamp with a hook report
REVERT = 3.0  # seconds in which one takes a lifted hook back that was not answered: Jabra does so after two
REFUSAL = 0.3  # seconds in which a boom arm answers our Mute lamp
_DOES: dict[Meaning, Callable[[Board], None]] = {
    Meaning.NOTHING: lambda board: None,
    Meaning.ANSWER: lambda board: incoming.answer(board, events.Answer()),
    Meaning.REJECT: lambda board: incoming.reject(board, events.Reject()),
    Meaning.HANG_UP: lambda board: ending.hang_up(board, events.HangUp()),
    Meaning.HOLD: lambda board: switching.hold_asked(board, events.Hold()),
    Meaning.RESUME: lambda board: switching.resume_asked(board, events.Resume()),
    Meaning.SWAP: lambda board: switching.resume_asked(board, events.Resume()),
    Meaning.PARK: lambda board: park.park(board, events.Park()),
    Meaning.RETRIEVE: lambda board: park.retrieve(board, events.Retrieve()),
    Meaning.JOIN: lambda board: consulting.complete(board, events.Complete()),
    Meaning.BACK: lambda board: consulting.come_back(board, events.ComeBack()),
    Meaning.TAKE: lambda board: None,
    Meaning.DIAL: keypad.dial,
    Meaning.CLEAR: keypad.forget,
    Meaning.REDIAL: lambda board: dialling.redial(board, events.Redial()),
    Meaning.MAILBOX: lambda board: dialling.call_mailbox(board, events.CallMailbox()),
    Meaning.SPEED_DIAL: lambda board: dialling.speed_dial(board, events.SpeedDial("1")),
}
# Who does one of these at a device wants to talk there.
_TAKES = frozenset(
    {
        *(Meaning.ANSWER, Meaning.RESUME, Meaning.SWAP, Meaning.RETRIEVE, Meaning.BACK, Meaning.TAKE),
        *(Meaning.DIAL, Meaning.REDIAL, Meaning.MAILBOX, Meaning.SPEED_DIAL),
    }
)


# --- devices


def device_attached(board: Board, event: events.DeviceAttached) -> None:
    """Use a device from now on, or learn that it has got or lost its microphone."""
    known = _known(board, event.device) or Device(event.device)
    others = tuple(device for device in board.desk.devices if device.id != event.device)
    devices = (*others, replace(known, audio=event.audio, rank=event.rank))
    board.set(devices=tuple(sorted(devices, key=lambda device: device.rank)))


def device_detached(board: Board, event: events.DeviceDetached) -> None:
    """Forget a device and its keys."""
    board.set(devices=tuple(device for device in board.desk.devices if device.id != event.device))
    for timer in [timer for timer in board.pressed if _device(timer) == event.device]:
        del board.pressed[timer]
    keypad.put_back(board, event.device, echo=False)


def settle(board: Board, event: Event) -> None:
    """Have the audio where it belongs: before anything is said there, and after all is said elsewhere."""
    audio = _belongs(board)
    another_card = isinstance(event, events.DeviceAttached) and event.device == audio
    if another_card or audio != board.desk.audio:
        at = 0 if board.desk.engaged else len(board.actions)
        board.actions.insert(at, actions.RouteAudio(audio))
    board.set(audio=audio, owner=(board.desk.owner or audio) if board.desk.engaged else "")
    if board.active:
        keypad.forget(board)


def _belongs(board: Board) -> str:
    desk = board.desk
    speaking = [device.id for device in desk.devices if device.audio]
    wanted = [desk.owner, desk.audio] if desk.engaged else []
    return next((device for device in (*wanted, *speaking) if device in speaking), "")


# --- keys


def key_pressed(board: Board, event: events.KeyPressed) -> None:
    """Do what the key means, at once, or when it is known for how long it is pressed."""
    if event.key is Key.HOOK:
        _hook_lifted(board, event.device)
    elif event.key is Key.MUTE:
        _mute(board, event.device)
    elif keypad.ends(board, event.key):
        _do(board, Meaning.DIAL, event.device)
    elif event.key in DIGITS:
        keypad.press(board, event.device, event.key)
    else:
        cell = TABLE[situation(board.desk), event.key]
        if cell.long is Meaning.NOTHING:
            _do(board, cell.short, event.device)
        else:
            board.pressed[_long_press(event)] = Press(cell, board.now)


def key_released(board: Board, event: events.KeyReleased) -> None:
    """End a short press, or put the handset back."""
    if event.key is Key.HOOK:
        _hook_replaced(board, event.device)
    elif press := board.pressed.pop(_long_press(event), None):
        _do(board, press.cell.short, event.device)


def long_press(board: Board, subject: str) -> None:
    """The key was down for long."""
    timer = Timer(Clock.LONG_PRESS, subject)
    if press := board.pressed.pop(timer, None):
        _do(board, press.cell.long, _device(timer))


def nothing_typed(board: Board, subject: str) -> None:
    """No digit came for a while: whoever waits with the handset in the hand has typed all."""
    del subject
    typed = board.desk.typed
    _do(board, Meaning.DIAL if typed.lifted else Meaning.CLEAR, typed.device)


def _hook_lifted(board: Board, device: str) -> None:
    if _is_echo(board, device, lifted=True):
        return
    elsewhere = _speaks(board, device) and device != board.desk.audio
    _do(board, hook_lifted(situation(board.desk), elsewhere), device)
    if _speaks(board, device):
        board.set(owner=device)


def _hook_replaced(board: Board, device: str) -> None:
    """Hang up, if the device has the audio; what is on hold then does not belong there any more."""
    echo = _is_echo(board, device, lifted=False)
    keypad.put_back(board, device, echo)
    if not echo and device == board.desk.audio:
        _do(board, hook_replaced(situation(board.desk)), device)
        board.set(owner=next(known.id for known in board.desk.devices if known.audio))


def _mute(board: Board, device: str) -> None:
    """Switch the microphone off or on.

    A device whose boom arm is up refuses to be unmuted: it presses its own key, at once. Then the operator is
    muted, as they are when a device answers so to being muted; so the two do not go on answering each other.
    """
    if TABLE[situation(board.desk), Key.MUTE].short is Meaning.MUTE:
        known = _known(board, device)
        refuses = known is not None and board.now < known.mute_reply_until
        switching.mute(board, refuses or not board.desk.muted)


def _do(board: Board, meaning: Meaning, device: str) -> None:
    """Do what a key means; who wants to talk at this device has the audio there."""
    _DOES[meaning](board)
    if meaning in _TAKES and _speaks(board, device):
        board.set(owner=device)


def _speaks(board: Board, device: str) -> bool:
    known = _known(board, device)
    return known is not None and known.audio


def _known(board: Board, device_id: str) -> Device | None:
    return next((device for device in board.desk.devices if device.id == device_id), None)


def _put(board: Board, device: Device) -> None:
    board.set(devices=tuple(device if old.id == device.id else old for old in board.desk.devices))


def _long_press(event: events.KeyPressed | events.KeyReleased) -> Timer:
    return Timer(Clock.LONG_PRESS, f"{event.device} {event.key}")


def _device(timer: Timer) -> str:
    return timer.subject.rpartition(" ")[0]


# --- echoes of our lamps


def _is_echo(board: Board, device_id: str, lifted: bool) -> bool:
    """Note where the hook switch is; return whether the report only answers our own lamp."""
    device = _known(board, device_id)
    if device is None:
        return True
    if lifted:
        until, device = device.lift_echo_until, replace(device, lifted=True, lift_echo_until=0.0)
    else:
        until, device = device.replace_echo_until, replace(device, lifted=False, replace_echo_until=0.0)
    _put(board, device)
    return board.now < until


def expect_echoes(board: Board, before: Snapshot, event: Event) -> None:
    """Note which lamps are written, as devices may answer them as if a person had done something.

    Off-Hook is written when it changes, and again after the switch has moved: then the device follows the
    lamp. Mute is written when it changes; where that follows a person's press, so is the next one a person's.
    """
    hook, mute = _moved(event, Key.HOOK), _moved(event, Key.MUTE)
    devices = []
    for device in board.desk.devices:
        seized = off_hook(board.desk, device.id)
        written = device.id == hook or seized != off_hook(before, device.id)
        if written and seized and not device.lifted:
            device = replace(device, lift_echo_until=board.now + ECHO)
        elif written and device.lifted and not seized:
            device = replace(device, replace_echo_until=board.now + REVERT)
        if board.desk.muted != before.muted:
            pressed = device.id == mute and board.now >= device.mute_reply_until
            device = replace(device, mute_reply_until=0.0 if pressed else board.now + REFUSAL)
        devices.append(device)
    board.set(devices=tuple(devices))


def _moved(event: Event, key: Key) -> str:
    """Return the device whose key of that kind has moved, "" for none."""
    match event:
        case events.KeyPressed(device, moved) | events.KeyReleased(device, moved) if moved is key:
            return device
    return ""


HANDLERS: Handlers = {
    events.DeviceAttached: device_attached,
    events.DeviceDetached: device_detached,
    events.KeyPressed: key_pressed,
    events.KeyReleased: key_released,
}
TIMERS: Timers = {Clock.LONG_PRESS: long_press, Clock.TYPED: nothing_typed}
