"""A phone of this very process, set up as a test wants it."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, Self

from appliance.sip.phone import Phones
from tests.sip.parties import config

if TYPE_CHECKING:
    from appliance.demo.exchange import Exchange


class Phone:
    """One line that can say a tone and record what it hears; `settings` are SipConfig's."""

    def __init__(self, exchange: Exchange, line: str, **settings: Any) -> None:
        self._line, self._password = line, exchange.password(line)
        self._events: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._phones = Phones(config(exchange, user="", password="", log_level=1, **settings), self._tell)

    def __enter__(self) -> Self:
        self._phones.start()
        self.do("register", password=self._password)
        self.wait("RegistrationChanged", state="registered")
        return self

    def __exit__(self, *_: object) -> None:
        self._phones.stop()

    def count(self, event: str) -> int:
        return sum(told["event"] == event for told in self._events)

    def do(self, verb: str, **more: Any) -> None:
        self._phones.do(json.dumps({"do": verb, "line": self._line, **more}))

    def wait(self, event: str, **fields: Any) -> None:
        wanted = {"event": event, **fields}
        with self._news:
            found = self._news.wait_for(lambda: any(wanted.items() <= e.items() for e in self._events), 10)
        assert found, f"no {wanted} among {self._events}"

    def _tell(self, line: str) -> None:
        with self._news:
            self._events.append(json.loads(line))
            self._news.notify_all()
