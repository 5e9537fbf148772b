"""Sound cards."""
