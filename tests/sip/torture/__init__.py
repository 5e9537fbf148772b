"""What no exchange should ever send: bad messages, who sends them, and who watches that no call is hurt."""
