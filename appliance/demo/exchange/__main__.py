"""`python -m appliance.demo.exchange prepare | start`: the exchange for a developer, in the foreground."""

from __future__ import annotations

import argparse
import signal
import sys
from contextlib import suppress

from appliance.demo.exchange import Exchange, ExchangeError


def main() -> int:
    """Fetch the exchange, and with `start` run it until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m appliance.demo.exchange", description=__doc__)
    parser.add_argument("verb", choices=["prepare", "start"])
    parser.add_argument("--users", type=int, default=10)
    parser.add_argument(
        "--staff", nargs="*", default=[], metavar="EXTENSION", help="users answered by a simulated person"
    )
    parser.add_argument("--sip-port", type=int, default=5070)
    parser.add_argument("--tls-port", type=int, default=5071)
    options = parser.parse_args()
    try:
        Exchange.prepare(lambda line: print(line, flush=True))
        if options.verb == "start":
            _serve(
                Exchange(
                    users=options.users,
                    staff=options.staff,
                    sip_port=options.sip_port,
                    tls_port=options.tls_port,
                )
            )
    except ExchangeError as error:
        print(f"exchange: {error}", file=sys.stderr)
        return 1
    return 0


def _serve(exchange: Exchange) -> None:
    with exchange:
        print(f"SIP {exchange.host}:{exchange.sip_port} over UDP and TCP, {exchange.tls_port} over TLS")
        print(f"authority: {exchange.ca_file}, log: {exchange.run}/log/messages")
        print(f"200, 201, 202 and {exchange.users[0]} to {exchange.users[-1]}, password secret<extension>")
        print("Ctrl-C ends it.", flush=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    sys.exit(main())
