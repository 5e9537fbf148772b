"""The one file: two tar archives, the inner one encrypted.

    header.json   what made it, and the SHA-256 of the next: readable by anyone, tells nothing of the box
    key.age       the key (an X25519 identity), encrypted with the passphrase (age, scrypt)
    content.age   encrypted to that key (age): a tar archive of
        manifest.json   which files follow, in which order, how long, with their SHA-256
        ...             the files

A tar archive in a new hand: `tar -xf FILE && age -d -i key.age content.age | tar -x` opens it without us.
The key is its own so that what is encrypted need not fit into the memory, and so that a wrong passphrase is
not taken for a damaged file. https://age-encryption.org/v1
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import sys
import tarfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from appliance.backup.errors import BackupError, WrongPassphrase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FORMAT = 1
"""Of this file; a change that an older Deskbell cannot read raises it."""

SHORTEST = 12
"""Characters that a passphrase has at least."""

HEADER, KEY, CONTENT, MANIFEST = "header.json", "key.age", "content.age", "manifest.json"
SMALL = 1 << 20  # bytes: header, key and manifest are far smaller
PIECE = 1 << 16

_TOO_SLOW = "work"  # of pyrage's words: "excessive work parameter", this machine would take too long
_LOOKS, _PAUSE = 4, 1.0  # how often this machine's speed is measured, and the seconds between

DAMAGED = "it is damaged or cut short; fetch it anew, or take another backup"


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a backup."""

    name: str
    size: int
    sha256: str


def strong(passphrase: str) -> None:
    """Raise BackupError for a passphrase that is soon guessed."""
    if len(passphrase) < SHORTEST or len(set(passphrase)) < SHORTEST // 2:
        raise BackupError(
            f"the passphrase is too weak: take {SHORTEST} characters or more, best four or five words"
        )


def member(name: str, source: Path | bytes) -> Member:
    """Return what the manifest says of a file."""
    if isinstance(source, bytes):
        return Member(name, len(source), hashlib.sha256(source).hexdigest())
    with source.open("rb") as file:
        return Member(name, os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest())


def write(
    file: IO[bytes],
    passphrase: str,
    header: dict[str, Any],
    manifest: dict[str, Any],
    sources: dict[str, Path | bytes],
) -> Any:  # noqa: ANN401 - pyrage has no types
    """Write a backup of these sources, by their names, into a file that can be sought; return its key."""
    import pyrage  # type: ignore[import-untyped]

    key = pyrage.x25519.Identity.generate()
    sealed = pyrage.passphrase.encrypt(str(key).encode(), passphrase)
    header = {**header, "format": FORMAT, "key_sha256": hashlib.sha256(sealed).hexdigest()}
    members = [member(name, source) for name, source in sources.items()]
    manifest = {**manifest, "files": [[one.name, one.size, one.sha256] for one in members]}

    def inside(stream: IO[bytes]) -> None:
        _put(stream, MANIFEST, json.dumps(manifest).encode())
        for one in members:
            source = sources[one.name]
            _put(stream, one.name, source) if isinstance(source, bytes) else _pour(stream, one, source)
        stream.write(bytes(2 * tarfile.BLOCKSIZE))

    _put(file, HEADER, json.dumps(header).encode())
    _put(file, KEY, sealed)
    at = file.tell()
    file.write(bytes(tarfile.BLOCKSIZE))
    with _piped(inside) as stream:
        pyrage.encrypt_io(stream, file, [key.to_public()])
    size = file.tell() - at - tarfile.BLOCKSIZE
    file.write(bytes(-size % tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE))
    file.seek(at)
    file.write(_head(CONTENT, size))
    return key


class Backup:
    """A backup that is read."""

    def __init__(self, file: IO[bytes]) -> None:
        """Read what is not encrypted; BackupError when it is no backup that this Deskbell knows."""
        self._file = file
        try:
            said = json.loads(_small(file, HEADER))
            if not isinstance(said, dict) or not isinstance(said.get("format"), int):
                raise BackupError(DAMAGED)
        except (BackupError, ValueError):
            raise BackupError("it is not a backup of a Deskbell, or its beginning is damaged") from None
        if said["format"] > FORMAT:
            raise BackupError(f"it was made by a newer Deskbell ({said.get('deskbell')}): update this one")
        self.header: dict[str, Any] = said
        self._sealed = _small(file, KEY)
        if hashlib.sha256(self._sealed).hexdigest() != said.get("key_sha256"):
            raise BackupError(DAMAGED)

    def unlock(self, passphrase: str) -> Any:  # noqa: ANN401 - pyrage has no types
        """Return the key; WrongPassphrase. Takes a second or more, and as much memory as when it was made.

        That is up to 512 MB where a fast machine made it: it shall take a second to try a passphrase.
        """
        import pyrage

        needed, free = _memory(self._sealed), available()
        if needed > free:
            raise BackupError(
                f"it takes {needed >> 20} MB of memory to open, as it was made on a faster machine, and"
                f" {free >> 20} are free: stop the desk and other programs, or restore it on a larger box"
            )
        try:
            return pyrage.x25519.Identity.from_str(self._unsealed(passphrase))
        except pyrage.DecryptError as error:
            if _TOO_SLOW in str(error).lower():
                raise BackupError(
                    "it was made on a machine so much faster that this one would take minutes"
                ) from None
            raise WrongPassphrase("the passphrase is not the one it was made with") from None
        except (pyrage.IdentityError, ValueError):
            raise BackupError(DAMAGED) from None

    def _unsealed(self, passphrase: str) -> Any:  # noqa: ANN401 - pyrage has no types
        """Return the key as text. age measures how fast this machine is: one busy moment shall not decide."""
        import pyrage

        for _ in range(_LOOKS - 1):
            try:
                return pyrage.passphrase.decrypt(self._sealed, passphrase).decode()
            except pyrage.DecryptError as error:
                if _TOO_SLOW not in str(error).lower():
                    raise
                time.sleep(_PAUSE)
        return pyrage.passphrase.decrypt(self._sealed, passphrase).decode()

    @contextmanager
    def opened(self, key: Any) -> Iterator[tuple[dict[str, Any], Iterator[tuple[Member, Iterator[bytes]]]]]:  # noqa: ANN401
        """Return the manifest, and the files, each to be read in turn; BackupError where it is damaged.

        What was read is to be trusted when all of it was.
        """
        import pyrage

        size = _next(self._file, CONTENT)
        sealed = _Part(self._file, size)

        def decrypt(stream: IO[bytes]) -> None:
            try:
                pyrage.decrypt_io(sealed, stream, [key])
            except (OSError, pyrage.DecryptError) as error:
                raise BackupError(DAMAGED) from error

        with _piped(decrypt) as stream:
            try:
                manifest = json.loads(_small(stream, MANIFEST))
                members = [
                    Member(str(name), int(size), str(digest)) for name, size, digest in manifest["files"]
                ]
            except (ValueError, KeyError, TypeError) as error:
                raise BackupError(DAMAGED) from error
            yield manifest, ((one, _checked(stream, one)) for one in members)
            _end(stream)
        _end(self._file, -size % tarfile.BLOCKSIZE)

    def read_through(self, key: Any) -> dict[str, Any]:  # noqa: ANN401
        """Read it to its end, and return the manifest; BackupError where it is damaged."""
        with self.opened(key) as (manifest, members):
            for _, pieces in members:
                for _ in pieces:
                    pass
        return manifest


def available() -> int:
    """Return how many bytes of memory are to be had."""
    told = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    return int(told[1]) * 1024 if told else sys.maxsize


def _memory(sealed: bytes) -> int:
    """Return what scrypt takes: 128 * r * N bytes (RFC 7914); r is 8 with age, and N stands in the head."""
    told = re.match(rb"age-encryption\.org/v1\n-> scrypt \S+ (\d{1,2})\n", sealed)
    return 128 * 8 << int(told[1]) if told else 0


# --- tar archives, of plain files alone


def _head(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.USTAR_FORMAT)


def _put(stream: IO[bytes], name: str, data: bytes) -> None:
    stream.write(_head(name, len(data)) + data + bytes(-len(data) % tarfile.BLOCKSIZE))


def _pour(stream: IO[bytes], one: Member, source: Path) -> None:
    stream.write(_head(one.name, one.size))
    digest = hashlib.sha256()
    with source.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            stream.write(piece)
    if digest.hexdigest() != one.sha256:
        raise BackupError(f"{source} was changed while it was read; do it again")
    stream.write(bytes(-one.size % tarfile.BLOCKSIZE))


def _next(stream: Any, name: str) -> int:  # noqa: ANN401 - what has `read`
    """Return how long the file is that comes next; anything but a plain file of that name is refused."""
    try:
        info = tarfile.TarInfo.frombuf(_exactly(stream, tarfile.BLOCKSIZE), "ascii", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError):
        raise BackupError(DAMAGED) from None
    if info.name != name or info.type != tarfile.REGTYPE or info.size < 0:
        raise BackupError(f"there is something else in it where {name} should be; take another backup")
    return info.size


def _small(stream: Any, name: str) -> bytes:  # noqa: ANN401
    size = _next(stream, name)
    if size > SMALL:
        raise BackupError(f"{name} in it is larger than it can be; take another backup")
    return _exactly(stream, size + -size % tarfile.BLOCKSIZE)[:size]


def _checked(stream: IO[bytes], one: Member) -> Iterator[bytes]:
    """Read a file piece by piece; BackupError at its end when it is not what the manifest says."""
    left = _next(stream, one.name)
    if left != one.size:
        raise BackupError(DAMAGED)
    digest = hashlib.sha256()
    while left:
        piece = _exactly(stream, min(left, PIECE))
        left -= len(piece)
        digest.update(piece)
        yield piece
    _exactly(stream, -one.size % tarfile.BLOCKSIZE)
    if digest.hexdigest() != one.sha256:
        raise BackupError(DAMAGED)


def _end(stream: IO[bytes], before: int = 0) -> None:
    """Read the end of an archive; BackupError where it is missing, or anything follows."""
    end = bytes(before + 2 * tarfile.BLOCKSIZE)
    if stream.read(len(end) + 1) != end:
        raise BackupError(DAMAGED)


def _exactly(stream: Any, size: int) -> bytes:  # noqa: ANN401
    data: bytes = stream.read(size)
    if len(data) != size:
        raise BackupError(DAMAGED)
    return data


class _Part(io.RawIOBase):
    """The next so many bytes of a file."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left = file, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - a buffer
        piece = self._file.read(min(len(buffer), self._left))
        buffer[: len(piece)] = piece
        self._left -= len(piece)
        return len(piece)


@contextmanager
def _piped(fill: Callable[[IO[bytes]], object]) -> Iterator[IO[bytes]]:
    """Return a file to read what a thread writes: pyrage takes a whole file, and gives one.

    What goes wrong in the thread is raised at the end.
    """
    reading, writing = (os.fdopen(end, mode) for end, mode in zip(os.pipe(), ("rb", "wb"), strict=True))
    failed: list[BaseException] = []

    def run() -> None:
        try:
            with writing:
                fill(writing)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="backup")
    thread.start()
    try:
        with reading:
            yield reading
    finally:
        thread.join()
    if failed:
        raise failed[0]
