"""A desk at work, as the tests tell its story: who calls, what is asked, what goes to the exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.desk import actions, events
from appliance.desk.desk import Desk, DeskConfig
from appliance.desk.events import Clock, Timer
from appliance.desk.keys import LONG_PRESS, Key
from appliance.desk.lamps import Lamp, Pattern, lamps
from appliance.desk.state import NOBODY, CallState, ExtensionState, Party, RegistrationState

if TYPE_CHECKING:
    from appliance.desk.state import Call, Orbit, Snapshot

ADA = Party("1001", "Ada")
BOB = Party("1002", "Bob")
ZOE = Party("030123", "Zoe")
CONFIG = DeskConfig(
    extensions=(("1001", "Ada"),), orbits=("701", "702"), park_dialect="code", park_prefix="*7"
)
HEADSET, BUTTONS = "headset", "buttons"


class Reception:
    """A desk with a headset and three buttons, registered, its clock in our hands."""

    def __init__(self, config: DeskConfig = CONFIG) -> None:
        self.config = config
        self.desk = Desk(config)
        self.now = 100.0
        self.happens(events.DeviceAttached(HEADSET, audio=True))
        self.happens(events.DeviceAttached(BUTTONS))
        self.happens(events.RegistrationChanged(RegistrationState.REGISTERED, 200))
        for orbit in config.orbits:
            self.happens(events.ExtensionChanged(orbit, ExtensionState.AVAILABLE))

    # --- what happens

    def happens(self, event: events.Event, after: float = 0.01) -> list[actions.Action]:
        self.now += after
        return self.desk.handle(event, self.now)

    def asks(self, event: events.Event, after: float = 0.01) -> list[actions.Action]:
        """Return what goes to the exchange; nothing may be refused."""
        done = self.happens(event, after)
        assert not [action for action in done if isinstance(action, actions.Refuse)]
        return wire(done)

    def refuses(self, event: events.Event) -> str:
        """Return why it cannot be done; nothing else may come of it."""
        before = self.seen
        done = self.happens(event)
        assert wire(done) == []
        assert self.seen.calls == before.calls
        return refusal(done)

    def rings(self, call: str = "a", party: Party = ADA) -> list[actions.Action]:
        return self.happens(events.CallArrived(call, party, "200"))

    def talks(self, call: str = "a", party: Party = ADA) -> None:
        self.rings(call, party)
        self.happens(events.Answer(call))
        self.happens(events.CallAnswered(call), after=5)

    def consults(self, number: str = "1002") -> str:
        """Hold the active call and talk to a colleague about it; return that call."""
        (*_, placed) = self.asks(events.Consult(number))
        assert isinstance(placed, actions.PlaceCall)
        self.happens(events.CallAnswered(placed.call))
        return placed.call

    def becomes(
        self, extension: str, state: ExtensionState, party: Party = NOBODY, reason: str = "", dialog: str = ""
    ) -> list[actions.Action]:
        """Return what goes to the exchange when the lamp of an extension changes."""
        return wire(self.happens(events.ExtensionChanged(extension, state, party, reason, dialog)))

    def moved(self, call: str, code: int = 200, reason: str = "OK") -> list[actions.Action]:
        """Return what is done on the exchange's last word about a transfer."""
        return wire(self.happens(events.TransferProgressed(call, code, reason, final=True)))

    def ends(self, clock: Clock, subject: str, after: float = 1.0) -> list[actions.Action]:
        return wire(self.happens(events.TimerEnded(Timer(clock, subject)), after))

    def presses(self, key: Key, device: str = BUTTONS, hold: float = 0.1) -> list[actions.Action]:
        """Press and let go; a press longer than LONG_PRESS lets its timer end on the way."""
        done = self.happens(events.KeyPressed(device, key))
        started = [
            a.timer for a in done if isinstance(a, actions.StartTimer) and a.timer.clock is Clock.LONG_PRESS
        ]
        if hold >= LONG_PRESS:
            for timer in started:
                done += self.happens(events.TimerEnded(timer), LONG_PRESS)
        return done + self.happens(events.KeyReleased(device, key), hold)

    # --- what is to be seen

    @property
    def seen(self) -> Snapshot:
        return self.desk.snapshot()

    def call(self, call: str) -> Call:
        found = self.seen.call(call)
        assert found, f"{call} is over"
        return found

    def over(self, call: str) -> Call:
        (found,) = (old for old in self.seen.released if old.id == call)
        return found

    def orbit(self, number: str) -> Orbit:
        (found,) = (orbit for orbit in self.seen.orbits if orbit.number == number)
        return found

    def state(self, call: str) -> CallState | None:
        found = self.seen.call(call)
        return found.state if found else None

    def states(self, *calls: str) -> list[CallState | None]:
        return [self.state(call) for call in calls]

    def lamp(self, lamp: Lamp, device: str = HEADSET) -> Pattern:
        return lamps(self.seen)[device][lamp].pattern

    def notice(self) -> str:
        return self.seen.notice


def wire(done: list[actions.Action]) -> list[actions.Action]:
    """Return what goes to the exchange."""
    return [action for action in done if isinstance(action, actions.SipAction)]


def refusal(done: list[actions.Action]) -> str:
    (refused,) = (action for action in done if isinstance(action, actions.Refuse))
    return refused.reason
