"""pjsua2's endpoint, and the one thread that may touch it.

The thread sleeps in poll() on pjsip's epoll descriptor and on an eventfd that wakes it for a command, so a
command waits for nothing and an idle line costs next to nothing. What pjsip does by timer may be POLL late.
"""

from __future__ import annotations

import ctypes
import gc
import heapq
import itertools
import logging
import os
import queue
import select
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.sip.errors import PortError, SipError, words
from appliance.sip.log import MESSAGES, LogWriter, Seldom, log
from appliance.sip.network import Watch, local_address
from appliance.sip.servers import find, is_address, name_servers
from appliance.sip.sources import FORBIDDEN, Sources
from appliance.sip.tls import Gate, Identity, authorities
from appliance.sip.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from appliance.sip.config import SipConfig, Transport
    from appliance.sip.servers import Server

POLL = 0.1
"""Seconds between two looks at pjsip's timers while nothing happens."""

_SETTLE_SECONDS = 0.5  # a network changes in several steps
_CALLS = 32
_CLOCK_RATE = 16000  # Hz, of the conference bridge: wideband, as the headsets and G.722 are
_FRAME = 10  # ms, in which sound goes to and from a card; what the echo canceller wants
_CAPTURED = 100  # ms, that may wait in a card: it is taken as it comes, so this costs no time
_PLAYED = 60  # ms, of room in a card: 10 of them are used, 5 more after each time that it ran dry
_RESAMPLING = 2  # Speex, a short filter: 2 ms at 8 kHz; pjsip's own takes 16 ms, twice with G.711
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

    on_sound_failed: Callable[[int], None] | None = None
    """Gets pjsip's number of the sound card that has stopped working."""
    on_request: Callable[[str, str], int] | None = None
    """Gets the method and text of a request that comes outside any dialog, CANCEL too: 0 lets it in."""
    on_select: Callable[[str], int | None] | None = None
    """Gets a request; returns pjsua2's number of the account that it is for, None where it does not tell."""

    def __init__(self, sources: Sources, gate: Gate) -> None:
        """`sources` judges who may ring, `gate` who we talk to over TLS."""
        super().__init__()
        self._sources, self._gate, self._seldom = sources, gate, Seldom()

    @guarded
    def onMediaEvent(self, prm: pj.OnMediaEventParam) -> None:
        """Hear that a sound card has gone: its ALSA thread has ended itself."""
        if prm.ev.type == pj.PJMEDIA_EVENT_AUD_DEV_ERROR and self.on_sound_failed:
            self.on_sound_failed(prm.ev.data.audDevError.id)

    @guarded
    def onTransportState(self, prm: pj.OnTransportStateParam) -> None:
        """Close a TLS connection to whom does not prove to be our server, before a byte of SIP is sent.

        pjsip sends what waits for the connection after this has returned, unless it is shut down here.
        """
        if prm.state != pj.PJSIP_TP_STATE_CONNECTED or not prm.type.upper().startswith("TLS"):
            return
        fault = True
        try:
            fault = bool(self._gate.judge(prm.tlsInfo))
        finally:
            if fault:
                self.transportShutdown(prm.hnd)

    @guarded
    def onOutOfDialogRequest(self, prm: pj.OnOutOfDialogRequestParam) -> None:
        """Let nobody but the exchange ring."""
        prm.statusCode = FORBIDDEN  # should there be a bug
        prm.statusCode, entry = self._sources.judge(prm.method, prm.rdata.srcAddress, time.monotonic())
        if entry:
            log.warning("%s", entry)
        if not prm.statusCode and self.on_request:
            prm.statusCode = self.on_request(prm.method, prm.rdata.wholeMsg)

    @guarded
    def onSelectAccount(self, prm: pj.OnSelectAccountParam) -> None:
        """Choose the line that a request is for: pjsip goes by user and domain, which lines may share."""
        account = self.on_select(prm.rdata.wholeMsg) if self.on_select else None
        if account is not None:
            prm.accountIndex = account

    @guarded
    def onUnhandledRequest(self, prm: pj.OnUnhandledRequestParam) -> None:
        """Tell of a request outside any dialog that nobody wants; our pjsua2 answers it (489, 481, 405)."""
        source = prm.rdata.srcAddress
        text = f"{prm.method} from {source} answered with {prm.statusCode}"
        self._seldom.log(logging.INFO, (prm.method, source.rpartition(":")[0]), text)

    @guarded
    def onRejectedIncomingCall(self, prm: pj.OnRejectedIncomingCallParam) -> None:
        """Tell of a call that pjsip itself refused, for instance because it is not encrypted and must be."""
        text = f"a call was refused with {prm.statusCode}: {prm.reason}"
        self._seldom.log(logging.WARNING, (prm.statusCode, prm.reason), text)


class Engine:
    """The SIP stack in its thread."""

    def __init__(
        self,
        config: SipConfig,
        on_open: Callable[[], None],
        on_close: Callable[[], None],
        on_death: Callable[[BaseException], None],
        trace: Trace | None = None,
    ) -> None:
        """`on_open` makes accounts, in the SIP thread; `on_close` hangs up and drops them and all else."""
        self.trace = trace or Trace()
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
        self.turns = 0
        """How often its thread has gone round: while it lives, this grows ten times a second or faster."""
        self._sources, self._gate = Sources(), Gate()
        self._transports: dict[tuple[Transport, str, str], int] = {}
        self._in_use: dict[str, tuple[Transport, str, str]] = {}  # by line
        self._watch: Watch | None = None
        self._on_network: dict[Hashable, Callable[[], None]] = {}
        self._settling: Alarm | None = None
        self._opened: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sip", daemon=True)

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint; only for the SIP thread."""
        if self._endpoint is None:
            raise SipError("the SIP stack is not open")
        return self._endpoint

    @property
    def now(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def check(self, config: SipConfig) -> None:
        """Raise SipError when a line is set up in a way that cannot work, as far as can be told offline."""
        hop = config.first_hop
        if hop.transport == "tls":
            authorities(config.ca_file)
            Identity(hop.host, config.pin).check()
        if is_address(hop.host) and (address := local_address(config.bind, find(hop).servers[0])):
            self.transport(config, address)

    def transport(self, config: SipConfig, address: str) -> int:
        """Return pjsua2's id of the transport at a local address, opened for the first line that needs it.

        PortError when the port cannot be opened.
        """
        kind = config.first_hop.transport
        believed = authorities(config.ca_file) if kind == "tls" else ""
        key = (kind, address, believed)
        if key not in self._transports:
            settings = _transport_config(address, config.local_port, believed)
            try:
                self._transports[key] = self.endpoint.transportCreate(_TRANSPORTS[kind], settings)
            except pj.Error as error:
                raise PortError(f"SIP port {config.local_port} cannot be opened: {words(error)}") from error
        self._in_use[config.line] = key
        return self._transports[key]

    def trust(self, config: SipConfig, servers: tuple[Server, ...]) -> None:
        """These are a line's servers: they may ring, and over TLS must prove who they are."""
        self._sources.trust(config.line, [*(server.address for server in servers), *config.sources])
        self._sources.direct_calls |= config.direct_calls
        hop = config.first_hop
        if hop.transport == "tls":
            self._gate.expect(config.line, Identity(hop.host, config.pin), servers)

    def fault(self, server: Server | None) -> str:
        """Return what was wrong with the certificate of a server when it was last shown, or ""."""
        return self._gate.faults.get(str(server), "")

    def fingerprint(self, server: Server) -> str:
        """Return the SHA-256 of the certificate that a server last showed, or ""."""
        return self._gate.fingerprints.get(str(server), "")

    def on_network(self, owner: Hashable, changed: Callable[[], None]) -> None:
        """Have `changed` called when addresses or routes of this machine have changed."""
        self._on_network[owner] = changed

    def forget(self, owner: Hashable) -> None:
        """Call no more what `owner` has given to `on_network()`."""
        self._on_network.pop(owner, None)

    def move(self) -> None:
        """Have pjsip register and re-invite from the address that this machine has now."""
        moved = pj.IpChangeParam()
        moved.shutdownTransport = True  # connections from an address that is ours no more
        moved.restartListener = False  # there is a new one
        self.endpoint.handleIpChange(moved)
        for key in self._transports.keys() - self._in_use.values():
            self.endpoint.transportClose(self._transports.pop(key))

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
        self._endpoint = endpoint = Endpoint(self._sources, self._gate)
        _create_silently(endpoint)
        endpoint.libInit(self._endpoint_config())
        # pjsua takes no account before there is a transport, and where ours must be is known only later.
        # Not a UDP one: pjsip would answer from it requests without rport (RFC 3581).
        endpoint.transportCreate(pj.PJSIP_TRANSPORT_TCP, _transport_config("127.0.0.1", 0, ""))
        endpoint.libStart()
        self._order_codecs(endpoint)
        self._watch = Watch()
        self._on_open()

    def _close(self, opened: bool) -> None:
        """Undo all, in the one order that pjsua2 survives: its objects first, then the library."""
        try:
            if opened:
                self._on_close()
        finally:
            self._alarms.clear()
            if self._watch:
                self._watch.close()
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
        if self._watch:
            poller.register(self._watch, select.POLLIN)
        while self._running:
            poller.poll(self._patience() * 1000)
            with suppress(BlockingIOError):
                os.eventfd_read(self._wake)
            if self._watch and self._watch.drain():
                self._settle()
            self._run_commands()
            self._handle_events()
            self._run_alarms()
            self.turns += 1

    def _settle(self) -> None:
        """The network has changed: tell of it once it changes no further."""
        if self._settling:
            self._settling.cancel()
        self._settling = self.later(_SETTLE_SECONDS, self._tell_of_the_network)

    def _tell_of_the_network(self) -> None:
        for changed in list(self._on_network.values()):
            guarded(changed)()

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
        writer = LogWriter(self._config.log_level, self.trace)
        writer.__disown__()
        settings = pj.EpConfig()
        settings.logConfig.writer = writer
        # pjsip's level cannot be changed later: the writer leaves out what is too much.
        settings.logConfig.level = max(self._config.log_level, MESSAGES)
        settings.logConfig.consoleLevel = settings.logConfig.level
        settings.logConfig.msgLogging = 1
        settings.logConfig.decor = 0
        settings.uaConfig.threadCnt = 0
        settings.uaConfig.mainThreadOnly = True
        settings.uaConfig.maxCalls = _CALLS
        # For names that the exchange tells, in Contact or Record-Route: else pjsip would wait for libc.
        settings.uaConfig.nameserver = pj.StringVector(name_servers(self._config.name_server))
        settings.uaConfig.userAgent = self._config.user_agent
        settings.medConfig.noVad = True
        settings.medConfig.clockRate = _CLOCK_RATE
        settings.medConfig.ecTailLen = 0  # Sound sets it for each card
        settings.medConfig.audioFramePtime = _FRAME
        settings.medConfig.sndRecLatency, settings.medConfig.sndPlayLatency = _CAPTURED, _PLAYED
        settings.medConfig.sndUseSwClock = False  # a clock of its own: two more buffers, 15 to 35 ms
        settings.medConfig.quality = _RESAMPLING
        return settings

    def _order_codecs(self, endpoint: Endpoint) -> None:
        """Offer the configured codecs in their order, and no other (RFC 3264 section 5.1)."""
        known = {codec.codecId: codec.codecId.split("/")[0] for codec in endpoint.codecEnum2()}
        wanted = [name.lower() for name in self._config.codecs]
        if unknown := set(wanted) - {name.lower() for name in known.values()}:
            there = ", ".join(sorted(set(known.values())))
            raise SipError(f"no such codec: {', '.join(sorted(unknown))}; there are {there}")
        for codec, name in known.items():
            place = wanted.index(name.lower()) if name.lower() in wanted else _NEVER
            endpoint.codecSetPriority(codec, _NEVER - place)


_NEVER = 255  # places below the most preferred codec: priority 0


def _transport_config(address: str, port: int, believed: str) -> pj.TransportConfig:
    settings = pj.TransportConfig()
    settings.boundAddress, settings.port = address, port
    settings.tlsConfig.CaListFile = believed
    settings.tlsConfig.proto = pj.PJ_SSL_SOCK_PROTO_TLS1_2 | pj.PJ_SSL_SOCK_PROTO_TLS1_3
    settings.tlsConfig.verifyServer = False  # onTransportState does, and tells what is wrong
    return settings


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
