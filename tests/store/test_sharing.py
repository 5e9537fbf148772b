"""A folder that its group may write is shared; in any other one, what is made is for its owner alone."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from appliance import settings
from appliance.settings.draft import editing
from appliance.store import durable, sharing
from appliance.store.file import connect, prepare
from appliance.users import codes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o007, 0o022, 0o077], ids=oct)
def any_umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.fixture
def shared(tmp_path: Path, any_umask: None) -> Path:
    folder = tmp_path / "shared"
    folder.mkdir()
    os.chown(folder, -1, os.getegid())
    folder.chmod(0o2770)
    return folder


def fill(folder: Path) -> Path:
    """Make one of each kind, and return the store."""
    durable.write(folder / "note", b"")
    os.close(sharing.lock(folder / "lock"))
    os.close(sharing.lock(folder / "lock"))
    sharing.make_folder(folder / "inside")
    sharing.make_folder(folder / "inside")
    durable.write(folder / "inside/note", b"")
    codes.shown(folder, "first-run")
    with editing(folder / "deskbell.toml") as draft:
        draft.put("line", "server", "pbx.example")
        draft.put("line", "user", "200")
        draft.put("line", "password", "secret")
        draft.save()
    store = folder / "desk.db"
    prepare(store)
    return store


def test_what_is_made_in_a_shared_folder_is_the_groups_whatever_the_umask(shared: Path) -> None:
    store = fill(shared)
    file = connect(store)
    file.execute("CREATE TABLE more (name)")
    for name in ("note", "lock", "inside/note", "first-run-code", "desk.db", "desk.db-wal", "desk.db-shm"):
        assert mode(shared / name) == 0o660, name
    file.close()
    assert mode(shared / "inside") == 0o2770
    assert mode(shared / "deskbell.toml") == mode(shared / "secrets.toml") == 0o640
    assert settings.load(shared / "deskbell.toml").line.password == "secret"


@pytest.mark.parametrize("loose", [0o700, 0o755, 0o770, 0o2750])
def test_anywhere_else_it_is_its_owners(tmp_path: Path, loose: int, any_umask: None) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    folder.chmod(loose)
    fill(folder)
    for name in ("note", "lock", "inside/note", "first-run-code", "secrets.toml"):
        assert mode(folder / name) == 0o600, name
    assert mode(folder / "inside") & 0o777 == 0o700


def test_secrets_that_more_than_the_group_may_read_are_refused_with_the_command_that_helps(
    shared: Path,
) -> None:
    fill(shared)
    (shared / "secrets.toml").chmod(0o644)
    with pytest.raises(settings.SettingsError, match=r"chmod 640 \S+secrets.toml"):
        settings.load(shared / "deskbell.toml")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a file to another group: run as root")
def test_secrets_of_another_group_are_refused_too(shared: Path) -> None:
    fill(shared)
    os.chown(shared / "secrets.toml", -1, 65_534)
    with pytest.raises(settings.SettingsError, match="others may read the secrets; run: chgrp"):
        settings.load(shared / "deskbell.toml")
