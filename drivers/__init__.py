"""Device drivers: they speak keys and lamps, and know nothing of calls."""
