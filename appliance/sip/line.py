"""One line of the exchange: its registration, its busy lamp field, its way to place calls and send texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from appliance.sip.account import LINE_PARAMETER
from appliance.sip.feature_code import FeatureCode
from appliance.sip.identity import number_of
from appliance.sip.link import Link
from appliance.sip.log import log
from appliance.sip.monitor import Monitor
from appliance.sip.publication import Publication
from appliance.sip.registrar import Registrar
from appliance.sip.texts import TextAccount, Texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.desk import actions
    from appliance.desk.events import Event
    from appliance.desk.state import ExtensionState
    from appliance.sip.calls import Calls
    from appliance.sip.config import SipConfig
    from appliance.sip.engine import Engine


class Line:
    """An account with all that belongs to it. Lives in the SIP thread, from creation to `close()`."""

    def __init__(
        self, config: SipConfig, engine: Engine, calls: Calls, emit: Callable[[Event], None]
    ) -> None:
        """Open the account and send the first REGISTER."""
        self._config, self._engine, self._calls, self._emit = config, engine, calls, emit
        self._account = TextAccount(config, engine, self._arrived)
        self._texts = Texts(self._account, config, emit, calls)
        self._codes: list[FeatureCode] = []
        self._monitor = Monitor(config, self._account, engine, emit, self._forgotten)
        self._account.on_mailbox = self._monitor.mailbox_told
        self._publication = Publication(config, self._account, engine)
        self._link = Link(config, self._account, engine)
        self._registrar = Registrar(
            self._account, engine, config, emit, self._known, self._monitor.lose, lambda: bool(calls)
        )
        self._registrar.register()

    def place(self, action: actions.PlaceCall) -> None:
        """Call a number."""
        self._calls.place(self._account, self._config, action)

    def dial_code(self, code: str) -> None:
        """Dial a feature code in the background."""
        dialled = FeatureCode(self._account, code, self._engine, self._emit, self._code_ended)
        self._codes.append(dialled)
        dialled.dial(self._config)

    def send_text(self, action: actions.SendText) -> None:
        """Send a text message."""
        self._texts.send(action.message, action.number, action.text)

    def publish(self, state: ExtensionState) -> None:
        """Tell the exchange that the operator is AVAILABLE, BUSY, AWAY or DND, where it takes that."""
        self._publication.publish(state)

    def hang_up(self) -> None:
        """End codes, subscriptions and the registration; pjsip needs a little time to send it all."""
        self._registrar.unregister()
        self._publication.withdraw()
        self._link.close()
        self._monitor.close()
        for code in self._codes:
            code.give_up()

    def watch(self, extensions: tuple[str, ...]) -> None:
        """Monitor these extensions besides those of its configuration, and no others."""
        self._monitor.watch(extensions)

    @property
    def account_number(self) -> int:
        """pjsua2's number of its account."""
        return int(self._account.getId())

    @property
    def idle(self) -> bool:
        """Whether the exchange has confirmed all that `hang_up()` asked for."""
        return self._registrar.unregistered and not self._codes

    def close(self) -> None:
        """Drop the account; the calls have to be dropped before, for pjsua2 to survive it."""
        self._codes.clear()
        self._account.shutdown()

    def _arrived(self, call_id: int, invite: str) -> None:
        self._calls.arrived(self._account, self._config, call_id, invite)

    def _code_ended(self, code: FeatureCode) -> None:
        if code in self._codes:
            self._codes.remove(code)
            code.destroy()

    def _known(self, returned: bool) -> None:
        """The exchange knows us: again, or still."""
        if returned:
            self._monitor.subscribe()
            self._publication.renew()
        else:
            self._monitor.renew_next()

    def _forgotten(self) -> None:
        """The exchange knows one of our subscriptions no more: it was restarted, and knows none."""
        log.warning("the exchange has forgotten us: registering and subscribing anew")
        self._monitor.subscribe()
        self._registrar.register()


def called_line(request: str) -> tuple[str, str]:
    """Return the user and the line id in the URI that a request is sent to, each "" where it is missing."""
    _, _, uri = request.partition("\r\n")[0].partition(" ")
    match = re.search(rf";{LINE_PARAMETER}=([^;? >]*)", uri)
    return number_of(uri), unquote(match[1]) if match else ""
