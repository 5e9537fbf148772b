"""How a level from 0 to 1 lies on a control with steps: as alsamixer shows it (alsa-utils, volume_mapping.c).

A control that knows its decibels and reaches far down (more than 24 dB) goes by what a person hears: twice as
loud is about 10 dB (60 dB for a factor of ten, in the map of alsamixer). One that reaches less far goes by
decibels, and one that knows none by its steps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LINEAR_MOST = 24.0  # dB
FACTOR_OF_TEN = 60.0  # dB
MUTE = -99999.99  # dB; the bottom of a control that is silent there (SND_CTL_TLV_DB_GAIN_MUTE)


@dataclass(frozen=True, slots=True)
class Scale:
    """A control from its lowest step to its highest, in dB; both the same: it knows no decibels."""

    lowest: float
    highest: float

    @property
    def knows_decibel(self) -> bool:
        """Whether a level is to be set in decibels."""
        return self.highest > self.lowest

    def decibel(self, level: float) -> float:
        """Return where a level from 0 to 1 lies."""
        if self.highest - self.lowest <= LINEAR_MOST:
            return self.lowest + level * (self.highest - self.lowest)
        lowest = self._part(self.lowest)
        part = lowest + level * (1 - lowest)
        if part <= 0:
            return self.lowest
        return max(self.lowest, self.highest + FACTOR_OF_TEN * math.log10(part))

    def level(self, decibel: float) -> float:
        """Return the level from 0 to 1 that lies there."""
        if self.highest - self.lowest <= LINEAR_MOST:
            found = (decibel - self.lowest) / (self.highest - self.lowest)
        else:
            lowest = self._part(self.lowest)
            found = (self._part(decibel) - lowest) / (1 - lowest)
        return min(1.0, max(0.0, found))

    def _part(self, decibel: float) -> float:
        """How loud it is, of 1; nothing where the control is silent."""
        return 0.0 if decibel <= MUTE else float(10 ** ((decibel - self.highest) / FACTOR_OF_TEN))
