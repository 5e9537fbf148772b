"""Search as one types: words and parts of numbers, in any order, over all that is known of a person.

Every word typed must be the beginning of a word of theirs; digits stand anywhere in a number of theirs, as it
was written or as it is compared ("0039 02" finds "+39 02"), or begin a word too. Digits with spaces between
them are one number; where nobody has it, they are several.

The order of what is found: for each thing typed, who has it as a whole name comes before whose name begins
with it, and that before any other word; a whole number, as of an extension, before a part of one. Among
equals favourites come first, then the alphabet decides.

MOST people at most are ranked, so that one letter is answered as fast as a name. Of more, these are taken:
favourites, who follows in the phone book on what was typed, whose names match, then the others, whole words
first; `more` says so. Nobody reads on to the end of them: one types another letter. Where a filter leaves no
more than FEW, all of these are looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from appliance.directory import index
from appliance.directory.categories import VISIBLE

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from appliance.directory.lookup import Keys

MOST = 100
FEW = 1000
LONGEST = 200  # characters of what is typed
TERMS = 12

_LAST = "\U0010ffff"  # follows on every other letter
_BETWEEN = re.compile(r"[\s()/.+\u2010-\u2015-]*")  # what stands between the digits of one number
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Only:
    """Whom to look for; what is None does not matter.

    `operator` is who asks: they see no other operator's own entries, and nobody who is only in categories
    that are neither public nor theirs. None: an admin, who sees everybody.
    """

    operator: str | None = None
    category: int | None = None
    tab: int | None = None
    source: str | None = None
    owner: str | None = None
    favourite: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """Ids of people, the best first, and whether there are more; an empty page is the last."""

    ids: tuple[int, ...]
    more: bool


class Word:
    """The beginning of a word."""

    def __init__(self, text: str) -> None:
        """`text` is folded."""
        self.text = text
        marked = f'"{index.MARK}{text}"'
        self.named = f"{marked} *"
        self.match = self.named if text[0] in "0123456789" else f'"{text}" * OR {self.named}'
        self.whole = f'"{text}" OR {marked}'

    def rank(self, entry: index.Text) -> int | None:
        """Return how well an entry has it, 0 is best; None: it has not."""
        for at, words in enumerate((f" {entry.name} ", f" {entry.other} ")):
            if f" {self.text}" in words:
                return 2 * at + (f" {self.text} " not in words)
        return None


class Digits:
    """Digits of a number: the pieces that were typed, and what they are in numbers as compared."""

    def __init__(self, pieces: Sequence[str], begun: Sequence[str]) -> None:
        """Both are of ASCII digits; `begun`: see numbers.DialPlan.begun."""
        self.pieces = pieces
        self._word = Word(pieces[0]) if len(pieces) == 1 else None
        self.match = " OR ".join([*map(_phrase, begun), *([self._word.match] if self._word else [])])
        self._parts = [_part(digits) for digits in begun]
        # A number begins where the index does, or behind the single digit that ends another.
        runs = "|".join(" ".join(index.runs(digits)) for digits in begun)
        self._whole = re.compile(rf"(?:^|(?:^| )\d )(?:{runs})(?: |$)")

    def rank(self, entry: index.Text) -> int | None:
        """Return how well an entry has them, 0 is best; None: it has not."""
        numbers = f" {entry.numbers} "
        if any(part in numbers for part in self._parts):
            return 0 if self._whole.search(entry.numbers) else 1
        return 2 if self._word and self._word.rank(entry) is not None else None


Term: TypeAlias = Word | Digits


def search(
    file: sqlite3.Connection,
    keys: Keys,
    typed: str,
    only: Only = Only(),
    limit: int = 50,
    offset: int = 0,
) -> Found:
    """Return a page of who is found; of everybody, by the alphabet, where nothing was typed."""
    if not terms(keys, typed):
        return _phone_book(file, only, "", limit, offset)
    for wanted in _meant(keys, typed):
        candidates, more = _candidates(file, wanted, only)
        if best := sorted(_ranked(file, wanted, candidates, only)):
            page = tuple(id for *_, id in best[offset : offset + limit])
            return Found(page, bool(page) and (more or len(best) > offset + limit))
    return Found((), more=False)


def matching(file: sqlite3.Connection, keys: Keys, typed: str, only: Only = Only()) -> list[int]:
    """Return everybody who is found, in no order: to do something with all of them."""
    if not terms(keys, typed):
        return list(_phone_book(file, only, "", -1, 0).ids)
    few = _few(file, only)
    for wanted in _meant(keys, typed):
        if few is not None:
            found = [id for *_, id in _ranked(file, wanted, few, only)]
        else:
            found = _matches(file, [term.match for term in wanted], only, -1)
        if found:
            return found
    return []


def turned(
    file: sqlite3.Connection, only: Only = Only(), limit: int = 50, at: int = 0, *, back: bool = False
) -> Found:
    """Return the page of the phone book that follows a person, or ends before them where one turns `back`.

    Without a person, or one who has gone, the first page or the last. However deep in the book it is, a page
    costs the same. `more` tells whether there are more in that direction.
    """
    sign, order, end = ("<", "DESC", _LAST) if back else (">", "ASC", "")
    place = file.execute("SELECT sort, id FROM person WHERE id = ?", (at,)).fetchone() or (end, 0)
    where, values = _where(only, "person.id")
    rows = file.execute(
        f"SELECT id FROM person WHERE (sort, id) {sign} (?, ?){_among(_few(file, only))}{where}"  # noqa: S608
        f" ORDER BY sort {order}, id {order} LIMIT ?",
        (*place, *values, limit + 1),
    )
    ids = [row[0] for row in rows]
    page = ids[:limit]
    return Found(tuple(reversed(page) if back else page), len(ids) > limit)


def count(file: sqlite3.Connection, only: Only = Only()) -> int | None:
    """Return how many there are; None where finding that out would take looking at each of them."""
    sets = _sets(only)
    if only.operator is not None or len(sets) > 1:
        few = _few(file, only)
        return None if few is None else len(turned(file, only, FEW).ids)
    select, values = (sets[0][0], (sets[0][2],)) if sets else ("SELECT 1 FROM person", ())
    return int(file.execute(f"SELECT count(*) FROM ({select})", values).fetchone()[0])  # noqa: S608


def terms(keys: Keys, typed: str) -> list[Term]:
    """Return what somebody looks for."""
    folded = index.fold(typed[:LONGEST])
    found: list[Term] = []
    pieces: list[str] = []
    end = 0
    for word in _WORD.finditer(folded):
        if pieces and not (_is_digits(word[0]) and _BETWEEN.fullmatch(folded, end, word.start())):
            found.append(_digits(keys, pieces))
            pieces = []
        if _is_digits(word[0]):
            pieces.append(word[0])
        else:
            found.append(Word(word[0]))
        end = word.end()
    if pieces:
        found.append(_digits(keys, pieces))
    return found[:TERMS]


def _meant(keys: Keys, typed: str) -> Iterator[list[Term]]:
    """Yield what may be meant: digits apart are one number; where nobody has it, they are several."""
    wanted = terms(keys, typed)
    yield wanted
    apart = [
        one
        for term in wanted
        for one in ([_digits(keys, [piece]) for piece in term.pieces] if isinstance(term, Digits) else [term])
    ]
    if len(apart) > len(wanted):
        yield apart[:TERMS]


def _is_digits(word: str) -> bool:
    return word.isascii() and word.isdigit()


def _digits(keys: Keys, pieces: list[str]) -> Digits:
    return Digits(tuple(pieces), keys.plan.begun("".join(pieces)))


# --- numbers in the index: see index.runs


def _phrase(digits: str) -> str:
    """Return the FTS5 expression that finds digits in the middle of a number."""
    if len(digits) < index.RUN - 1:
        return f'"{digits}" *'  # FTS5 has an index of these
    if len(digits) == index.RUN - 1:  # and is faster with eleven words than with a beginning
        return " OR ".join(f'"{digits}{more}"' for more in ("", *"0123456789"))
    return " + ".join(f'"{run}"' for run in _full_runs(digits))


def _part(digits: str) -> str:
    """Return what the index of whoever has these digits holds, with a space before and behind it."""
    return f" {digits}" if len(digits) < index.RUN else f" {' '.join(_full_runs(digits))} "


def _full_runs(digits: str) -> list[str]:
    return index.runs(digits)[: 1 - index.RUN]


# --- the store


def _candidates(file: sqlite3.Connection, wanted: Sequence[Term], only: Only) -> tuple[list[int], bool]:
    """Return who is to be ranked, and whether there are more."""
    if (few := _few(file, only)) is not None:
        return few, False
    words = [term for term in wanted if isinstance(term, Word)]
    named: list[int] = []
    first: list[int] = []
    if len(words) == len(wanted):
        named = _matches(file, [word.named for word in words], only, MOST + 1)
        if len(named) <= MOST:
            first = _matches(file, [word.whole for word in words], only, MOST + 1)
    if max(len(named), len(first)) <= MOST:
        first = _matches(file, [term.match for term in wanted], only, MOST + 1)
        if len(first) <= MOST:
            return first, False
    found = _favourites(file, wanted)
    if len(words) == len(wanted) == 1:
        found += _phone_book(file, only, words[0].text, MOST, 0).ids
    return list(dict.fromkeys([*found, *named, *first]))[:MOST], True


def _matches(file: sqlite3.Connection, all_of: Iterable[str], only: Only, most: int) -> list[int]:
    """Return who matches each expression, as they were entered: FTS5 stops at the last that is wanted."""
    where, values = _where(only, "search.rowid")
    rows = file.execute(
        f"SELECT rowid FROM search WHERE search MATCH ?{where} LIMIT ?",  # noqa: S608 - of our own words
        (" AND ".join(f"({one})" for one in all_of), *values, most),
    )
    return [row[0] for row in rows]


def _phone_book(file: sqlite3.Connection, only: Only, beginning: str, limit: int, offset: int) -> Found:
    """Return who follows in the phone book on a beginning; -1: all of them."""
    few = _few(file, only)
    where, values = _where(only, "person.id")
    rows = file.execute(
        f"SELECT id FROM person WHERE sort >= ? AND sort < ?{_among(few)}{where}"  # noqa: S608
        " ORDER BY sort, id LIMIT ? OFFSET ?",
        (beginning, beginning + _LAST, *values, limit + 1 if limit >= 0 else -1, offset),
    )
    ids = tuple(row[0] for row in rows)
    return Found(ids[:limit], len(ids) > limit) if limit >= 0 else Found(ids, False)


def _favourites(file: sqlite3.Connection, wanted: Sequence[Term]) -> list[int]:
    """Return the favourites who match."""
    rows = file.execute("SELECT id FROM person WHERE favourite LIMIT ?", (FEW,))
    return [id for *_, id in _ranked(file, wanted, [row[0] for row in rows], Only())]


def _ranked(
    file: sqlite3.Connection, wanted: Sequence[Term], ids: Iterable[int], only: Only
) -> Iterator[tuple[int, bool, str, int]]:
    """Yield the rank of those who match: (how well, no favourite, place in the alphabet, id)."""
    where, values = _where(only, "person.id")
    rows = file.execute(
        "SELECT id, NOT favourite, name, other, numbers FROM person JOIN search ON search.rowid = id"  # noqa: S608
        f" WHERE true{_among(ids)}{where}",
        values,
    )
    for id, ordinary, *texts in rows:
        entry = index.Text.of_row(*texts)
        ranks = [rank for term in wanted if (rank := term.rank(entry)) is not None]
        if len(ranks) == len(wanted):
            yield sum(ranks), bool(ordinary), entry.name, id


def _sets(only: Only) -> list[tuple[str, str, Any]]:
    """Return the sets that people must be in: what selects them, the column that has them, its value."""
    found: list[tuple[str, str, Any]] = []
    if only.tab is not None:
        found.append(("SELECT person FROM tab_person WHERE tab = ?", "person", only.tab))
    if only.category is not None:
        found.append(("SELECT person FROM person_category WHERE category = ?", "person", only.category))
    if only.favourite:
        found.append(("SELECT id FROM person AS one WHERE favourite AND ?", "one.id", 1))
    if only.owner is not None:
        found.append(("SELECT id FROM person AS one WHERE owner = ?", "one.id", only.owner))
    if only.source is not None:
        found.append(("SELECT id FROM person AS one WHERE source = ?", "one.id", only.source))
    return found


def _few(file: sqlite3.Connection, only: Only) -> list[int] | None:
    """Return a set of few people who alone can be meant; None: there is no such set."""
    for select, _, value in _sets(only):
        ids = [row[0] for row in file.execute(f"{select} LIMIT ?", (value, FEW + 1))]
        if len(ids) <= FEW:
            return ids
    return None


def _among(ids: Iterable[int] | None) -> str:
    return "" if ids is None else f" AND id IN ({', '.join(str(int(id)) for id in ids)})"


def _where(only: Only, id: str) -> tuple[str, list[Any]]:
    """Return conditions on the id of a person, to be asked of one after the other, and their values."""
    conditions = [f" AND EXISTS ({select} AND {column} = {id})" for select, column, _ in _sets(only)]
    values = [value for *_, value in _sets(only)]
    if only.operator is not None:
        conditions.append(f" AND {VISIBLE.format(id=id)}")
        values += [only.operator] * VISIBLE.count("?")
    return "".join(conditions), values
