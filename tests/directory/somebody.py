"""People of all kinds, and a store that forgets them again."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from appliance.directory.lookup import Keys
from appliance.directory.person import Number, Person, Picture
from appliance.numbers import DialPlan

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

MILAN = Keys(DialPlan("IT", outside_prefix="0"))
BERLIN = Keys(DialPlan("DE", outside_prefix="0"))
NEW_YORK = Keys(DialPlan("US", outside_prefix="9"))
NOWHERE = Keys(DialPlan())

words = st.one_of(
    st.sampled_from(
        ["Müller", "Łukasz", "İpek", "Strauß", "Νίκος", "Дмитрий", "d'Ångström", "Rossi", "a", ""]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
digits = st.text("0123456789", min_size=1, max_size=12)
numbers = st.builds(
    Number,
    st.one_of(
        st.sampled_from(
            ["+39 02 1234567", "02 1234567", "0039-02-1234567", "1001", "*21#", "ada", "+49 (0)30 12"]
        ),
        digits,
        words.filter(str.strip),
    ),
    st.sampled_from(["work", "mobile", "extension"]),
    monitored=st.booleans(),
)
people = st.builds(
    Person,
    last=words.map(lambda name: name + "x"),  # everybody has a name
    first=words,
    company=words,
    notes=words,
    email=words,
    favourite=st.booleans(),
    disabled=st.booleans(),
    categories=st.lists(st.sampled_from(["Customers", "VIP", "Zürich"]), unique=True).map(
        lambda names: tuple(sorted(names))
    ),
    numbers=st.lists(numbers, max_size=3).map(tuple),
    picture=st.none() | st.builds(Picture, st.just("image/png"), st.binary(max_size=9)),
    changed=st.floats(1, 1e9),
)


@contextmanager
def forgotten(file: sqlite3.Connection) -> Iterator[None]:
    """What is written within is taken back: as an empty store for each example."""
    file.execute("BEGIN")
    try:
        yield
    finally:
        file.rollback()
