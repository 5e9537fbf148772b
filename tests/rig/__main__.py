"""Run a command in the guest: `python -m tests.rig [--real-time] [--results DIR] [--limit S] -- COMMAND`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.rig.boot import Job, RigError, run


def main() -> int:
    """Run the command line's job; 70 when the guest itself failed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.rig", description="Run a command in the rig's guest."
    )
    parser.add_argument(
        "--real-time", action="store_true", help="follow the host's clock instead of virtual time"
    )
    parser.add_argument("--results", type=Path, help="folder that the command may write to")
    parser.add_argument(
        "--limit", type=float, default=600, help="seconds after which the guest is ended (600)"
    )
    parser.add_argument("command", nargs="+", help="the command and its arguments, after --")
    arguments = parser.parse_args()
    job = Job(arguments.command, arguments.results, arguments.real_time, arguments.limit)
    try:
        return run(job)
    except RigError as error:
        print(f"rig: {error}", file=sys.stderr)
        return 70


if __name__ == "__main__":
    sys.exit(main())
