"""The calls there were: by day, searched, one with its note, as a table; and what is not kept."""

from __future__ import annotations

import datetime
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, cast, get_args

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for

from appliance.control.protocol import ControlError, Refused
from appliance.desk.events import Dial
from appliance.directory.lookup import caller
from appliance.history import records, retention
from appliance.history.export import lines
from appliance.history.record import day_number
from appliance.history.records import RECENT, NoSuchRecordError, Wanted, Which
from appliance.store import health, snapshots
from web import access, box, figures
from web.forms import Field, Group, SettingsForm, tell_saved
from web.language import N_, ngettext
from web.language import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.wrappers import Response as AnyResponse

    from appliance.history.record import Record

page = Blueprint("history", __name__)

LONGEST_NOTE = 2000  # characters
LONGEST_SEARCH = 100
AT_A_TIME = 500  # lines of a table that are sent in one piece
COUNTED = 31  # days of which the calls are counted; of more, it would take too long
EARLIEST = datetime.date(1970, 1, 2)
LATEST = datetime.date(2999, 12, 30)
DAY = datetime.timedelta(1)
Shown = tuple[str, int]

KEPT = Group(
    N_("How long calls are kept"),
    (
        Field(
            "history.keep_days", N_("Days"), help=N_("0: for ever. What calls add up to stays in any case.")
        ),
        Field(
            "history.queues", N_("Queues"), help=N_("Their numbers: the history can leave their calls out.")
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which calls the reader wants to see, as it stands in the address; a day is None where any will do."""

    first: datetime.date | None
    last: datetime.date | None
    which: Which = "all"
    find: str = ""
    hide_queues: bool = False
    screened: bool = False

    @property
    def day(self) -> datetime.date | None:
        """The day, where it is a single one."""
        return self.first if self.first == self.last else None

    @property
    def wanted(self) -> Wanted:
        """The same to the store."""
        first, last = (day_number(day) if day else 0 for day in (self.first, self.last))
        return Wanted(
            self.which, first, last, text=self.find, hide_queues=self.hide_queues, screened=self.screened
        )

    def parameters(self, **changes: object) -> dict[str, object]:
        """Return what an address says of it; what is "" or None there is left out."""
        said = {
            "from": self.first or "",
            "to": self.last or "",
            "which": None if self.which == "all" else self.which,
            "find": self.find or None,
            "queues": "hide" if self.hide_queues else None,
            "screened": "yes" if self.screened else None,
            **changes,
        }
        return {name: value for name, value in said.items() if value is not None}

    def on(self, day: datetime.date) -> dict[str, object]:
        """Return the same for another day."""
        return self.parameters(**{"from": day, "to": day})


@page.get("/history")
@access.operator
def start() -> Shown:
    """Show the calls of a day, or those that are looked for: the newest first, in pages."""
    asked, errors = _asked()
    found: list[Record] = []
    if not errors:
        key = box.keys().key
        found = records.find(box.store(), asked.wanted, RECENT + 1, _after(), key)
    few = asked.first and asked.last and (asked.last - asked.first).days < COUNTED and not asked.find
    calls = found[:RECENT]
    return render_template(
        "history.html",
        asked=asked,
        errors=errors,
        calls=calls,
        count=records.count(box.store(), asked.wanted) if few and not errors else None,
        more=found[RECENT - 1].id if len(found) > RECENT else None,
        later=request.args.get("after", ""),
        today=_today(),
        before=asked.day - DAY if asked.day and asked.day > EARLIEST else None,
        next=asked.day + DAY if asked.day and asked.day < _today() else None,
        queues=box.settings().history.queues,
        desk_runs=box.state() is not None,
    ), 422 if errors else 200


@page.get("/history.csv")
@access.operator
def export() -> Response | Shown:
    """Send the calls that are looked for as a table, while they are read."""
    asked, errors = _asked()
    if errors:
        return start()
    file, key = box.store_path(), box.keys().key

    def table() -> Iterator[str]:
        with closing(box.open_store(file)) as store:
            rows = lines(records.every(store, asked.wanted, key), figures.zone())
            yield "\ufeff"  # else spreadsheets take it for another encoding
            while piece := "".join(islice(rows, AT_A_TIME)):
                yield piece

    name = f"calls-{asked.first or ''}-{asked.last or ''}.csv".replace("--", "")
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(table(), mimetype="text/csv", headers=headers)


@page.post("/history/call")
@access.operator
def call() -> AnyResponse:
    """Call back who was in a call."""
    number = _record(request.form.get("call", 0, int)).number
    try:
        box.ask(Dial(number))
        box.told(_("The desk calls %(number)s.", number=number))
    except Refused as error:
        box.told(str(error), "fault")
    except ControlError:
        box.told(_("The desk does not answer. Nothing was done."), "fault")
    return redirect(access.local(request.form.get("back", "/history")), 303)


@page.get("/history/<int:id>")
@access.operator
def show(id: int) -> Shown:
    """Show all that is known of a call."""
    return _call_page(_record(id))


@page.post("/history/<int:id>")
@access.operator
def note(id: int) -> AnyResponse | Shown:
    """Write down something about a call."""
    written = request.form.get("note", "").replace("\r\n", "\n").strip()
    found = _record(id)
    if len(written) > LONGEST_NOTE:
        wrong = _("Write %(most)s characters at most.", most=figures.number(LONGEST_NOTE))
        return _call_page(found, written, wrong)
    if found.note not in (request.form.get("was", ""), written):
        wrong = _("Somebody else has written this meanwhile: %(note)s", note=found.note)
        return _call_page(found, written, wrong)
    with box.changing("note on a call", call=id) as file:
        records.write_note(file, id, written)
    box.told(_("Saved."))
    return redirect(url_for("history.show", id=id), 303)


@page.route("/history/kept", methods=["GET", "POST"])
def kept() -> AnyResponse | Shown:
    """Say how long calls are kept."""
    form = SettingsForm(KEPT)
    if request.method == "POST" and form.save(request.form):
        tell_saved()
        return redirect(url_for("history.kept"), 303)
    return _kept_page(form, {})


@page.post("/history/erase")
def erase() -> AnyResponse | Shown:
    """Take somebody out of all records, for ever."""
    number = request.form.get("number", "").strip()
    errors = {}
    if not any(sign.isalnum() for sign in number) or len(number) > LONGEST_SEARCH:
        errors["number"] = _("Write the number of the caller or the called.")
    if "sure" not in request.form:
        errors["sure"] = _("Confirm that it cannot be undone.")
    if errors:
        return _kept_page(SettingsForm(KEPT), errors)
    erased = retention.erase(box.store(), number, box.keys().key)
    snapshots.forget_past(box.store_path())
    health.forget(box.store_path())
    box.audit("somebody erased from the history", calls=erased.records, messages=erased.messages)
    calls = ngettext("%(num)s call", "%(num)s calls", erased.records)
    texts = ngettext("%(num)s text message", "%(num)s text messages", erased.messages)
    box.told(_("Erased from %(calls)s and %(texts)s.", calls=calls, texts=texts))
    if erased.lasting:
        box.told(_("A call with this number is going on: erase it again when it is over."), "note")
    if not erased.gone:
        box.told(_("Traces are left for a moment, as somebody reads: erase it again."), "note")
    return redirect(url_for("history.kept"), 303)


def _asked() -> tuple[Asked, dict[str, str]]:
    """Return what the address asks for, today where it says nothing, and what is wrong with it."""
    said, errors = request.args, {}
    days: dict[str, datetime.date | None] = {}
    for name in ("from", "to"):
        text = said.get(name, "").strip()
        try:
            days[name] = datetime.date.fromisoformat(text) if text else None
            if text and not EARLIEST <= cast("datetime.date", days[name]) <= LATEST:
                raise ValueError
        except ValueError:
            days[name], errors[name] = None, _("There is no such day.")
    first, last = days["from"], days["to"]
    if "from" not in said and "to" not in said and "find" not in said:
        first = last = _today()
    if first and last and last < first:
        errors["to"] = _("It ends before it begins.")
    which, find = said.get("which", "all"), said.get("find", "").strip()
    if which not in get_args(Which):
        which = "all"
    if len(find) > LONGEST_SEARCH:
        errors["find"] = _("Write %(most)s characters at most.", most=LONGEST_SEARCH)
    hidden, screened = said.get("queues") == "hide", "screened" in said
    return Asked(first, last, cast("Which", which), find[:LONGEST_SEARCH], hidden, screened), errors


def _today() -> datetime.date:
    return datetime.datetime.now(figures.zone()).date()


def _after() -> Record | None:
    """Return the call behind which the page begins; None: the first page."""
    id = request.args.get("after", 0, int)
    return _record(id) if id else None


def _record(id: int) -> Record:
    if not 0 < id < 2**63:
        abort(404)
    try:
        return records.get(box.store(), id)
    except NoSuchRecordError:
        abort(404)


def _call_page(call: Record, typed: str | None = None, wrong: str = "") -> Shown:
    operator = "" if access.is_admin() else access.user().name
    person = caller(box.store(), box.keys(), call.number, operator) if call.number else None
    return render_template(
        "history/call.html",
        call=call,
        day=datetime.date(call.day // 10_000, call.day // 100 % 100, call.day % 100),
        typed=call.note if typed is None else typed,
        wrong=wrong,
        person=person,
        longest=LONGEST_NOTE,
        desk_runs=box.state() is not None,
    ), 422 if wrong else 200


def _kept_page(form: SettingsForm, errors: dict[str, str]) -> Shown:
    wrong = errors or form.errors or form.fault
    return render_template("history/kept.html", form=form, errors=errors), 422 if wrong else 200
