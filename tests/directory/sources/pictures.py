"""A picture that is one."""

from __future__ import annotations

import io

from PIL import Image


def jpeg(colour: str) -> bytes:
    done = io.BytesIO()
    Image.new("RGB", (40, 40), colour).save(done, "JPEG")
    return done.getvalue()
