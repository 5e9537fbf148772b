"""The pages, a module each: its views, and what it asks of the box."""

from web.pages import (
    account,
    audit,
    backup,
    blacklist,
    calls,
    certificate,
    desk,
    dialling,
    directory,
    history,
    login,
    me,
    monitored,
    overview,
    screening,
    statistics,
    users,
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
    account.page,
    statistics.page,
    me.page,
    users.page,
    audit.page,
    certificate.page,
    monitored.page,
)
"""Every page there is; `web.menu` lists those of the administration."""
