"""What is kept of a call: one record, however it ended."""

from __future__ import annotations

import datetime
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One call. Times are UNIX times, 0 where something has not happened; the others are seconds.

    - `waited` until it was answered, or to its end: ringing, and music before anybody answered.
    - `held` after that, also camped on a colleague; `talked` alone or in a conference. What is left of
      `duration` the exchange was asked to move the call elsewhere, and had not done so.
    - `outcome` is an `appliance.desk.state.Outcome`, and "" while the call lasts; `state` is the last one.
    - `target` is where it was transferred, parked or diverted to, and `target_name` the colleague there.
    - `origin` is where a caller who came back was before, or the orbit that one was fetched from.
    - `day` (20261122) and `hour` are those of the desk's zone when it began: statistics ask no calendar.
    - `at_once` and `waiting` are how many calls there were, and how many of them rang here, as it began;
      one that is turned away at once is none of them.
    - `sought` is what a search looks at, `note` what a person wrote down.
    """

    id: int
    direction: str
    purpose: str = ""
    number: str = ""
    name: str = ""
    withheld: bool = False
    internal: bool = False
    called: str = ""
    line: str = ""
    queue: str = ""  # the number of the queue that it came by, if it is one that the settings name
    diverted_number: str = ""
    diverted_name: str = ""
    returned: str = ""
    origin: str = ""
    began: float
    answered: float = 0.0
    ended: float = 0.0
    day: int
    hour: int
    duration: float = 0.0
    waited: float = 0.0
    held: float = 0.0
    talked: float = 0.0
    state: str
    outcome: str = ""
    code: int = 0
    target: str = ""
    target_name: str = ""
    reason: str = ""  # why it was screened, or came back from where it was moved to
    device: str = ""  # that it was taken with
    at_once: int = 0
    waiting: int = 0
    seen: bool = True
    shown: bool = True
    sought: str = ""
    note: str = ""


def day_number(day: datetime.date) -> int:
    """Return a day as it stands in a record: 20261122."""
    return day.year * 10_000 + day.month * 100 + day.day


def day_and_hour(at: float, zone: datetime.tzinfo | None = None) -> tuple[int, int]:
    """Return the day and the hour of a UNIX time, in a zone or in that of the system.

    An hour that there is twice, when summer time ends, is one.
    """
    local = datetime.datetime.fromtimestamp(at, zone)
    return day_number(local), local.hour
