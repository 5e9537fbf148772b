"""Speaker volume and microphone gain of sound cards."""
