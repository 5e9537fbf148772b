"""The audit log: who changed what, and when."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from appliance.users import audit
from web import box

page = Blueprint("audit", __name__)
PAGE = 100  # entries
LARGEST = 2**63 - 1  # number of an entry, as SQLite counts


@page.get("/audit")
def start() -> str:
    """Show the newest entries, or those before one; of one user and of one kind where that is asked."""
    who, what = request.args.get("who", ""), request.args.get("what", "")
    before = min(max(0, request.args.get("before", 0, int)), LARGEST)
    found = audit.entries(box.store(), PAGE + 1, before, who=who, what=what)
    names, kinds = audit.kinds(box.store())
    return render_template(
        "audit.html",
        entries=found[:PAGE],
        older=found[PAGE - 1].id if len(found) > PAGE else 0,
        newest=not before,
        who=who,
        what=what,
        names=[name for name in names if name],
        kinds=kinds,
    )
