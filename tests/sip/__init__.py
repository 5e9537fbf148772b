"""The telephone line, tried on a real exchange with real phones at the other end."""
