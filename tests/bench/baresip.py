"""baresip, to be compared with: a telephone in C at the same exchange, called in the same way.

Debian's package baresip-core. It is told to answer over its control socket (ctrl_tcp, netstrings of JSON).
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

_CONFIG = """\
sip_listen 127.0.0.1:{sip}
net_interface 127.0.0.1
audio_player aubridge,nil
audio_source aubridge,nil
audio_alert aubridge,nil
module_path {modules}
module g711.so
module aubridge.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
"""


class Baresip:
    """One registered baresip; a context manager."""

    def __init__(self, exchange: int) -> None:
        self._exchange = exchange
        self._home = tempfile.TemporaryDirectory()
        self.process: subprocess.Popen[bytes]

    @staticmethod
    def installed() -> bool:
        """Return whether there is a baresip."""
        return shutil.which("baresip") is not None and bool(_modules())

    def __enter__(self) -> Self:
        home = Path(self._home.name)
        sip, control = _free_port(), _free_port()
        (home / "config").write_text(_CONFIG.format(sip=sip, control=control, modules=_modules()))
        (home / "accounts").write_text(
            f"<sip:300@127.0.0.1:{self._exchange}>;auth_pass=none;audio_codecs=PCMA\n"
        )
        self.process = subprocess.Popen(
            ["baresip", "-f", str(home)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )
        self._control = _connected(control)
        return self

    def __exit__(self, *_: object) -> None:
        self._control.close()
        self.process.kill()  # asked to end, it would wait for answers that nobody gives any more
        self.process.wait()
        self._home.cleanup()

    def answer(self) -> float:
        """Answer the call that rings; return the moment at which that was asked for."""
        text = json.dumps({"command": "accept"}).encode()
        at = time.perf_counter()
        self._control.sendall(b"%d:%b," % (len(text), text))
        return at


def _modules() -> str:
    found = [
        *Path("/usr/lib/baresip/modules").glob("ctrl_tcp.so"),
        *Path("/usr/lib").glob("*/baresip/modules/ctrl_tcp.so"),
    ]
    return str(found[0].parent) if found else ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _connected(port: int) -> socket.socket:
    end = time.monotonic() + 10
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
