"""Busy lights."""
