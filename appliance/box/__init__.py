"""Root's part of a box: what stands on its card is taken over at boot, and updates are installed."""
