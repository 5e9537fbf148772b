"""What the administration consists of: its pages, in the order in which they are listed."""

from __future__ import annotations

from typing import NamedTuple

from web.access import may
from web.language import N_


class Entry(NamedTuple):
    """A page in the list: its endpoint, its title and its picture."""

    endpoint: str
    title: str
    icon: str


MENU: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (N_("Box"), (Entry("overview.start", N_("Overview"), "overview"),)),
    (
        N_("Telephone"),
        (
            Entry("account.start", N_("Account and lines"), "answer"),
            Entry("calls.start", N_("Calls"), "transfer"),
            Entry("dialling.start", N_("Dialling and codes"), "keypad"),
            Entry("ringing.start", N_("Ringing and lights"), "ring"),
            Entry("devices.start", N_("Devices"), "headset"),
        ),
    ),
    (
        N_("People"),
        (
            Entry("directory.start", N_("Directory"), "people"),
            Entry("monitored.start", N_("Monitored extensions"), "eye"),
            Entry("blacklist.start", N_("Blacklist"), "dnd"),
            Entry("screening.start", N_("Who may ring"), "shield"),
        ),
    ),
    (
        N_("Records"),
        (
            Entry("history.start", N_("History"), "clock"),
            Entry("statistics.start", N_("Statistics"), "chart"),
        ),
    ),
    (
        N_("Administration"),
        (
            Entry("network.start", N_("Network"), "network"),
            Entry("certificate.start", N_("Certificate"), "lock"),
            Entry("backup.start", N_("Backup"), "archive"),
            Entry("updates.start", N_("Updates"), "upload"),
            Entry("users.start", N_("Users"), "person"),
            Entry("audit.start", N_("Changes"), "pen"),
            Entry("diagnostics.start", N_("Diagnostics"), "pulse"),
            Entry("logs.start", N_("Log"), "list"),
            Entry("about.start", N_("About"), "info"),
        ),
    ),
)


def menu() -> list[tuple[str, list[Entry]]]:
    """Return the pages that who is signed in may see, in their groups."""
    shown = [(title, [entry for entry in entries if may(entry.endpoint)]) for title, entries in MENU]
    return [(title, entries) for title, entries in shown if entries]
