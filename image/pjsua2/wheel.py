"""Pack the staged pjsua2 binding, the libraries it brings along and everybody's notices into a wheel.

    wheel.py STAGE VERSION PLATFORM OUT

STAGE holds pjsua2.py, _pjsua2.abi3.so, pjsua2.libs/ and licenses/. Standard library only.
"""

from __future__ import annotations

import hashlib
import sys
import zipfile
from base64 import urlsafe_b64encode
from pathlib import Path

METADATA = """\
Metadata-Version: 2.4
Name: pjsua2
Version: {version}
Summary: PJSIP's pjsua2 binding, built for Deskbell
Requires-Python: >=3.11
License-Expression: GPL-3.0-or-later
"""
WHEEL = """\
Wheel-Version: 1.0
Generator: deskbell
Root-Is-Purelib: false
Tag: cp311-abi3-{platform}
"""


def pack(stage: Path, version: str, platform: str, out: Path) -> Path:
    """Write the wheel into the folder `out` and return its path."""
    info = f"pjsua2-{version}.dist-info"
    notices = sorted(path.name for path in (stage / "licenses").iterdir())
    metadata = METADATA.format(version=version) + "".join(f"License-File: {name}\n" for name in notices)
    files = {info + "/METADATA": metadata.encode(), info + "/WHEEL": WHEEL.format(platform=platform).encode()}
    for path in sorted(stage.rglob("*")):
        if path.is_file():
            name = path.relative_to(stage).as_posix()
            files[f"{info}/{name}" if name.startswith("licenses/") else name] = path.read_bytes()
    record = "".join(f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in files.items())
    files[info + "/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    wheel = out / f"pjsua2-{version}-cp311-abi3-{platform}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return wheel


def _digest(data: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    print(pack(Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4])))
