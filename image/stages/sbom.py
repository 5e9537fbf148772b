"""Print the image's bill of materials (CycloneDX 1.6, JSON): every Debian package and every wheel in it.

sbom.py VERSION COMMIT SECONDS PACKAGES_TSV WHEELS_FOLDER; SECONDS since 1970 is the commit's time.
"""

from __future__ import annotations

import email.parser
import hashlib
import json
import sys
import uuid
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

Component = dict[str, Any]


def of_debian(line: str) -> Component:
    """A package: name, version, architecture, SHA-256 of the .deb or nothing, source, source's version."""
    name, version, architecture, sha256, source, source_version = line.split("\t")
    upstream = quote(f"{source}@{source_version}", safe="")
    identity = f"pkg:deb/debian/{quote(name)}@{quote(version, safe='')}?arch={architecture}&distro=trixie"
    return _component(name, version, f"{identity}&upstream={upstream}", sha256, "")


def of_wheel(path: Path) -> Component:
    """A wheel, by what its METADATA says."""
    with zipfile.ZipFile(path) as wheel:
        [metadata] = [
            name for name in wheel.namelist() if name.count("/") == 1 and name.endswith(".dist-info/METADATA")
        ]
        says = email.parser.HeaderParser().parsestr(wheel.read(metadata).decode())
    name, version = says["Name"], says["Version"]
    identity = f"pkg:pypi/{name.lower().replace('_', '-')}@{quote(version, safe='')}"
    return _component(
        name,
        version,
        identity,
        hashlib.sha256(path.read_bytes()).hexdigest(),
        says.get("License-Expression", ""),
    )


def bill(version: str, commit: str, seconds: int, debian: list[str], wheels: list[Path]) -> dict[str, Any]:
    """The whole bill."""
    components = [of_debian(line) for line in debian] + [of_wheel(path) for path in wheels]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, json.dumps([commit, components]))}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "operating-system",
                "bom-ref": "deskbell",
                "name": "deskbell",
                "version": version,
                "properties": [{"name": "commit", "value": commit}],
            },
        },
        "components": components,
        "dependencies": [{"ref": "deskbell", "dependsOn": sorted(one["bom-ref"] for one in components)}],
    }


def _component(name: str, version: str, identity: str, sha256: str, licence: str) -> Component:
    component: Component = {
        "type": "library",
        "bom-ref": identity,
        "name": name,
        "version": version,
        "purl": identity,
    }
    if sha256:
        component["hashes"] = [{"alg": "SHA-256", "content": sha256}]
    if licence:
        component["licenses"] = [{"expression": licence}]
    return component


def main() -> None:
    """Print it."""
    version, commit, seconds, packages, wheels = sys.argv[1:]
    made = bill(
        version,
        commit,
        int(seconds),
        Path(packages).read_text().splitlines(),
        sorted(Path(wheels).glob("*.whl")),
    )
    json.dump(made, sys.stdout, indent=1, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
