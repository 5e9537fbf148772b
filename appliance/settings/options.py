"""Every option of a desk, declared once: its default, its explanation and its check."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from appliance.settings import checks

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.numbers import DialPlan, Form


def option(default: Any, text: str, check: Callable[[Any], str] | None = None, secret: bool = False) -> Any:  # noqa: ANN401
    """Declare an option; `check` returns what to write instead, or "" when the value is right."""
    return field(default=default, repr=not secret, metadata={"text": text, "check": check, "secret": secret})


LONG = checks.seconds(0, 3600)
PULLS = ("auto", "up", "down", "none")
CODECS = ("G722", "PCMA", "PCMU", "opus", "G729")


@dataclass(frozen=True, slots=True)
class DeskOptions:
    """This desk."""

    name: str = option("Reception", "What the page is headed with.")
    hold_alert: float = option(120.0, "Seconds on hold after which a call alerts.", checks.seconds(5, 3600))
    away_after: float = option(0.0, "Seconds without a touch after which the desk is away; 0: never.", LONG)
    socket: str = option("/run/deskbell/desk.sock", "Where page and command line find the daemon.")
    store: str = option("/var/lib/deskbell/desk.db", "Where messages are kept.")
    log_level: str = option(
        "info", "debug, info, warning or error.", checks.one_of("debug", "info", "warning", "error")
    )
    sip_trace: str = option(
        "calls",
        "SIP messages kept in memory to be looked at: off, calls, or all; without passwords, keys and texts.",
        checks.one_of("off", "calls", "all"),
    )
    link_check: float = option(
        15.0, "Seconds between two measurements of the way to the exchange (OPTIONS); 0: none.", LONG
    )


@dataclass(frozen=True, slots=True)
class LineOptions:
    """The account at the exchange. Its password stands in secrets.toml beside this file.

    Further accounts stand in sections of their own, [lines.NAME], with the same options.
    """

    server: str = option("", 'Name or address of the exchange; "": there is no account yet.', checks.host)
    port: int = option(
        5060, "Its SIP port; 0: ask the name service for servers (SRV).", checks.whole(0, 65535)
    )
    transport: str = option("udp", "udp, tcp or tls.", checks.one_of("udp", "tcp", "tls"))
    domain: str = option("", 'What stands behind the @ of a number, "": the server.', checks.address)
    outbound_proxy: str = option("", "Where all requests go first: host:port;transport=tcp.", checks.address)
    user: str = option("", "Extension or user name of this desk.", checks.number)
    display_name: str = option("Reception", "The name that others see.")
    password: str = option("", "The password of the account.", secret=True)
    local_port: int = option(
        5060,
        "SIP port of this desk, 0 for any: a fixed one lets a restart replace what the exchange knows.",
        checks.whole(0, 65535),
    )
    expires: int = option(300, "Seconds between registrations.", checks.whole(30, 86400))
    session_expires: int = option(
        1800, "Seconds in which a call is asked whether it still lives.", checks.whole(90, 86400)
    )
    ca_file: str = option("", 'Certificates to trust with tls (PEM); "": those of the system.')
    pin: str = option("", "SHA-256 of the one certificate to trust with tls.", checks.fingerprint)
    srtp: str = option(
        "off", "Encrypted speech: off, optional or mandatory.", checks.one_of("off", "optional", "mandatory")
    )
    codecs: tuple[str, ...] = option(
        CODECS[:3],
        "What speech is packed in, the best first; also G729 and opus, where the exchange translates them.",
        checks.each_of(*CODECS),
    )
    dtmf: str = option(
        "rfc4733", "How digits are sent: rfc4733, info or inband.", checks.one_of("rfc4733", "info", "inband")
    )
    sources: tuple[str, ...] = option(
        (), "Further addresses or networks of the exchange that calls may come from.", checks.networks
    )
    direct_calls: bool = option(False, "Let others than the exchange ring here.")
    monitor: str = option(
        "dialog",
        "How colleagues are watched: dialog (calls), presence (people) or both.",
        checks.one_of("dialog", "presence", "both"),
    )
    monitor_list: str = option(
        "", "A list at the exchange that tells of all calls at once (RFC 4662).", checks.code
    )
    presence_list: str = option("", "The same for presence.", checks.code)
    publish: bool = option(False, "Tell the exchange whether the operator is there (PUBLISH).")
    mailbox: bool = option(False, "Ask the exchange for waiting messages; many tell without.")


@dataclass(frozen=True, slots=True)
class CallOptions:
    """What happens to calls by itself. Seconds of 0 and numbers of "" mean: not at all."""

    auto_answer: float = option(
        0.0, "Seconds after which a call is answered, when the operator is free.", LONG
    )
    auto_hold: float = option(0.0, "Seconds after which a call is put on hold, to hear music.", LONG)
    divert_after: float = option(0.0, "Seconds after which a call is diverted.", LONG)
    divert_to: str = option("", 'Where it is diverted to; "": it is rejected.', checks.code)
    max_incoming: int = option(0, "How many calls may wait; 0: any number.", checks.whole(0, 30))
    overflow: str = option("", 'Where more of them are diverted to; "": they are rejected.', checks.code)
    dnd_divert_to: str = option(
        "", 'Where calls go while the desk is not to be disturbed; "": rejected.', checks.code
    )
    camp_on: bool = option(True, "A call transferred to a busy colleague waits until they are free.")
    camp_limit: float = option(
        180.0, "Seconds after which a waiting caller comes back.", checks.seconds(10, 3600)
    )
    conference_size: int = option(6, "How many parties the operator may join.", checks.whole(2, 15))
    conference_room: str = option(
        "", "A meeting room at the exchange, for those who go on alone.", checks.code
    )


@dataclass(frozen=True, slots=True)
class DiallingOptions:
    """How numbers are dialled, and which."""

    country: str = option("", "Whose national numbers people type, such as DE.", checks.country)
    form: str = option(
        "national",
        "What the exchange wants: typed, national or e164.",
        checks.one_of("typed", "national", "e164"),
    )
    outside_prefix: str = option("", "Dialled before every external number.", checks.code)
    internal_digits: int = option(5, "Numbers of so many digits at most are internal.", checks.whole(1, 15))
    allow: tuple[str, ...] = option((), "Only these may be called: +49*, 1XXX; none: all.", checks.patterns)
    deny: tuple[str, ...] = option((), "These may not be called.", checks.patterns)

    @property
    def plan(self) -> DialPlan:
        """How numbers are dialled and compared."""
        from appliance.numbers import DialPlan  # which loads phonenumbers: not for every command

        form = cast("Form", self.form)
        return DialPlan(self.country, form, self.outside_prefix, self.internal_digits, self.allow, self.deny)


@dataclass(frozen=True, slots=True)
class CodeOptions:
    """Feature codes of the exchange; "" where it has none."""

    pickup: str = option("**", "Dialled before an extension that rings, to take the call.", checks.code)
    mailbox: str = option("", "The number of the mailbox.", checks.code)
    dnd_on: str = option("", "Do not disturb.", checks.code)
    dnd_off: str = option("", "Disturb again.", checks.code)
    forward_on: str = option("", "Forward all calls; the number follows.", checks.code)
    forward_off: str = option("", "Forward no more.", checks.code)
    watch_presence: bool = option(False, "The exchange tells of do-not-disturb in this desk's own presence.")
    dnd_lamp: str = option("", "The lamp at the exchange that burns while it holds calls back.", checks.code)
    forward_lamp: str = option("", "The lamp that burns while it forwards calls.", checks.code)


@dataclass(frozen=True, slots=True)
class RingingOptions:
    """How a call is heard. Volumes are from 0 to 1."""

    headset: bool = option(True, "Ring in the headset.")
    ringer: bool = option(True, "Ring at the ringers, and at lights that can.")
    ringers: tuple[str, ...] = option(
        (), "Sound cards that ring beside the headset, by their names in brackets in /proc/asound/cards."
    )
    light: bool = option(True, "Flash the lamps and lights.")
    tone_internal: str = option(
        "", 'Sound file (WAV) for calls of colleagues; "": the built-in tone.', checks.sound_file
    )
    tone_external: str = option("", "Sound file for all other calls.", checks.sound_file)
    volume: float = option(0.8, "Of the ringing.", checks.volume)
    every: float = option(4.0, "Seconds between rings; 0: ring once.", checks.seconds(0, 60))
    while_talking: str = option(
        "beep", "During another call: ring, beep or silent.", checks.one_of("ring", "beep", "silent")
    )
    waiting_volume: float = option(0.3, "Of that beep.", checks.volume)


@dataclass(frozen=True, slots=True)
class LightOptions:
    """What busy lights show, the most urgent first: a colour and how it burns, or off.

    Colours: white, green, dim green, yellow, orange, red, purple, blue, cyan, or #rrggbb. They burn on (what
    is meant where nothing is said), blink (once a second), fast (four times), slow (once in four seconds),
    flash (shortly, every two seconds) or wink (dark shortly, every two seconds). Not everybody sees colours:
    let the rhythms differ as well.
    """

    ringing_in_call: str = option("red blink", "A call comes in during another.", checks.light)
    ringing: str = option("yellow blink", "A call comes in.", checks.light)
    held_too_long: str = option("red fast", "A caller has been on hold for too long.", checks.light)
    talking: str = option("red wink", "The operator talks.", checks.light)
    held: str = option("orange slow", "A caller is on hold.", checks.light)
    unregistered: str = option("purple flash", "The exchange sends no calls here.", checks.light)
    dnd: str = option("purple", "Do not disturb.", checks.light)
    messages: str = option("blue slow", "A voice message waits.", checks.light)
    away: str = option("dim green", "Nobody has touched anything for a while.", checks.light)
    available: str = option("green", "Calls may come.", checks.light)


@dataclass(frozen=True, slots=True)
class ParkOptions:
    """Park orbits of the exchange."""

    dialect: str = option(
        "code",
        "How to park: orbit (transfer to its number), code (to the prefix and its number), announced (to the"
        " extension, which chooses and tells).",
        checks.one_of("orbit", "code", "announced"),
    )
    orbits: tuple[str, ...] = option((), "The numbers of the orbits, 10 at most.", checks.numbers(10))
    prefix: str = option("", "With code: what stands before the number.", checks.code)
    extension: str = option("", "With announced: where to transfer to.", checks.code)


@dataclass(frozen=True, slots=True)
class ButtonOptions:
    """Push buttons and their lamps at GPIO pins: a number as 17, a name as "GPIO17" or "J8:11"; -1: none.

    Further buttons stand in sections of their own, [keys.NAME], and relays in [relays.NAME].
    """

    answer: int | str = option(-1, "Answer button.", checks.pin)
    hold: int | str = option(-1, "Hold button.", checks.pin)
    park: int | str = option(-1, "Park button.", checks.pin)
    answer_lamp: int | str = option(-1, "Lamp of the Answer button.", checks.pin)
    hold_lamp: int | str = option(-1, "Lamp of the Hold button.", checks.pin)
    park_lamp: int | str = option(-1, "Lamp of the Park button.", checks.pin)
    active_low: bool = option(True, "A pressed button connects its pin to ground, else to 3.3 V.")
    pull: str = option(
        "auto", "The board's resistor: up, down, none, or auto: against the button.", checks.one_of(*PULLS)
    )
    lamps_active_high: bool = option(True, "A lamp burns while its pin is at 3.3 V, else at ground.")
    bounce: float = option(
        0.02, "Seconds for which a button's contact must rest to be believed.", checks.seconds(0, 1)
    )
    long_press: float = option(0.8, "Seconds after which a press is a long one.", checks.seconds(0.2, 5))
    double_press: float = option(
        0.35, "Seconds in which a second press makes a double one.", checks.seconds(0.1, 2)
    )


@dataclass(frozen=True, slots=True)
class KeyOptions:
    """A button with a name of its own. What it asks for is written as `deskbell` takes it: "speed-dial 1".

    "dnd" and "mute" alone switch on and off in turn.
    """

    pin: int | str = option(-1, "Where it is.", checks.wired_pin)
    active_low: bool = option(True, "Pressed, it connects its pin to ground, else to 3.3 V.")
    pull: str = option(
        "auto", "The board's resistor: up, down, none, or auto: against the button.", checks.one_of(*PULLS)
    )
    bounce: float = option(0.02, "Seconds for which it must rest to be believed.", checks.seconds(0, 1))
    press: str = option("", 'What a press asks for; "": nothing.', checks.bound)
    long: str = option("", "What a long press asks for.", checks.bound)
    double: str = option("", "What pressing it twice asks for.", checks.bound)


@dataclass(frozen=True, slots=True)
class RelayOptions:
    """A relay, such as a door opener, a bell or a sign at the door; open again after any crash."""

    pin: int | str = option(-1, "Where it is.", checks.wired_pin)
    active_high: bool = option(True, "It is closed while its pin is at 3.3 V, else at ground.")
    seconds: float = option(
        3.0, "For how long it is closed when it is asked for.", checks.seconds(0.05, 86400)
    )
    longest: float = option(
        10.0, "For how many seconds it may be closed, whoever asks.", checks.seconds(0.05, 86400)
    )
    follows: str = option(
        "",
        'Closed by itself while the desk is ringing or talking; "": only when asked for.',
        checks.one_of("ringing", "talking", ""),
    )


@dataclass(frozen=True, slots=True)
class DeviceOptions:
    """Headsets, handsets, speakerphones and lights are found by themselves."""

    usb: bool = option(True, "Use what is plugged in.")
    simulated: bool = option(False, "A simulated headset, light and buttons, to try the desk without any.")
    sound: bool = option(True, "Play and record sound; false: calls carry silence.")
    prefer: tuple[str, ...] = option(
        (),
        "Through which device to speak first: names that `deskbell devices` lists, or headset, handset,"
        " speakerphone. What is not named comes after, in the order in which it was plugged in.",
    )
    ignore: tuple[str, ...] = option(
        (), "Devices to leave alone, by the names that `deskbell devices` lists."
    )
    echo_canceller: str = option(
        "speakerphones",
        "Take the caller's own voice out of what the microphone hears: speakerphones, always or never.",
        checks.one_of("speakerphones", "always", "never"),
    )


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """An outside source of people, who are read only here. Its password stands in secrets.toml.

    kind "ldap": a company's directory; "carddav": an address book; "graph": the contacts of one account of
    Microsoft 365 (then: deskbell directory sign-in NAME); "phonebook": an exchange's phone book (XML).
    """

    kind: str = option("", "What it is.", checks.one_of("ldap", "carddav", "graph", "phonebook"))
    url: str = option(
        "", 'Where it is: ldaps://host, https://host/path; with graph "" is Microsoft\'s.', checks.url
    )
    user: str = option("", 'Who reads, with ldap a DN or user@domain; "": anybody may.')
    password: str = option("", "The password of the user.", secret=True)
    in_clear: bool = option(False, "Send the password though nothing is encrypted.")
    start_tls: bool = option(False, "With ldap://: encrypt after connecting.")
    ca_file: str = option("", 'Certificates to trust (PEM); "": those of the system.')
    base: str = option("", "With ldap: the DN below which people are.")
    filter: str = option(
        "", 'With ldap: who of them; "": who has a number or an address.', checks.ldap_filter
    )
    attributes: tuple[str, ...] = option(
        (),
        'With ldap: other attributes than the usual: ["department=ou", "extension=ipPhone", "notes="].',
        checks.attributes,
    )
    client_id: str = option("", "With graph: the application's (client) id at Microsoft.")
    tenant: str = option("common", "With graph: the organisation's id or domain.")
    authority: str = option("", 'With graph: where people sign in; "": at Microsoft.', checks.url)
    pictures: bool = option(True, "Read pictures as well.")
    prefix: str = option("", "Put before its external numbers that do not begin with +.", checks.code)
    category: str = option("", 'The category that its people are put into; "": none.')
    every: int = option(30, "Minutes between readings.", checks.whole(1, 10080))


@dataclass(frozen=True, slots=True)
class BackupOptions:
    """Snapshots of the store: one takes its place when it is damaged, as after a power cut with a bad card.

    They lie on the same card. A backup of everything, to be kept elsewhere: `deskbell backup create`.
    """

    every: float = option(1.0, "Hours between snapshots; 0: none.", checks.hours)
    newest: int = option(6, "How many are kept.", checks.whole(1, 100))
    days: int = option(7, "Of how many days the last one is kept besides.", checks.whole(0, 366))
    reserve: int = option(500, "MB of the card that snapshots leave free.", checks.whole(0, 1_000_000))


@dataclass(frozen=True, slots=True)
class HistoryOptions:
    """The records of calls."""

    keep_days: int = option(
        0, "Days for which calls are kept, 0: for ever; what they add up to stays.", checks.whole(0, 36500)
    )
    queues: tuple[str, ...] = option(
        (), "Numbers of queues, whose calls can be left out of the list.", checks.numbers(50)
    )


@dataclass(frozen=True, slots=True)
class PageOptions:
    """The page, where operators work and admins set the box up."""

    address: str = option(
        "127.0.0.1", "Where it listens: this machine alone, or 0.0.0.0 (any address).", checks.ip_address
    )
    port: int = option(
        8080, "Its port; with https_port all it does is to lead there.", checks.whole(1, 65535)
    )
    https_port: int = option(
        0, "Its port for HTTPS; 0: none, which is for this machine alone.", checks.whole(0, 65535)
    )
    names: tuple[str, ...] = option(
        (), "Names that browsers may call it by, beside its own and its addresses.", checks.host_names
    )
    first_run_code: str = option(
        "", "What the page asks for before there is an admin.", checks.first_run_code, secret=True
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one desk. A section with a `text` has free names, each with a text, `most` at most."""

    desk: DeskOptions = field(default_factory=DeskOptions)
    line: LineOptions = field(default_factory=LineOptions)
    lines: dict[str, LineOptions] = field(default_factory=dict)  # further accounts, by the name of each
    extensions: dict[str, str] = field(
        default_factory=dict,
        metadata={"text": 'Monitored extensions, 50 at most: "1001" = "Ada Lovelace"', "most": 50},
    )
    calls: CallOptions = field(default_factory=CallOptions)
    dialling: DiallingOptions = field(default_factory=DiallingOptions)
    speed_dial: dict[str, str] = field(
        default_factory=dict,
        metadata={"text": 'Speed dial, key and number: "1" = "030 1234567"', "most": 100},
    )
    codes: CodeOptions = field(default_factory=CodeOptions)
    park: ParkOptions = field(default_factory=ParkOptions)
    ringing: RingingOptions = field(default_factory=RingingOptions)
    lights: LightOptions = field(default_factory=LightOptions)
    buttons: ButtonOptions = field(default_factory=ButtonOptions)
    keys: dict[str, KeyOptions] = field(default_factory=dict)  # further buttons, by the name of each
    relays: dict[str, RelayOptions] = field(default_factory=dict)
    sources: dict[str, SourceOptions] = field(default_factory=dict)  # of people, by the name of each
    devices: DeviceOptions = field(default_factory=DeviceOptions)
    backup: BackupOptions = field(default_factory=BackupOptions)
    history: HistoryOptions = field(default_factory=HistoryOptions)
    page: PageOptions = field(default_factory=PageOptions)
