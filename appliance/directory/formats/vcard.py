"""vCard 2.1 (versit, 1996), 3.0 (RFC 2426) and 4.0 (RFC 6350), read card by card in bounded memory.

A reader of our own: vobject knows no 4.0, takes 33 s for 100,000 cards, and gives up a whole file at a
continuation line of 2.1's quoted-printable. What a person has a field for and vCard has no property is in
properties and parameters whose names begin with X-DESKBELL. What a card says beyond that is kept in the
notes, where it is about the person, or left out with a notice.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from appliance.directory.formats.items import MAX_ROWS, Fault, FormatError, Notice, row, tidy
from appliance.directory.formats.text import encoding_of, lines
from appliance.directory.person import Number, Person
from appliance.directory.pictures import Album, PictureError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from appliance.directory.formats.items import Item
    from appliance.directory.formats.text import Line
    from appliance.directory.person import Picture

Version = Literal["2.1", "3.0", "4.0"]

MAX_CARD = 6 * 1024 * 1024
"""Characters of a card: a photo of 4 MB in base64 fits."""

MAX_CARD_LINES = 200_000
FOLD = 75  # octets of a line (RFC 6350 section 3.2)

TEXTS = {
    "TITLE": "title",
    "NOTE": "notes",
    "UID": "external_id",
    "EMAIL": "email",
    "URL": "web",
    "CALURI": "calendar",  # RFC 2739, and section 6.9.3 of RFC 6350
    "X-DESKBELL-OFFICE": "office",
    "X-DESKBELL-OWNER": "owner",
}
URIS = {"URL", "CALURI", "IMPP"}
FLAGS = {"X-DESKBELL-FAVOURITE": "favourite", "X-DESKBELL-DISABLED": "disabled"}
NOTED = {
    "ADR": "Address",
    "BDAY": "Birthday",
    "ANNIVERSARY": "Anniversary",
    "NICKNAME": "Nickname",
    "ROLE": "Role",
    "IMPP": "Instant messages",
    "EMAIL": "E-mail",
    "URL": "Web",
}
"""What goes to the notes, and how it is called there; of what there is a field for, all but the first."""

SAYS_NOTHING = {
    "BEGIN", "END", "VERSION", "FN", "REV", "PRODID", "KIND", "SOURCE", "NAME", "MAILER", "SORT-STRING",
    "CLASS", "PROFILE", "X-ABLABEL", "X-ABUID", "X-ABADR", "LABEL", "CLIENTPIDMAP", "X-ABSHOWAS",
}  # fmt: skip
PEOPLE = {"", "individual", "org", "organization"}
"""Kinds of card (RFC 6350 section 6.1.4) that are taken; a group's or a place's is not."""

TYPES = (  # ours, what TEL says; the first of these whose words are all there is meant
    ("mobile", {"CELL"}),
    ("home fax", {"FAX", "HOME"}),
    ("fax", {"FAX"}),
    ("pager", {"PAGER"}),
    ("car", {"CAR"}),
    ("isdn", {"ISDN"}),
    ("home", {"HOME"}),
    ("work", {"WORK"}),
    ("company", {"MAIN"}),
    ("other", {"OTHER"}),
)
SAYS_NO_TYPE = {"VOICE", "PREF", "TEXT", "VIDEO", "MSG", "INTERNET"}
WORDS = {ours: sorted(words) for ours, words in TYPES}

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_PARTS = {
    separator: re.compile(rf"(?:[^\\{separator}]++|\\.)*+", re.DOTALL) for separator in ";,"
}  # possessive, here and below: a value of megabytes is not to be kept for going back
_HEAD = re.compile(r'(?:"[^"]*+"|[^":]++)*+')
_PARAMETER = re.compile(r';([^=;:"]++)(?:=((?:"[^"]*+"|[^";:]++)*+))?')
_VALUE = re.compile(r'"([^"]*)"|([^,"]+)')
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_DATA = re.compile(r"data:[^,]*;base64,", re.IGNORECASE)
_CARET = re.compile(r"\^([n'^])")  # RFC 6868
_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before the colon of a content line, all but the parameters' values in capitals."""

    name: str
    parameters: dict[str, list[str]]
    coded: str  # "Q": quoted-printable, "B": base64, "": as it is
    number: Number  # what a TEL's parameters say of its number
    rank: int  # how little it is preferred; 0: they do not say


@dataclass(frozen=True, slots=True)
class Property:
    """A content line; `value` is raw."""

    head: Head
    value: str


def read(stream: BinaryIO, encoding: str = "", country_code: str = "") -> Iterator[Item]:
    """Yield the people of a file of cards; "" lets the encoding be found out.

    No program has spoiled the numbers in it: `country_code` is only for files of spreadsheets.
    """
    encoding = encoding_of(stream, encoding)
    reader = _Reader(encoding)
    for number, card in enumerate(_cards(lines(stream, encoding, MAX_CARD))):
        if number >= MAX_ROWS:
            raise FormatError(f"the file has more than {MAX_ROWS} cards: split it in smaller ones")
        if isinstance(card, Fault):
            yield card
        else:
            yield from reader.read(card)


def write(people: Iterable[Person], stream: BinaryIO, version: Version = "3.0") -> None:
    """Write a card for each, in UTF-8. Most programs read 3.0."""
    say = _Writer(version)
    stream.writelines("".join(say.card(person)).encode() for person in people)


# --- reading


def _cards(feed: Iterator[Line]) -> Iterator[list[Line] | Fault]:
    """Yield the lines of each card, from BEGIN to END; a card inside a card (AGENT) is left out of it."""
    card: list[Line] = []
    length = depth = 0
    fault: Fault | None = None
    outside = False  # and it was said
    for line in feed:
        word = line.text.strip("\ufeff\r\n\t ").upper() if line.text[0] in "BEbe\ufeff" else ""
        if word == "BEGIN:VCARD" and depth and (depth > 1 or _is_agent(card[-1])):
            depth += 1
        elif word == "BEGIN:VCARD":
            if depth:
                yield fault or Fault(card[0].number, "the card does not end before the next one begins")
            card, length, depth, fault, outside = [line], 0, 1, None, False
        elif depth == 0:
            if not outside and line.text.strip():
                yield Fault(line.number, "this is outside of any card")
                outside = True
        elif word == "END:VCARD":
            depth -= 1
            if depth == 0:
                yield fault or card
        elif depth == 1 and fault is None:
            length += len(line.text)
            if line.fault:
                fault = Fault(line.number, line.fault)
            elif length > MAX_CARD or len(card) > MAX_CARD_LINES:
                fault = Fault(card[0].number, f"the card is longer than {MAX_CARD} characters")
            if fault:
                card = card[:1]
            else:
                card.append(line)
    if depth:
        yield fault or Fault(card[0].number, "the card does not end")


def _is_agent(line: Line) -> bool:
    return line.text[:5].upper() == "AGENT"


def _properties(card: list[Line]) -> Iterator[Property | Fault]:
    """Yield what a card says, its lines unfolded."""
    old = any("2.1" in line.text and line.text.strip().upper() == "VERSION:2.1" for line in card)
    at = 1
    while at < len(card):
        line = card[at]
        text = line.text.rstrip("\r\n")
        said = _property(text)
        at += 1
        if said and not said.head.coded and (at == len(card) or card[at].text[0] not in " \t"):
            yield said  # as nearly every line is
            continue
        parts = [text]
        if old and said and said.head.coded == "Q":
            while parts[-1].endswith("=") and at < len(card):
                parts[-1] = parts[-1][:-1]
                parts.append(card[at].text.rstrip("\r\n"))
                at += 1
        else:
            coded = said is not None and said.head.coded == "B"
            while at < len(card) and _continues(card[at].text, coded):
                parts.append(card[at].text.rstrip("\r\n")[0 if coded or old else 1 :])
                at += 1
        if len(parts) > 1:
            said = _property("".join(parts))
        if said:
            yield said
        elif text.strip():
            yield Fault(line.number, f"{text[:40]!r} is no property of a card")


def _continues(text: str, coded: bool) -> bool:
    """Return whether a line belongs to the one before: folded, or more of what is coded in base64."""
    if text[0] in " \t":
        return True
    if not coded or ":" in text or ";" in text:
        return False
    return bool(text.strip()) and bool(_BASE64.fullmatch(text))


def _property(text: str) -> Property | None:
    """Return the property of a content line; None when it is none."""
    quoted = _HEAD.match(text) if '"' in text else None
    head = quoted[0] if quoted else text.partition(":")[0]
    if text[len(head) : len(head) + 1] != ":":
        return None
    parsed = _parsed(head) if len(head) < FOLD else _parsed.__wrapped__(head)
    return Property(parsed, text[len(head) + 1 :]) if parsed else None


@lru_cache(1024)
def _parsed(text: str) -> Head | None:
    """Return a head; None when it is none."""
    name, _, rest = text.partition(";")
    parameters: dict[str, list[str]] = {}
    at = len(name)
    while rest and (match := _PARAMETER.match(text, at)):
        at = match.end()
        key, said = match[1].strip().upper(), match[2]
        if said is None:  # 2.1 names values alone: TEL;WORK;VOICE
            key, said = _bare_parameter(key), match[1].strip()
        values = [quoted or plain for quoted, plain in _VALUE.findall(said)]
        if not key.startswith("X-"):  # 4.0 writes TYPE="voice,work", and so do some in 3.0
            values = [word.upper() for value in values for word in value.split(",")]
        parameters.setdefault(key, []).extend(values)
    if at != len(text):
        return None
    encoding = (*parameters.get("ENCODING", ()), "")[0]
    coded = {"QUOTED-PRINTABLE": "Q", "BASE64": "B", "B": "B"}.get(encoding, "")
    return Head(name.rpartition(".")[2].strip().upper(), parameters, coded, *_of_number(parameters))


def _of_number(parameters: dict[str, list[str]]) -> tuple[Number, int]:
    words = set(parameters.get("TYPE", ()))
    kinds = words - SAYS_NO_TYPE
    kind = next((ours for ours, theirs in TYPES if theirs <= kinds), "other" if kinds else "work")
    number = Number(
        "",
        _ours(parameters, "TYPE") or kind,
        _ours(parameters, "SPEED-DIAL"),
        monitored=_ours(parameters, "MONITORED") == "1",
    )
    rank = (*parameters.get("PREF", ()), "")[0]
    return number, int(rank) if rank.isdecimal() and len(rank) < 4 else int("PREF" in words)


def _ours(parameters: dict[str, list[str]], name: str) -> str:
    """Return one of our own parameters, unescaped as RFC 6868 says."""
    value = "".join(parameters.get(f"X-DESKBELL-{name}", ()))
    return tidy(_CARET.sub(lambda match: {"n": "\n", "'": '"', "^": "^"}[match[1]], value))


def _bare_parameter(word: str) -> str:
    if word in ("QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT"):
        return "ENCODING"
    return "VALUE" if word in ("URL", "CONTENT-ID", "CID", "INLINE") else "TYPE"


class _Reader:
    """Makes people of cards."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._album = Album()
        self._told: set[str] = set()  # properties that were left out

    def read(self, card: list[Line]) -> Iterator[Item]:
        """Yield a card's person, or what is wrong with it."""
        line = card[0].number
        fields: dict[str, Any] = {}
        numbers: list[tuple[int, Number]] = []  # with how little each is preferred
        notes: list[str] = []
        full_name = ""
        old = False
        for said in _properties(card):
            if isinstance(said, Fault):
                yield said
                return
            try:
                text = self._text(said)
            except (LookupError, ValueError) as error:
                yield Fault(line, f"{said.head.name} cannot be read: {error}")
                return
            name = said.head.name
            if name == "VERSION":
                old = text.strip() == "2.1"
            elif name == "FN":
                full_name = full_name or tidy(_plain(text, old))
            elif name == "KIND" and text.strip().lower() not in PEOPLE:
                yield Fault(line, f"the card is of a {text.strip()[:40]}, not of a person")
                return
            elif name == "N":
                fields |= _name(text, old)
            elif name == "ORG":
                parts = _split(text, old)
                fields["company"], fields["department"] = parts[0], ", ".join(filter(None, parts[1:]))
            elif name == "TEL":
                if number := _number(said, text, old):
                    numbers.append((said.head.rank, number))
            elif name == "CATEGORIES":
                names = _split(text, old, ",")
                fields["categories"] = tuple(
                    dict.fromkeys(filter(None, (*fields.get("categories", ()), *names)))
                )
            elif name == "X-JABBER" or (name == "IMPP" and text[:5].lower() == "xmpp:"):
                fields.setdefault("xmpp", tidy(_plain(text, old)[5 if name == "IMPP" else 0 :]))
            elif name == "PHOTO" and "picture" not in fields:
                try:
                    fields["picture"] = self._picture(said)
                except PictureError as error:
                    yield Notice(line, f"the photo is left out: {error}")
            elif name in FLAGS:
                fields[FLAGS[name]] = text.strip() == "1"
            elif name in TEXTS and TEXTS[name] not in fields:
                fields[TEXTS[name]] = tidy(_plain(text, old))
            elif name in NOTED:
                value = (
                    ", ".join(filter(None, _split(text, old))) if name == "ADR" else tidy(_plain(text, old))
                )
                notes += [f"{NOTED[name]}: {value}"] if value else []
            elif name not in SAYS_NOTHING and name not in self._told:
                self._told.add(name)
                yield Notice(line, f"{name[:40]} is not known here and left out")
        if notes:
            fields["notes"] = "\n".join(filter(None, (fields.get("notes", ""), *notes)))
        substitutes = {"", fields.get("email", ""), *(number.number for _, number in numbers)}
        if not (
            fields.get("last") or fields.get("first") or fields.get("company") or full_name in substitutes
        ):
            fields["last"] = full_name
        yield row(line, Person(numbers=_preferred(numbers), **fields))

    def _text(self, said: Property) -> str:
        """Return the value in Unicode: 2.1 may say in which way it is coded."""
        if not said.head.parameters:
            return said.value
        charset = (*said.head.parameters.get("CHARSET", ()), "")[0]
        if said.head.coded == "Q":
            return quopri.decodestring(said.value.encode()).decode(charset or "utf-8")
        if charset and not said.value.isascii() and charset.lower() != self._encoding.removesuffix("-sig"):
            return said.value.encode(self._encoding).decode(charset)
        return said.value

    def _picture(self, said: Property) -> Picture:
        value = said.value
        if data := _DATA.match(value):  # RFC 2397
            value = value[data.end() :]
        elif said.head.coded != "B":
            raise PictureError("it is only the address of one")
        try:
            return self._album.picture(base64.b64decode(value))
        except binascii.Error as error:
            raise PictureError(f"it is no base64: {error}") from error


def _plain(text: str, old: bool) -> str:
    """Undo the escapes of a text (RFC 6350 section 3.4); 2.1 escapes : ; , and the backslash only."""
    if "\\" not in text:
        return text

    def meant(match: re.Match[str]) -> str:
        what = match[1]
        if old:
            return what if what in ":;,\\" else match[0]
        return "\n" if what in "nN" else what

    return _ESCAPE.sub(meant, text)


def _split(text: str, old: bool, separator: str = ";") -> list[str]:
    """Return the parts of a structured value, tidy."""
    if "\\" not in text:
        return [tidy(part) for part in text.split(separator)]
    parts, at = [], 0
    while match := _PARTS[separator].match(text, at):
        parts.append(tidy(_plain(match[0], old)))
        at = match.end() + 1
        if at > len(text):
            break
    return parts


def _name(text: str, old: bool) -> dict[str, str]:
    """Return last and first name: N's parts are family, given, additional names, prefixes, suffixes."""
    last, first, more, *_ = *_split(text, old), "", "", ""
    return {"last": last, "first": f"{first} {more}".strip()}


def _number(said: Property, text: str, old: bool) -> Number | None:
    written = tidy(_plain(text, old))
    if "URI" in said.head.parameters.get("VALUE", ()) and written[:4].lower() == "tel:":
        written, _, parameters = written[4:].partition(";")  # RFC 3966: an extension is a parameter
        if match := re.search(r"(?:^|;)ext=([0-9]+)", parameters):
            written += f";ext={match[1]}"
    told = said.head.number
    return Number(written, told.type, told.speed_dial, False, told.monitored) if written else None


def _preferred(numbers: list[tuple[int, Number]]) -> tuple[Number, ...]:
    """Return the numbers, the one that is most preferred the default."""
    best = min((rank for rank, _ in numbers if rank), default=0)
    first = next((at for at, (rank, _) in enumerate(numbers) if best and rank == best), -1)
    return tuple(
        Number(one.number, one.type, one.speed_dial, at == first, one.monitored)
        for at, (_, one) in enumerate(numbers)
    )


# --- writing


class _Writer:
    """Writes people in one version's way."""

    def __init__(self, version: Version) -> None:
        self._version = version
        self._old = version == "2.1"

    def card(self, person: Person) -> Iterator[str]:
        """Yield the lines of a card, folded and with their ends."""
        yield f"BEGIN:VCARD\r\nVERSION:{self._version}\r\n"
        name = person.name or person.email or next((number.number for number in person.numbers), "")
        yield self._line("FN", self._escaped(name))
        yield self._line("N", ";".join((self._escaped(person.last), self._escaped(person.first), "", "", "")))
        if person.company or person.department:
            parts = [person.company, person.department] if person.department else [person.company]
            yield self._line("ORG", ";".join(map(self._escaped, parts)))
        for said, of in TEXTS.items():
            if text := getattr(person, of):
                yield self._line(*self._said(said, text))
        if person.xmpp:
            yield self._line(*self._said("IMPP", f"xmpp:{person.xmpp}"))  # RFC 4770
        if person.categories:
            yield self._line(
                "CATEGORIES", ",".join(self._escaped(one, comma=True) for one in person.categories)
            )
        for said, of in FLAGS.items():
            if getattr(person, of):
                yield self._line(said, "1")
        for number in person.numbers:
            yield self._line(f"TEL{self._tel_parameters(number)}", self._escaped(number.number))
        if person.picture:
            yield from self._photo(person.picture)
        yield "END:VCARD\r\n"

    def _tel_parameters(self, number: Number) -> str:
        words = [word if self._old else word.lower() for word in WORDS.get(number.type, ["VOICE"])]
        if number.default and self._version != "4.0":
            words.append("PREF" if self._old else "pref")
        if self._old:
            said = ";" + ";".join(words)
        elif self._version == "3.0":
            said = f";TYPE={','.join(words)}"
        else:
            said = f';TYPE="{",".join(words)}"' + (";PREF=1" if number.default else "")
        mine = {
            "TYPE": "" if number.type in WORDS else number.type,
            "SPEED-DIAL": number.speed_dial,
            "MONITORED": "1" if number.monitored else "",
        }
        return said + "".join(f';X-DESKBELL-{key}="{_careted(text)}"' for key, text in mine.items() if text)

    def _photo(self, picture: Picture) -> Iterator[str]:
        coded = base64.b64encode(picture.data).decode()
        kind = picture.type.partition("/")[2].upper()
        if self._version == "4.0":
            yield _folded(f"PHOTO:data:{picture.type};base64,{coded}")
        elif self._old:
            yield _folded(f"PHOTO;{kind};ENCODING=BASE64:{coded}") + "\r\n"
        else:
            yield _folded(f"PHOTO;ENCODING=b;TYPE={kind}:{coded}")

    def _said(self, name: str, text: str) -> tuple[str, str]:
        """Return a property that is a text, or a URI, where commas and semicolons mean themselves."""
        if name not in URIS:
            return f"{name};VALUE=text" if name == "UID" and self._version == "4.0" else name, self._escaped(
                text
            )
        text = _BREAK.sub("\n", text).replace("\\", "\\\\")
        return name, text if self._old else text.replace("\n", "\\n")

    def _escaped(self, text: str, comma: bool = False) -> str:
        """Escape a text; in 2.1 commas only in lists, and its line ends are coded with all else."""
        text = _BREAK.sub("\n", text).replace("\\", "\\\\").replace(";", "\\;")
        if comma or not self._old:
            text = text.replace(",", "\\,")
        return text if self._old else text.replace("\n", "\\n")

    def _line(self, name: str, value: str) -> str:
        if not self._old:
            return _folded(f"{name}:{value}")
        if value.isascii() and "\n" not in value and len(name) + len(value) < FOLD and value.isprintable():
            return f"{name}:{value}\r\n"
        parts = (quopri.encodestring(part.encode(), quotetabs=True).decode() for part in value.split("\n"))
        coded = "=0D=0A=\n".join(parts).replace(
            ":", "=3A"
        )  # a colon at its place would make a property of it
        coded = coded.replace("\n", "\r\n")
        return f"{name};CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{coded}\r\n"


def _careted(text: str) -> str:
    return _BREAK.sub("^n", text.replace("^", "^^")).replace('"', "^'")


def _folded(line: str) -> str:
    """Fold a line at FOLD octets, never inside a character."""
    if len(line) * 4 <= FOLD or (line.isascii() and len(line) <= FOLD):
        return line + "\r\n"
    data, at = line.encode(), 0
    parts: list[str] = []
    while at < len(data):
        end = min(at + (FOLD - 1 if parts else FOLD), len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        parts.append(data[at:end].decode())
        at = end
    return "\r\n ".join(parts) + "\r\n"
