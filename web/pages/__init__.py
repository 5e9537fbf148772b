"""The pages, a module each: its views, and what it asks of the box."""

from web.pages import calls, desk, dialling, login

PAGES = (desk.page, login.page, calls.page, dialling.page)
"""Every page there is; `web.menu` lists those of the administration."""
