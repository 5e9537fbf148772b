"""The format of the one file: what goes in comes out, and what was changed on the way is never taken."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pyrage  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.backup import archive
from appliance.backup.errors import BackupError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES: st.SearchStrategy[dict[str, bytes]] = st.dictionaries(
    st.from_regex(r"(files/|tokens/|)[A-Za-z0-9][A-Za-z0-9._-]{0,90}", fullmatch=True).filter(
        lambda name: name != archive.MANIFEST
    ),
    st.one_of(st.binary(max_size=600), st.integers(0, 200_000).map(lambda size: b"\x5a" * size)),
    max_size=5,
)


def sealed(files: dict[str, bytes], manifest: dict[str, Any]) -> tuple[bytes, Any]:
    """Return a backup and its key; without the second that a passphrase takes."""
    file = io.BytesIO()
    with patch.object(pyrage.passphrase, "encrypt", lambda key, _: b"sealed: " + key[:0]):
        key = archive.write(file, "", {"deskbell": "1.2"}, manifest, {**files})
    return file.getvalue(), key


def read(data: bytes, key: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    backup = archive.Backup(io.BytesIO(data))
    with backup.opened(key) as (manifest, members):
        return manifest, {one.name: b"".join(pieces) for one, pieces in members}


@settings(max_examples=60, deadline=None)
@given(FILES, st.dictionaries(st.sampled_from(["at", "store"]), st.integers()))
def test_what_goes_in_comes_out(files: dict[str, bytes], manifest: dict[str, int]) -> None:
    data, key = sealed(files, {**manifest})
    said, there = read(data, key)
    assert there == files
    assert {name: said[name] for name in manifest} == manifest
    assert archive.Backup(io.BytesIO(data)).header["deskbell"] == "1.2"


WHOLE, KEY = sealed({"one": b"first", "files/two": bytes(70_000), "three": b""}, {"at": 1})
CHANGES: dict[str, Callable[[int, bytes], bytes]] = {
    "flipped": lambda at, data: data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :],
    "cut": lambda at, data: data[:at],
    "without": lambda at, data: data[:at] + data[at + 1 :],
    "longer": lambda at, data: data[:at] + b"\x00" + data[at:],
}


@pytest.mark.parametrize("how", CHANGES)
@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, len(WHOLE) - 1))
def test_what_was_changed_is_refused_or_is_the_same(how: str, at: int) -> None:
    """A bit of a head that means nothing, such as a date, may change; no file ever does."""
    try:
        manifest, there = read(CHANGES[how](at, WHOLE), KEY)
    except BackupError:
        return
    assert how == "flipped"
    assert (manifest, there) == read(WHOLE, KEY)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=3000))
def test_anything_else_is_no_backup(data: bytes) -> None:
    with pytest.raises(BackupError):
        archive.Backup(io.BytesIO(data))


def test_a_file_that_changes_while_it_is_read_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    path.write_bytes(b"before")
    told = archive.member("tone.wav", path)
    path.write_bytes(b"after!")
    with (
        patch.object(pyrage.passphrase, "encrypt", lambda *_: b"sealed"),
        patch.object(archive, "member", lambda *_: told),
        pytest.raises(BackupError, match=r"tone\.wav was changed while it was read"),
    ):
        archive.write(io.BytesIO(), "", {}, {}, {"tone.wav": path})
