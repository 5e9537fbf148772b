"""Who may ring, and when."""
