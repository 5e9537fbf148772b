"""What `image/build` writes beside the image, and the figures that it and everything else go by."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

IMAGE = Path(__file__).parents[2] / "image"
SCRIPTS = [
    path
    for path in sorted([*IMAGE.glob("*"), *(IMAGE / "stages").iterdir(), *(IMAGE / "initramfs").iterdir()])
    if path.is_file() and path.read_bytes().startswith(b"#!")
]


def layout() -> dict[str, int]:
    """The places and sizes that the shell reads of image/layout, in MiB."""
    words = re.findall(r"^(\w+_(?:at|size|least))=(\d+)", (IMAGE / "layout").read_text(), re.MULTILINE)
    return {name: int(value) for name, value in words}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(IMAGE)))
def test_a_script_is_well_formed(script: Path) -> None:
    shell = script.read_text().split("\n", 1)[0].rpartition("/")[2].split()[-1]
    subprocess.run([shell, "-n", script], check=True)


def test_the_partitions_follow_each_other_and_fit_a_card_of_4_gb() -> None:
    card = layout()
    assert card["slot_state_at"] < card["boot_at"]
    assert card["boot_at"] + card["boot_size"] == card["slot_a_at"]
    assert card["slot_a_at"] + card["slot_size"] == card["slot_b_at"]
    assert card["slot_b_at"] + card["slot_size"] + card["data_least"] < 3600


def printed(script: str, *arguments: str | Path) -> Any:
    """What one of the build's scripts prints."""
    return json.loads(subprocess.check_output([sys.executable, IMAGE / "stages" / script, *arguments]))


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A folder with one wheel."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "bell_jar-1.2-py3-none-any.whl", "w") as made:
        made.writestr(
            "bell_jar-1.2.dist-info/METADATA",
            "Metadata-Version: 2.4\nName: bell-jar\nVersion: 1.2\nLicense-Expression: MIT\n\nText.\n",
        )
    return folder


def test_the_bill_of_materials_names_every_package_and_wheel_with_its_hash(
    wheel: Path, tmp_path: Path
) -> None:
    packages = tmp_path / "packages.tsv"
    packages.write_text(
        f"libpam0g\t1.7.0-5\tarm64\t{'ab' * 32}\tpam\t1.7.0-5\nown\t1:2~3\tall\t\town\t1:2~3\n"
    )
    bill = printed("sbom.py", "0.1.0", "c0ffee", "1700000000", packages, wheel)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["timestamp"] == "2023-11-14T22:13:20Z"
    pam, own, bell = bill["components"]
    assert pam["purl"] == "pkg:deb/debian/libpam0g@1.7.0-5?arch=arm64&distro=trixie&upstream=pam%401.7.0-5"
    assert pam["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]
    assert "hashes" not in own
    assert own["purl"].startswith("pkg:deb/debian/own@1%3A2~3?")
    assert (bell["purl"], bell["licenses"]) == ("pkg:pypi/bell-jar@1.2", [{"expression": "MIT"}])
    assert bell["hashes"][0]["content"] == hashlib.sha256(next(wheel.iterdir()).read_bytes()).hexdigest()
    references = [one["bom-ref"] for one in bill["components"]]
    assert len({*references}) == len(references)
    assert {*bill["dependencies"][0]["dependsOn"]} == {*references}
    again = printed("sbom.py", "0.1.0", "c0ffee", "1700000000", packages, wheel)
    assert again == bill, "the same image has the same bill"


def test_raspberry_pi_imager_is_told_what_it_checks(tmp_path: Path) -> None:
    image, compressed = tmp_path / "deskbell-0.1.0.img", tmp_path / "deskbell-0.1.0.img.zst"
    image.write_bytes(b"\0" * 4096)
    compressed.write_bytes(b"zst")
    [entry] = printed("imager.py", "0.1.0", "1700000000", image, compressed)["os_list"]
    assert {"name", "description", "url", "release_date", "devices"} <= {*entry}
    assert (entry["extract_size"], entry["image_download_size"]) == (4096, 3)
    assert entry["extract_sha256"] == hashlib.sha256(image.read_bytes()).hexdigest()
    assert entry["image_download_sha256"] == hashlib.sha256(b"zst").hexdigest()
    assert entry["url"] == compressed.name


def test_every_python_package_is_pinned_by_its_hash() -> None:
    for lock in ("wheels.lock", "sources.lock"):
        lines = [line for line in (IMAGE / lock).read_text().splitlines() if not line.startswith("#")]
        assert lines
        for line in lines:
            assert re.fullmatch(r"[a-z0-9-]+==\S+ --hash=sha256:[0-9a-f]{64}", line), line


def test_every_debian_package_that_is_wanted_is_pinned() -> None:
    pinned = {
        line.split("\t")[0] for line in (IMAGE / "debs.lock").read_text().splitlines() if line[0] != "#"
    }
    for listed in ("system", "boot"):
        words = re.sub("#.*", "", (IMAGE / "packages" / listed).read_text()).split()
        assert {*words} <= pinned, listed
