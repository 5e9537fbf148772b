"""The rig: a real Linux kernel in a plain process, with virtual USB, HID, GPIO and ALSA hardware."""
