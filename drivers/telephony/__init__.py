"""USB HID telephony: headsets, handsets, speakerphones."""
