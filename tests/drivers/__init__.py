"""Tests of the drivers that need no kernel of their own."""
