"""What the exchange tells of itself and of others: registration, extensions, the mailbox."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.desk import actions, events
from appliance.desk.parking import park
from appliance.desk.state import Extension, ExtensionState, Registration, Voicemail

if TYPE_CHECKING:
    from appliance.desk.board import Board, Handlers


def registration_changed(board: Board, event: events.RegistrationChanged) -> None:
    """Note whether the exchange would send a line's calls here."""
    now = Registration(event.state, event.code, event.reason)
    board.set(
        lines=tuple(
            replace(line, registration=now) if line.id == event.line else line for line in board.desk.lines
        )
    )


def extension_changed(board: Board, event: events.ExtensionChanged) -> None:
    """Note what an extension or an orbit does now, and since when."""
    park.orbit_changed(board, event)
    old = board.extension(event.number)
    if old is None:
        return
    if event.state is not old.state:
        board.served.pop(event.number, None)
    new = replace(
        old,
        state=event.state,
        party=board.known(event.party),
        since=old.since if event.state is old.state else board.now,
        reason=event.reason,
        dialog=event.dialog if event.state is ExtensionState.RINGING else "",
    )
    board.set(extensions=tuple(new if known is old else known for known in board.desk.extensions))


def messages_waiting(board: Board, event: events.MessagesWaiting) -> None:
    """Note what is in the mailbox."""
    board.set(voicemail=Voicemail(event.new, event.old))


def directory_changed(board: Board, event: events.DirectoryChanged) -> None:
    """Watch whom the settings and the directory name, and name the parties as the directory does now."""
    board.directory = event
    _watch(board)


def configured(board: Board, event: events.Configured) -> None:
    """Be set up in another way from now on; calls stay as they are."""
    board.config = event.config
    _watch(board)


def _watch(board: Board) -> None:
    listed, config = board.directory, board.config
    names = dict(config.extensions)
    for number, name in listed.extensions:
        names[number] = names.get(number) or name
    known = {extension.number: extension for extension in board.desk.extensions}
    board.set(
        extensions=tuple(
            replace(known.get(number) or Extension(number), name=name) for number, name in names.items()
        )
    )
    board.set(
        speed_dials=tuple({**dict(listed.speed_dials), **dict(config.speed_dials)}.items()),
        calls=tuple(replace(call, party=board.known(call.party)) for call in board.desk.calls),
    )
    board.act(actions.WatchExtensions(tuple(names)))


HANDLERS: Handlers = {
    events.RegistrationChanged: registration_changed,
    events.ExtensionChanged: extension_changed,
    events.MessagesWaiting: messages_waiting,
    events.DirectoryChanged: directory_changed,
    events.Configured: configured,
}
