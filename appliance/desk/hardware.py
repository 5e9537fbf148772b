"""Devices and their keys: where the audio goes, what a press means, and which reports are only echoes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.desk import actions, consulting, ending, events, incoming, switching
from appliance.desk.board import Press
from appliance.desk.events import Clock, Timer
from appliance.desk.keys import TABLE, Key, Meaning, hook_replaced, situation
from appliance.desk.lamps import off_hook
from appliance.desk.parking import park
from appliance.desk.state import Device

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.desk.board import Board, Handlers, Timers
    from appliance.desk.events import Event
    from appliance.desk.state import Snapshot

ECHO = 2.0  # seconds in which a headset answers our Off-Hook lamp with a hook report
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
    Meaning.MUTE: lambda board: switching.mute(board, not board.desk.muted),
}


# --- devices


def device_attached(board: Board, event: events.DeviceAttached) -> None:
    """Use a device from now on; the first with a microphone gets the audio."""
    others = tuple(device for device in board.desk.devices if device.id != event.device)
    board.set(devices=(*others, Device(event.device, event.audio)))
    if event.audio and board.desk.audio in ("", event.device):
        _route(board, event.device)


def device_detached(board: Board, event: events.DeviceDetached) -> None:
    """Forget a device and its keys; the call goes on at the next one."""
    board.set(devices=tuple(device for device in board.desk.devices if device.id != event.device))
    for timer in [timer for timer in board.pressed if _device(timer) == event.device]:
        del board.pressed[timer]
    if event.device == board.desk.audio:
        _route(board, next((device.id for device in board.desk.devices if device.audio), ""))


def _route(board: Board, device: str) -> None:
    board.act(actions.RouteAudio(device))
    board.set(audio=device)


# --- keys


def key_pressed(board: Board, event: events.KeyPressed) -> None:
    """Do what the key means, at once, or when it is known for how long it is pressed."""
    if event.key is Key.HOOK and _is_echo(board, event.device, lifted=True):
        return
    cell = TABLE[situation(board.desk), event.key]
    if cell.long is Meaning.NOTHING:
        _do(board, cell.short, event.device)
    else:
        board.pressed[_long_press(event)] = Press(cell, board.now)


def key_released(board: Board, event: events.KeyReleased) -> None:
    """Hang up, if the hook switch of the device in use was replaced; or end a short press."""
    if event.key is Key.HOOK:
        if not _is_echo(board, event.device, lifted=False) and event.device == board.desk.audio:
            _do(board, hook_replaced(situation(board.desk)), event.device)
    elif press := board.pressed.pop(_long_press(event), None):
        _do(board, press.cell.short, event.device)


def long_press(board: Board, subject: str) -> None:
    """The key was down for long."""
    timer = Timer(Clock.LONG_PRESS, subject)
    if press := board.pressed.pop(timer, None):
        _do(board, press.cell.long, _device(timer))


def _do(board: Board, meaning: Meaning, device: str) -> None:
    """Do what a key means; answering with another device moves the audio there."""
    speaks = any(known.id == device and known.audio for known in board.desk.devices)
    if meaning is Meaning.ANSWER and speaks and device != board.desk.audio:
        _route(board, device)
    _DOES[meaning](board)


def _long_press(event: events.KeyPressed | events.KeyReleased) -> Timer:
    return Timer(Clock.LONG_PRESS, f"{event.device} {event.key}")


def _device(timer: Timer) -> str:
    return timer.subject.rpartition(" ")[0]


# --- echoes of the Off-Hook lamp


def _is_echo(board: Board, device_id: str, lifted: bool) -> bool:
    """Note where the hook switch is; return whether the report only answers our own lamp."""
    device = next((device for device in board.desk.devices if device.id == device_id), None)
    if device is None:
        return True
    if lifted:
        until, device = device.lift_echo_until, replace(device, lifted=True, lift_echo_until=0.0)
    else:
        until, device = device.replace_echo_until, replace(device, lifted=False, replace_echo_until=0.0)
    _put(board, device)
    return board.now < until


def expect_echoes(board: Board, before: Snapshot, event: Event) -> None:
    """Where the Off-Hook lamp is written, the device may report its hook switch as if a person had.

    It is written when it changes, and again after the switch has moved: then the device follows the lamp.
    """
    moved = ""
    if isinstance(event, events.KeyPressed | events.KeyReleased) and event.key is Key.HOOK:
        moved = event.device
    for device in board.desk.devices:
        seized = off_hook(board.desk, device.id)
        written = device.id == moved or seized != off_hook(before, device.id)
        if written and seized and not device.lifted:
            _put(board, replace(device, lift_echo_until=board.now + ECHO))
        elif written and device.lifted and not seized:
            _put(board, replace(device, replace_echo_until=board.now + ECHO))


def _put(board: Board, device: Device) -> None:
    board.set(devices=tuple(device if old.id == device.id else old for old in board.desk.devices))


HANDLERS: Handlers = {
    events.DeviceAttached: device_attached,
    events.DeviceDetached: device_detached,
    events.KeyPressed: key_pressed,
    events.KeyReleased: key_released,
}
TIMERS: Timers = {Clock.LONG_PRESS: long_press}
