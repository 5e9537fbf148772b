"""Ringers: sound cards that ring beside the headset."""
