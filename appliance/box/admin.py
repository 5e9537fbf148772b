"""Makes the first admin of the pages, as the desk's own user: `python -m appliance.box.admin`.

It reads one line of JSON, which no list of processes shows: {"settings": …, "name": …, "hash": …}.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.box.system import System

USER = "deskbell"


def appoint(system: System, name: str, stored: str) -> None:
    """Have an admin of this name, with the password of that hash; OSError says why not."""
    said = json.dumps({"settings": str(system.settings), "name": name, "hash": stored})
    system.run([sys.executable, "-m", __name__], said, USER if system.runs else None)


def main() -> int:
    """Do what is read."""
    from contextlib import closing

    from appliance.backup.box import box
    from appliance.store.file import StoreError, connect, prepare, writing
    from appliance.users import accounts, audit, codes
    from appliance.users.errors import UserError

    said = json.loads(sys.stdin.readline())
    store = box(Path(said["settings"])).store
    try:
        prepare(store)
        with closing(connect(store)) as file, writing(file):
            if accounts.appoint(file, said["name"], said["hash"]):
                audit.write(file, time.time(), "", "admin password reset at the box", {"name": said["name"]})
        codes.drop(store.parent, codes.FIRST_RUN)  # nobody asks for it any more
    except (UserError, StoreError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
