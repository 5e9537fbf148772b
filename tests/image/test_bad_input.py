"""Given a card, a file or a network that is not as it should be, a box comes up and says what is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.image.box import DESKBELL
from tests.image.card import GIGABYTE

if TYPE_CHECKING:
    from tests.image.box import Box, Office

pytestmark = [pytest.mark.image, pytest.mark.nightly, pytest.mark.exchange, pytest.mark.timeout(3600)]


def troubles(box: Box) -> list[dict[str, Any]]:
    """What the box says is wrong with it."""
    told: list[dict[str, Any]] = json.loads(box.ssh("cat", "/var/lib/deskbell/box/troubles.json"))
    return told


def test_a_small_card_a_wrong_line_a_wrong_clock_and_no_way_out(office: Office) -> None:
    card = office.card("small", 2 * GIGABYTE, box={"name": "not a name!", "timezone": "Europe/Berlin"})
    with office.box(card, isolated=True, clock="2001-01-01") as box:
        box.until_page()
        box.until_ssh()
        assert sorted(card.partitions()) == [1, 2, 4], "no room for a second slot"
        assert "line 2" in card.errors()
        assert box.ssh("readlink", "/etc/localtime").strip().endswith("Europe/Berlin"), "the rest holds"
        assert {"settings file", "card"} <= {one["source"] for one in troubles(box)}
        assert box.status()["lines"]["main"]["state"] != "registered"
        assert box.ssh("systemctl", "is-active", "deskbell", "deskbell-web").split() == ["active"] * 2


def test_no_data_partition_and_no_settings(office: Office) -> None:
    card = office.card("tiny", 1700 << 20)
    card.write("deskbell.toml", bytes(range(256)) * 16)
    with office.box(card) as box:
        assert box.until_page().url.endswith("/welcome/")
        assert sorted(card.partitions()) == [1, 2]
        assert "deskbell.toml" in card.errors()


def test_a_full_data_partition(office: Office) -> None:
    card = office.card("full")
    with office.box(card) as box:
        box.until_up()
        box.ssh("sudo", "sh", "-c", "cat /dev/zero >/data/deskbell/fills-it-all; sync; true")
    with office.box(card) as box:
        box.until_page()
        box.until_ssh()
        box.until_registered()
        assert "full" in box.ssh("sudo", "sh", "-c", f"{DESKBELL} doctor || true")
        box.ssh("sudo", "rm", "/data/deskbell/fills-it-all")
