"""Pictures of people, made small and harmless.

A picture may come from anywhere: only its pixels are kept, none of its metadata. How many it has is read from
its header before anything is decoded, so that a small file cannot become a huge picture.

`python -m appliance.directory.pictures` makes standard input's small: for who has no memory for that.
"""

from __future__ import annotations

import io
import struct
import sys
import warnings

from PIL import Image, ImageFile, ImageOps, PngImagePlugin, UnidentifiedImageError

from appliance.directory.errors import DirectoryError
from appliance.directory.person import Picture

SIDE = 256
"""Pixels of a side, at most."""

MAX_BYTES = 4 * 1024 * 1024
MAX_PIXELS = 12_500_000  # what a telephone's camera makes
MAX_ALBUM = 4_000_000_000
"""Pixels of all the pictures of one file, at most: about a minute of a processor's time."""

MAX_SCANS = 100
"""Of a JPEG: a progressive one is refined scan by scan, and each goes over all of its pixels."""

KINDS = ("JPEG", "PNG", "GIF", "WEBP")

ImageFile.LOAD_TRUNCATED_IMAGES = False
PngImagePlugin.MAX_TEXT_MEMORY = 1024 * 1024
warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # what is too large is refused below


class PictureError(DirectoryError):
    """The picture cannot be taken; the text says why."""


def small(data: bytes) -> Picture:
    """Return a JPEG of at most SIDE x SIDE pixels; one that is just that is left as it is."""
    return Album().picture(data)


class Album:
    """The pictures of one file: together, too, they may cost only so much."""

    def __init__(self) -> None:
        """Begin with none."""
        self._pixels = 0

    def picture(self, data: bytes) -> Picture:
        """Return a picture made small; PictureError when it is none, or too large."""
        if len(data) > MAX_BYTES:
            raise PictureError(f"it has more than {MAX_BYTES // 1024 // 1024} MB")
        if data.startswith(b"\xff\xd8") and data.count(b"\xff\xda") > MAX_SCANS:
            raise PictureError(f"it has more than {MAX_SCANS} scans")
        try:
            with Image.open(io.BytesIO(data), formats=KINDS) as image:
                self._measure(image)
                return Picture("image/jpeg", data if _bare(image, data) else _encoded(image))
        except UnidentifiedImageError:
            raise PictureError(f"it is no {', '.join(KINDS[:-1])} or {KINDS[-1]}") from None
        except Image.DecompressionBombError:
            raise PictureError(f"it has far more than {MAX_PIXELS:,} pixels") from None
        except PictureError:
            raise
        except (OSError, ValueError, SyntaxError, EOFError, struct.error) as error:
            raise PictureError(f"it is damaged: {error}") from error

    def _measure(self, image: Image.Image) -> None:
        pixels = image.width * image.height
        if pixels > MAX_PIXELS:
            raise PictureError(f"it has {image.width} x {image.height} pixels, more than {MAX_PIXELS:,}")
        self._pixels += pixels
        if self._pixels > MAX_ALBUM:
            raise PictureError("the pictures of this file have too many pixels together")


def _encoded(image: Image.Image) -> bytes:
    """Return the first frame, upright, on white, as a JPEG."""
    image.draft("RGB", (2 * SIDE, 2 * SIDE))
    image.thumbnail((SIDE, SIDE), reducing_gap=2.0)
    upright = ImageOps.exif_transpose(image)
    if upright.mode in ("RGBA", "LA", "P", "PA", "La", "RGBa"):
        over = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)
    done = io.BytesIO()
    plain = upright.convert("RGB")
    plain.info.clear()  # a comment would be written again
    plain.save(done, "JPEG", quality=85, optimize=True)
    return done.getvalue()


def _bare(image: Image.Image, data: bytes) -> bool:
    """Return whether it is a JPEG such as `_encoded` makes: small, decodable, and nothing but a picture.

    JFIF (ITU-T T.871): after SOI, segments of two bytes' length each, the JFIF header the only application's
    segment, no comment; the coded picture; EOI, and nothing behind it.
    """
    if image.format != "JPEG" or image.mode != "RGB" or max(image.size) > SIDE:
        return False
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if 0xE1 <= marker <= 0xEF or marker == 0xFE or (marker == 0xE0 and length != 16):
            return False
        at += 2 + length
        if marker == 0xDA:
            if data.find(b"\xff\xd9", at) != len(data) - 2:
                return False
            image.load()
            return True
    return False


def main() -> int:
    """Write the picture of standard input to standard output, small; or say why not, and return 1."""
    try:
        sys.stdout.buffer.write(small(sys.stdin.buffer.read(MAX_BYTES + 1)).data)
    except PictureError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
