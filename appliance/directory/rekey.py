"""Have all numbers compared by another dial plan, in a process of its own: 250,000 take half a minute.

python -m appliance.directory.rekey STORE COUNTRY OUTSIDE_PREFIX INTERNAL_DIGITS
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from appliance.directory.errors import DirectoryError
from appliance.directory.lookup import Keys, outdated, rekey
from appliance.numbers import DialPlan
from appliance.store.file import connect, writing


def renew(store: Path, keys: Keys) -> None:
    """Do it, if the keys in the store were made with another plan; DirectoryError says why it cannot be."""
    with closing(connect(store)) as file:
        if not outdated(file, keys):
            return
    plan = keys.plan
    words = (str(store), plan.country, plan.outside_prefix, str(plan.internal_digits))
    done = subprocess.run(
        [sys.executable, "-m", "appliance.directory.rekey", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["the process died"])[-1]
        raise DirectoryError(f"numbers are still compared by the dial plan of before: {reason}")


def _main(store: str, country: str, outside_prefix: str, internal_digits: str) -> None:
    os.nice(10)
    plan = DialPlan(country, outside_prefix=outside_prefix, internal_digits=int(internal_digits))
    with closing(connect(Path(store))) as file, writing(file):
        rekey(file, Keys(plan))


if __name__ == "__main__":
    try:
        _main(*sys.argv[1:])
    except (sqlite3.Error, OSError) as failure:
        sys.exit(str(failure))
