"""Two boxes: one with everything in it, and another."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from appliance.backup.box import Box, box
from appliance.store import snapshots
from appliance.store.file import prepare
from tests.store import books

PASSPHRASE = "vier Worte, die keiner errät"
SECRET = "geheim-am-Apparat"


def make(home: Path, name: str) -> Box:
    """A box that is called so, with its files in `home`/etc and `home`/state."""
    etc, state = home / "etc", home / "state"
    certificates = state / "certificates"
    for folder in (etc, certificates):
        folder.mkdir(parents=True)
    (etc / "exchange.pem").write_text(f"authority of {name}")
    (certificates / "web.key").write_text(f"key of {name}")
    (state / f"outlook-{name}.token").write_text(f"token of {name}")
    (etc / "deskbell.toml").write_text(f"""\
# of {name}
[desk]
name = "{name}"
store = "{state}/desk.db"
socket = "{state}/desk.sock"

[line] # with a comment of its own
server = "pbx.example"
user = "200"
ca_file = "{etc}/exchange.pem"
""")
    secrets = etc / "secrets.toml"
    secrets.touch(0o600)
    secrets.write_text(f'[line]\npassword = "{SECRET}-{name}"\n')
    made = box(etc / "deskbell.toml")
    made.store.write_bytes(_prepared())
    books.write(made.store, f"to {name}")
    snapshots.take(made.store, reserve=0)
    return made


@cache
def _prepared() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "desk.db"
        prepare(path)
        return path.read_bytes()


def found(box: Box) -> dict[str, str]:
    """Return what there is of a box: what it holds by its name, the store by its messages."""
    there = {
        str(path.relative_to(box.settings.parent.parent)): path.read_text()
        for path in sorted(box.settings.parent.parent.rglob("*"))
        if path.is_file() and ".db" not in path.name
    }
    if box.store.exists():
        there["store"] = ", ".join(sorted(books.read(box.store)))
    return there
