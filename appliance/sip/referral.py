"""A transfer that we asked the exchange for, until its last word (REFER, RFC 3515 and 5589)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.desk.events import TransferProgressed
from appliance.sip.errors import words

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWER_SECONDS = 10.0
"""How long a REFER may go unanswered."""


class Referral:
    """The REFER of one call; there is at most one at a time, and each ends with one `final` event."""

    def __init__(
        self,
        call: str,
        emit: Callable[[TransferProgressed], None],
        later: Callable[[float, Callable[[], None]], None],
    ) -> None:
        """`later` does something later, if the call still lives then."""
        self._call, self._emit, self._later = call, emit, later
        self._waiting = False
        self._answered = False
        self._count = 0

    def send(self, refer: Callable[[], None]) -> None:
        """Send a REFER by calling `refer`, which may raise pj.Error."""
        self._waiting, self._answered = True, False
        self._count += 1
        this = self._count
        try:
            refer()
        except pj.Error as error:
            self.fail(500, words(error))
        else:
            self._later(ANSWER_SECONDS, lambda: self._overdue(this))

    def progressed(self, code: int, reason: str, final: bool) -> None:
        """Hear that the REFER was answered, or what a NOTIFY says (RFC 3515 section 2.4.4)."""
        self._answered = True
        # A final status in a subscription that stays open is final all the same.
        self._tell(code, reason, final or code >= 200)

    def fail(self, code: int, reason: str) -> None:
        """Say that nothing will come of it."""
        self._waiting = True
        self._tell(code, reason, final=True)

    def _overdue(self, count: int) -> None:
        if count == self._count and not self._answered:
            self._tell(408, "the exchange does not answer the transfer", final=True)

    def _tell(self, code: int, reason: str, final: bool) -> None:
        if self._waiting:
            self._waiting = not final
            self._emit(TransferProgressed(self._call, code, reason, final))
