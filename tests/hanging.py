"""The `deskbell` command with parts that hang for ever on a signal: SIP thread, main loop, device worker."""

from __future__ import annotations

import signal
import sys
import time
from typing import Any

from appliance import daemon
from appliance.__main__ import main
from drivers.simulated import desk

made: list[daemon.Daemon] = []


def _remember(self: daemon.Daemon, *words: Any) -> None:
    begin(self, *words)
    made.append(self)


def _hang(*_: object) -> None:
    time.sleep(3600)


def _hang_sip(*_: object) -> None:
    made[-1]._agent._engine.post(_hang)


def _hang_device(*_: object) -> None:
    """Have the headset take nothing that is written into it from now on."""

    def show(*_: object) -> None:
        print("a device hangs", file=sys.stderr, flush=True)
        _hang()

    desk._Cable.show = show  # type: ignore[method-assign,assignment]
    made[-1]._devices._hub.show("sim-headset", {}, again=True)


begin = daemon.Daemon.__init__
daemon.Daemon.__init__ = _remember  # type: ignore[method-assign,assignment]
signal.signal(signal.SIGUSR1, _hang_sip)
signal.signal(signal.SIGUSR2, _hang)
signal.signal(signal.SIGHUP, _hang_device)
sys.exit(main())
