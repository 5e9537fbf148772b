"""What each room is told of the settings: one value for the desk, the lines, the buttons, the ringing."""

from __future__ import annotations

import logging
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from appliance.desk.config import Button, DeskConfig, Follows, ParkDialect, Relay, unnamed
from appliance.desk.lamps import LightPolicy, shine
from appliance.desk.ringing import RingPolicy, WhileTalking
from appliance.desk.words import bound
from appliance.settings.agreement import NOWHERE
from appliance.settings.options import ButtonOptions
from appliance.sip.config import Dtmf, Monitor, SipConfig, Srtp, Transport
from drivers import base
from drivers.gpio import ButtonPin, GpioPins, RelayPin, pin_number
from drivers.ringers.tone import ToneError, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.desk.state import Party
    from appliance.settings import LineOptions, Settings
    from appliance.settings.options import KeyOptions
    from drivers.gpio.header import Pull

log = logging.getLogger("deskbell.configuration")


def desk_config(settings: Settings, name: Callable[[Party], Party] = unnamed) -> DeskConfig:
    """Return how the desk is set up; `name` gives a party its name in the directory."""
    calls, codes, park = settings.calls, settings.codes, settings.park
    lines = {"": settings.line, **settings.lines}
    return DeskConfig(
        dial=settings.dialling.plan.dialled,
        name=name,
        numbers=tuple(line.user for line in lines.values() if line.user),
        lines=tuple((name, line.user) for name, line in lines.items()),
        extensions=tuple(settings.extensions.items()),
        speed_dials=tuple(settings.speed_dial.items()),
        voicemail_number=codes.mailbox,
        orbits=park.orbits,
        park_dialect=cast("ParkDialect", park.dialect),
        park_prefix=park.prefix if park.dialect == "code" else "",
        park_extension=park.extension,
        max_incoming=calls.max_incoming,
        overflow=calls.overflow,
        auto_answer=calls.auto_answer,
        auto_hold=calls.auto_hold,
        divert_after=calls.divert_after,
        divert_to=calls.divert_to,
        hold_alert=settings.desk.hold_alert,
        camp_on=calls.camp_on,
        camp_patience=calls.camp_limit,
        conference_size=calls.conference_size,
        conference_room=calls.conference_room,
        pickup_code=codes.pickup,
        dnd_divert_to=calls.dnd_divert_to,
        dnd_on_code=codes.dnd_on,
        dnd_off_code=codes.dnd_off,
        forward_on_code=codes.forward_on,
        forward_off_code=codes.forward_off,
        away_after=settings.desk.away_after,
        buttons={
            name: Button(*(bound(text) if text else None for text in (key.press, key.long, key.double)))
            for name, key in settings.keys.items()
        },
        relays={
            name: Relay(relay.seconds, cast("Follows", relay.follows), relay.longest)
            for name, relay in settings.relays.items()
        },
        long_press=settings.buttons.long_press,
        double_press=settings.buttons.double_press,
    )


def line_configs(settings: Settings) -> tuple[SipConfig, ...]:
    """Return all lines; the first watches the extensions, the orbits and the desk's own features."""
    first = _line_config(settings, "", settings.line)
    return first, *(_line_config(settings, name, line) for name, line in settings.lines.items())


def _line_config(settings: Settings, name: str, line: LineOptions) -> SipConfig:
    main = name == ""
    return SipConfig(
        line=name,
        user=line.user,
        password=line.password,
        host=line.server,
        port=line.port,
        transport=cast("Transport", line.transport),
        domain=line.domain,
        outbound_proxy=line.outbound_proxy,
        display_name=line.display_name,
        local_port=line.local_port,
        expires=line.expires,
        session_expires=line.session_expires,
        ca_file=line.ca_file,
        pin=line.pin,
        srtp=cast("Srtp", line.srtp),
        codecs=line.codecs,
        dtmf=cast("Dtmf", line.dtmf),
        sources=line.sources,
        direct_calls=line.direct_calls,
        monitor=cast("Monitor", line.monitor),
        monitor_list=line.monitor_list,
        presence_list=line.presence_list,
        publish=line.publish,
        mailbox=line.mailbox,
        extensions=tuple(settings.extensions) if main else (),
        orbits=settings.park.orbits if main else (),
        watch_self=main and settings.codes.watch_presence,
        dnd_lamp=settings.codes.dnd_lamp if main else "",
        forward_lamp=settings.codes.forward_lamp if main else "",
        null_audio=not settings.devices.sound,
        link_check=settings.desk.link_check,
    )


def _playable(settings: Settings, tone: str) -> str:
    """Return a sound file that plays like this one in the headset too: pjsip knows 16 bit PCM only."""
    try:
        return plain(tone, Path(settings.desk.socket).parent) if tone else ""
    except ToneError as error:
        log.warning("%s; the built-in tone rings", error)
        return ""


def ring_policy(settings: Settings) -> RingPolicy:
    """Return how a call is heard."""
    options = settings.ringing
    return RingPolicy(
        options.headset,
        options.ringer,
        options.light,
        _playable(settings, options.tone_internal),
        _playable(settings, options.tone_external),
        options.volume,
        options.every,
        WhileTalking(options.while_talking),
        options.waiting_volume,
    )


def light_policy(settings: Settings) -> LightPolicy:
    """Return what busy lights show."""
    return LightPolicy(**{state: shine(shown) for state, shown in asdict(settings.lights).items()})


def rank(settings: Settings, device: base.Device) -> int:
    """Return a device's place in the order of preference, the lowest first."""
    order = settings.devices.prefer
    return next((at for at, name in enumerate(order) if name in (device.id, device.kind)), len(order))


def without_devices(settings: Settings) -> Settings:
    """Return the settings of a desk that uses no hardware but a sound card: as it runs in safe mode."""
    return replace(
        settings,
        devices=replace(settings.devices, usb=False),
        ringing=replace(settings.ringing, ringers=()),
        buttons=ButtonOptions(),
        keys={},
        relays={},
    )


def gpio_pins(settings: Settings) -> GpioPins | None:
    """Return what is wired to the GPIO header; None where nothing is."""
    wired = settings.buttons
    buttons = {base.Key.ANSWER: wired.answer, base.Key.HOLD: wired.hold, base.Key.PARK: wired.park}
    lit = {
        base.Lamp.ANSWER: wired.answer_lamp,
        base.Lamp.HOLD: wired.hold_lamp,
        base.Lamp.PARK: wired.park_lamp,
    }
    keys = {
        **{str(key): _button(pin, wired) for key, pin in buttons.items() if pin != NOWHERE},
        **{name: _button(key.pin, key) for name, key in settings.keys.items()},
    }
    shown = {lamp: pin_number(pin) for lamp, pin in lit.items() if pin != NOWHERE}
    relays = {
        name: RelayPin(pin_number(relay.pin), relay.active_high, relay.longest)
        for name, relay in settings.relays.items()
    }
    if not keys and not shown and not relays:
        return None
    return GpioPins(keys, shown, wired.lamps_active_high, relays)


def _button(pin: int | str, wired: ButtonOptions | KeyOptions) -> ButtonPin:
    pull = wired.pull if wired.pull != "auto" else "up" if wired.active_low else "down"
    return ButtonPin(pin_number(pin), wired.active_low, cast("Pull", pull), wired.bounce)
