"""The desk: takes what happened, returns what must happen now."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from appliance.desk import actions, events
from appliance.desk.events import Clock, Timer
from appliance.desk.keys import LONG_PRESS, TABLE, Cell, Key, Meaning, hook_replaced, situation
from appliance.desk.lamps import off_hook
from appliance.desk.state import (
    NOBODY,
    Call,
    CallState,
    Device,
    Direction,
    Extension,
    ExtensionState,
    Orbit,
    OrbitState,
    Party,
    Registration,
    Snapshot,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.desk.actions import Action
    from appliance.desk.events import Event

ECHO = 2.0  # seconds in which a headset answers our Off-Hook lamp with a hook report
_NUMBER = re.compile(r"\+?[0-9A-Za-z*#._-]{1,64}")
_DIGITS = re.compile(r"[0-9*#A-D]{1,32}")
_SEPARATORS = re.compile(r"[\s()/]+")
_ORBIT_STATES = {
    ExtensionState.AVAILABLE: OrbitState.FREE,
    ExtensionState.UNKNOWN: OrbitState.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class DeskConfig:
    """How this desk is set up. Times are seconds; `extensions` are (number, name)."""

    extensions: tuple[tuple[str, str], ...] = ()
    orbits: tuple[str, ...] = ()
    park_prefix: str = ""  # dialled before the orbit's number to park there
    hold_alert: float = 120.0
    transfer_patience: float = 30.0


class _RefusedError(Exception):
    """It cannot be done; the text says why."""


class Desk:
    """All calls of one reception desk, and what its keys mean at this moment."""

    def __init__(self, config: DeskConfig) -> None:
        """Start with no calls, no devices, and nothing known of the exchange."""
        self._config = config
        self._desk = Snapshot(
            orbits=tuple(Orbit(number, reason="not asked yet") for number in config.orbits),
            extensions=tuple(Extension(number, name) for number, name in config.extensions),
        )
        self._pressed: dict[Timer, Cell] = {}  # keys that are down and have not acted yet
        self._dialled = 0
        self._now = 0.0
        self._actions: list[Action] = []

    def snapshot(self) -> Snapshot:
        """Return all that is to be seen of the desk."""
        return self._desk

    def handle(self, event: Event, now: float) -> list[Action]:
        """Take one event at time `now` (seconds, never going back); return what must be done, in order."""
        self._now, self._actions = now, []
        before = self._desk
        by_hand = isinstance(event, events.KeyPressed | events.KeyReleased | events.TimerEnded)
        if isinstance(event, events.KeyPressed | events.Command):
            self._set(notice="")
        try:
            _HANDLERS[type(event)](self, event)
        except _RefusedError as refused:
            if by_hand:
                self._set(notice=str(refused))
            else:
                self._actions.append(actions.Refuse(str(refused)))
        if self._desk.active is None and self._desk.muted:
            self._mute(False)
        self._expect_echoes(before, _moved_hook(event))
        return self._actions

    # --- the exchange

    def _registration_changed(self, event: events.RegistrationChanged) -> None:
        now = Registration(event.state, event.code, event.reason)
        self._set(
            lines=tuple(
                replace(line, registration=now) if line.id == event.line else line
                for line in self._desk.lines
            )
        )

    def _call_arrived(self, event: events.CallArrived) -> None:
        if self._desk.call(event.call) is None:
            self._add(event.call, Direction.IN, event.party, event.called)

    def _call_answered(self, event: events.CallAnswered) -> None:
        call = self._desk.call(event.call)
        if call is None or call.state is not CallState.RINGING:
            return  # we answered it ourselves, and knew
        if call.waiting and self._desk.active is not None:
            self._hold(call)  # answered behind our back while the operator talks to somebody else
            return
        if call.retrieves:
            self._set_orbit(call.retrieves, OrbitState.FREE)
        self._enter(call, CallState.ANSWERED)

    def _call_released(self, event: events.CallReleased) -> None:
        call = self._desk.call(event.call)
        if call is None:
            return
        self._remove(call)
        if call.dialling and event.code >= 300:
            self._set(notice=f"{call.called}: {event.reason or event.code}")

    def _party_changed(self, event: events.PartyChanged) -> None:
        if call := self._desk.call(event.call):
            self._put(replace(call, party=event.party))

    def _transfer_progressed(self, event: events.TransferProgressed) -> None:
        call = self._desk.call(event.call)
        if call is None or not event.final or call.state is CallState.RINGING:
            return
        if event.code < 300:  # also when it comes after we gave up waiting: the caller has moved
            if call.state is CallState.PARKING:
                self._set_orbit(call.target, OrbitState.TAKEN, call.party)
            self._act(actions.HangUpCall(call.id))
            self._remove(call)
        elif call.moving:
            self._bring_back(call, f"{event.code} {event.reason}".strip())

    def _extension_changed(self, event: events.ExtensionChanged) -> None:
        if event.number in self._config.orbits:
            state = _ORBIT_STATES.get(event.state, OrbitState.TAKEN)
            self._set_orbit(event.number, state, event.party, event.reason)
        self._set(
            extensions=tuple(
                replace(old, state=event.state, party=event.party, reason=event.reason, since=self._now)
                if old.number == event.number
                else old
                for old in self._desk.extensions
            )
        )

    # --- devices and keys

    def _device_attached(self, event: events.DeviceAttached) -> None:
        others = tuple(device for device in self._desk.devices if device.id != event.device)
        self._set(devices=(*others, Device(event.device, event.audio)))
        if event.audio and self._desk.audio in ("", event.device):
            self._route(event.device)

    def _device_detached(self, event: events.DeviceDetached) -> None:
        self._set(devices=tuple(device for device in self._desk.devices if device.id != event.device))
        for timer in [timer for timer in self._pressed if timer.subject.rpartition(" ")[0] == event.device]:
            self._let_go(timer)
        if event.device == self._desk.audio:
            self._route(next((device.id for device in self._desk.devices if device.audio), ""))

    def _key_pressed(self, event: events.KeyPressed) -> None:
        if event.key is Key.HOOK and self._is_echo(event.device, lifted=True):
            return
        cell = TABLE[situation(self._desk), event.key]
        if cell.long is Meaning.NOTHING:
            self._mean(cell.short, event.device)
        else:
            timer = _long_press(event)
            self._pressed[timer] = cell
            self._act(actions.StartTimer(timer, LONG_PRESS))

    def _key_released(self, event: events.KeyReleased) -> None:
        if event.key is Key.HOOK:
            if not self._is_echo(event.device, lifted=False) and event.device == self._desk.audio:
                self._mean(hook_replaced(situation(self._desk)), event.device)
        elif cell := self._let_go(_long_press(event)):
            self._mean(cell.short, event.device)

    def _is_echo(self, device_id: str, lifted: bool) -> bool:
        """Note where the hook switch is; return whether the report only answers our own lamp."""
        device = next((device for device in self._desk.devices if device.id == device_id), None)
        if device is None:
            return True
        if lifted:
            until, device = device.lift_echo_until, replace(device, lifted=True, lift_echo_until=0.0)
        else:
            until, device = device.replace_echo_until, replace(device, lifted=False, replace_echo_until=0.0)
        self._put_device(device)
        return self._now < until

    def _expect_echoes(self, before: Snapshot, moved: str) -> None:
        """Where the Off-Hook lamp is written, the device may report its hook switch as if a person had.

        It is written when it changes, and again after the switch `moved`: then the device follows the lamp.
        """
        for device in self._desk.devices:
            seized = off_hook(self._desk, device.id)
            written = device.id == moved or seized != off_hook(before, device.id)
            if written and seized and not device.lifted:
                self._put_device(replace(device, lift_echo_until=self._now + ECHO))
            elif written and device.lifted and not seized:
                self._put_device(replace(device, replace_echo_until=self._now + ECHO))

    def _let_go(self, timer: Timer) -> Cell | None:
        cell = self._pressed.pop(timer, None)
        if cell:
            self._act(actions.StopTimer(timer))
        return cell

    def _mean(self, meaning: Meaning, device: str) -> None:
        """Do what a key means."""
        match meaning:
            case Meaning.ANSWER:
                if device != self._desk.audio and any(d.id == device and d.audio for d in self._desk.devices):
                    self._route(device)
                self._answer(events.Answer())
            case Meaning.REJECT:
                self._reject(events.Reject())
            case Meaning.HANG_UP:
                self._hang_up(events.HangUp())
            case Meaning.HOLD:
                self._hold_asked(events.Hold())
            case Meaning.RESUME | Meaning.SWAP:
                self._resume(events.Resume())
            case Meaning.PARK:
                self._park(events.Park())
            case Meaning.RETRIEVE:
                self._retrieve(events.Retrieve())
            case Meaning.MUTE:
                self._mute(not self._desk.muted)
            case Meaning.NOTHING:
                pass

    # --- the clock

    def _timer_ended(self, event: events.TimerEnded) -> None:
        timer = event.timer
        if timer.clock is Clock.LONG_PRESS:
            if cell := self._pressed.pop(timer, None):
                self._mean(cell.long, timer.subject.rpartition(" ")[0])
            return
        call = self._desk.call(timer.subject)
        if call is None:
            return
        if timer.clock is Clock.HOLD_ALERT and call.state is CallState.HELD:
            self._put(replace(call, alert=True))
        elif timer.clock is Clock.TRANSFER and call.moving:
            self._bring_back(call, "the exchange did not answer")

    # --- what a person asks for

    def _answer(self, ask: events.Answer) -> None:
        call = self._pick(ask.call, self._desk.waiting, "no call is ringing")
        if not call.waiting:
            raise _RefusedError("that call is not ringing here")
        self._free_line()
        self._act(actions.AnswerCall(call.id))
        self._enter(call, CallState.ANSWERED)

    def _reject(self, ask: events.Reject) -> None:
        call = self._pick(ask.call, self._desk.waiting, "no call is ringing")
        if not call.waiting:
            raise _RefusedError("that call is not ringing here; hang it up instead")
        self._act(actions.RejectCall(call.id))
        self._remove(call)

    def _hang_up(self, ask: events.HangUp) -> None:
        call = self._pick(ask.call, self._active(), "no call is active")
        self._act(actions.RejectCall(call.id) if call.waiting else actions.HangUpCall(call.id))
        self._remove(call)

    def _hold_asked(self, ask: events.Hold) -> None:
        call = self._pick(ask.call, self._active(), "no call is active")
        if call.state is not CallState.ANSWERED:
            raise _RefusedError("only an answered call can be held")
        self._hold(call)

    def _resume(self, ask: events.Resume) -> None:
        call = self._pick(ask.call, self._desk.held, "no call is on hold")
        if call.state is not CallState.HELD:
            raise _RefusedError("that call is not on hold")
        self._free_line()
        self._act(actions.ResumeCall(call.id))
        self._enter(call, CallState.ANSWERED)

    def _park(self, ask: events.Park) -> None:
        call = self._movable(ask.call, "parked")
        orbit = self._free_orbit(ask.orbit)
        self._move(call, CallState.PARKING, orbit, self._config.park_prefix + orbit)

    def _retrieve(self, ask: events.Retrieve) -> None:
        taken = sorted((o for o in self._desk.orbits if o.state is OrbitState.TAKEN), key=lambda o: o.since)
        orbit = next((o for o in taken if ask.orbit in ("", o.number)), None)
        if orbit is None:
            raise _RefusedError(f"nobody is parked in {ask.orbit}" if ask.orbit else "nobody is parked")
        if any(call.retrieves == orbit.number for call in self._desk.calls):
            raise _RefusedError(f"{orbit.number} is being retrieved already")
        self._place(orbit.number, orbit.party, retrieves=orbit.number)

    def _dial(self, ask: events.Dial) -> None:
        number = _dialable(ask.number)
        known = (extension.name for extension in self._desk.extensions if extension.number == number)
        self._place(number, Party(number, next(known, "")))

    def _transfer(self, ask: events.Transfer) -> None:
        target = _dialable(ask.target)
        self._move(self._movable(ask.call, "transferred"), CallState.TRANSFERRING, target, target)

    def _send_digits(self, ask: events.SendDigits) -> None:
        if not _DIGITS.fullmatch(ask.digits):
            raise _RefusedError(f"{ask.digits!r}: digits are 0 to 9, *, # and A to D, 32 at most")
        call = self._pick("", self._active(), "no call is active")
        if call.dialling:
            raise _RefusedError("nobody has answered yet")
        self._act(actions.SendDtmf(call.id, ask.digits))

    def _mute_asked(self, ask: events.Mute) -> None:
        self._pick("", self._active(), "no call is active")
        self._mute(ask.on)

    # --- the steps that these are made of

    def _active(self) -> tuple[Call, ...]:
        active = self._desk.active
        return () if active is None else (active,)

    def _pick(self, call_id: str, default: tuple[Call, ...], none: str) -> Call:
        """Return the call of that id, or the first that is meant by itself."""
        call = self._desk.call(call_id) if call_id else next(iter(default), None)
        if call is None:
            raise _RefusedError("that call is over" if call_id else none)
        return call

    def _movable(self, call_id: str, how: str) -> Call:
        call = self._pick(call_id, self._active(), "no call is active")
        if call.state not in (CallState.ANSWERED, CallState.HELD):
            raise _RefusedError(f"only an answered or held call can be {how}")
        return call

    def _free_orbit(self, wanted: str) -> str:
        """Return the first free orbit, or one that may be free where the exchange does not tell."""
        if wanted and wanted not in self._config.orbits:
            raise _RefusedError(f"{wanted} is not a park orbit")
        going = {call.target for call in self._desk.calls if call.state is CallState.PARKING}
        for state in (OrbitState.FREE, OrbitState.UNKNOWN):
            for orbit in self._desk.orbits:
                if orbit.state is state and orbit.number not in going and wanted in ("", orbit.number):
                    return orbit.number
        raise _RefusedError(f"{wanted} is taken" if wanted else "no park orbit is free")

    def _free_line(self) -> None:
        """Make room for another active call: the present one goes on hold, one not answered yet ends."""
        for call in self._active():
            if call.dialling:
                self._hang_up(events.HangUp(call.id))
            else:
                self._hold(call)

    def _hold(self, call: Call, note: str = "") -> None:
        self._act(actions.HoldCall(call.id))
        self._enter(call, CallState.HELD, note)

    def _place(self, number: str, party: Party, retrieves: str = "") -> None:
        self._free_line()
        self._dialled += 1
        call = f"out-{self._dialled}"
        self._act(actions.PlaceCall(call, number))
        self._add(call, Direction.OUT, party, number, retrieves)

    def _move(self, call: Call, state: CallState, target: str, number: str) -> None:
        """Ask the exchange to take the call over; it stays ours until the exchange's last word."""
        self._act(actions.TransferCall(call.id, number))
        self._enter(call, state, target=target)

    def _bring_back(self, call: Call, reason: str) -> None:
        """A park or transfer failed: the caller is with the operator again."""
        note = f"{call.target}: {reason}"
        if self._desk.active is None:
            self._act(actions.ResumeCall(call.id))
            self._enter(call, CallState.ANSWERED, note)
        else:
            self._hold(call, note)
        self._set(notice=note)

    def _mute(self, on: bool) -> None:
        if on != self._desk.muted:
            self._act(actions.MuteMicrophone(on))
            self._set(muted=on)

    def _route(self, device: str) -> None:
        self._act(actions.RouteAudio(device))
        self._set(audio=device)

    def _set_orbit(self, number: str, state: OrbitState, party: Party = NOBODY, reason: str = "") -> None:
        """Note what an orbit holds: who it is, is told only once, by whoever parked them."""
        self._set(
            orbits=tuple(
                replace(
                    old,
                    state=state,
                    party=(party if party != NOBODY else old.party) if state is OrbitState.TAKEN else NOBODY,
                    since=old.since if state is old.state else self._now,
                    reason=reason,
                )
                if old.number == number
                else old
                for old in self._desk.orbits
            )
        )

    # --- state

    def _set(self, **changes: Any) -> None:  # noqa: ANN401 - the fields of Snapshot, of many types
        self._desk = replace(self._desk, **changes)

    def _act(self, action: Action) -> None:
        self._actions.append(action)

    def _add(self, call: str, direction: Direction, party: Party, called: str, retrieves: str = "") -> None:
        new = Call(call, direction, party, called, CallState.RINGING, self._now, self._now, "", retrieves)
        self._set(calls=(*self._desk.calls, new))

    def _put(self, call: Call) -> None:
        self._set(calls=tuple(call if old.id == call.id else old for old in self._desk.calls))

    def _put_device(self, device: Device) -> None:
        self._set(devices=tuple(device if old.id == device.id else old for old in self._desk.devices))

    def _enter(self, call: Call, state: CallState, note: str = "", target: str = "") -> None:
        """Bring the call into a state, with the timers that belong to the old and the new one."""
        self._stop_timer(call)
        call = replace(
            call, state=state, since=self._now, alert=False, note=note, target=target, retrieves=""
        )
        self._put(call)
        if state is CallState.HELD:
            timer = Timer(Clock.HOLD_ALERT, call.id)
            self._act(actions.StartTimer(timer, self._config.hold_alert))
        elif state in (CallState.PARKING, CallState.TRANSFERRING):
            timer = Timer(Clock.TRANSFER, call.id)
            self._act(actions.StartTimer(timer, self._config.transfer_patience))

    def _remove(self, call: Call) -> None:
        self._stop_timer(call)
        self._set(calls=tuple(old for old in self._desk.calls if old.id != call.id))

    def _stop_timer(self, call: Call) -> None:
        if call.state is CallState.HELD:
            self._act(actions.StopTimer(Timer(Clock.HOLD_ALERT, call.id)))
        elif call.moving:
            self._act(actions.StopTimer(Timer(Clock.TRANSFER, call.id)))


def _moved_hook(event: Event) -> str:
    """Return the device whose hook switch this event reports; "" for any other event."""
    if isinstance(event, events.KeyPressed | events.KeyReleased) and event.key is Key.HOOK:
        return event.device
    return ""


def _long_press(event: events.KeyPressed | events.KeyReleased) -> Timer:
    return Timer(Clock.LONG_PRESS, f"{event.device} {event.key}")


def _dialable(number: str) -> str:
    """Return the number without what people write between digits."""
    bare = _SEPARATORS.sub("", number)
    if not _NUMBER.fullmatch(bare):
        raise _RefusedError(f"{number!r} is not a number that can be dialled")
    return bare


_HANDLERS: dict[type, Callable[[Desk, Any], None]] = {
    events.RegistrationChanged: Desk._registration_changed,
    events.CallArrived: Desk._call_arrived,
    events.CallAnswered: Desk._call_answered,
    events.CallReleased: Desk._call_released,
    events.PartyChanged: Desk._party_changed,
    events.TransferProgressed: Desk._transfer_progressed,
    events.ExtensionChanged: Desk._extension_changed,
    events.DeviceAttached: Desk._device_attached,
    events.DeviceDetached: Desk._device_detached,
    events.KeyPressed: Desk._key_pressed,
    events.KeyReleased: Desk._key_released,
    events.TimerEnded: Desk._timer_ended,
    events.Answer: Desk._answer,
    events.Reject: Desk._reject,
    events.HangUp: Desk._hang_up,
    events.Hold: Desk._hold_asked,
    events.Resume: Desk._resume,
    events.Park: Desk._park,
    events.Retrieve: Desk._retrieve,
    events.Dial: Desk._dial,
    events.Transfer: Desk._transfer,
    events.SendDigits: Desk._send_digits,
    events.Mute: Desk._mute_asked,
}
