"""All that a line has subscribed to at its exchange."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from appliance.desk.events import Feature
from appliance.sip.blf import DialogReader, Lamp, ListReader, PresenceReader
from appliance.sip.identity import message
from appliance.sip.own_state import Mailbox, OwnFeature
from appliance.sip.subscription import DIALOG, MESSAGES, PRESENCE, Subscription

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.desk.events import Event
    from appliance.sip.account import Account
    from appliance.sip.config import SipConfig
    from appliance.sip.engine import Engine
    from appliance.sip.subscription import Package, Reader


class Monitor:
    """Watches extensions, orbits, and what the exchange knows of this desk itself."""

    def __init__(
        self,
        config: SipConfig,
        account: Account,
        engine: Engine,
        emit: Callable[[Event], None],
        on_forgotten: Callable[[], None],
    ) -> None:
        """Nothing is sent before `subscribe()`; `on_forgotten`: the exchange knows us no more (481)."""
        self._config, self._account, self._engine = config, account, engine
        self._on_forgotten = on_forgotten
        self._subscriptions: list[Subscription] = []
        self._emit = emit
        self._added: dict[str, list[Subscription]] = {}
        self._reached = False
        self._turn = 0
        self._watch_others()
        self._watch_ourselves(emit)

    def subscribe(self) -> None:
        """Subscribe to all anew: the exchange is there, and knows none of our subscriptions."""
        self._reached = True
        for subscription in self._subscriptions:
            subscription.subscribe()

    def watch(self, extensions: tuple[str, ...]) -> None:
        """Watch these too, besides those that were configured, and those of before no longer."""
        for number in self._added.keys() - set(extensions):
            for subscription in self._added.pop(number):
                subscription.close()
                self._subscriptions.remove(subscription)
        for number in extensions:
            if number not in self._config.extensions and number not in self._added:
                self._added[number] = self._watch_extension(number)

    def renew_next(self) -> None:
        """Renew one subscription, each time the next: so a forgetful exchange is found out."""
        if self._subscriptions:
            self._subscriptions[self._turn % len(self._subscriptions)].renew()
            self._turn += 1

    def lose(self, reason: str) -> None:
        """Say that no state can be known."""
        self._reached = False
        for subscription in self._subscriptions:
            subscription.lose(reason)

    def close(self) -> None:
        """Drop all subscriptions."""
        for subscription in self._subscriptions:
            subscription.close()

    def mailbox_told(self, notify: str) -> None:
        """Take in a NOTIFY about the mailbox that nobody has asked for, as many exchanges send it."""
        self._mailbox.take("", message(notify).body)

    def _watch_extension(self, number: str) -> list[Subscription]:
        """Watch one that no list of the exchange names."""
        lamp = Lamp(number, self._config.monitor, self._emit)
        added = []
        if self._config.monitor != "presence":
            added.append(self._add(DIALOG, number, DialogReader(lamp.calls)))
        if self._config.monitor != "dialog":
            added.append(self._add(PRESENCE, number, PresenceReader(lamp.person)))
        if self._reached:
            for subscription in added:
                self._engine.later(0, subscription.subscribe)
        return added

    def _watch_others(self) -> None:
        config, emit = self._config, self._emit
        calls: dict[str, Reader] = {}
        people: dict[str, Reader] = {}
        for number in dict.fromkeys(config.extensions):
            lamp = Lamp(number, config.monitor, emit)
            calls[number], people[number] = DialogReader(lamp.calls), PresenceReader(lamp.person)
        orbits = [number for number in dict.fromkeys(config.orbits) if number not in calls]
        if config.monitor == "presence":
            calls.clear()
        for number in orbits:
            calls[number] = DialogReader(Lamp(number, "dialog", emit).calls)
        self._watch(DIALOG, config.monitor_list, calls)
        if config.monitor != "dialog":
            self._watch(PRESENCE, config.presence_list, people)

    def _watch_ourselves(self, emit: Callable[[Event], None]) -> None:
        config = self._config
        dnd = OwnFeature(Feature.DND, emit)
        self._mailbox = Mailbox(emit)
        if config.mailbox:
            self._add(MESSAGES, config.user, self._mailbox)
        if config.watch_self:
            self._add(PRESENCE, config.user, dnd.by_presence())
        if config.dnd_lamp:
            self._add(DIALOG, config.dnd_lamp, dnd.by_lamp())
        if config.forward_lamp:
            self._add(DIALOG, config.forward_lamp, OwnFeature(Feature.FORWARD, emit).by_lamp())

    def _watch(self, package: Package, list_name: str, readers: dict[str, Reader]) -> None:
        """Watch many by one list, where there is one, else each by itself."""
        if list_name and readers:
            members = ListReader(readers, partial(self._watch_alone, package))
            self._add(package, list_name, members, lists=True)
        else:
            for number, reader in readers.items():
                self._add(package, number, reader)

    def _watch_alone(self, package: Package, number: str, reader: Reader) -> None:
        """Subscribe to a number that the list does not name."""
        self._engine.later(0, self._add(package, number, reader).subscribe)

    def _add(self, package: Package, number: str, reader: Reader, *, lists: bool = False) -> Subscription:
        uri = self._config.uri(number)
        added = Subscription(
            package, uri, self._account, self._engine, reader, self._on_forgotten, lists=lists
        )
        self._subscriptions.append(added)
        return added
