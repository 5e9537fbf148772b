"""Busy lights."""

from drivers.lights.catalogue import known, offer
from drivers.lights.jabra import with_light

__all__ = ["known", "offer", "with_light"]
