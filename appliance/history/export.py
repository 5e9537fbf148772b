"""Calls as a table for spreadsheets: CSV (RFC 4180)."""

from __future__ import annotations

import csv
import datetime
import io
from typing import TYPE_CHECKING, TextIO

from appliance.csv_cells import defused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from appliance.history.record import Record

_COLUMNS: dict[str, Callable[[Record], object]] = {
    "Call": lambda call: call.id,
    "Direction": lambda call: call.direction,
    "State": lambda call: call.outcome or call.state,
    "Number": lambda call: defused(call.number),
    "Name": lambda call: defused(call.name),
    "Withheld": lambda call: "yes" if call.withheld else "",
    "Called": lambda call: defused(call.called),
    "Line": lambda call: defused(call.line),
    "Queue": lambda call: defused(call.queue),
    "Diverted by": lambda call: defused(call.diverted_number or call.diverted_name),
    "Returned from": lambda call: defused(" ".join(filter(None, (call.returned, call.origin)))),
    "Waited (s)": lambda call: round(call.waited),
    "On hold (s)": lambda call: round(call.held),
    "Talked (s)": lambda call: round(call.talked),
    "Duration (s)": lambda call: round(call.duration),
    "Moved to": lambda call: defused(call.target),
    "Moved to name": lambda call: defused(call.target_name),
    "Device": lambda call: defused(call.device),
    "SIP status": lambda call: call.code or "",
    "Reason": lambda call: defused(call.reason),
    "Note": lambda call: defused(call.note),
}


def export(calls: Iterable[Record], stream: TextIO, zone: datetime.tzinfo | None = None) -> int:
    """Write calls as they come, times in a zone or that of the system; return how many.

    The stream must not translate newlines.
    """
    count = -1  # the first line is none
    for line in lines(calls, zone):
        stream.write(line)
        count += 1
    return count


def lines(calls: Iterable[Record], zone: datetime.tzinfo | None = None) -> Iterator[str]:
    """Yield the lines of the table, each with its end, as the calls come; the first has the names."""
    line = io.StringIO(newline="")
    rows = csv.writer(line)
    rows.writerow(["Date", "Time", *_COLUMNS])
    for call in calls:
        yield line.getvalue()
        line.seek(0)
        line.truncate()
        began = datetime.datetime.fromtimestamp(call.began, zone)
        rows.writerow(
            [f"{began:%Y-%m-%d}", f"{began:%H:%M:%S}", *(column(call) for column in _COLUMNS.values())]
        )
    yield line.getvalue()
