"""People with names that files trip over."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from PIL import Image

from appliance.directory.formats.items import TEXTS, Fault, Notice, Row, tidied
from appliance.directory.person import Number, Person
from appliance.directory.pictures import small

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.directory.formats.items import Item

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

NASTY = (
    *(
        '"',
        "'",
        "''",
        ",",
        ";",
        "\\",
        "\\n",
        "\n",
        "\r\n",
        "\r",
        "\t",
        ":",
        "^",
        "=",
        "+",
        "-",
        "@",
        "#",
        "%",
    ),
    *("=1+1", "+39 02 1", "-1", "@SUM(A1)", "'=1", "''=1", '="039"', "\u2028", "\x85", "\x0b", "\ufeff"),
    *("é", "ß", "Ł", "日本", "🦊", "👩‍👩‍👧", "\u05e9\u05dc\u05d5\u05dd", "\u202eabc", "e\u0301", "\uff1d1"),
    *("END:VCARD", "BEGIN:VCARD", "sep=;", "=0D=0A=", "tel:1", "xmpp:", " ", "a" * 80, "ö" * 80),
)
TEXT = st.lists(
    st.one_of(
        st.sampled_from(NASTY),
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
    ),
    max_size=5,
).map("".join)


def picture_of(kind: str = "PNG", size: tuple[int, int] = (300, 200), **more: Any) -> bytes:
    """Return the bytes of a picture."""
    done = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(done, kind, **more)
    return done.getvalue()


NUMBER = st.builds(
    Number,
    number=TEXT.filter(lambda text: len(text) < 200),
    type=st.one_of(
        st.sampled_from(["work", "mobile", "home", "fax", "home fax", "extension", "other"]), TEXT
    ),
    speed_dial=st.one_of(st.just(""), TEXT),
    monitored=st.booleans(),
)
NUMBERS = st.lists(NUMBER, max_size=4).flatmap(
    lambda numbers: st.integers(-1, len(numbers) - 1).map(
        lambda default: tuple(
            Number(one.number, one.type, one.speed_dial, at == default, one.monitored)
            for at, one in enumerate(numbers)
        )
    )
)
PERSON = st.builds(
    Person,
    **dict.fromkeys(TEXTS, TEXT),
    favourite=st.booleans(),
    disabled=st.booleans(),
    categories=st.lists(TEXT, max_size=3).map(tuple),
    numbers=NUMBERS,
    picture=st.sampled_from([None, small(picture_of())]),
).map(tidied)
PEOPLE = st.lists(PERSON.filter(lambda person: person.name or person.numbers or person.email), max_size=4)


def people_in(items: Iterable[Item]) -> list[Person]:
    """Return the people that were read; there has to be nothing else."""
    found = list(items)
    assert all(isinstance(item, Row) for item in found), [item for item in found if not isinstance(item, Row)]
    return [item.person for item in found if isinstance(item, Row)]


def faults_in(items: Iterable[Item]) -> list[tuple[int, str]]:
    """Return what was wrong, and where."""
    return [(item.line, item.reason) for item in items if isinstance(item, Fault)]


def notices_in(items: Iterable[Item]) -> list[str]:
    """Return what was left out."""
    return [item.text for item in items if isinstance(item, Notice)]
