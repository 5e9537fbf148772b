"""The pages, a module each: its views, and what it asks of the box."""

from web.pages import blacklist, calls, desk, dialling, history, login, overview, screening

PAGES = (
    desk.page,
    login.page,
    calls.page,
    dialling.page,
    blacklist.page,
    screening.page,
    overview.page,
    history.page,
)
"""Every page there is; `web.menu` lists those of the administration."""
