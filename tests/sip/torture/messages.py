"""The torture messages of RFC 4475, each built anew from what the RFC says is odd about it.

A case says what the RFC demands of a user agent, and what our desk answers where it differs, and why that
hurts nobody. A 0 among the answers is silence.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SDP = (
    "v=0\r\no=- 7 7 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 9 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
)
SILENCE = frozenset({0})
RINGING = frozenset({180})
_DROPPED = "pjsip drops what it cannot parse, and says so in the log; the sender gives up after its timer"
_LENIENT = "what is meant is plain, and the RFC lets a server be lenient"
_tokens = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, and to whom: "host:port" each. `token` makes a message a new one."""

    here: str
    desk: str
    token: str = ""
    transport: str = "UDP"

    def again(self) -> Sender:
        """The same two, for the next message."""
        return replace(self, token=f"t{next(_tokens)}")

    @property
    def uri(self) -> str:
        """The desk, as a request names it."""
        return f"sip:200@{self.desk}"

    @property
    def via(self) -> str:
        """A Via that leads back here."""
        return f"SIP/2.0/{self.transport} {self.here};branch=z9hG4bK{self.token}"


@dataclass(frozen=True, slots=True)
class Case:
    """One message: what the RFC's author calls it, where it stands, and which replies are right."""

    name: str
    section: str
    build: Callable[[Sender], bytes]
    demanded: frozenset[int]
    answered: frozenset[int]
    because: str  # why `answered` is not `demanded`


CASES: list[Case] = []


def _case(
    section: str,
    demanded: set[int] | frozenset[int],
    answered: set[int] | frozenset[int] | None = None,
    because: str = "",
) -> Callable[[Callable[[Sender], bytes]], Callable[[Sender], bytes]]:
    def keep(build: Callable[[Sender], bytes]) -> Callable[[Sender], bytes]:
        wanted = frozenset(demanded)
        given = wanted if answered is None else frozenset(answered)
        assert (given <= wanted) == (not because), "a difference has a reason, and only a difference has"
        CASES.append(Case(build.__name__, section, build, wanted, given, because))
        return build

    return keep


def raw(start: str, *headers: str, body: str | bytes = "") -> bytes:
    """A message of exactly these lines; there is no header that is not named."""
    head = "\r\n".join((start, *headers, "", ""))
    return head.encode() + (body.encode() if isinstance(body, str) else body)


def request(
    sender: Sender, method: str, uri: str = "", body: str | bytes = "", **changed: str | None
) -> bytes:
    """A request in which nothing is wrong but what is `changed`: a header's value, None to leave it out."""
    content = body.encode() if isinstance(body, str) else body
    headers: dict[str, str | None] = {
        "via": sender.via,
        "max_forwards": "70",
        "from": f"<sip:1001@{sender.here}>;tag=f{sender.token}",
        "to": f"<{sender.uri}>",
        "call_id": f"{sender.token}@torture",
        "cseq": f"1 {method}",
        "contact": f"<sip:1001@{sender.here}>",
        "content_type": "application/sdp" if body else None,
        "content_length": str(len(content)),
    }
    headers.update((name.rstrip("_"), value) for name, value in changed.items())
    lines = (f"{name.replace('_', '-').title()}: {v}" for name, v in headers.items() if v is not None)
    return raw(f"{method} {uri or sender.uri} SIP/2.0", *lines, body=content)


def response(sender: Sender, status: str, **changed: str | None) -> bytes:
    """A response to nothing that was asked."""
    headers: dict[str, str | None] = {
        "via": f"SIP/2.0/UDP {sender.desk};branch=z9hG4bK{sender.token}",
        "from": f"<{sender.uri}>;tag=d{sender.token}",
        "to": f"<sip:1001@{sender.here}>;tag=r{sender.token}",
        "call_id": f"{sender.token}@torture",
        "cseq": "8 OPTIONS",
        "content_length": "0",
    }
    headers.update((name.rstrip("_"), value) for name, value in changed.items())
    lines = (f"{name.replace('_', '-').title()}: {v}" for name, v in headers.items() if v is not None)
    return raw(f"SIP/2.0 {status}", *lines)


# --- 3.1.1 valid messages


@_case("3.1.1.1", RINGING)
def wsinv(sender: Sender) -> bytes:
    """White space, folds, compact names, any case, empty and unknown headers: and yet all is right."""
    return raw(
        f"INVITE {sender.uri};odd=par SIP/2.0",
        f"TO :\r\n <{sender.uri}>",
        f'From\t: "A \\"quoted\\\\ name\\"" <sip:1001@{sender.here}>\r\n  ;\r\n  tag = {sender.token}',
        "MaX-fOrWaRdS: 0068",
        f"Call-ID:\r\n  {sender.token}.wsinv@torture",
        "cseq: 0009\r\n  INVITE",
        f"Via  : SIP / 2.0\r\n /UDP\r\n    {sender.here};branch=z9hG4bK{sender.token}",
        "s :",
        'Odd-Header-We-Made-Up: *|_ \\ " are = free { to ] stand here \r\n   , folded',
        "v:  SIP  / 2.0  / TCP     proxy.example.net   ;\r\n  branch  =   z9hG4bKb1,"
        " SIP  /  2.0  /UDP  192.0.2.7; branch= z9hG4bKc2",
        'Route:\r\n <sip:services.example.net;lr;unknown="no";x-par>'.replace('"no"', "no"),
        'm:"Quoted \\"string\\"" <sip:1001@'
        + sender.here
        + ">  ; newparam =\r\n      newvalue  ;\r\n  q = 0.33",
        "Content-Type: application/sdp",
        f"l: {len(SDP)}",
        body=SDP,
    )


@_case("3.1.1.2", {405, 501})
def intmeth(sender: Sender) -> bytes:
    """Every character that a token may hold, in the method, and every one of a user part and a tag."""
    method = "!odd-Method_0*+`.%still'a~token"
    return request(
        sender,
        method,
        f"sip:1_odd.But-Legal!~*'()&=+$,;?/:&pw=+$,@{sender.desk}",
        from_=f"=_{{}}|odd <sip:mundane@{sender.here}>;tag=_token~1'+`*%!-.{sender.token}".replace(
            "=_{}|odd", '"=_{}|odd"'
        ),
        to=f'"BEL:\x07 NUL:\x00 DEL:\x7f" <sip:1_odd.But-Legal!~*\'()&=+$,;?/:&pw@{sender.desk}>',
        call_id=f"odd%ZZ:@*<>[]{{}}`~.()_+!'\"/?{sender.token}@torture".replace("@*", "*"),
        extension_header='" quoted " {}[]',
    )


@_case("3.1.1.3", RINGING)
def esc01(sender: Sender) -> bytes:
    """Escapes in user part and parameters: an escaped @ and : are not where the host begins."""
    return request(
        sender,
        "INVITE",
        f"sip:sips%3Auser%40example.com@{sender.desk}",
        SDP,
        from_=f"<sip:I%20have%20spaces@{sender.here}>;tag={sender.token}",
        contact=f"<sip:cal%6Cer@{sender.here};%6C%72;n%61me=v%61lue%25%34%31>",
    )


@_case("3.1.1.4", {405, 501})
def escnull(sender: Sender) -> bytes:
    """Escaped NULs in URIs: legal, and no string ends there."""
    return request(
        sender,
        "REGISTER",
        f"sip:{sender.desk}",
        to=f"sip:null-%00-null@{sender.here}",
        from_=f"sip:null-%00-null@{sender.here};tag={sender.token}",
        contact=f"<sip:%00@{sender.here}>, <sip:%00%00@{sender.here}>",
    )


@_case("3.1.1.5", {405, 501})
def esc02(sender: Sender) -> bytes:
    """A % that escapes nothing: in a method, a display name, a header's name. This is no REGISTER."""
    return request(
        sender,
        "RE%47IST%45R",
        f"sip:{sender.desk}",
        from_=f'"%Z%45" <sip:resource@{sender.here}>;tag={sender.token}',
        **{"expires": "30", "%58-name": "not Y-name"},
    )


@_case("3.1.1.6", {200})
def lwsdisp(sender: Sender) -> bytes:
    """No space between a display name and the <."""
    return request(sender, "OPTIONS", from_=f"caller<sip:caller@{sender.here}>;tag={sender.token}")


@_case("3.1.1.7", RINGING)
def longreq(sender: Sender) -> bytes:
    """Long values everywhere: names, tags, branches, parameters, thirty Vias."""
    long = "long" * 30
    vias = ", ".join(f"SIP/2.0/TCP sip{i}.example.com;branch=z9hG4bK{i}" for i in range(30))
    return request(
        sender,
        "INVITE",
        f"{sender.uri};unknown={long}",
        SDP,
        via=f"SIP/2.0/UDP {sender.here};branch=z9hG4bK{sender.token}{long}, {vias}",
        from_=f'"{"A long name. " * 20}" <sip:{long}@{sender.here}>;tag={sender.token}{long}',
        to=f'"{long}" <sip:200@{sender.desk};unknown1={long};unknown2={long};unknown3>',
        call_id=f"{sender.token}{long}@torture",
        **{f"unknown-{long}-name": f"unknown-{long}-value; unknown-{long}-parameter"},
        contact=f"<sip:{long}@{sender.here};unknown=x{long}>",
    )


@_case("3.1.1.8", {405, 501})
def dblreq(sender: Sender) -> bytes:
    """A second request in the same datagram: over UDP, what follows the first does not exist."""
    second = request(sender.again(), "INVITE", "sip:joe@example.com", SDP)
    return request(sender, "REGISTER", f"sip:{sender.desk}") + second


@_case("3.1.1.9", {200})
def semiuri(sender: Sender) -> bytes:
    """A semicolon in the user part: that is no parameter of the URI."""
    return request(sender, "OPTIONS", f"sip:200;par=u%40example.net@{sender.desk}")


@_case("3.1.1.10", {200})
def transports(sender: Sender) -> bytes:
    """Vias over all transports, also those that nobody has heard of."""
    vias = ", ".join(
        f"SIP/2.0/{name} t{i}.example.com;branch=z9hG4bKk{i}"
        for i, name in enumerate(("UDP", "SCTP", "TLS", "UNKNOWN", "TCP"))
    )
    return request(sender, "OPTIONS", via=f"{sender.via}, {vias}")


@_case("3.1.1.11", {200, 202, 415})
def mpart01(sender: Sender) -> bytes:
    """A MESSAGE of several parts, one of them binary, with NULs and line ends in it."""
    binary = bytes(range(256)) + b"\r\n\r\n--not-the-boundary\r\n"
    body = (
        b"--7a9cbec02ceef655\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n\r\nHi\r\n"
        b"--7a9cbec02ceef655\r\nContent-Type: application/octet-stream\r\n\r\n" + binary + b"\r\n"
        b"--7a9cbec02ceef655--\r\n"
    )
    return request(
        sender,
        "MESSAGE",
        body=body,
        content_type='multipart/mixed;boundary="7a9cbec02ceef655"',
    )


@_case("3.1.1.12", SILENCE)
def unreason(sender: Sender) -> bytes:
    """A reason phrase in Cyrillic, with commas and equal signs."""
    return response(sender, "200 = 2**3 * 5**2 но сто девяносто девять - простое", cseq="35 INVITE")


@_case("3.1.1.13", SILENCE)
def noreason(sender: Sender) -> bytes:
    """No reason phrase, but the space before it."""
    return response(sender, "100 ")


# --- 3.1.2 invalid messages


@_case("3.1.2.1", {400}, SILENCE, _DROPPED)
def badinv01(sender: Sender) -> bytes:
    """Separators with nothing between them."""
    return request(
        sender,
        "INVITE",
        "",
        SDP,
        via=f"{sender.via};;,;,,",
        to=f"<{sender.uri}>;;;;",
        contact=f'"Joe" <sip:joe@{sender.here}>;;;;',
    )


@_case("3.1.2.2", {400}, {180}, "pjsip takes what came of the body: SDP that ends early is SDP, or refused")
def clerr(sender: Sender) -> bytes:
    """A Content-Length that promises more than the datagram holds."""
    return request(sender, "INVITE", "", SDP, content_length="9999")


@_case("3.1.2.3", {400})
def ncl(sender: Sender) -> bytes:
    """A negative Content-Length."""
    return request(sender, "INVITE", "", SDP, content_length="-999")


@_case("3.1.2.4", {400}, SILENCE, _DROPPED)
def scalar02(sender: Sender) -> bytes:
    """Numbers beyond all bounds in a request: CSeq, Max-Forwards, Expires."""
    return request(
        sender,
        "REGISTER",
        f"sip:{sender.desk}",
        cseq="36893488147419103232 REGISTER",
        max_forwards="300",
        expires="10000000000000000000000000000000000000000",
        contact=f"<sip:user@{sender.here}>;expires=280297596632815",
    )


@_case("3.1.2.5", SILENCE)
def scalarlg(sender: Sender) -> bytes:
    """Numbers beyond all bounds in a response."""
    return response(
        sender,
        "503 Service Unavailable",
        cseq="9292394834772304023312 OPTIONS",
        retry_after="949302838503028349304023988",
        warning='1812 overture "In Progress"',
    )


@_case("3.1.2.6", {400}, SILENCE, _DROPPED)
def quotbal(sender: Sender) -> bytes:
    """A quoted display name that never ends."""
    return request(sender, "INVITE", "", SDP, to=f'"Mr. J. User <sip:j.user@{sender.desk}>')


@_case("3.1.2.7", {400})
def ltgtruri(sender: Sender) -> bytes:
    """Angle brackets round the Request-URI."""
    return request(sender, "INVITE", f"<{sender.uri}>", SDP)


@_case("3.1.2.8", {400})
def lwsruri(sender: Sender) -> bytes:
    """White space in the Request-URI."""
    return request(sender, "INVITE", f"{sender.uri}; lr", SDP)


@_case("3.1.2.9", {400, 180})
def lwsstart(sender: Sender) -> bytes:
    """More than one space between the parts of the request line."""
    message = request(sender, "INVITE", "", SDP)
    return message.replace(b"INVITE sip", b"INVITE  sip", 1).replace(
        b" SIP/2.0\r\nVia", b"  SIP/2.0\r\nVia", 1
    )


@_case("3.1.2.10", {400, 200})
def trws(sender: Sender) -> bytes:
    """Spaces at the end of the request line."""
    return request(sender, "OPTIONS").replace(b" SIP/2.0\r\nVia", b" SIP/2.0  \r\nVia", 1)


@_case("3.1.2.11", {400, 180})
def escruri(sender: Sender) -> bytes:
    """Headers in the Request-URI."""
    return request(sender, "INVITE", f"{sender.uri}?Route=%3Csip:example.com%3E", SDP)


@_case("3.1.2.12", {400, 180})
def baddate(sender: Sender) -> bytes:
    """A Date that is not in GMT."""
    return request(sender, "INVITE", "", SDP, date="Fri, 01 Jan 2010 16:00:00 EST")


@_case("3.1.2.13", {400, 405, 501})
def regbadct(sender: Sender) -> bytes:
    """A Contact with headers that is not in angle brackets."""
    return request(
        sender,
        "REGISTER",
        f"sip:{sender.desk}",
        contact=f"sip:user@{sender.here}?Route=%3Csip:sip.example.com%3E",
    )


@_case("3.1.2.14", {400, 200})
def badaspec(sender: Sender) -> bytes:
    """Spaces within the angle brackets."""
    return request(sender, "OPTIONS", to=f'"Watson, Thomas" < {sender.uri} >')


@_case("3.1.2.15", {400, 200})
def baddn(sender: Sender) -> bytes:
    """A display name with a comma and no quotes."""
    return request(
        sender, "OPTIONS", from_=f"Bell, Alexander <sip:a.g.bell@{sender.here}>;tag={sender.token}"
    )


@_case("3.1.2.16", {505})
def badvers(sender: Sender) -> bytes:
    """A version of SIP that is not yet."""
    return request(sender, "OPTIONS").replace(b" SIP/2.0\r\n", b" SIP/7.0\r\n", 1)


@_case("3.1.2.17", {400})
def mismatch01(sender: Sender) -> bytes:
    """CSeq names another method than the request line."""
    return request(sender, "OPTIONS", cseq="8 INVITE")


@_case("3.1.2.18", {400, 501})
def mismatch02(sender: Sender) -> bytes:
    """A method that nobody knows, and CSeq names another."""
    return request(sender, "NEWMETHOD", cseq="8 INVITE", content_type="application/sdp", body=SDP)


@_case("3.1.2.19", SILENCE)
def bigcode(sender: Sender) -> bytes:
    """A status code that is 301 only to whom 32 bits are enough."""
    return response(sender, "4294967301 better not break the receiver", contact=f"<sip:user@{sender.here}>")


# --- 3.2 transaction layer


@_case("3.2.1", {200})
def badbranch(sender: Sender) -> bytes:
    """A branch of the magic cookie alone: what it identifies must be found otherwise."""
    return request(sender, "OPTIONS", via=f"SIP/2.0/UDP {sender.here};branch=z9hG4bK")


# --- 3.3 application layer


@_case("3.3.1", {400}, SILENCE, _DROPPED)
def insuf(sender: Sender) -> bytes:
    """No Call-ID, no From, no To."""
    return request(sender, "INVITE", "", SDP, call_id=None, from_=None, to=None)


@_case("3.3.2", {416})
def unkscm(sender: Sender) -> bytes:
    """A Request-URI of a scheme that nobody knows."""
    return request(sender, "OPTIONS", "nobodyKnowsThisScheme:totallyopaquecontent")


@_case("3.3.3", {416})
def novelsc(sender: Sender) -> bytes:
    """A Request-URI of a known scheme that is none for SIP."""
    return request(sender, "OPTIONS", "soap.beep://192.0.2.103:3002")


@_case("3.3.4", {400, 405, 501})
def unksm2(sender: Sender) -> bytes:
    """Unknown schemes in To, From and Contact."""
    return request(
        sender,
        "REGISTER",
        f"sip:{sender.desk}",
        to="isbn:2983792873",
        from_=f"<http://www.example.com>;tag={sender.token}",
        contact="<name:John_Smith>",
    )


@_case(
    "3.3.5", {420}, {200}, "OPTIONS starts nothing; an INVITE that requires what we have not is refused so"
)
def bext01(sender: Sender) -> bytes:
    """Extensions that are required, of us and of proxies, and that nobody has."""
    return request(
        sender,
        "OPTIONS",
        require="nothingSupportsThis, nothingSupportsThisEither",
        proxy_require="noProxiesSupportThis, norDoAnyProxiesSupportThis",
    )


@_case("3.3.6", {415})
def invut(sender: Sender) -> bytes:
    """An INVITE whose body is of a type that nobody knows."""
    return request(
        sender, "INVITE", "", "<audio> <pcmu port='443'/> </audio>", content_type="application/unknown"
    )


@_case(
    "3.3.7",
    {405, 501},
    {0, 400},
    "credentials that cannot be read are refused before the method is looked at",
)
def regaut01(sender: Sender) -> bytes:
    """Credentials of a scheme that nobody knows."""
    return request(
        sender,
        "REGISTER",
        f"sip:{sender.desk}",
        authorization="NoOneKnowsThisScheme opaque-data=here",
    )


@_case(
    "3.3.8",
    {400},
    {180},
    "pjsip takes the first of each; whoever sends such an INVITE confuses himself alone",
)
def multi01(sender: Sender) -> bytes:
    """Headers that may stand but once stand there twice, each time with another value."""
    second = sender.again()
    message = request(sender, "INVITE", "", SDP)
    head, end, body = message.partition(b"\r\nContent-Type")
    twice = (
        f"\r\nCSeq: 59 INVITE\r\nCall-ID: {second.token}@second\r\nTo: <sip:other@example.com>"
        f"\r\nFrom: <sip:other@example.net>;tag={second.token}\r\nMax-Forwards: 5"
        "\r\nContact: <sip:other@example.net>"
    )
    return head + twice.encode() + end + body


@_case("3.3.9", {400}, {200}, "the last one counts for TCP alone; in a datagram the body is what is there")
def mcl01(sender: Sender) -> bytes:
    """Two Content-Lengths that do not agree."""
    message = request(
        sender, "OPTIONS", body="There's no way to know how many octets are supposed to be here."
    )
    return message.replace(b"\r\nContent-Length: ", b"\r\nContent-Length: 5\r\nContent-Length: ", 1)


@_case("3.3.10", SILENCE)
def bcast(sender: Sender) -> bytes:
    """A response that we are to pass on to everybody (a second Via, with the broadcast address)."""
    here = f"SIP/2.0/UDP {sender.desk};branch=z9hG4bK{sender.token}"
    return response(
        sender, "200 OK", via=f"{here}, SIP/2.0/UDP 255.255.255.255;branch=z9hG4bKb", cseq="1 INVITE"
    )


@_case("3.3.11", {200})
def zeromf(sender: Sender) -> bytes:
    """No hop left: we forward nothing, so that does not matter."""
    return request(sender, "OPTIONS", max_forwards="0")


@_case("3.3.12", {405, 501})
def cparam01(sender: Sender) -> bytes:
    """A Contact with a parameter of its own that nobody knows."""
    return request(
        sender, "REGISTER", f"sip:{sender.desk}", contact=f"sip:+19725552222@{sender.here};unknownparam"
    )


@_case("3.3.13", {405, 501})
def cparam02(sender: Sender) -> bytes:
    """A Contact whose URI has a parameter that nobody knows."""
    return request(
        sender, "REGISTER", f"sip:{sender.desk}", contact=f"<sip:+19725552222@{sender.here};unknownparam>"
    )


@_case("3.3.14", {405, 501})
def regescrt(sender: Sender) -> bytes:
    """A Contact whose URI has a Route in it, escaped."""
    return request(
        sender,
        "REGISTER",
        f"sip:{sender.desk}",
        contact=f"<sip:user@{sender.here}?Route=%3Csip:sip.example.com%3E>",
    )


@_case(
    "3.3.15", {406}, {180}, "who calls without being able to read our SDP gets it all the same, and hangs up"
)
def sdp01(sender: Sender) -> bytes:
    """An INVITE that accepts answers of an unknown type only."""
    return request(sender, "INVITE", "", SDP, accept="text/nobodyKnowsThis")


# --- 3.4 backward compatibility


@_case("3.4.1", RINGING)
def inv2543(sender: Sender) -> bytes:
    """An INVITE as RFC 2543 had it: no branch, no tag, no Max-Forwards, no Contact's brackets."""
    return request(
        sender,
        "INVITE",
        "",
        SDP,
        via=f"SIP/2.0/UDP {sender.here}",
        from_=f"sip:1001@{sender.here}",
        to=sender.uri,
        max_forwards=None,
        contact=f"sip:1001@{sender.here}",
        record_route=None,
    )
