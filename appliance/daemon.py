"""The desk daemon's wiring: the only place that knows everybody.

    devices ─ keys ──▶ ┌──────┐ ── actions ──▶ SIP agent, timers
    SIP agent ─ events▶│ Desk │ ── lamps ────▶ devices
    control ─ commands▶└──────┘ ── state ────▶ watchers

Everything runs in one asyncio loop; other threads come in by `_soon`, and nowhere else.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import logging
import os
import signal
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance import notify
from appliance.books import Books
from appliance.chores import HOUR, SETTLE, SNAPSHOT, SYNC, TIDY, Chore, Chores
from appliance.configuration import desk_config, line_configs, without_devices
from appliance.control import protocol
from appliance.control.document import Document
from appliance.control.server import ControlServer
from appliance.desk import actions, events
from appliance.desk.desk import Desk
from appliance.desk.presence import presence
from appliance.desk.ringing import ringing
from appliance.devices import Devices
from appliance.diagnostics import Diagnostics
from appliance.directory.lookup import Keys
from appliance.directory.monitored import LIMIT
from appliance.settings import SettingsError, load_or_default
from appliance.sip.agent import SipAgent
from drivers.audio.levels import Levels

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.desk.ringing import Ringing
    from appliance.desk.state import ExtensionState, Snapshot
    from appliance.settings import Settings

log = logging.getLogger("deskbell.daemon")

TICK = 30.0  # seconds

# What the log tells of each day's calls. Not what people type: that may be the PIN of a mailbox.
TOLD = (
    events.RegistrationChanged,
    events.CallArrived,
    events.CallAnswered,
    events.CallReleased,
    events.TransferProgressed,
)


class Daemon:
    """One desk, from the first registration to the last lamp dark."""

    def __init__(self, settings: Settings, path: Path, safe: bool = False) -> None:
        """Put the parts together; nothing is opened before `run`. The settings were read from `path`.

        `safe`: without devices and chores, for a desk that had failed with them.
        """
        settings = without_devices(settings) if safe else settings
        self._settings, self._path, self._safe = settings, path, safe
        self._leaving = False
        self._chores = Chores(path, [] if safe else _chores(settings))
        self._devices = Devices(
            settings, self._soon, self._happens, lambda: self._control.publish(), self._keep_levels, safe
        )
        self._diagnostics = Diagnostics(
            settings.desk.sip_trace,
            self._soon,
            lambda span: self._books.keep_link(span),
            lambda: self._control.publish(),
        )
        first, *more = line_configs(settings)
        self._agent = SipAgent(
            first,
            more_lines=more,
            on_event=lambda event: self._soon(self._happens, event),
            card_of=self._devices.card_of,
            on_levels=lambda levels: self._soon(self._control.send_levels, asdict(levels)),
            on_death=lambda error: self._soon(self._die, error),
            trace=self._diagnostics.trace,
        )
        self._control = ControlServer(
            Path(settings.desk.socket), self._ask, self._state, lambda: self._loop.time(), self._agent.meter
        )
        self._books = Books(
            Path(settings.desk.store),
            Keys(settings.dialling.plan),
            soon=self._soon,
            happens=self._happens,
            levels=self._devices.remember_levels,
            changed=self._control.publish,
            queues=settings.history.queues,
            room=_room(settings),
        )
        self._document = Document(settings.desk.name, settings.line.user)
        self._heard: Ringing | None = None
        self._presence: ExtensionState | None = None
        self._day = datetime.date.min
        self._timers: dict[events.Timer, asyncio.TimerHandle] = {}
        self._tests: dict[str, asyncio.TimerHandle] = {}  # when the test of a device is over

    async def run(self) -> bool:
        """Run until SIGTERM or SIGINT, or until a new start is due: True. Raise what must not be survived."""
        self._loop = asyncio.get_running_loop()
        self._desk = Desk(desk_config(self._settings, self._books.callers.name))
        self._over: asyncio.Future[bool] = self._loop.create_future()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._stop)
        watchdog = notify.Watchdog(os.getpid())
        await self._control.start()
        try:
            self._books.open(self._loop.time)
            self._devices.start()
            self._agent.start()
            self._watch_day()
            self._tick()
            self._chores.start()
            log.info("the desk is open at %s", self._settings.desk.socket)
            watchdog.start(self._loop, lambda: self._agent.turns)
            notify.tell(notify.READY, self._registered())
            anew = await self._over
            watchdog.leave(anew and not self._safe)
            return anew
        finally:
            for timer in self._timers.values():
                timer.cancel()
            await self._chores.stop()
            await asyncio.to_thread(self._agent.stop)
            await asyncio.to_thread(self._devices.stop)
            await self._control.stop()
            self._diagnostics.close()
            await asyncio.to_thread(self._books.finish_reading)
            await asyncio.to_thread(self._books.close)
            log.info("the desk is closed")

    # --- what comes in

    def _soon(self, call: Callable[..., object], *arguments: object) -> None:
        """Have the loop call this next: the one way in from other threads."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: the desk is going down
            self._loop.call_soon_threadsafe(call, *arguments)

    def _ask(self, ask: protocol.Ask) -> dict[str, Any] | None:
        """Do what a client asks and return what there is to tell, or raise Refused."""
        match ask:
            case protocol.Press() | protocol.Release() | protocol.Unplug() | protocol.Plug():
                self._devices.simulate(ask)
            case protocol.TestLamp() | protocol.TestRing():
                self._test(ask)
            case protocol.TestSound(device, echo):
                self._test_sound(device, echo)
            case protocol.EndSoundTest():
                self._agent.end_sound_test()
            case protocol.SetLevels(device, speaker, microphone):
                self._devices.set_levels(device, Levels(_level(speaker), _level(microphone)))
            case protocol.Status() | protocol.Watch() | protocol.Meter() | protocol.Ping():
                pass  # the server's own
            case (
                protocol.SetTrace()
                | protocol.LogLines()
                | protocol.KeepSip()
                | protocol.SipCalls()
                | protocol.SipMessages()
            ):
                return self._diagnostics.do(ask)
            case protocol.Reload():
                self._reload()
            case protocol.Restart():
                self._leave_when_idle()
            case _:
                if refusals := self._happens(ask):
                    raise protocol.Refused(refusals[0])
        return None

    def _reload(self) -> None:
        """Take the settings as the file says: at once what can be, the rest by a new start after calls."""
        try:
            new = load_or_default(self._path)
        except SettingsError as error:
            raise protocol.Refused(str(error)) from error
        new = without_devices(new) if self._safe else new
        fixed = _fixed(new) != _fixed(self._settings)
        self._settings = new
        if fixed:
            self._leave_when_idle()
            return
        logging.getLogger().setLevel(new.desk.log_level.upper())
        self._diagnostics.configure(new.desk.sip_trace)
        self._document.rename(new.desk.name)
        self._devices.configure(new)
        self._books.leave_room(_room(new))
        self._happens(events.Configured(desk_config(new, self._books.callers.name)))

    def _leave_when_idle(self) -> None:
        self._leaving = True
        if not self._desk.snapshot().calls:
            self._stop(anew=True)
        self._control.publish()

    def _test(self, ask: protocol.TestLamp | protocol.TestRing) -> None:
        """Try a lamp or a ringer, while nobody calls: a headset may take its lamp for being lifted."""
        self._refuse_during_calls()
        if isinstance(ask, protocol.TestLamp):
            seconds = self._devices.test_lamp(ask.device, ask.lamp, ask.colour)
        else:
            seconds = self._devices.test_ring(ask.device, ask.internal)
        if before := self._tests.get(ask.device):
            before.cancel()
        self._tests[ask.device] = self._loop.call_later(seconds, self._devices.end_test, ask.device)

    def _test_sound(self, device: str, echo: bool) -> None:
        """Try a sound card, while nobody calls; what it hears is kept beside the socket meanwhile."""
        self._refuse_during_calls()
        self._devices.speaks(device)
        self._agent.test_sound(device, str(Path(self._settings.desk.socket).with_name("echo-test.wav")), echo)

    def _refuse_during_calls(self) -> None:
        if self._desk.snapshot().calls:
            raise protocol.Refused("there are calls; test the devices when they are over")

    # --- what goes out

    def _happens(self, event: events.Event) -> list[str]:
        """Tell the desk, and carry out what it wants; returns why something cannot be."""
        if isinstance(event, TOLD):
            log.info("%s", event)
        if isinstance(event, events.CallArrived):
            event = self._books.callers.screened(event)
        before = self._desk.snapshot()
        at = self._loop.time()
        wanted = self._desk.handle(event, at)
        refusals = [reason for action in wanted if (reason := self._carry_out(action))]
        if refusals:  # not why: that may quote what was typed
            log.info("refused: %s", type(event).__name__)
        now = self._desk.snapshot()
        self._show(now)
        self._publish(now)
        self._books.keep(before, now, at)
        self._control.publish()
        if self._leaving and not now.calls:
            self._stop(anew=True)
        if isinstance(event, events.RegistrationChanged):
            notify.tell(self._registered())
        return refusals

    def _carry_out(self, action: actions.Action) -> str:
        """Have it done; returns why it cannot be, "" where it can."""
        match action:
            case actions.StartTimer(timer, seconds):
                self._forget(timer)
                self._timers[timer] = self._loop.call_later(seconds, self._timer_ended, timer)
            case actions.StopTimer(timer):
                self._forget(timer)
            case actions.Refuse(reason):
                return reason
            case actions.SwitchRelay(relay, seconds):
                return self._devices.switch(relay, seconds)
            case actions.AllowReset():
                self._allow_reset()
            case _:
                self._agent.do(action)
        return ""

    def _allow_reset(self) -> None:
        """Show a code for another admin password. It is written here and now: the desk has no calls."""
        from appliance.users import reset  # which nobody needs for years

        try:
            reset.allow(Path(self._settings.desk.store).parent)
        except OSError as error:
            log.error("there is no code to set an admin password with: %s", error)

    def _timer_ended(self, timer: events.Timer) -> None:
        del self._timers[timer]
        self._happens(events.TimerEnded(timer))

    def _forget(self, timer: events.Timer) -> None:
        if handle := self._timers.pop(timer, None):
            handle.cancel()

    def _show(self, desk: Snapshot) -> None:
        """Let be seen and heard what has changed."""
        heard = ringing(desk, self._devices.ring_policy)
        if heard != self._heard:
            self._heard = heard
            self._agent.ring(heard)
        self._devices.show(desk, heard)

    def _publish(self, desk: Snapshot) -> None:
        """Tell the exchange what the operator does, when that has changed."""
        shown = presence(desk)
        if shown is not self._presence:
            self._presence = shown
            self._agent.publish(shown)

    def _keep_levels(self, device: str, levels: Levels) -> None:
        self._books.keep_levels(device, levels)

    def _watch_day(self) -> None:
        """Tell the desk when a day begins; looked at every minute, as clocks are set."""
        today = datetime.datetime.now().astimezone().date()
        if today != self._day:
            self._day = today
            self._happens(events.DayBegan())
        self._loop.call_later(60, self._watch_day)

    def _registered(self) -> str:
        """Return what systemd shows of the lines."""
        states = [line.registration.state for line in self._desk.snapshot().lines]
        return notify.status(f"lines: {', '.join(states)}")

    def _tick(self) -> None:
        self._books.tick(self._loop.time())
        self._loop.call_later(TICK, self._tick)

    def _state(self) -> dict[str, Any]:
        return self._document(
            self._desk.snapshot(),
            self._devices.known(),
            self._devices.presses(),
            self._devices.levels(),
            record=self._books.record,
            troubles=self._books.troubles,
            diagnostics=self._diagnostics.state(),
            leaving=self._leaving,
            safe=self._safe,
        )

    # --- the end

    def _stop(self, anew: bool = False) -> None:
        if not self._over.done():
            self._over.set_result(anew)

    def _die(self, error: BaseException) -> None:
        if not self._over.done():
            self._over.set_exception(error)


def _room(settings: Settings) -> int:
    """Return how many extensions can be monitored for the directory."""
    return max(0, LIMIT - len(settings.extensions))


def _fixed(settings: Settings) -> tuple[object, ...]:
    """Return what a desk is made with: with others of these it has to start anew."""
    desk, codes = settings.desk, settings.codes
    return (
        *(desk.socket, desk.store, settings.line, settings.lines, settings.park.orbits, settings.dialling),
        *(
            settings.buttons,
            settings.keys,
            settings.relays,
            settings.ringing.ringers,
            settings.history.queues,
        ),
        replace(settings.devices, prefer=(), echo_canceller=""),
        *(codes.watch_presence, codes.dnd_lamp, codes.forward_lamp),
        *(bool(settings.sources), settings.backup.every, desk.link_check),
    )


def _chores(settings: Settings) -> list[Chore]:
    """Return what there is to be done now and then."""
    chores = [SETTLE, TIDY]
    if settings.sources:
        chores.append(SYNC)
    if settings.backup.every:
        chores.append(replace(SNAPSHOT, every=settings.backup.every * HOUR))
    return chores


def _level(said: float) -> float | None:
    """Return a level that was asked for; below 0 none was."""
    if said > 1:
        raise protocol.Refused(f"{said:g} is no level: say one from 0 to 1")
    return said if said >= 0 else None
