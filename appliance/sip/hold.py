"""Hold: what is wanted of a call, and what is agreed on the wire (RFC 3264 section 8.4)."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.sip.log import log
from appliance.sip.parameters import parameters

if TYPE_CHECKING:
    from collections.abc import Callable

_BUSY_SECONDS = 0.3  # another offer is under way: try again
_GLARE = 491


class Hold:
    """The hold of one call. At most one offer is under way; the last wish counts."""

    def __init__(
        self,
        call: pj.Call,
        confirmed: Callable[[], bool],
        later: Callable[[float, Callable[[], None]], None],
    ) -> None:
        """`confirmed`: whether the dialog is; `later` does something later, if the call still lives then."""
        self.wanted = False
        self._call, self._confirmed, self._later = call, confirmed, later
        self._agreed = False
        self._offer: bool | None = None  # the hold that our unanswered re-INVITE asks for
        self._updating = False  # pjsip's own UPDATE, to agree on one codec, waits for its answer

    def want(self, hold: bool) -> None:
        """Hold the call, or resume it, as soon as the dialog allows."""
        self.wanted = hold
        self.settle()

    def settle(self) -> None:
        """Offer hold or its end, unless that is agreed or an offer is under way."""
        offering = self._updating or self._offer is not None
        if self.wanted == self._agreed or offering or not self._confirmed():
            return
        # Inactive, not sendonly: pjsip's silence would be heard through the music of the exchange.
        direction = pj.PJMEDIA_DIR_NONE if self.wanted else pj.PJMEDIA_DIR_ENCODING_DECODING
        offer = parameters()
        offer.opt.flag |= pj.PJSUA_CALL_SET_MEDIA_DIR
        offer.opt.mediaDir = pj.IntVector([direction])
        try:
            self._call.reinvite(offer)
        except pj.Error:  # an offer of the far end waits for its answer
            self._later(_BUSY_SECONDS, self.settle)
        else:
            self._offer = self.wanted

    def updating(self, under_way: bool) -> None:
        """Hear that an UPDATE of pjsip's own was sent, or answered."""
        self._updating = under_way
        self._later(0, self.settle)

    def answered(self, code: int) -> None:
        """Hear how an INVITE of ours was answered, if that was an offer to hold or resume."""
        if self._offer is None or code in (401, 407):
            return  # the first INVITE, or pjsip offers again with credentials
        offer, self._offer = self._offer, None
        if code // 100 == 2:
            self._agreed = offer
            self._later(0, self.settle)
        elif code == _GLARE:
            self._later(self._glare_pause(), self.settle)
        else:
            log.warning("the exchange answers %d to hold=%s", code, offer)

    def _glare_pause(self) -> float:
        """Seconds to wait after both ends offered at once (RFC 3261 section 14.1)."""
        ours = self._call.getInfo().role == pj.PJSIP_ROLE_UAC
        return random.uniform(2.1, 4.0) if ours else random.uniform(0.0, 2.0)  # noqa: S311
