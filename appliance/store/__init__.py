"""The SQLite file: how it is opened and written, its schema, its health, its snapshots."""
