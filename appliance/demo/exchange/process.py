"""The running exchange: one Asterisk process, its ports, its run directory, and what can be asked of it."""

from __future__ import annotations

import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from appliance.demo.exchange import ami, configuration, tree
from appliance.demo.exchange.errors import ExchangeError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

Speech = Literal["voice", "tone", "echo", "music", "nothing"]
State = Literal["NOT_INUSE", "INUSE", "RINGING", "ONHOLD", "BUSY", "UNAVAILABLE"]
_OPERATORS = ("200", "201", "202")
_PARK_SLOTS = tuple(str(slot) for slot in range(701, 711))
_RTP_PORTS = 500
_START_SECONDS = 30.0
_STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Channel:
    """One leg at the exchange."""

    name: str
    id: str
    """Asterisk's Uniqueid; that of a caller made by `Exchange.originate()` is what it returned."""
    linked_id: str
    """The same for all legs that belong together."""
    state: str
    """Asterisk's words: Down, Ring, Ringing, Up, …"""
    caller: str
    connected: str
    extension: str
    application: str


class Exchange:
    """A real Asterisk on the loopback; also a context manager that starts and stops it.

    `users`: how many extensions there are, from 1001 on. `staff`: those of them that a simulated person
    answers after 3 s when no phone is registered. `park_seconds`: until a parked call comes back;
    `park_origin=False`: it then bears Alert-Info and X-Park-Slot. `ringback=False`: whoever is transferred
    hears no ring tone, and REFER's final NOTIFY waits for the answer. Ports that are None are chosen at the
    start. `run`: its directory; without one, a temporary that stop() removes.
    """

    def __init__(
        self,
        *,
        users: int = 10,
        staff: Collection[str] = (),
        park_seconds: int = 60,
        park_origin: bool = True,
        ringback: bool = True,
        host: str = "127.0.0.1",
        sip_port: int | None = None,
        tls_port: int | None = None,
        ami_port: int | None = None,
        run: Path | None = None,
    ) -> None:
        """Describe it; nothing happens before `start()`."""
        self.host = host
        self.users = tuple(str(1001 + n) for n in range(users))
        self._lists = {"USER": self.users, "OPERATOR": _OPERATORS, "PARK": _PARK_SLOTS, "STAFF": tuple(staff)}
        self._switches = {
            "PARK_SECONDS": str(park_seconds),
            "PARK_ORIGIN": "yes" if park_origin else "no",
            "RINGBACK": "ring = 440+480/2000,0/4000" if ringback else "",
        }
        self._ports = {"SIP_PORT": sip_port, "TLS_PORT": tls_port, "AMI_PORT": ami_port}
        self._secret = secrets.token_urlsafe(16)
        self._run = run
        self._own_run: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._callers = 0

    @staticmethod
    def prepare(report: Callable[[str], None] = lambda _line: None) -> Path:
        """Fetch and unpack Asterisk into the user's cache, once per machine; `report` gets the progress."""
        return tree.prepare(report)

    @property
    def sip_port(self) -> int:
        """SIP over UDP and TCP; known once started, and the same after a restart."""
        return self._port("SIP_PORT")

    @property
    def tls_port(self) -> int:
        """SIP over TLS."""
        return self._port("TLS_PORT")

    @property
    def ca_file(self) -> Path:
        """The authority (PEM) that signed the exchange's TLS certificate."""
        return self.run / "keys" / "ca.crt"

    @property
    def run(self) -> Path:
        """The run directory: etc/, log/, keys/ and more."""
        if self._run is None:
            raise ExchangeError("the exchange was not started yet")
        return self._run

    @property
    def pid(self) -> int | None:
        """Asterisk's process, None while it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def password(self, extension: str) -> str:
        """The SIP password of a user or an operator."""
        return "secret" + extension

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    def start(self) -> None:
        """Start it from a clean state and wait until calls can be made (about half a second).

        It dies with the thread that calls this, so nothing is left when that process is killed. Raises
        ExchangeError when it is not prepared, a port is taken, or it does not come up.
        """
        if self.pid is not None:
            raise ExchangeError("the exchange runs already")
        program = tree.cached_tree()
        if not program.is_dir():
            raise ExchangeError(
                "the exchange is not fetched yet: call Exchange.prepare() first, or run `make demo`"
            )
        self._choose_ports()
        try:
            self._write_run(program)
            self._process = self._spawn(program)
            self._wait_until_booted()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop it, wait for its end, and remove a temporary run directory. It need not run."""
        self._end()
        if self._own_run:
            self._own_run.cleanup()
            self._own_run = self._run = None

    def kill(self) -> None:
        """End it as a power cut would: no BYE, no NOTIFY. `start()` or `restart()` brings it back."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        """Start it again on the same ports and run directory; registrations are forgotten."""
        self._end()
        self.start()

    def ami(self, action: str, **fields: str | list[str]) -> list[ami.Message]:
        """One manager action: its response, then the entries of a list. Lists repeat a header."""
        return ami.ask(self._port("AMI_PORT"), self._secret, action, fields)

    def cli(self, command: str) -> str:
        """What Asterisk's console prints for a command, such as "core show channels"."""
        return self.ami("Command", Command=command)[0].get("Output", "")

    def originate(
        self,
        caller: str,
        callee: str,
        *,
        name: str = "",
        speaks: Speech = "voice",
        record: Path | None = None,
        by_trunk: bool = True,
        ring_seconds: int = 60,
    ) -> str:
        """Let a caller with that number and name ring `callee`; returns at once with the caller's channel id.

        Once answered the caller `speaks` ("tone": 1 kHz), and what it hears goes to the WAV file `record`. It
        gives up after `ring_seconds`. `by_trunk`: it dials in from outside, else from inside.
        """
        self._callers += 1
        ident = f"caller-{self._callers}"
        self.ami(
            "Originate",
            Channel=f"Local/{callee}@{'from-trunk' if by_trunk else 'internal'}/n",
            ChannelId=ident,
            CallerID=f'"{name}" <{caller}>' if name else f"<{caller}>",
            Context="caller",
            Exten=speaks,
            Priority="1",
            Timeout=str(ring_seconds * 1000),
            Variable=[f"RECORD={record}"] if record else [],
            Async="true",
        )
        return ident

    def hang_up(self, ident: str) -> None:
        """The caller that `originate()` made hangs up; nothing happens when it is gone already."""
        for channel in self.channels():
            if channel.id == ident:
                try:
                    self.ami("Hangup", Channel=channel.name)
                except ExchangeError:
                    if any(one.id == ident for one in self.channels()):
                        raise  # else it went just now

    def channels(self) -> list[Channel]:
        """Every leg there is now."""
        return [
            Channel(
                name=entry["Channel"],
                id=entry["Uniqueid"],
                linked_id=entry["Linkedid"],
                state=entry["ChannelStateDesc"],
                caller=entry["CallerIDNum"],
                connected=entry["ConnectedLineNum"],
                extension=entry["Exten"],
                application=entry["Application"],
            )
            for entry in self.ami("CoreShowChannels")
            if entry.get("Event") == "CoreShowChannel"
        ]

    def set_extension(self, user: str, state: State) -> None:
        """Move a user's lamp (BLF) without a call; it adds to the state of the user's phone."""
        self.ami("Setvar", Variable=f"DEVICE_STATE(Custom:E{user})", Value=state)

    def set_messages(self, mailbox: str, new: int) -> None:
        """Put that many new messages into a voicemail box; whoever subscribed is notified."""
        inbox = self.run / "spool/voicemail/default" / mailbox / "INBOX"
        shutil.rmtree(inbox, ignore_errors=True)
        inbox.mkdir(parents=True)
        for number in range(new):
            (inbox / f"msg{number:04}.txt").write_text(f"[message]\norigmailbox={mailbox}\nduration=1\n")
            (inbox / f"msg{number:04}.ulaw").write_bytes(b"\x55" * 8000)
        self.ami("VoicemailRefresh", Context="default", Mailbox=mailbox)

    def registered(self) -> set[str]:
        """The extensions that have at least one phone registered."""
        contacts = self.ami("PJSIPShowRegistrationInboundContactStatuses")
        return {entry["AOR"] for entry in contacts if entry.get("Event") == "ContactStatusDetail"}

    def _port(self, name: str) -> int:
        port = self._ports[name]
        if port is None:
            raise ExchangeError("the exchange was not started yet: it has no ports")
        return port

    def _choose_ports(self) -> None:
        for name, port in self._ports.items():
            host = "127.0.0.1" if name == "AMI_PORT" else self.host
            kinds = [socket.SOCK_STREAM, *([socket.SOCK_DGRAM] if name == "SIP_PORT" else [])]
            if port is None:
                self._ports[name] = _free_port(host, kinds)
            elif not _is_free(host, port, kinds):
                raise ExchangeError(
                    f"{name} {port} on {host} is taken by another program: give another, or none"
                )

    def _write_run(self, program: Path) -> None:
        if self._run is None:
            self._own_run = tempfile.TemporaryDirectory(prefix="deskbell-exchange-")
            self._run = Path(self._own_run.name)
        run = self._run
        run.mkdir(mode=0o700, parents=True, exist_ok=True)
        for stale in ("lib", "spool", "run", "cache"):
            shutil.rmtree(run / stale, ignore_errors=True)
        for folder in ("etc", "lib", "spool/tmp", "run", "log", "cache", "moh", "keys/keys"):
            (run / folder).mkdir(parents=True, exist_ok=True)
        if not self.ca_file.exists():
            configuration.make_certificates(run / "keys", self.host)
        music = run / "moh" / "hold.gsm"
        music.unlink(missing_ok=True)
        music.symlink_to(program / "usr/share/asterisk/sounds/en/demo-congrats.gsm")
        rtp_first = 16000 + 2 * secrets.randbelow(7000)
        values = {
            **self._switches,
            **{name: str(port) for name, port in self._ports.items()},
            "AMI_SECRET": self._secret,
            "HOST": self.host,
            "RTP_FIRST": str(rtp_first),
            "RTP_LAST": str(rtp_first + _RTP_PORTS),
            "RUN": str(run),
            "TREE": str(program),
        }
        configuration.write(run / "etc", values, self._lists)

    def _spawn(self, program: Path) -> subprocess.Popen[bytes]:
        libraries = program / tree.LIBRARIES
        command = ["setpriv", "--pdeathsig", "KILL", f"{program}/usr/lib64/ld-linux-x86-64.so.2"]
        command += ["--library-path", f"{libraries}:{libraries}/asterisk"]
        command += [f"{program}/usr/sbin/asterisk", "-C", f"{self.run}/etc/asterisk.conf", "-f", "-n", "-q"]
        # A session of its own keeps Ctrl-C from it; setpriv lets it die when its parent does.
        with (self.run / "log/console").open("wb") as console:
            return subprocess.Popen(
                command,
                cwd=self.run,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
            )

    def _wait_until_booted(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self.pid is None:
                break
            try:
                if "fully booted" in self.cli("core waitfullybooted"):
                    return
            except ExchangeError:
                time.sleep(0.02)
        raise ExchangeError(f"the exchange did not start:\n{self._last_lines()}")

    def _last_lines(self) -> str:
        logs = [self.run / "log/console", self.run / "log/messages"]
        lines = [
            line
            for log in logs
            if log.exists()
            for line in log.read_text(errors="replace").splitlines()[-10:]
        ]
        return "\n".join(lines)

    def _end(self) -> None:
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None


def _free_port(host: str, kinds: list[socket.SocketKind]) -> int:
    """A port below the ephemeral ones, so that no other socket takes it while the exchange restarts."""
    for _ in range(200):
        port = 10000 + secrets.randbelow(6000)
        if _is_free(host, port, kinds):
            return port
    raise ExchangeError(f"no free port between 10000 and 16000 on {host}")


def _is_free(host: str, port: int, kinds: list[socket.SocketKind]) -> bool:
    for kind in kinds:
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                # A connection of the last run that waits out its time does not keep Asterisk from listening.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True
