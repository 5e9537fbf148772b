"""The pages, a module each: its views, and what it asks of the box."""

from web.pages import blacklist, calls, desk, dialling, login, screening

PAGES = (desk.page, login.page, calls.page, dialling.page, blacklist.page, screening.page)
"""Every page there is; `web.menu` lists those of the administration."""
