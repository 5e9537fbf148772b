"""Takes over what stands in the settings file on the card: at every boot, before the network and the desk.

What is not as it was is applied and on the disk before the secrets leave the file; whoever cuts the power in
between has it all done once more, to the same end. `python -m appliance.box.settings` is what a box starts:
`deskbell box settings` is the same, and loads the whole command line first.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from appliance.box import card, troubles, update_return
from appliance.box.system import reason
from appliance.box.troubles import SETTINGS_FILE, Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.box.lines import Said
    from appliance.box.system import System

NOTE = "taken-over.json"
MOST_TOLD = 40  # troubles of one file
IN_MEMORY = "memory"
"""What the first stage of the boot notes where nothing that is kept outlives it."""


@dataclass(slots=True)
class Taken:
    """What is known of the file that was taken over last."""

    digest: str = ""
    """Of the file; "" where not all of it could be done, so that it is done once more."""
    secrets: list[tuple[int, int, str]] = field(default_factory=list)
    """The first and the last line of what is still to leave the file, and the option."""
    troubles: list[Trouble] = field(default_factory=list)
    machine: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What was said of networks: a change of one option keeps the others."""
    reset: int = 0
    """When the file that asks for another password was laid on the card, in nanoseconds."""


def run(system: System) -> int:
    """Take over what is new, and say what is wrong; it is no reason for a box not to go on."""
    update_return.run(system)
    try:
        found = take_over(system)
    except Exception as error:  # a fault of ours is to be seen as well; its text may quote a secret
        found = [_fault(error)]
        troubles.tell(system, SETTINGS_FILE, found)
    for trouble in found:
        print(f"deskbell: {trouble}", file=sys.stderr)
    return 0


def _fault(error: Exception) -> Trouble:
    import traceback

    at = traceback.extract_tb(error.__traceback__)[-1]
    what = f"the program failed: {type(error).__name__} at {at.filename}:{at.lineno}"
    return Trouble(SETTINGS_FILE, what, "remove what is uncommon from the file; send us a support bundle")


def take_over(system: System) -> list[Trouble]:
    """Take over what is new; tell what is wrong, in the list of troubles and on the card, and return it."""
    taken = _known(system)
    found = [*_look(system, taken), *taken.troubles, *_misplaced(system)]
    troubles.tell(system, SETTINGS_FILE, found)
    try:
        _write_card(system, taken)
    except (OSError, subprocess.SubprocessError) as error:
        found.append(_not_written(system, taken, error))
        troubles.tell(system, SETTINGS_FILE, found)
    return found


def _look(system: System, taken: Taken) -> list[Trouble]:
    """Apply the file where it is another one than last time, and see whether a password was forgotten."""
    try:
        raw = card.read(system, card.SETTINGS)
        _see_reset(system, taken)
    except OSError as error:
        what = f"{error.filename} cannot be read: {error.strerror}"
        return [Trouble(SETTINGS_FILE, what, "put the card into a computer and write the file anew")]
    if (digest := hashlib.sha256(raw).hexdigest()) != taken.digest:
        taken.digest = digest
        _apply(system, taken, raw)
        return _keep(system, taken)
    return []


def _apply(system: System, taken: Taken, raw: bytes) -> None:
    """Do what stands in the file, and note what is wrong and which lines hold secrets that are taken over."""
    from appliance.box import machine, options, ordinary
    from appliance.box.lines import read, text_of

    taken.troubles = []
    try:
        text = text_of(raw)
    except ValueError as error:
        taken.troubles.append(Trouble(SETTINGS_FILE, f"the file {error}", "save it as plain text, in UTF-8"))
        text = ""
    said, wrong = read(text, options.unknown)
    right: list[Said] = []
    for one in said:
        what, fix = options.complaint(one.section, one.option, one.value)
        if what:
            wrong.append(
                Trouble(SETTINGS_FILE, f"{'.'.join(one.section)}.{one.option} {what}", fix, one.first)
            )
        else:
            right.append(one)
    done, failed = machine.set_up(
        system, [one for one in right if one.section[0] in options.MACHINE], taken.machine
    )
    try:
        merged, more = ordinary.merge(
            system.settings, [one for one in right if one.section[0] not in options.MACHINE]
        )
    except ordinary.NotMerged as error:
        failed.append(
            Trouble(SETTINGS_FILE, str(error), "until then nothing of the desk's own is taken over")
        )
    else:
        done, wrong = done + merged, wrong + more
    if failed:
        taken.digest = ""
    taken.troubles += sorted([*wrong, *failed], key=lambda one: one.line or 0)
    if (more_than_shown := len(taken.troubles) - MOST_TOLD) > 0:
        taken.troubles[MOST_TOLD:] = [
            Trouble(SETTINGS_FILE, f"{more_than_shown} more lines are wrong", "mend these first")
        ]
    taken.secrets = _secrets(said, done)


def _secrets(said: Sequence[Said], done: Sequence[Said]) -> list[tuple[int, int, str]]:
    """Return the lines that hold a secret, and nothing that was not done."""
    from appliance.box import options

    whole = {id(one) for one in done}
    undone = {one.first for one in said if id(one) not in whole}
    found = {
        (one.first, one.last): one.option
        for one in done
        if one.value and one.first not in undone and options.is_secret(one.section, one.option)
    }
    return [(first, last, option) for (first, last), option in sorted(found.items())]


def _misplaced(system: System) -> list[Trouble]:
    """Return what is wrong with the files on the card as such."""
    if card.is_missing(system):
        fix = "see whether the card is whole; if it is not, flash another one and restore the backup"
        return [Trouble(SETTINGS_FILE, f"there is no boot partition at {system.boot}", fix)]
    fix = f"call it {card.SETTINGS}"
    return [
        Trouble(SETTINGS_FILE, f"{name} on the card is not read", fix)
        for name in card.MISNAMED
        if (system.boot / name).exists()
    ]


def _write_card(system: System, taken: Taken) -> None:
    """Have no secret in the file that was taken over, and what is wrong beside it; usually it is so."""
    contents: dict[str, bytes | None] = {}
    told = _errors(troubles.told(system.notes))
    if card.read(system, card.ERRORS) != told:
        contents[card.ERRORS] = told or None
    if taken.secrets and system.read("run/deskbell-box/data") != IN_MEMORY:
        contents[card.SETTINGS] = _bare(card.read(system, card.SETTINGS), taken.secrets)
    if taken.reset and (system.boot / card.RESET).exists():
        contents[card.RESET] = None
    if not contents:
        return
    card.replace(system, contents)
    if bare := contents.get(card.SETTINGS):
        taken.secrets = []
        taken.digest = taken.digest and hashlib.sha256(bare).hexdigest()
        _keep(system, taken)


def _bare(raw: bytes, secrets: Sequence[tuple[int, int, str]]) -> bytes:
    """Return a file without its secrets."""
    import time

    from appliance.box.lines import text_of, without

    date = time.strftime("%Y-%m-%d")
    lines = [(first, last, f"{option}: taken over on {date}") for first, last, option in secrets]
    return without(text_of(raw), lines).encode("utf-8", errors="surrogateescape")


def _errors(found: Sequence[Trouble]) -> bytes:
    if not found:
        return b""
    lines = ["What this box has found wrong when it was started:", "", *(f"- {one}" for one in found), ""]
    return "\r\n".join(lines).encode()


def _not_written(system: System, taken: Taken, error: Exception) -> Trouble:
    what = f"nothing can be written to {system.boot}: {reason(error)}"
    if taken.secrets:
        return Trouble(
            SETTINGS_FILE, f"{what}; secrets still stand there", "remove them by hand, or change the card"
        )
    return Trouble(SETTINGS_FILE, what, "see whether the card is full or locked; if not, change it")


def _see_reset(system: System, taken: Taken) -> None:
    """Let the pages know that a file was laid on the card because a password is lost: each counts once."""
    try:
        laid = (system.boot / card.RESET).stat().st_mtime_ns
    except OSError:
        return
    if laid != taken.reset:
        from appliance.users.reset import MARK  # where the pages look for it

        taken.reset = laid
        _keep(system, taken)
        (system.noting() / MARK.name).touch()


def _known(system: System) -> Taken:
    try:
        said = json.loads((system.kept / NOTE).read_text(encoding="utf-8"))
        return Taken(**said | {"troubles": [Trouble(**one) for one in said["troubles"]]})
    except (OSError, ValueError, TypeError, KeyError):
        return Taken()


def _keep(system: System, taken: Taken) -> list[Trouble]:
    """Write down what was done; while that cannot be, no secret may leave the card."""
    try:
        system.write(f"var/lib/deskbell-box/{NOTE}", json.dumps(asdict(taken)), 0o600)
    except OSError as error:
        taken.secrets = []
        what = f"nothing can be kept on the card: {error.strerror}"
        return [Trouble(SETTINGS_FILE, what, "remove old files from the box, or take a larger memory card")]
    return []


if __name__ == "__main__":
    from appliance.box.system import System

    sys.exit(run(System()))
