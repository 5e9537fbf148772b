"""A desk as it runs on the box: the `deskbell run` process, its settings, its log, and a client."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Self

import tomlkit

from appliance.control.client import Client
from appliance.control.protocol import ControlError, Press, Release

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from appliance.control.protocol import Ask

State = dict[str, Any]
PATIENCE = 15.0  # seconds after which something that should have happened has not


class RunningDesk:
    """One desk process; also a context manager that ends it and looks how it ended."""

    module = "appliance"

    def __init__(
        self,
        home: Path,
        port: int,
        user: str = "200",
        password: str | None = None,
        **sections: dict[str, Any],
    ) -> None:
        """`sections` change the settings; the exchange is at 127.0.0.1, `port`."""
        self.home = home
        self.socket = home / "desk.sock"
        self.log = home / "desk.log"
        settings: dict[str, dict[str, Any]] = {
            "desk": {"socket": str(self.socket), "store": str(home / "desk.db"), "log_level": "debug"},
            "line": {"server": "127.0.0.1", "port": port, "user": user, "local_port": 0},
            "park": {"orbits": ["701", "702", "703"], "prefix": "*7"},
            "devices": {"usb": False, "simulated": True, "sound": False},
        }
        for section, options in sections.items():
            settings.setdefault(section, {}).update(options)
        self.orbits: list[str] = settings["park"]["orbits"]
        self.settings = home / "deskbell.toml"
        self.settings.write_text(tomlkit.dumps(settings))
        secrets = home / "secrets.toml"
        secrets.touch(0o600)
        lines = settings.get("lines", {})
        passwords = {name: {"password": f"secret{line['user']}"} for name, line in lines.items()}
        secrets.write_text(
            tomlkit.dumps({"line": {"password": password or f"secret{user}"}, "lines": passwords})
        )
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Run it; returns when it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.words("run", "--settings", str(self.settings)), stderr=log, env=self.environment()
            )
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.status()
            except ControlError:
                assert self.process.poll() is None, self.log.read_text()
                assert time.monotonic() < deadline, self.log.read_text()
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """End it as systemd would; it must leave by itself and without a fault."""
        if self.process:
            self.process.terminate()
            assert self.process.wait(PATIENCE) == 0, self.log.read_text()
            self.process = None
            assert not self.socket.exists()

    def kill(self) -> None:
        """Take it away in the middle of everything."""
        assert self.process
        self.process.kill()
        self.process.wait()
        self.process = None

    def words(self, *words: str) -> list[str]:
        """Return a `deskbell` command line for this desk."""
        return [sys.executable, "-m", self.module, "--socket", str(self.socket), *words]

    def environment(self) -> dict[str, str]:
        """Return the environment that the desk runs in."""
        return dict(os.environ)

    @property
    def pid(self) -> int:
        """The number of the desk's process."""
        assert self.process
        return self.process.pid

    def deskbell(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a `deskbell` command as a person would."""
        return subprocess.run(
            self.words(*words), capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def status(self) -> State:
        """Return the whole state."""
        with Client(self.socket) as client:
            return client.status()

    def ask(self, *asks: Ask) -> None:
        """Ask one thing after the other."""
        with Client(self.socket) as client:
            for ask in asks:
                client.ask(ask)

    def press(self, key: str, device: str = "sim-buttons") -> None:
        """Press a simulated key and let go."""
        self.ask(Press(device, key), Release(device, key))

    def lift(self) -> None:
        """Lift the hook of the simulated headset."""
        self.ask(Press("sim-headset", "hook"))

    def replace(self) -> None:
        """Put it back."""
        self.ask(Release("sim-headset", "hook"))

    def until(self, what: str, holds: Callable[[State], Any]) -> State:
        """Wait until the state is so, and return it."""
        deadline = time.monotonic() + PATIENCE
        while not holds(state := self.status()):
            assert time.monotonic() < deadline, (
                f"not within {PATIENCE} s: {what}\n{state}\n{self.log.read_text()}"
            )
            time.sleep(0.02)
        return state

    def until_registered(self) -> State:
        """Wait until the exchange knows us, and we know the orbits."""
        return self.until(
            "registered, and the orbits known",
            lambda state: (
                state["lines"]["main"]["state"] == "registered"
                and all(orbit["state"] != "unknown" for orbit in state["orbits"].values())
                and all(extension["state"] != "unknown" for extension in state["extensions"].values())
            ),
        )

    def until_call(self, *states: str, **members: Any) -> State:
        """Wait until the calls are in these states, in order of arrival."""
        return self.until(f"calls {states}", lambda state: call_states(state) == list(states))


def call_states(state: State) -> list[str]:
    """Return the states of the calls, in order of arrival."""
    return [call["state"] for call in sorted(state["calls"].values(), key=lambda call: call["arrived"])]


def lit(state: State, device: str = "sim-headset") -> dict[str, str]:
    """Return what a device's lamps show: the pattern of each that is not off."""
    lamps = state["devices"][device]["lamps"]
    return {lamp: shine["pattern"] for lamp, shine in lamps.items() if shine["pattern"] != "off"}


def status_light(state: State) -> tuple[str, str]:
    """Return what the simulated busy light shows, before it is there as well: its pattern and its colour."""
    lamps = state["devices"].get("sim-light", {"lamps": {}})["lamps"]
    shine = lamps.get("status", {"pattern": "off", "colour": ""})
    return shine["pattern"], shine["colour"]
