"""The table of key meanings: what the module's text promises is what the keys do."""

from __future__ import annotations

from appliance.desk import keys
from appliance.desk.keys import DIGITS, TABLE, Cell, Key, Meaning, Situation, hook_lifted, hook_replaced


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
    assert set(TABLE) == {(row, key) for row in Situation for key in Key if key not in DIGITS}


def test_mute_works_while_a_call_is_active_and_never_else() -> None:
    for row in Situation:
        active = not row.startswith(("idle", "typed", "ringing", "held"))
        assert TABLE[row, Key.MUTE].short is (Meaning.MUTE if active else Meaning.NOTHING)


def test_to_lift_another_device_answers_what_rings_and_else_goes_on_talking_there() -> None:
    for row in Situation:
        answer = TABLE[row, Key.ANSWER].short
        active = not row.startswith(("idle", "typed", "ringing", "held"))
        takes = active and answer is Meaning.NOTHING
        assert hook_lifted(row, elsewhere=True) is (Meaning.TAKE if takes else answer)
        assert hook_lifted(row, elsewhere=False) is TABLE[row, Key.HOOK].short


def test_keys_that_call_do_so_while_the_desk_is_idle_and_never_else() -> None:
    for row in Situation:
        for key in (Key.REDIAL, Key.VOICE_MAIL, Key.SPEED_DIAL):
            assert TABLE[row, key].long is Meaning.NOTHING
            assert (TABLE[row, key].short is not Meaning.NOTHING) == (row is Situation.IDLE)


def test_what_a_headset_says_of_its_own_audio_is_no_key() -> None:
    assert not {"line", "line_busy"} & set(map(str, Key))
