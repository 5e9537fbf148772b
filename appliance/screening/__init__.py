"""Who may ring, and when: the blacklist, refused callers, opening hours and holidays."""
