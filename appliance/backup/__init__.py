"""Everything of a box in one file, and back."""
