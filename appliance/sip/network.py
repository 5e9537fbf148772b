"""This machine's addresses: which leads to the exchange, and word from the kernel when they change."""

from __future__ import annotations

import errno
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.sip.servers import Server

_GROUPS = 0x1 | 0x10 | 0x40  # RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE: rtnetlink(7)


def local_address(bind: str, server: Server) -> str:
    """Return our address towards a server: `bind`, else that which the routes choose; "": there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        if bind:
            probe.bind((bind, 0))
        probe.connect((server.address, server.port))  # sends nothing
        return str(probe.getsockname()[0])
    return ""


class Watch:
    """A socket that can be read whenever a link, an address or a route of this machine has changed."""

    def __init__(self) -> None:
        """Begin to watch; any user may."""
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        self._socket.bind((0, _GROUPS))

    def fileno(self) -> int:
        """The descriptor to poll."""
        return self._socket.fileno()

    def drain(self) -> bool:
        """Read all that has come; whether there was anything. What it means is asked of the kernel anew."""
        changed = False
        while True:
            try:
                self._socket.recv(65536)
            except BlockingIOError:
                return changed
            except OSError as error:
                if error.errno != errno.ENOBUFS:  # that is: more came than it can hold
                    raise
            changed = True

    def close(self) -> None:
        """Watch no longer."""
        self._socket.close()
