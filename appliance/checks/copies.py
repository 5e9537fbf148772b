"""The store and its copies: may others read it, is it copied, when was everything backed up?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from appliance.backup import box as backup
from appliance.checks import desk
from appliance.checks.finding import Finding
from appliance.phrase import phrase
from appliance.store import health, snapshots

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = 86400.0
STALE = 2.0
"""Days after which a snapshot is old."""

OLD = 90.0
"""Days after which a backup is."""

PAGE = "backup.start"


def examine(box: backup.Box) -> Iterator[Finding]:
    """Look at the store of a box and at its copies."""
    if not box.store.exists():
        remedy = "" if box.state.is_dir() else phrase("start the desk")
        what = phrase("%(path)s is not there yet", path=box.store)
        yield Finding("store", "store", what, remedy, "fault" if remedy else "ok")
        return
    if box.store.stat().st_mode & 0o007:
        yield Finding(
            "store-mode",
            "store",
            phrase("everybody on this box may read %(path)s", path=box.store),
            phrase("run: chmod o-rwx %(path)s", path=box.store),
            "warning",
        )
    for trouble in health.standing(box.store):
        yield desk.trouble(trouble.id, trouble.what, trouble.fix)
    yield _snapshots(box)
    yield _backup(box)


def soundness(box: backup.Box) -> Iterator[Finding]:
    """Look through all of the store for damage: with a million calls that takes seconds, on a card many."""
    if not box.store.exists():
        return
    if what := health.damage(box.store):
        yield Finding(
            "store-damage",
            "store",
            f"{box.store}: {what}",
            phrase("start the desk anew: the newest good snapshot takes its place"),
            "fault",
        )
    else:
        yield Finding("store-damage", "store", phrase("%(path)s is sound", path=box.store))


def _snapshots(box: backup.Box) -> Finding:
    """How old the newest snapshot is; what nobody has changed needs no newer one."""
    taken = snapshots.listed(box.store)
    remedy = phrase("take one on the page, or run: deskbell backup snapshot")
    if not taken:
        return Finding(
            "snapshot", "snapshot", phrase("no snapshot of the store was taken yet"), remedy, "warning", PAGE
        )
    if (days := (time.time() - taken[0].at) / DAY) > STALE and snapshots.is_changed(box.store):
        what = phrase("the newest snapshot is %(days)s days old", days=round(days))
        return Finding("snapshot", "snapshot", what, remedy, "warning", PAGE)
    values = {"count": len(taken), "date": health.date(taken[0].at)}
    return Finding("snapshot", "snapshot", phrase("snapshots: %(count)s, the newest of %(date)s", **values))


def _backup(box: backup.Box) -> Finding:
    made = box.state / backup.STAMP
    remedy = phrase(
        "make one on the page, or run: deskbell backup create FILE; keep it elsewhere than on this box"
    )
    if not made.exists():
        return Finding("backup", "backup", phrase("no backup was made yet"), remedy, "warning", PAGE)
    at = made.stat().st_mtime
    if (days := (time.time() - at) / DAY) > OLD:
        what = phrase("the last backup was made %(days)s days ago", days=round(days))
        return Finding("backup", "backup", what, remedy, "warning", PAGE)
    return Finding("backup", "backup", phrase("the last backup was made on %(date)s", date=health.date(at)))
