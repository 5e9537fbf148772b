"""pjsua2's endpoint, and the one thread that may touch it.

The thread sleeps in poll() on pjsip's epoll descriptor and on an eventfd that wakes it for a command, so a
command waits for nothing and an idle line costs next to nothing. What pjsip does by timer may be POLL late.
"""

from __future__ import annotations

import ctypes
import gc
import heapq
import itertools
import os
import queue
import select
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.sip.errors import PortError, SipError, words
from appliance.sip.log import LogWriter, log

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.sip.config import SipConfig

POLL = 0.1
"""Seconds between two looks at pjsip's timers while nothing happens."""

_CALLS = 32
_CLOCK_RATE = 16000  # Hz, of the conference bridge: wideband, as the headsets and G.722 are
_BAD_TURNS = 100
_TRANSPORTS = {
    "udp": pj.PJSIP_TRANSPORT_UDP,
    "tcp": pj.PJSIP_TRANSPORT_TCP,
    "tls": pj.PJSIP_TRANSPORT_TLS,
}
_only_one = threading.Lock()  # a second Endpoint aborts the process


def guarded(callback: Callable[..., None]) -> Callable[..., None]:
    """Log what a pjsua2 callback raises: pjsua2 would print it, and answer a new call with 500."""
    name = getattr(callback, "__qualname__", type(callback).__qualname__)

    @wraps(callback)
    def run(*args: Any) -> None:  # noqa: ANN401
        try:
            callback(*args)
        except pj.Error as error:
            log.warning("%s: %s", name, words(error))
        except Exception:
            log.exception("bug in %s", name)

    return run


@dataclass(order=True, slots=True)
class Alarm:
    """Something to be done later, in the SIP thread; `action` is None once it is done or cancelled."""

    due: float
    order: int
    action: Callable[[], None] | None = field(compare=False)

    def cancel(self) -> None:
        """Forget it; harmless when it has been done."""
        self.action = None


class Endpoint(pj.Endpoint):  # type: ignore[misc]
    """pjsua2's root object with the callbacks that belong to no call and no account."""

    on_sound_failed: Callable[[], None] | None = None

    @guarded
    def onMediaEvent(self, prm: pj.OnMediaEventParam) -> None:
        """Hear that a sound card has gone: its ALSA thread has ended itself."""
        if prm.ev.type == pj.PJMEDIA_EVENT_AUD_DEV_ERROR and self.on_sound_failed:
            self.on_sound_failed()

    @guarded
    def onUnhandledRequest(self, prm: pj.OnUnhandledRequestParam) -> None:
        """Tell of a request outside any dialog that nobody wants; our pjsua2 answers it (489, 481, 405)."""
        log.info("%s from %s answered with %d", prm.method, prm.rdata.srcAddress, prm.statusCode)


class Engine:
    """The SIP stack in its thread."""

    def __init__(
        self,
        config: SipConfig,
        on_open: Callable[[], None],
        on_close: Callable[[], None],
        on_death: Callable[[BaseException], None],
    ) -> None:
        """`on_open` makes accounts, in the SIP thread; `on_close` hangs up and drops them and all else."""
        self._config = config
        self._on_open, self._on_close, self._on_death = on_open, on_close, on_death
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._alarms: list[Alarm] = []
        self._order = itertools.count()
        self._wake = -1
        self._waking = threading.Lock()  # so that nobody writes into a descriptor that was closed
        self._endpoint: Endpoint | None = None
        self._bad_turns = 0
        self._running = False
        self._opened: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sip", daemon=True)

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint; only for the SIP thread."""
        if self._endpoint is None:
            raise SipError("the SIP stack is not open")
        return self._endpoint

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Open the stack; SipError when it cannot be, for instance because the port is taken."""
        if not _only_one.acquire(blocking=False):
            raise SipError("pjsua2 runs already in this process")
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._running = True
        self._thread.start()
        error = self._opened.get()
        if error is not None:
            self._thread.join()
            if isinstance(error, SipError):
                raise error
            text = words(error) if isinstance(error, pj.Error) else str(error)
            raise SipError(f"the SIP stack cannot be opened: {text}") from error

    def stop(self, timeout: float) -> None:
        """Close calls, subscriptions and registration, and end the thread within `timeout` seconds.

        Raises SipError when it has not ended by then.
        """
        if not self.alive:
            return
        self.post(self._end)
        self._thread.join(timeout)
        if self.alive:
            raise SipError(f"the SIP thread did not end within {timeout} s")

    def post(self, command: Callable[[], None]) -> None:
        """Have a command done in the SIP thread, at once; callable from any thread, never blocks.

        When that thread has ended, there is nobody to do it, and nothing left to do it with.
        """
        self._commands.put(command)
        with self._waking, suppress(BlockingIOError):  # full: it is awake
            if self._wake >= 0:
                os.eventfd_write(self._wake, 1)

    def later(self, seconds: float, action: Callable[[], None]) -> Alarm:
        """Have something done after so many seconds; only for the SIP thread."""
        alarm = Alarm(time.monotonic() + seconds, next(self._order), action)
        heapq.heappush(self._alarms, alarm)
        return alarm

    def pump(self, done: Callable[[], bool], seconds: float) -> None:
        """Let pjsip work until `done`, at most so many seconds; only for `on_close`."""
        end = time.monotonic() + seconds
        while not done() and time.monotonic() < end:
            self.endpoint.libHandleEvents(10)
            self._run_alarms()

    def _end(self) -> None:
        self._running = False

    def _run(self) -> None:
        opened = False
        try:
            try:
                self._open()
                opened = True
                self._opened.put(None)
                self._loop()
            finally:
                self._close(opened)
        except BaseException as error:
            if not opened:
                self._opened.put(error)
                return
            log.critical("the SIP thread has died", exc_info=True)
            self._on_death(error)
        finally:
            with self._waking:
                os.close(self._wake)
                self._wake = -1
            _only_one.release()

    def _open(self) -> None:
        self._endpoint = endpoint = Endpoint()
        _create_silently(endpoint)
        endpoint.libInit(self._endpoint_config())
        try:
            endpoint.transportCreate(_TRANSPORTS[self._config.transport], self._transport_config())
        except pj.Error as error:
            raise PortError(f"SIP port {self._config.local_port} cannot be opened: {words(error)}") from error
        endpoint.libStart()
        for codec in endpoint.codecEnum2():
            endpoint.codecSetPriority(codec.codecId, self._priority(codec.codecId))
        self._on_open()

    def _close(self, opened: bool) -> None:
        """Undo all, in the one order that pjsua2 survives: its objects first, then the library."""
        try:
            if opened:
                self._on_close()
        finally:
            self._alarms.clear()
            endpoint, self._endpoint = self._endpoint, None
            gc.collect()
            if endpoint is not None:
                # All is said: pjsip need not wait a second for answers, as it would.
                endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)
                # At once: a traceback may still refer to it, and a second one would abort the process.
                Endpoint.__swig_destroy__(endpoint)

    def _loop(self) -> None:
        sip = ctypes.c_int.from_address(int(self.endpoint.libGetSipIoqueueHandle())).value
        poller = select.poll()
        poller.register(sip, select.POLLIN)
        poller.register(self._wake, select.POLLIN)
        while self._running:
            poller.poll(self._patience() * 1000)
            with suppress(BlockingIOError):
                os.eventfd_read(self._wake)
            self._run_commands()
            self._handle_events()
            self._run_alarms()

    def _patience(self) -> float:
        """Seconds until the next alarm is due, at most POLL."""
        if not self._alarms:
            return POLL
        return min(POLL, max(0.0, self._alarms[0].due - time.monotonic()))

    def _run_commands(self) -> None:
        with suppress(queue.Empty):
            while True:
                guarded(self._commands.get_nowait())()

    def _run_alarms(self) -> None:
        while self._alarms and self._alarms[0].due <= time.monotonic():
            alarm = heapq.heappop(self._alarms)
            action, alarm.action = alarm.action, None
            if action is not None:
                guarded(action)()

    def _handle_events(self) -> None:
        """Let pjsip handle all that waits, also what it sets itself to be done at once."""
        for _ in range(_BAD_TURNS):
            handled = self.endpoint.libHandleEvents(0)
            if handled <= 0:
                break
        self._bad_turns = self._bad_turns + 1 if handled < 0 else 0
        if self._bad_turns > _BAD_TURNS:
            raise SipError(f"pjsip cannot poll its sockets: {self.endpoint.utilStrError(-handled)}")

    def _endpoint_config(self) -> pj.EpConfig:
        writer = LogWriter()
        writer.__disown__()
        settings = pj.EpConfig()
        settings.logConfig.writer = writer
        settings.logConfig.level = settings.logConfig.consoleLevel = self._config.log_level
        settings.logConfig.msgLogging = 1 if self._config.log_level >= 4 else 0
        settings.logConfig.decor = 0
        settings.uaConfig.threadCnt = 0
        settings.uaConfig.mainThreadOnly = True
        settings.uaConfig.maxCalls = _CALLS
        settings.uaConfig.userAgent = self._config.user_agent
        settings.medConfig.noVad = True
        settings.medConfig.clockRate = _CLOCK_RATE
        settings.medConfig.ecTailLen = 0  # headsets and handsets have no echo worth the work
        return settings

    def _transport_config(self) -> pj.TransportConfig:
        settings = pj.TransportConfig()
        settings.boundAddress = local_address(self._config)
        settings.port = self._config.local_port
        settings.tlsConfig.CaListFile = self._config.ca_file
        settings.tlsConfig.verifyServer = True
        return settings

    def _priority(self, codec: str) -> int:
        """The place of a codec such as "G722/16000/1" in the configured order; 0: never offered."""
        name = codec.split("/")[0].lower()
        wanted = [wanted.lower() for wanted in self._config.codecs]
        return 200 - wanted.index(name) if name in wanted else 0


def local_address(config: SipConfig) -> str:
    """Return the address to bind to: the configured one, else that which leads to the exchange, else ""."""
    if config.bind:
        return config.bind
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect((config.host, config.port))  # sends nothing
        return str(probe.getsockname()[0])
    return ""


def _create_silently(endpoint: Endpoint) -> None:
    """Create the library; it greets on standard output before its log level can be set."""
    stdout, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        endpoint.libCreate()
    finally:
        os.dup2(stdout, 1)
        os.close(stdout)
        os.close(nowhere)
