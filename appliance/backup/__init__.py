"""A box in one file: backup, restore on another box, factory reset."""
