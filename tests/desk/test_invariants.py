"""Whatever happens, in any order: no call is lost, the right ones are heard, no lamp lies, timers end."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, ClassVar, get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from appliance.desk import actions, events
from appliance.desk.config import Button, Relay
from appliance.desk.desk import HANDLERS, TIMERS, Desk, DeskConfig
from appliance.desk.events import Clock, Feature, Timer
from appliance.desk.keys import Key
from appliance.desk.lamps import Lamp, Pattern, lamps
from appliance.desk.state import (
    Call,
    CallState,
    ExtensionState,
    MessageState,
    OrbitState,
    Outcome,
    Party,
    RegistrationState,
    Return,
    Snapshot,
)
from appliance.desk.words import Toggle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

EXAMPLES, STEPS = 500, 60  # 30,000 events at most; the test asks for 10,000 at least
EXTENSIONS = ("1001", "1002")
ORBITS = ("701", "702")
DEVICES = {  # whether they have a microphone, and their place in the order of preference
    "headset": (True, 1),
    "handset": (True, 2),
    "speaker": (True, 2),
    "buttons": (False, 0),
}
KEYS = [*Key, *[Key.HOOK] * 12, *[Key.FLASH, Key.HOLD, Key.MUTE, Key.PARK, Key.ANSWER] * 4]
ECHO, REFUSAL = 1.9, 0.25  # seconds in which a device answers our lamps
CODES = {"dnd_on_code": "*78", "dnd_off_code": "*79", "forward_on_code": "*21*", "forward_off_code": "#21#"}
PARTIES = [Party(), Party("1001"), Party("1002", "Bob"), Party("0301", "Zoe"), Party(withheld=True)]
SCREENED = [events.Screened("no"), events.Screened("closed", "600", shown=False, closed=True)]
STATUS = st.sampled_from([100, 200, 404, 486])

devices = st.sampled_from(sorted(DEVICES))
numbers = st.sampled_from([*EXTENSIONS, "1003", "0 30 12", "no such number!"])
configs = st.builds(
    DeskConfig,
    numbers=st.just(("200",)),
    extensions=st.just((("1001", "Ada"), ("1002", ""))),
    speed_dials=st.just((("1", "1001"), ("2", "?!"))),
    orbits=st.just(ORBITS),
    park_dialect=st.sampled_from(["orbit", "code", "announced"]),
    park_prefix=st.sampled_from(["", "*7"]),
    park_extension=st.just("700"),
    voicemail_number=st.sampled_from(["", "*98"]),
    max_incoming=st.sampled_from([0, 0, 2]),
    overflow=st.sampled_from(["", "600"]),
    auto_answer=st.sampled_from([0.0, 5.0]),
    auto_hold=st.sampled_from([0.0, 10.0]),
    divert_after=st.sampled_from([0.0, 15.0]),
    divert_to=st.sampled_from(["", "600"]),
    camp_on=st.booleans(),
    camp_patience=st.sampled_from([1.0, 180.0]),
    conference_size=st.sampled_from([2, 3]),
    conference_room=st.sampled_from(["", "8000"]),
    pickup_code=st.sampled_from(["", "**"]),
    dnd_divert_to=st.sampled_from(["", "600"]),
    away_after=st.sampled_from([0.0, 60.0]),
    buttons=st.just(
        {
            "dnd": Button(Toggle.DND, events.Park(), events.Answer()),
            "dial": Button(events.SpeedDial("1"), double=events.HangUp()),
        }
    ),
    relays=st.just({"door": Relay(), "bell": Relay(follows="ringing")}),
    **{name: st.sampled_from(["", code]) for name, code in CODES.items()},
)

# What a person may ask for, of any call and of none.
ASKS: dict[type, Callable[[str, str, str, bool], events.Event]] = {
    events.Answer: lambda call, other, number, on: events.Answer(call),
    events.Reject: lambda call, other, number, on: events.Reject(call),
    events.Divert: lambda call, other, number, on: events.Divert(number if on else "", call),
    events.HangUp: lambda call, other, number, on: events.HangUp(call),
    events.Hold: lambda call, other, number, on: events.Hold(call),
    events.Resume: lambda call, other, number, on: events.Resume(call),
    events.Park: lambda call, other, number, on: events.Park(call, "702" if on else ""),
    events.Retrieve: lambda call, other, number, on: events.Retrieve("701" if on else ""),
    events.Dial: lambda call, other, number, on: events.Dial(number),
    events.Redial: lambda call, other, number, on: events.Redial(),
    events.SpeedDial: lambda call, other, number, on: events.SpeedDial("1" if on else "2"),
    events.Pickup: lambda call, other, number, on: events.Pickup(number if on else ""),
    events.CallMailbox: lambda call, other, number, on: events.CallMailbox(),
    events.Transfer: lambda call, other, number, on: events.Transfer(number, call),
    events.Consult: lambda call, other, number, on: events.Consult(number, call),
    events.Complete: lambda call, other, number, on: events.Complete(call, other),
    events.ComeBack: lambda call, other, number, on: events.ComeBack(call),
    events.Camp: lambda call, other, number, on: events.Camp(number, call),
    events.Uncamp: lambda call, other, number, on: events.Uncamp(call),
    events.Confer: lambda call, other, number, on: events.Confer(call),
    events.Leave: lambda call, other, number, on: events.Leave(),
    events.MuteParty: lambda call, other, number, on: events.MuteParty(call, on),
    events.SendDigits: lambda call, other, number, on: events.SendDigits("1#"),
    events.Mute: lambda call, other, number, on: events.Mute(on),
    events.SetDnd: lambda call, other, number, on: events.SetDnd(on),
    events.SetForward: lambda call, other, number, on: events.SetForward(number if on else ""),
    events.MarkSeen: lambda call, other, number, on: events.MarkSeen(number if on else ""),
    events.SendMessage: lambda call, other, number, on: events.SendMessage(number, "hello" if on else " "),
    events.ReadMessages: lambda call, other, number, on: events.ReadMessages(number if on else ""),
    events.SwitchRelay: lambda call, other, number, on: events.SwitchRelay("door" if on else "gate"),
}
MOVES = [
    *(events.Answer, events.Resume, events.Transfer, events.Park, events.Camp, events.Confer),
    *(events.Consult, events.Complete, events.ComeBack, events.Leave),
]


class World(RuleBasedStateMachine):
    """The exchange, the devices and the clock as they would be if they did just what the desk asks."""

    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.now = 1.0
        self.names = itertools.count(1)
        self.legs: set[str] = set()  # dialogs that exist at the exchange
        self.over: list[str] = []  # those that have ended
        self.hidden: set[str] = set()  # those of them that no screen lists
        self.heard: set[str] = set()  # legs that the operator's audio is connected to
        self.mixed: set[str] = set()  # legs whose parties hear each other
        self.silenced: set[str] = set()  # legs whose parties nobody hears
        self.waits: set[str] = set()  # legs that ring here
        self.on_hold: set[str] = set()  # legs that are held on the wire
        self.moving: set[str] = set()  # legs with a REFER under way
        self.timers: set[Timer] = set()
        self.ended: set[Timer] = set()
        self.codes: list[str] = []
        self.texts: list[str] = []
        self.plugged: list[str] = []  # in the order in which they came
        self.hooks: dict[str, bool] = {}  # hook switches, as reported
        self.lamps: dict[str, tuple[bool, float]] = {}  # Off-Hook lamps, and since when they burn or do not
        self.unmuted = ("", 0.0)  # where somebody last switched the microphone, "" at no device; and when
        self.audio = ""
        self.mute = False
        self.bell = False

    @initialize(config=configs, talks=st.integers(0, 3))
    def the_desk_is_set_up(self, config: DeskConfig, talks: int) -> None:
        self.config = config
        self.desk = Desk(config)
        for party in PARTIES[1 : 1 + talks]:
            self.somebody_calls(party, Return.NO, "", again=False)
            self.happens(events.Answer())

    @property
    def seen(self) -> Snapshot:
        return self.desk.snapshot()

    def happens(self, event: events.Event) -> list[actions.Action]:
        World.steps += 1
        self.now += 0.1
        muted = self.mute
        done = self.desk.handle(event, self.now)
        for action in done:
            self.carry_out(action)
        for device in self.plugged:
            burns = device == self.audio and bool(self.legs - self.waits)
            if burns != self.lamps.get(device, (False, 0.0))[0]:
                self.lamps[device] = (burns, self.now)
        if self.mute != muted:
            self.unmuted = (getattr(event, "device", ""), self.now)
        return done

    def changes_no_call(self, event: events.Event) -> list[actions.Action]:
        done = self.happens(event)
        assert not [action for action in done if isinstance(action, actions.SipAction)]
        return done

    @property
    def speaking(self) -> list[str]:
        """The devices that are there and have a microphone, in the order of preference."""
        return sorted(filter(lambda d: DEVICES[d][0], self.plugged), key=lambda d: DEVICES[d][1])

    def carry_out(self, action: actions.Action) -> None:
        if not isinstance(action, actions.PlaceCall | actions.MixCalls) and hasattr(action, "call"):
            assert action.call in self.legs, f"{action}: a call that is over is left alone"
        match action:
            case actions.AnswerCall(call, held):
                self.waits.remove(call)
                (self.on_hold if held else self.heard).add(call)
            case actions.RejectCall(call) | actions.DivertCall(call):
                assert call in self.waits
                self.forget(call)
            case actions.HangUpCall(call):
                assert call not in self.waits
                self.forget(call)
            case actions.HoldCall(call):
                self.heard.discard(call)
                self.moving.discard(call)
                self.on_hold.add(call)
            case actions.ResumeCall(call):
                assert call not in self.waits
                self.heard.add(call)
                self.moving.discard(call)
                self.on_hold.discard(call)
            case actions.PlaceCall(call, number):
                assert call not in self.legs
                assert call not in self.over
                assert number
                self.legs.add(call)
                self.heard.add(call)
            case actions.TransferCall(call, target):
                assert call not in self.waits
                assert target
                self.heard.discard(call)
                self.moving.add(call)
            case actions.JoinCalls(call, other):
                assert call != other
                assert {call, other} <= self.legs - self.waits
                self.heard -= {call, other}
                self.moving |= {call, other}
            case actions.MixCalls(calls):
                assert set(calls) <= self.heard
                self.mixed = set(calls)
            case actions.MuteCall(call, on):
                (self.silenced.add if on else self.silenced.discard)(call)
            case actions.SendDtmf(call, _):
                assert call in self.heard
            case actions.DialCode(code):
                self.codes.append(code)
            case actions.SendText(message):
                self.texts.append(message)
            case actions.MuteMicrophone(on):
                self.mute = on
            case actions.RouteAudio(device):
                assert device == "" or device in self.plugged
                self.audio = device
            case actions.SwitchRelay("bell", seconds):
                assert (seconds > 0) is not self.bell, "it is switched when the desk's state changes"
                self.bell = seconds > 0
            case actions.StartTimer(timer, seconds):
                assert seconds > 0
                self.timers.add(timer)
                self.ended.discard(timer)
            case actions.StopTimer(timer):
                assert timer in self.timers, "a timer is stopped once, and only while it runs"
                self.timers.discard(timer)
            case actions.Refuse(reason):
                assert reason

    def forget(self, call: str) -> None:
        self.over.append(call)
        for group in (
            self.legs,
            self.heard,
            self.mixed,
            self.silenced,
            self.waits,
            self.on_hold,
            self.moving,
        ):
            group.discard(call)

    def any_call(self, data: st.DataObject) -> str:
        """Draw a call that is there, one that is over, or none."""
        return data.draw(st.sampled_from([*sorted(self.legs), *self.over[-1:], ""]))

    # --- what the exchange may do

    @rule(
        party=st.sampled_from(PARTIES),
        returned=st.sampled_from([Return.NO, Return.NO, Return.NO, *Return]),
        referred_by=st.sampled_from(["", "200"]),
        again=st.booleans(),
        screened=st.sampled_from([None, None, None, *SCREENED]),
    )
    def somebody_calls(
        self,
        party: Party,
        returned: Return,
        referred_by: str,
        again: bool,
        screened: events.Screened | None = None,
    ) -> None:
        call = f"in-{next(self.names)}"
        before = self.seen
        self.legs.add(call)
        self.waits.add(call)
        arrival = events.CallArrived(
            call, party, "200", returned=returned, referred_by=referred_by, screened=screened
        )
        self.happens(arrival)
        if again and call in self.legs:
            self.happens(arrival)
        if screened and not screened.shown and call not in self.legs:
            self.hidden.add(call)
        limit = self.config.max_incoming
        if returned:
            assert call in self.waits, "who comes back is not turned away"
        elif not referred_by:
            room = not screened and not before.dnd and (limit == 0 or len(before.waiting) < limit)
            assert (call in self.waits) == room

    @rule(data=st.data(), code=st.sampled_from([200, 404, 486, 487]), elsewhere=st.booleans())
    def the_far_end_lets_go(self, data: st.DataObject, code: int, elsewhere: bool) -> None:
        if call := self.any_call(data):
            if call in self.legs:
                self.forget(call)
            self.happens(events.CallReleased(call, code, "", elsewhere))

    @rule(data=st.data())
    def the_dialog_is_confirmed(self, data: st.DataObject) -> None:
        call = self.any_call(data)
        if call not in self.waits:  # the exchange cannot confirm what nobody answered
            self.happens(events.CallAnswered(call))

    @rule(data=st.data(), party=st.sampled_from(PARTIES))
    def somebody_else_is_at_the_other_end(self, data: st.DataObject, party: Party) -> None:
        self.happens(events.PartyChanged(self.any_call(data), party))

    @rule(data=st.data(), code=st.sampled_from([100, 180, 200, 200, 404, 486, 503]), final=st.booleans())
    def a_transfer_goes_on(self, data: st.DataObject, code: int, final: bool) -> None:
        call = data.draw(st.sampled_from(sorted(self.moving) or ["none"])) if final else self.any_call(data)
        if call not in self.waits:
            self.happens(events.TransferProgressed(call, code, "", final and code >= 200))

    @rule(data=st.data())
    def a_transfer_succeeds_after_all(self, data: st.DataObject) -> None:
        call = self.any_call(data)
        if call not in self.waits:
            self.happens(events.TransferProgressed(call, 200, "OK", final=True))

    @rule(
        number=st.sampled_from([*EXTENSIONS, *EXTENSIONS, *ORBITS, "999"]),
        state=st.sampled_from([*ExtensionState, ExtensionState.AVAILABLE, ExtensionState.BUSY]),
        dialog=st.sampled_from(["", "a;to-tag=b;from-tag=c"]),
    )
    def an_extension_changes(self, number: str, state: ExtensionState, dialog: str) -> None:
        self.happens(events.ExtensionChanged(number, state, reason="why", dialog=dialog))

    @rule(number=st.sampled_from(EXTENSIONS))
    def a_caller_camps_and_the_extension_becomes_free(self, number: str) -> None:
        self.happens(events.Camp(number))
        self.happens(events.ExtensionChanged(number, ExtensionState.AVAILABLE))

    @rule(state=st.sampled_from(RegistrationState))
    def the_registration_changes(self, state: RegistrationState) -> None:
        self.happens(events.RegistrationChanged(state))

    @rule(new=st.integers(0, 3))
    def the_mailbox_fills(self, new: int) -> None:
        self.happens(events.MessagesWaiting(new))

    @rule(feature=st.sampled_from(Feature), on=st.booleans(), to=st.sampled_from(["", "1001"]))
    def the_exchange_switches_a_feature(self, feature: Feature, on: bool, to: str) -> None:
        done = self.happens(events.FeatureChanged(feature, on, to))
        assert not any(isinstance(action, actions.DialCode) for action in done), "it is only followed"

    @precondition(lambda self: self.codes)
    @rule(status=STATUS)
    def a_code_is_answered(self, status: int) -> None:
        self.happens(events.CodeDialled(self.codes.pop(0), status, "no"))

    @rule(message=st.sampled_from(["m-1", "m-2"]), party=st.sampled_from(PARTIES))
    def a_text_comes(self, message: str, party: Party) -> None:
        self.happens(events.TextArrived(message, party, "hello"))

    @precondition(lambda self: self.texts)
    @rule(status=STATUS)
    def a_text_is_answered(self, status: int) -> None:
        self.happens(events.TextAnswered(self.texts[0], status))
        if status >= 200:
            self.texts.pop(0)

    # --- what devices, the clock and people may do

    @rule(device=devices)
    def a_device_is_plugged_in(self, device: str) -> None:
        before = self.seen
        if device in self.plugged:
            self.plugged.remove(device)  # it is told again when its sound card is another one
        else:
            self.hooks[device] = False
        self.plugged.append(device)
        done = self.changes_no_call(events.DeviceAttached(device, *DEVICES[device]))
        if before.engaged and before.owner in self.speaking:
            assert self.audio == before.owner, "a call is at its own device, whatever else is plugged in"
        elif before.engaged and before.audio != "":
            assert self.audio == before.audio, "it helps out until that is back"
        assert (actions.RouteAudio(device) in done) == (self.audio == device), "its card may be new"

    @rule(device=devices)
    def a_device_is_pulled_out(self, device: str) -> None:
        before = self.seen
        if device in self.plugged:
            self.plugged.remove(device)
        self.lamps.pop(device, None)
        self.changes_no_call(events.DeviceDetached(device))
        assert self.seen.owner == before.owner, "the audio will come back"
        assert self.audio == before.audio or device == before.audio

    @precondition(lambda self: self.plugged)
    @rule(data=st.data(), key=st.sampled_from(KEYS))
    def a_key_goes_down(self, data: st.DataObject, key: Key) -> None:
        device = data.draw(st.sampled_from(sorted(self.plugged)))
        before = self.seen
        self.happens(events.KeyPressed(device, key))
        assert not self.seen.away
        if key is Key.HOOK:
            self.hooks[device] = True
            gone = {call.id for call in before.calls if not call.dialling} - self.legs
            assert not gone, "nobody is lost by lifting"

    @precondition(lambda self: self.plugged)
    @rule(data=st.data(), key=st.sampled_from(KEYS))
    def a_key_comes_up(self, data: st.DataObject, key: Key) -> None:
        device = data.draw(st.sampled_from(sorted(self.plugged)))
        if key is Key.HOOK:
            self.hooks[device] = False
        if key is Key.HOOK and device != self.audio:
            self.changes_no_call(events.KeyReleased(device, key))
        else:
            self.happens(events.KeyReleased(device, key))

    def echoing(self) -> list[str]:
        """The devices whose Off-Hook lamp has just changed, and whose hook switch has not followed yet."""
        return sorted(
            device
            for device, (burns, since) in self.lamps.items()
            if burns != self.hooks[device] and self.now - since < ECHO and since > 0
        )

    @precondition(lambda self: self.echoing())
    @rule(data=st.data())
    def a_hook_switch_follows_its_lamp(self, data: st.DataObject) -> None:
        device = data.draw(st.sampled_from(self.echoing()))
        before = self.seen
        self.hooks[device] = self.lamps[device][0]
        report = events.KeyPressed if self.hooks[device] else events.KeyReleased
        self.changes_no_call(report(device, Key.HOOK))
        assert (self.seen.audio, self.seen.owner) == (before.audio, before.owner)

    @precondition(lambda self: self.now - self.unmuted[1] < REFUSAL and self.heard)
    @rule(device=devices)
    def a_boom_arm_refuses_what_somebody_else_has_switched(self, device: str) -> None:
        if device in self.plugged and device != self.unmuted[0]:
            self.happens(events.KeyPressed(device, Key.MUTE))
            assert self.mute, "nobody is heard who may be muted"

    @precondition(lambda self: self.happened and not self.moving)
    @precondition(lambda self: not in_state(self.seen, CallState.CAMPED))
    @rule()
    def a_while_passes(self) -> None:
        self.now += 5.0

    @rule(button=st.sampled_from(["dnd", "dial", "none"]), down=st.booleans())
    def a_button_with_a_name_of_its_own_moves(self, button: str, down: bool) -> None:
        self.happens(events.ButtonPressed(button) if down else events.ButtonReleased(button))

    @precondition(lambda self: self.timers)
    @rule(data=st.data())
    def a_timer_ends(self, data: st.DataObject) -> None:
        clock = data.draw(st.sampled_from(sorted({timer.clock for timer in self.timers})))
        mine = sorted(timer.subject for timer in self.timers if timer.clock is clock)
        self.timer_ends(Timer(clock, data.draw(st.sampled_from(mine))))

    def timer_ends(self, timer: Timer) -> None:
        self.timers.remove(timer)
        self.ended.add(timer)
        self.happens(events.TimerEnded(timer))

    @rule()
    def a_day_begins(self) -> None:
        self.happens(events.DayBegan())

    @rule(data=st.data(), kind=st.sampled_from(list(ASKS)), number=numbers, on=st.booleans())
    def a_person_asks(self, data: st.DataObject, kind: type, number: str, on: bool) -> None:
        self.happens(ASKS[kind](self.any_call(data), self.any_call(data), number, on))
        assert not self.seen.away

    @rule(kind=st.sampled_from(MOVES), number=st.sampled_from(EXTENSIONS), on=st.booleans())
    def a_caller_is_moved_on(self, kind: type, number: str, on: bool) -> None:
        self.happens(ASKS[kind]("", "", number, on))

    @rule(kind=st.sampled_from([events.SetDnd, events.SetForward, events.SendMessage]), on=st.booleans())
    def a_person_waits_for_the_exchange_to_answer(self, kind: type, on: bool) -> None:
        self.happens(ASKS[kind]("", "", "1001", on))

    # --- what must hold, always

    @invariant()
    def no_call_is_lost_and_none_is_invented(self) -> None:
        assert {call.id for call in self.seen.calls} == self.legs

    @invariant()
    def a_relay_that_follows_the_desk_is_closed_while_somebody_waits(self) -> None:
        assert self.bell == bool(self.waits)

    @invariant()
    def the_operator_hears_just_the_active_calls_and_several_only_in_a_conference(self) -> None:
        active = [call for call in self.seen.calls if call.active]
        assert self.heard == ids(active)
        assert len(active) <= 1 or all(call.state is CallState.CONFERENCE for call in active)

    @invariant()
    def the_members_of_the_conference_hear_each_other_and_nobody_else(self) -> None:
        members = [call for call in self.seen.calls if call.member]
        assert len(members) != 1
        assert {call.state for call in members} in (set(), {CallState.CONFERENCE}, {CallState.HELD})
        assert self.mixed == in_state(self.seen, CallState.CONFERENCE)
        assert self.mixed <= ids(members)
        assert self.silenced == {call.id for call in members if call.muted}
        assert self.silenced == {call.id for call in self.seen.calls if call.muted}

    @invariant()
    def every_call_is_in_the_state_that_the_exchange_would_say(self) -> None:
        for call in self.seen.calls:
            assert call.state is not CallState.RELEASED
            assert call.outcome is None
            assert call.waiting == (call.id in self.waits)
            assert call.moving == (call.id in self.moving)
            assert call.since <= self.now
            assert not call.joins or call.state is CallState.TRANSFERRING
        assert in_state(self.seen, CallState.HELD, CallState.CAMPED) <= self.on_hold
        assert not self.on_hold & self.heard

    @invariant()
    def every_call_that_is_over_is_kept_with_what_became_of_it(self) -> None:
        released = self.seen.released
        shown = [call for call in self.over if call not in self.hidden]
        assert {*shown[-50:], *self.over[-1:]} <= ids(released)
        assert ids(released) <= set(self.over)
        for call in released:
            assert call.state is CallState.RELEASED
            assert call.outcome is not None
            assert call.seen or call.outcome is Outcome.MISSED

    @invariant()
    def who_is_asked_about_a_caller_is_asked_while_that_caller_is_here(self) -> None:
        for call in self.seen.calls:
            if call.consults:
                caller = self.seen.call(call.consults)
                assert caller
                assert caller.state in (CallState.HELD, CallState.ANSWERED)

    @invariant()
    def nobody_is_camped_on_a_free_extension_and_they_are_sent_one_by_one(self) -> None:
        sent = [c.target for c in self.seen.calls if c.state is CallState.TRANSFERRING and c.camped]
        assert len(sent) == len(set(sent))
        on_their_way = {c.target for c in self.seen.calls if c.state is CallState.TRANSFERRING}
        states = {extension.number: extension.state for extension in self.seen.extensions}
        for call in self.seen.calls:
            assert call.camped > 0 or call.state is not CallState.CAMPED
            if call.state is CallState.CAMPED and states[call.target] is ExtensionState.AVAILABLE:
                assert call.target in on_their_way or Timer(Clock.SERVE, call.target) in self.timers

    @invariant()
    def no_lamp_lies(self) -> None:
        desk = self.seen
        plan = lamps(desk)
        assert set(plan) == set(self.plugged)
        for device, shows in plan.items():
            seized = device == self.audio and bool(self.legs - self.waits)
            for lamp in (Lamp.OFF_HOOK, Lamp.SPEAKER, Lamp.ON_LINE):
                assert lit(shows[lamp].pattern) == seized
            assert lit(shows[Lamp.RING].pattern) == bool(self.waits)
            for lamp in (Lamp.MUTE, Lamp.MICROPHONE):
                assert lit(shows[lamp].pattern) == self.mute
            speaks = next(known.audio for known in desk.devices if known.id == device)
            held = bool(in_state(desk, CallState.HELD)) and not (speaks and desk.active)
            assert lit(shows[Lamp.HOLD].pattern) == held
            assert lit(shows[Lamp.ANSWER].pattern) == bool(self.waits or self.heard or desk.touched)
            assert lit(shows[Lamp.MESSAGE_WAITING].pattern) == (desk.voicemail.new > 0)
            assert lit(shows[Lamp.STATUS].pattern)

    @invariant()
    def audio_is_where_it_can_be_heard(self) -> None:
        assert self.seen.audio == self.audio
        assert self.audio in self.speaking or (self.audio == "" and not self.speaking)
        if not self.seen.engaged:
            assert self.audio == (self.speaking or [""])[0]
        elif self.seen.owner in self.speaking:
            assert self.audio == self.seen.owner

    @invariant()
    def a_number_is_typed_only_while_nobody_is_talked_to(self) -> None:
        typed = self.seen.typed.number
        assert set(typed) <= set("0123456789*#")
        assert not (typed and self.heard)
        assert (Timer(Clock.TYPED, "") in self.timers) == (typed != "")

    @invariant()
    def the_microphone_is_muted_only_in_a_call(self) -> None:
        assert self.seen.muted == self.mute
        assert not self.mute or self.heard

    @invariant()
    def every_timer_belongs_to_something_and_ends_with_it(self) -> None:
        desk, config = self.seen, self.config
        turned_away = {call.id for call in desk.waiting if not call.returned}
        wanted: dict[Clock, set[str]] = {
            Clock.HOLD_ALERT: {call.id for call in desk.held if not call.alert},
            Clock.TRANSFER: self.moving,
            Clock.CAMP: in_state(desk, CallState.CAMPED),
            Clock.AUTO_ANSWER: self.waits if config.auto_answer else set(),
            Clock.AUTO_HOLD: self.waits if config.auto_hold else set(),
            Clock.AUTO_DIVERT: turned_away if config.divert_after else set(),
            Clock.AWAY: {""} if config.away_after and not self.legs and not desk.away else set(),
            Clock.TOUCHED: {""} if desk.touched and not self.legs else set(),
        }
        for clock, subjects in wanted.items():
            running = {timer.subject for timer in self.timers if timer.clock is clock}
            assert running <= subjects
            if self.happened:
                rung_on = {t.subject for t in self.ended if t.clock is clock} & self.waits
                assert subjects - running <= rung_on, "only what rings on has seen its timer end"
        assert {t.subject for t in self.timers if t.clock is Clock.SERVE} <= set(EXTENSIONS)
        presses = {t.subject.split()[0] for t in self.timers if t.clock is Clock.LONG_PRESS}
        assert presses <= set(self.plugged)
        held = {t.subject for t in self.timers if t.clock is Clock.TOGETHER}
        assert held <= (set() if self.legs else set(self.plugged))

    @property
    def happened(self) -> bool:
        return self.now > 1.0

    @invariant()
    def nobody_is_said_to_be_in_a_free_orbit(self) -> None:
        for orbit in self.seen.orbits:
            assert orbit.state is OrbitState.TAKEN or (orbit.party, orbit.by) == (Party(), "")

    @invariant()
    def nobody_is_away_while_talking(self) -> None:
        assert not (self.seen.away and self.heard)

    @invariant()
    def a_text_is_being_sent_until_the_exchange_has_answered(self) -> None:
        sending = {m.id for m in self.seen.messages if m.state is MessageState.SENDING}
        assert sending == set(self.texts)

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        for button in sorted(self.config.buttons):
            self.happens(events.ButtonReleased(button))
        for timer in [timer for timer in self.timers if timer.clock is Clock.BUTTON_DOUBLE]:
            self.timer_ends(timer)
        for device in sorted(DEVICES):
            self.a_device_is_pulled_out(device)
        for call in sorted(self.legs):
            if call in self.legs:
                self.forget(call)
                self.happens(events.CallReleased(call))
        for timer in sorted(self.timers, key=str):
            lasting = (Clock.SERVE, Clock.AWAY, Clock.TOUCHED)
            assert timer.clock in lasting, "the others have ended with their calls"
            self.timer_ends(timer)
        assert not self.timers, "every timer ends"
        assert not self.seen.calls


def ids(calls: Iterable[Call]) -> set[str]:
    return {call.id for call in calls}


def in_state(desk: Snapshot, *states: CallState) -> set[str]:
    return {call.id for call in desk.calls if call.state in states}


def lit(pattern: Pattern) -> bool:
    return pattern is not Pattern.OFF


def test_whatever_happens_in_any_order_nothing_of_this_breaks() -> None:
    World.steps = 0
    run_state_machine_as_test(
        World, settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None)
    )
    assert World.steps >= 10_000


def test_every_event_and_every_timer_is_decided_on() -> None:
    assert set(HANDLERS) == kinds(events.Event) - {events.TimerEnded}
    assert set(TIMERS) == set(Clock)
    assert set(ASKS) == kinds(events.Command)


def kinds(union: object) -> set[type]:
    """Return the classes of a union, also of those in it."""
    members = get_args(union)
    return set().union(*(kinds(member) if get_args(member) else {member} for member in members))
