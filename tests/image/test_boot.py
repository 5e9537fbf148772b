"""Given a card that was flashed and has its settings file, when a board is switched on, then there is a desk.

Twice: in QEMU's generic machine, and (nightly, and by `make boot`) in its Raspberry Pi. Each boots twice.
"""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from tests.image.box import CODE, PASSWORD
from tests.image.machine import RASPBERRY, VIRT
from tests.sip.parties import Phones

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.image.box import Box, Office

pytestmark = [pytest.mark.image, pytest.mark.exchange, pytest.mark.timeout(3600)]
MADE_ONCE = (
    *("/etc/machine-id", "/etc/hostname", "/etc/localtime", "/etc/passwd"),
    *("/etc/deskbell/deskbell.toml", "/etc/deskbell/secrets.toml"),
    *("/etc/ssh/ssh_host_ed25519_key.pub", "/var/lib/deskbell/certificates/page.pem"),
)


@pytest.fixture(
    scope="module",
    params=[VIRT, pytest.param(RASPBERRY, marks=pytest.mark.nightly)],
    ids=lambda board: board.name,
)
def box(office: Office, request: pytest.FixtureRequest) -> Iterator[Box]:
    """A box that was switched on for the first time, and does all that a box does."""
    with office.box(office.card(f"card-{request.param.name}"), request.param) as one:
        yield one.until_up()


def test_the_first_boot_makes_the_second_slot_and_the_data_partition(box: Box) -> None:
    card = box.machine.card
    partitions = card.partitions()
    assert sorted(partitions) == [1, 2, 3, 4]
    assert partitions[3].size == partitions[2].size
    assert partitions[4].start + partitions[4].size == card.file.stat().st_size
    for place, writable in (("/", "ro"), ("/data", "rw")):
        options = box.ssh("findmnt", "--noheadings", "--output", "OPTIONS", "--mountpoint", place)
        assert options.split(",")[0] == writable


def test_it_has_the_name_and_the_account_of_the_settings_file(box: Box) -> None:
    assert box.ssh("hostname").strip() == "reception-berlin"
    assert box.ssh("readlink", "/etc/localtime").strip().endswith("Europe/Berlin")
    assert box.deskbell("code").strip() == CODE
    assert box.status()["lines"]["main"]["state"] == "registered"


def test_no_secret_stays_on_the_card(box: Box) -> None:
    left = (box.machine.card.read("deskbell.toml") or b"").decode()
    assert "reception-berlin" in left
    assert PASSWORD not in left
    assert CODE not in left
    assert box.machine.card.errors() == ""


def test_its_services_run_each_as_its_own_user_and_none_has_failed(box: Box) -> None:
    users = {
        unit: box.ssh(
            "ps", "-o", "user:20=", "-p", box.ssh("systemctl", "show", "-P", "MainPID", unit).strip()
        )
        for unit in ("deskbell", "deskbell-web")
    }
    assert {unit: user.strip() for unit, user in users.items()} == {
        "deskbell": "deskbell",
        "deskbell-web": "deskbell-web",
    }
    assert box.ssh("systemctl", "--failed", "--no-legend") == ""


@pytest.mark.parametrize("unit", ["deskbell.service", "deskbell-web.service"])
def test_little_is_open_to_a_service(box: Box, unit: str) -> None:
    found = re.search(
        r"exposure level for \S+: ([\d.]+)", box.ssh("sudo", "systemd-analyze", "security", unit)
    )
    assert found
    assert float(found[1]) <= 2.5


def test_the_page_is_encrypted_with_a_certificate_of_its_name(box: Box) -> None:
    assert "Deskbell" in box.page().text
    shown = ssl.get_server_certificate(("127.0.0.1", box.machine.ports["https"]), timeout=60)
    names = x509.load_pem_x509_certificate(shown.encode()).extensions
    assert "reception-berlin.local" in names.get_extension_for_class(
        x509.SubjectAlternativeName
    ).value.get_values_for_type(x509.DNSName)


@pytest.fixture
def phones(office: Office) -> Iterator[Phones]:
    """The telephone of a colleague, who whistles."""
    some = Phones(office.exchange)
    some.register("1001")
    some.do("1001", "tone", hz=700)
    yield some
    assert some.close() == 0


def test_a_call_is_answered_by_command_and_sound_goes_both_ways(box: Box, phones: Phones) -> None:
    phones.do("1001", "call", number="200")
    box.until("it rings", lambda: [call["state"] for call in box.status()["calls"].values()] == ["ringing"])
    box.deskbell("answer")
    box.until("the caller is answered", lambda: phones.told("1001", "CallAnswered"))

    def packets() -> bool:
        table = box.office.exchange.cli("pjsip show channelstats")
        found = re.search(r"200-\S+\s+\S+\s+\w+\s+(\w+)\s+\w+\s+\d+\s+[\d.]+\s+(\w+)", table)
        return found is not None and "0" not in found.groups()

    box.until("packets go both ways", packets)
    phones.do("1001", "hang_up")
    box.until("the call is over", lambda: not box.status()["calls"])


def test_a_second_boot_changes_nothing(box: Box) -> None:
    made = " ".join(MADE_ONCE)
    first = box.ssh("sudo", "sh", "-c", f"sha256sum {made}")
    box.shut_down()
    card = box.machine.card
    whole = {number: card.digest(number) for number in (1, 2)}
    table = card.partitions()
    card.check(4)
    with box:
        box.until_up()
        assert box.ssh("sudo", "sh", "-c", f"sha256sum {made}") == first
        assert box.ssh("systemctl", "--failed", "--no-legend") == ""
        box.shut_down()
    assert {number: card.digest(number) for number in (1, 2)} == whole
    assert card.partitions() == table
