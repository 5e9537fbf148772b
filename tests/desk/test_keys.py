"""The table of key meanings: what the module's text promises is what the keys do."""

from __future__ import annotations

from appliance.desk import keys
from appliance.desk.keys import TABLE, Cell, Key, Meaning, Situation, hook_replaced


def promised() -> dict[str, list[str]]:
    """Read the table in the docstring: row name to its cells."""
    assert keys.__doc__ is not None
    lines = [line for line in keys.__doc__.splitlines() if line.startswith("| ")][2:]
    rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return {row[0]: row[1:] for row in rows}


def meaning(text: str) -> Meaning:
    return Meaning(text.strip().replace(" ", "_")) if text.strip() else Meaning.NOTHING


def test_the_table_in_the_text_is_the_table_in_the_code() -> None:
    table = promised()
    assert set(table) == set(Situation)
    for row in Situation:
        *cells, replaced = table[row]
        columns = (Key.ANSWER, Key.HOLD, Key.PARK, Key.FLASH, Key.REJECT, Key.HOOK)
        for key, text in zip(columns, cells, strict=True):
            short, _, long = text.partition("/")
            assert TABLE[row, key] == Cell(meaning(short), meaning(long)), (row, key)
        assert hook_replaced(row) is meaning(replaced), row


def test_every_key_means_one_thing_in_every_situation() -> None:
    assert set(TABLE) == {(row, key) for row in Situation for key in Key}


def test_mute_works_while_a_call_is_active_and_never_else() -> None:
    for row in Situation:
        active = not row.startswith(("idle", "ringing", "held"))
        assert TABLE[row, Key.MUTE].short is (Meaning.MUTE if active else Meaning.NOTHING)
