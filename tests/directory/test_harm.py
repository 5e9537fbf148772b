"""Files that try to harm: refused with a reason or taken in bounded memory, never believed.

Each is imported by a process of its own that may have only so much memory.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import struct
import subprocess
import sys
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest

from appliance.directory.formats.detect import detect
from appliance.directory.formats.items import FormatError
from appliance.directory.pictures import MAX_PIXELS, SIDE, Album, PictureError, small
from appliance.store.file import prepare
from tests.directory.persons import picture_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEMORY = 300 * 1024 * 1024
"""Bytes that the process may ask the kernel for, its interpreter and libraries included."""

CHILD = """
import resource, sys
from contextlib import closing
from pathlib import Path

memory = int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

from appliance.directory import importing
from appliance.directory.errors import DirectoryError
from appliance.directory.lookup import Keys
from appliance.numbers import DialPlan
from appliance.store.file import connect

with closing(connect(Path(sys.argv[1]))) as file, open(sys.argv[2], "rb") as stream:
    try:
        done = importing.apply(file, Keys(DialPlan("IT")), stream)
    except DirectoryError as error:
        print("refused:", error)
    else:
        print("taken:", done.added, "faulty:", done.faulty, *[one.reason for one in done.faults[:1]])
        print(*[one.text for one in done.notices[:1]])
"""


def imported(folder: Path, data: Iterator[bytes]) -> str:
    """Return what importing a file says, within MEMORY."""
    name, store = folder / "people", folder / "desk.db"
    with name.open("wb") as stream:
        stream.writelines(data)
    prepare(store)
    words = [sys.executable, "-c", CHILD, str(store), str(name), str(MEMORY)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def rows(lines: int, line: bytes) -> Iterator[bytes]:
    yield b"last name,notes\n"
    for _ in range(lines):
        yield line


def test_a_file_of_100_mb_is_refused(tmp_path: Path) -> None:
    said = imported(tmp_path, rows(100, b"x" * 999_999 + b"\n"))
    assert said == "refused: the file has 100 MB, more than 84: split it in smaller ones"


def test_the_largest_file_that_is_read_needs_little_memory(tmp_path: Path) -> None:
    said = imported(tmp_path, rows(800, b"A," + b"x" * 99_000 + b"\n"))
    assert said.startswith("taken: 800 faulty: 0")


def test_long_notes_need_little_memory(tmp_path: Path) -> None:
    said = imported(tmp_path, rows(600, b"A," + "🦊".encode() * 24_000 + b"\n"))
    assert said.startswith("taken: 600 faulty: 0")


def test_a_line_without_end_costs_only_itself(tmp_path: Path) -> None:
    def data() -> Iterator[bytes]:
        yield b"last name\nA\n"
        yield from (b"x" * 1_000_000 for _ in range(70))
        yield b"\nB\n"

    assert imported(tmp_path, data()).startswith("taken: 2 faulty: 1 the line is longer than 1048576 char")


def test_a_line_of_a_million_cells_costs_only_itself(tmp_path: Path) -> None:
    said = imported(tmp_path, iter([b"last name,notes\nA,\n", b"," * 1_000_000, b"\nB,\n"]))
    assert said.startswith("taken: 2 faulty: 1 the line has more than 10000 cells")


def test_quotation_marks_that_never_close_are_told_and_then_refused(tmp_path: Path) -> None:
    said = imported(tmp_path, iter([b'last name,notes\nA,"\n', b"B,b\n" * 30_000]))
    assert said.startswith("taken: 30000 faulty: 1 a quotation mark is opened and never closed")
    said = imported(tmp_path, rows(120, b'A,"x\n'))
    assert said.startswith("refused: line ")
    assert said.endswith("the file has more than 100 quotation marks left open")


def test_nul_bytes_cost_their_row(tmp_path: Path) -> None:
    said = imported(tmp_path, iter([b"last name,notes\nA,\nB,\0\n", b"C,c\n" * 50]))
    assert said.startswith("taken: 51 faulty: 1 it holds a NUL byte")


def test_cards_in_cards_in_cards_need_little_memory(tmp_path: Path) -> None:
    nested = (b"AGENT:\r\nBEGIN:VCARD\r\n" * 100 for _ in range(5000))
    said = imported(tmp_path, iter([b"BEGIN:VCARD\r\nVERSION:2.1\r\nN:A\r\n", *nested]))
    assert said == "taken: 0 faulty: 1 the card does not end"


def test_a_card_without_end_needs_little_memory(tmp_path: Path) -> None:
    def data() -> Iterator[bytes]:
        yield b"BEGIN:VCARD\r\nN:A\r\nPHOTO;ENCODING=b:\r\n"
        yield from (b" " + b"A" * 76 + b"\r\n" for _ in range(900_000))
        yield b"END:VCARD\r\nBEGIN:VCARD\r\nN:B\r\nEND:VCARD\r\n"

    said = imported(tmp_path, data())
    assert said.startswith("taken: 1 faulty: 1 the card is longer than")


@pytest.mark.parametrize(
    "line",
    [
        b"N:" + b"\\," * 2_500_000,
        b"CATEGORIES:" + b"\\;" * 2_500_000,
        b'TEL;X="' + b"a;" * 2_500_000,
        b"TEL;" + b'X="a",' * 800_000 + b":1",
        b"NOTE;ENCODING=QUOTED-PRINTABLE:" + b"=" * 5_000_000,
    ],
    ids=lambda line: line[:8].decode(),
)
def test_a_property_of_megabytes_needs_little_memory(tmp_path: Path, line: bytes) -> None:
    card = b"BEGIN:VCARD\r\nVERSION:2.1\r\nFN:A\r\n%s\r\nEND:VCARD\r\n"
    said = imported(tmp_path, iter([card % line, card % b"TEL:2"]))
    assert said.startswith(("taken: 1 faulty: 1", "taken: 2 faulty: 0"))


def bomb(width: int, height: int) -> bytes:
    """Return a PNG of so many pixels, all of one colour: some KB."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(width * 3 + 1)) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("side", "reason"), [(6000, "6000 x 6000 pixels"), (14000, "far more than")])
def test_a_photo_that_would_become_huge_is_left_out_of_its_card(
    tmp_path: Path, side: int, reason: str
) -> None:
    photo = base64.b64encode(bomb(side, side))
    said = imported(tmp_path, iter([b"BEGIN:VCARD\r\nN:A\r\nPHOTO;ENCODING=b:", photo, b"\r\nEND:VCARD\r\n"]))
    assert said.startswith("taken: 1 faulty: 0\nthe photo is left out: it ")
    assert reason in said


def test_the_largest_photo_that_is_taken_needs_little_memory(tmp_path: Path) -> None:
    photo = base64.b64encode(bomb(4000, MAX_PIXELS // 4000))
    said = imported(tmp_path, iter([b"BEGIN:VCARD\r\nN:A\r\nPHOTO;ENCODING=b:", photo, b"\r\nEND:VCARD\r\n"]))
    assert said == "taken: 1 faulty: 0"


def test_all_photos_of_a_file_together_may_cost_only_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.directory.pictures.MAX_ALBUM", 100_000)
    album, one = Album(), picture_of()
    album.picture(one)
    with pytest.raises(PictureError, match="together"):
        album.picture(one)


def test_of_a_photo_only_the_picture_is_kept() -> None:
    photo = picture_of("JPEG", (2000, 1000), comment=b"SECRET", exif=b"Exif\0\0SECRET")
    found = small(photo)

    assert b"SECRET" in photo
    assert b"SECRET" not in found.data
    assert found.type == "image/jpeg"
    assert small(found.data) == found
    assert len(found.data) < 20_000
    with_tail = found.data + b"SECRET\xff\xd9"
    assert b"SECRET" not in small(with_tail).data


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "JPEG"])
def test_a_picture_of_each_kind_becomes_a_small_jpeg(kind: str) -> None:
    from PIL import Image

    with Image.open(io.BytesIO(small(picture_of(kind, (800, 400))).data)) as made:
        assert (made.format, made.size) == ("JPEG", (SIDE, SIDE // 2))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no JPEG, PNG, GIF or WEBP"),
        (b"", "no JPEG"),
        (picture_of("PNG")[:200], "damaged"),
        (picture_of("JPEG")[:400], "damaged"),
        (picture_of("BMP"), "no JPEG"),
        (b"\xff\xd8" + b"\xff\xda" * 101, "scans"),
        (bytes(5 * 1024 * 1024), "more than 4 MB"),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(PictureError, match=reason):
        small(data)


def zipped() -> bytes:
    done = io.BytesIO()
    with zipfile.ZipFile(done, "w") as archive:
        archive.writestr("people.csv", "last name\nA\n")
    return done.getvalue()


@pytest.mark.parametrize(
    "data",
    [zipped(), gzip.compress(b"a"), bz2.compress(b"a"), lzma.compress(b"a"), b"\xd0\xcf\x11\xe0", b"%PDF-1"],
    ids=["zip", "gzip", "bz2", "xz", "xls", "pdf"],
)
def test_archives_and_spreadsheets_are_refused_with_what_to_do(data: bytes) -> None:
    with pytest.raises(FormatError, match="save it as CSV"):
        detect(io.BytesIO(data), "")
