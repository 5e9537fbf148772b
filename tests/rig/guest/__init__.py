"""Tests that run in the rig's guest, wherever pytest was started (see `conftest`)."""
