"""The pages, a module each: its views, and what it asks of the box."""

from web.pages import (
    backup,
    blacklist,
    calls,
    desk,
    dialling,
    directory,
    history,
    login,
    overview,
    screening,
    statistics,
)

PAGES = (
    desk.page,
    login.page,
    calls.page,
    dialling.page,
    blacklist.page,
    screening.page,
    overview.page,
    history.page,
    directory.page,
    backup.page,
    statistics.page,
)
"""Every page there is; `web.menu` lists those of the administration."""
