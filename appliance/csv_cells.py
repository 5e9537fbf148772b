"""Cells of tables that people open in a spreadsheet.

Who rings here chooses the name that is shown: one that begins like a formula would be calculated. Such a cell
gets an apostrophe before it, as OWASP advises ("CSV Injection"), also one that has apostrophes there already,
so that taking one off gives what was written.
"""

from __future__ import annotations

import re

FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""How a cell begins that is written with an apostrophe before it; the last four are wide forms."""


def defused(text: str) -> str:
    """Return what to write, so that no spreadsheet calculates it."""
    return f"'{text}" if FORMULA.match(text) else text
