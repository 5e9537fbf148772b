"""What somebody has chosen here of a person whom a source tells of: it stays, whatever the source changes.

That is whether the person is a favourite or disabled, the categories they are in, and of each number whether
it is the default, monitored, or behind a speed dial key. These choices follow the number; where the source
has changed it, they go to the new number of the same kind, when there is just one that is new. (The tabs they
are in hold on to the person's id, which stays as well.)
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.directory.person import Number, Person


def with_choices(person: Person, stored: Person, old_category: str = "") -> Person:
    """Return a person as the source has them now, with what somebody has chosen here.

    `old_category` is the one that the source's people were put into until now.
    """
    chosen = [each for each in stored.categories if each != old_category]
    return replace(
        person,
        id=stored.id,
        changed=stored.changed,
        owner=stored.owner,
        favourite=stored.favourite,
        disabled=stored.disabled,
        categories=tuple(sorted({*chosen, *person.categories})),
        numbers=_numbers_with_choices(person.numbers, stored.numbers),
    )


def _numbers_with_choices(new: tuple[Number, ...], old: tuple[Number, ...]) -> tuple[Number, ...]:
    numbers = list(new)
    known = {_bare(each.number) for each in old}
    for each in old:
        if not (each.speed_dial or each.default or each.monitored):
            continue
        same = [at for at, number in enumerate(new) if _bare(number.number) == _bare(each.number)]
        fresh = [
            at
            for at, number in enumerate(new)
            if number.type == each.type and _bare(number.number) not in known
        ]
        if at := same[:1] or fresh * (len(fresh) == 1):
            if each.default:
                numbers = [replace(number, default=False) for number in numbers]
            numbers[at[0]] = replace(
                numbers[at[0]], speed_dial=each.speed_dial, default=each.default, monitored=each.monitored
            )
    return tuple(numbers)


def _bare(number: str) -> str:
    return re.sub(r"[\s()/.-]", "", number)
