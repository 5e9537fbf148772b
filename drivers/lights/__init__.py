"""Busy lights."""

from drivers.lights.light import offer

__all__ = ["offer"]
