"""pjsua2's parameters of a request or response in a call."""

from __future__ import annotations

import pjsua2 as pj  # type: ignore[import-untyped]


def parameters(code: int = 0, headers: dict[str, str] | None = None) -> pj.CallOpParam:
    """Return them for one audio stream, no video, no text, with a status code and headers of our own."""
    settings = pj.CallOpParam(True)
    settings.opt.audioCount = 1
    settings.opt.videoCount = 0
    settings.opt.textCount = 0
    settings.statusCode = code
    for name, value in (headers or {}).items():
        header = pj.SipHeader()
        header.hName, header.hValue = name, value
        settings.txOption.headers.append(header)
    return settings
