"""The pages, in a real browser, served as in production, in front of a real control socket."""
