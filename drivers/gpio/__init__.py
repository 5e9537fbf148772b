"""Push buttons and lamps on the GPIO header."""
