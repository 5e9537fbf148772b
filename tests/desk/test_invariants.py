"""Whatever happens, in any order: no call is lost, two are never active, no lamp lies, timers end."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from appliance.desk import actions, events
from appliance.desk.desk import Desk, DeskConfig
from appliance.desk.events import Clock, Timer
from appliance.desk.keys import Key
from appliance.desk.lamps import Lamp, Pattern, lamps
from appliance.desk.state import CallState, ExtensionState, OrbitState, Party, RegistrationState

CONFIG = DeskConfig(extensions=(("1001", "Ada"), ("1002", "")), orbits=("701", "702"), park_prefix="*7")
DEVICES = {"headset": True, "handset": True, "buttons": False}
devices = st.sampled_from(sorted(DEVICES))


class World(RuleBasedStateMachine):
    """The exchange, the devices and the clock as they would be if they did just what the desk asks."""

    calls: Bundle[str] = Bundle("calls")

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(CONFIG)
        self.now = 1.0
        self.arrived = 0
        self.legs: set[str] = set()  # dialogs that exist at the exchange
        self.heard: set[str] = set()  # legs that the operator's audio is connected to
        self.waits: set[str] = set()  # legs that ring here
        self.moving: set[str] = set()  # legs with a REFER under way
        self.timers: set[Timer] = set()
        self.plugged: set[str] = set()
        self.audio = ""
        self.mute = False

    def happens(self, event: events.Event) -> None:
        self.now += 0.1
        for action in self.desk.handle(event, self.now):
            self.carry_out(action)

    def carry_out(self, action: actions.Action) -> None:
        match action:
            case actions.AnswerCall(call):
                self.waits.remove(call)
                self.heard.add(call)
            case actions.RejectCall(call):
                self.waits.remove(call)
                self.legs.remove(call)
            case actions.HangUpCall(call):
                self.forget(call)
            case actions.HoldCall(call):
                assert call in self.legs
                self.heard.discard(call)
                self.moving.discard(call)
            case actions.ResumeCall(call):
                assert call in self.legs
                self.heard.add(call)
                self.moving.discard(call)
            case actions.PlaceCall(call, _):
                self.legs.add(call)
                self.heard.add(call)
            case actions.TransferCall(call, _):
                assert call in self.legs - self.waits
                self.heard.discard(call)
                self.moving.add(call)
            case actions.SendDtmf(call, _):
                assert call in self.heard
            case actions.MuteMicrophone(on):
                self.mute = on
            case actions.RouteAudio(device):
                assert device == "" or device in self.plugged
                self.audio = device
            case actions.StartTimer(timer, seconds):
                assert seconds > 0
                self.timers.add(timer)
            case actions.StopTimer(timer):
                self.timers.discard(timer)
            case actions.Refuse(reason):
                assert reason

    def forget(self, call: str) -> None:
        assert call in self.legs, "a call is ended once, and only while it is there"
        for group in (self.legs, self.heard, self.waits, self.moving):
            group.discard(call)

    # --- what may happen

    @rule(target=calls)
    def somebody_calls(self) -> str:
        self.arrived += 1
        call = f"in-{self.arrived}"
        self.legs.add(call)
        self.waits.add(call)
        self.happens(events.CallArrived(call, Party(str(self.arrived)), "200"))
        return call

    @rule(target=calls, number=st.sampled_from(["1001", "0 30 12", ""]))
    def a_number_is_dialled(self, number: str) -> MultipleResults[str]:
        before = set(self.legs)
        self.happens(events.Dial(number))
        return multiple(*sorted(self.legs - before))

    @rule(call=consumes(calls), code=st.sampled_from([200, 404, 487]))
    def the_far_end_lets_go(self, call: str, code: int) -> None:
        if call in self.legs:
            self.forget(call)
        self.happens(events.CallReleased(call, code))

    @rule(call=calls)
    def the_dialog_is_confirmed(self, call: str) -> None:
        if call not in self.waits:  # the exchange cannot confirm what nobody answered
            self.happens(events.CallAnswered(call))

    @rule(call=calls, code=st.sampled_from([100, 180, 200, 404, 503]), final=st.booleans())
    def a_transfer_goes_on(self, call: str, code: int, final: bool) -> None:
        if call in self.legs - self.waits:
            self.happens(events.TransferProgressed(call, code, "", final and code >= 200))

    @rule(
        number=st.sampled_from(["1001", "1002", "701", "702", "999"]), state=st.sampled_from(ExtensionState)
    )
    def an_extension_changes(self, number: str, state: ExtensionState) -> None:
        self.happens(events.ExtensionChanged(number, state, reason="why"))

    @rule(state=st.sampled_from(RegistrationState))
    def the_registration_changes(self, state: RegistrationState) -> None:
        self.happens(events.RegistrationChanged(state))

    @rule(device=devices)
    def a_device_is_plugged_in(self, device: str) -> None:
        self.plugged.add(device)
        self.happens(events.DeviceAttached(device, DEVICES[device]))

    @rule(device=devices)
    def a_device_is_pulled_out(self, device: str) -> None:
        self.plugged.discard(device)
        self.happens(events.DeviceDetached(device))

    @rule(device=devices, key=st.sampled_from(Key))
    def a_key_goes_down(self, device: str, key: Key) -> None:
        if device in self.plugged:
            self.happens(events.KeyPressed(device, key))

    @rule(device=devices, key=st.sampled_from(Key))
    def a_key_comes_up(self, device: str, key: Key) -> None:
        if device in self.plugged:
            self.happens(events.KeyReleased(device, key))

    @rule(data=st.data())
    def a_timer_ends(self, data: st.DataObject) -> None:
        if self.timers:
            timer = data.draw(st.sampled_from(sorted(self.timers, key=str)))
            self.timers.remove(timer)
            self.happens(events.TimerEnded(timer))

    @rule(call=calls | st.just(""), data=st.data())
    def a_person_asks(self, call: str, data: st.DataObject) -> None:
        asks: list[events.Event] = [
            *(events.Answer(call), events.Reject(call), events.HangUp(call), events.Hold(call)),
            *(
                events.Resume(call),
                events.Park(call),
                events.Park(call, "702"),
                events.Transfer("1001", call),
            ),
            *(events.SendDigits("1#"), events.Mute(True), events.Mute(False)),
        ]
        self.happens(data.draw(st.sampled_from(asks)))

    @rule(target=calls, orbit=st.sampled_from(["", "701"]))
    def a_parked_caller_is_retrieved(self, orbit: str) -> MultipleResults[str]:
        before = set(self.legs)
        self.happens(events.Retrieve(orbit))
        return multiple(*sorted(self.legs - before))

    # --- what must hold, always

    @invariant()
    def no_call_is_lost_and_none_is_invented(self) -> None:
        assert {call.id for call in self.desk.snapshot().calls} == self.legs

    @invariant()
    def one_call_at_most_is_active_and_it_is_the_one_that_is_heard(self) -> None:
        active = {call.id for call in self.desk.snapshot().calls if call.active}
        assert len(active) <= 1
        assert self.heard == active

    @invariant()
    def every_call_is_in_the_state_that_the_exchange_would_say(self) -> None:
        for call in self.desk.snapshot().calls:
            assert call.waiting == (call.id in self.waits)
            assert call.moving == (call.id in self.moving)
            assert call.since <= self.now

    @invariant()
    def no_lamp_lies(self) -> None:
        desk = self.desk.snapshot()
        plan = lamps(desk)
        assert set(plan) == self.plugged
        for device, shows in plan.items():
            seized = device == self.audio and bool(self.legs - self.waits)
            assert (shows[Lamp.OFF_HOOK].pattern is Pattern.ON) == seized
            assert (shows[Lamp.RING].pattern is not Pattern.OFF) == bool(self.waits)
            assert (shows[Lamp.MUTE].pattern is Pattern.ON) == self.mute
            held = any(call.state is CallState.HELD for call in desk.calls)
            assert (shows[Lamp.HOLD].pattern is not Pattern.OFF) == held
            assert shows[Lamp.STATUS].pattern is not Pattern.OFF

    @invariant()
    def audio_is_where_it_can_be_heard(self) -> None:
        desk = self.desk.snapshot()
        assert desk.audio == self.audio
        assert (self.audio != "") == any(DEVICES[device] for device in self.plugged)

    @invariant()
    def the_microphone_is_muted_only_in_a_call(self) -> None:
        desk = self.desk.snapshot()
        assert desk.muted == self.mute
        assert not self.mute or desk.active is not None

    @invariant()
    def every_timer_belongs_to_something_and_ends_with_it(self) -> None:
        desk = self.desk.snapshot()
        held = {call.id for call in desk.calls if call.state is CallState.HELD and not call.alert}
        assert {t.subject for t in self.timers if t.clock is Clock.HOLD_ALERT} == held
        assert {t.subject for t in self.timers if t.clock is Clock.TRANSFER} == self.moving
        presses = {t.subject.split()[0] for t in self.timers if t.clock is Clock.LONG_PRESS}
        assert presses <= self.plugged

    @invariant()
    def nobody_is_said_to_be_in_a_free_orbit(self) -> None:
        for orbit in self.desk.snapshot().orbits:
            assert orbit.state is OrbitState.TAKEN or orbit.party == Party()

    def teardown(self) -> None:
        for device in sorted(DEVICES):
            self.happens(events.DeviceDetached(device))
        for call in sorted(self.legs):
            self.forget(call)
            self.happens(events.CallReleased(call))
        assert not self.timers, "every timer ends"
        assert not self.desk.snapshot().calls


TestWorld = World.TestCase
TestWorld.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
