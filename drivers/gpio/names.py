"""The names of the pins on a Raspberry Pi's 40-pin header, as gpiozero and people write them."""

from __future__ import annotations

import re

# Position on the header: BCM number. The same on every board with 40 pins (Raspberry Pi's own pinout).
_HEADER = {
    3: 2, 5: 3, 7: 4, 8: 14, 10: 15, 11: 17, 12: 18, 13: 27, 15: 22, 16: 23, 18: 24, 19: 10, 21: 9, 22: 25,
    23: 11, 24: 8, 26: 7, 27: 0, 28: 1, 29: 5, 31: 6, 32: 12, 33: 13, 35: 19, 36: 16, 37: 26, 38: 20, 40: 21,
}  # fmt: skip
HIGHEST = 27
_BCM = re.compile(r"(?:GPIO|BCM)?(\d{1,2})", re.IGNORECASE | re.ASCII)
_PLACE = re.compile(r"(?:J8:|BOARD)(\d{1,2})", re.IGNORECASE | re.ASCII)
FIX = f'write a GPIO number from 0 to {HIGHEST}, or a name such as "GPIO17" or "J8:11"'


def pin_number(name: int | str) -> int:
    """Return the BCM number of a pin: 17, "17", "GPIO17", "BCM17", "J8:11" or "BOARD11".

    Raises ValueError that says what to write; a place on the header that is no GPIO says so.
    """
    written = str(name).strip()
    if (bcm := _BCM.fullmatch(written)) and int(bcm[1]) <= HIGHEST:
        return int(bcm[1])
    if place := _PLACE.fullmatch(written):
        if (number := _HEADER.get(int(place[1]))) is not None:
            return number
        raise ValueError(f"pin {int(place[1])} of the header is no GPIO; {FIX}")
    raise ValueError(FIX)
