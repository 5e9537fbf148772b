"""The tables, a module a room; each is a set of sqlite-utils migrations.

A migration that has been released is never changed: what comes later is another one, and raises
`file.VERSION` by one. Imports sqlite-utils: only `migrate` imports this.
"""

from appliance.store.schema import desk, directory, history, imports, screening, sources, users

SETS = (
    desk.migrations,
    directory.migrations,
    imports.migrations,
    sources.migrations,
    screening.migrations,
    history.migrations,
    users.migrations,
)
