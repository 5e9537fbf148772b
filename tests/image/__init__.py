"""The image, booted in QEMU, and looked at as the people do who flash it, ring it and pull its plug."""
