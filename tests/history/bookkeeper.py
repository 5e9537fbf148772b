"""A desk whose calls are written down, told by the time of day at which things happen."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from appliance.desk import actions, events
from appliance.desk.state import Snapshot
from appliance.history.record import Record, day_and_hour
from appliance.history.recorder import Changes, Recorder, interrupted, next_id, write
from appliance.store.file import writing
from tests.desk.reception import ADA, CONFIG, Reception

if TYPE_CHECKING:
    import sqlite3

    from appliance.desk.config import DeskConfig
    from appliance.desk.state import Party

ROME = ZoneInfo("Europe/Rome")
MONDAY = datetime.date(2026, 3, 2)


class Bookkeeper:
    """A desk in Rome, and the store that its calls go to. Its clock counts the seconds since midnight."""

    def __init__(
        self,
        file: sqlite3.Connection,
        day: datetime.date = MONDAY,
        config: DeskConfig = CONFIG,
        queues: tuple[str, ...] = (),
    ) -> None:
        self.file, self.config, self.queues = file, config, queues
        self.midnight = datetime.datetime.combine(day, datetime.time(), ROME).timestamp()
        self.changes: list[Changes] = []
        self.start()

    def start(self) -> None:
        """Start the desk, as after a power cut."""
        with writing(self.file):
            interrupted(self.file)
        self.desk = Reception(self.config)
        self.before = Snapshot()
        self.recorder = Recorder(
            next_id(self.file),
            queues=self.queues,
            zone=ROME,
            clock=lambda: self.midnight + self.desk.now,
        )

    def at(self, time: str, *asks: events.Event) -> list[actions.Action]:
        """Let something happen at a time of that day: 09:30:00, and 24:00:01 is on the next."""
        hours, minutes, seconds = map(float, time.split(":"))
        self.desk.now = hours * 3600 + minutes * 60 + seconds
        done = []
        for ask in asks:
            done += self.desk.happens(ask, after=0)
            self.write(self.recorder.changes(self.before, self.desk.seen, self.desk.now))
            self.before = self.desk.seen
        return done

    def tick(self, time: str) -> None:
        """Write down how long the calls have lasted."""
        self.at(time)
        self.write(self.recorder.running(self.desk.now))

    def write(self, changes: Changes) -> None:
        if changes:
            self.changes.append(changes)
            with writing(self.file):
                write(self.file, changes)

    # --- what happens often

    def rings(self, time: str, call: str, party: Party = ADA) -> None:
        self.at(time, events.CallArrived(call, party, "200"))

    def answers(self, time: str, call: str) -> None:
        self.at(time, events.Answer(call))

    def over(self, time: str, call: str, code: int = 200) -> None:
        self.at(time, events.CallReleased(call, code))

    def talks(self, begin: str, answer: str, end: str, call: str = "a", party: Party = ADA) -> None:
        self.rings(begin, call, party)
        self.answers(answer, call)
        self.over(end, call)

    def dials(self, time: str, ask: events.Event) -> str:
        (placed,) = (one for one in self.at(time, ask) if isinstance(one, actions.PlaceCall))
        return placed.call

    # --- what is written

    def unix(self, time: str) -> float:
        hours, minutes, seconds = map(float, time.split(":"))
        return self.midnight + hours * 3600 + minutes * 60 + seconds

    @property
    def records(self) -> list[Record]:
        from appliance.history.records import Wanted, find

        return find(self.file, Wanted(screened=True), limit=10_000)[::-1]

    @property
    def record(self) -> Record:
        (only,) = self.records
        return only


def made(record: int, began: float, /, **said: object) -> Record:
    """Return a record of a call that was answered, but for what is said."""
    day, hour = day_and_hour(began, ROME)
    usual: dict[str, object] = {
        "id": record,
        "direction": "in",
        "number": "1001",
        "name": "Ada",
        "began": began,
        "answered": began + 10,
        "ended": began + 70,
        "day": day,
        "hour": hour,
        "duration": 70.0,
        "waited": 10.0,
        "talked": 60.0,
        "state": "released",
        "outcome": "answered",
    }
    return Record(**(usual | said))  # type: ignore[arg-type]
