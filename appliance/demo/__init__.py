"""The demo: a whole reception on one machine, with a real exchange and simulated people."""
