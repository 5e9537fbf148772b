"""What stands in the settings file on the card holds after the next boot, and nothing else has to be done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from appliance import settings
from appliance.box import options
from appliance.box.system import System
from appliance.box.template import EXAMPLES, template
from appliance.store.file import connect
from appliance.users import accounts, codes, passwords
from tests.box.conftest import KEY, Card

if TYPE_CHECKING:
    from pathlib import Path

HASH = passwords.hashed("three plain words")
SECRETS = ("radio-secret", "line-secret", "first-run-secret", HASH)
WHOLE = f"""\
# The box of the reception.
[box]
name = "Reception-Berlin"
timezone = "Europe/Berlin"

[network]
address = "192.0.2.5/24"
gateway = "192.0.2.1"
dns = ["192.0.2.1", "192.0.2.2"]
time_servers = ["ntp.example"]

[wifi]
ssid = "Büro"
password = "radio-secret"  # from the label
country = "DE"
hidden = true

[admin]
name = "Ada"
password_hash = "{HASH}"

[ssh]
keys = [
    "{KEY}",
]

[page]
first_run_code = "first-run-secret"

[line]
server = "pbx.example"
user = "200"
password = "line-secret"

[extensions]
"1001" = "Ada Lovelace"
"""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Card:
    """A box that was switched on with all of it."""
    card = Card(tmp_path_factory.mktemp("done") / "box")
    codes.shown(card.root / "var/lib/deskbell", codes.FIRST_RUN)
    assert card.start(WHOLE) == []
    return card


def test_the_box_has_its_name_and_its_time_zone(done: Card) -> None:
    assert done.read("etc/hostname") == "reception-berlin\n"
    assert "127.0.1.1\treception-berlin" in done.read("etc/hosts")
    assert str((done.root / "etc/localtime").readlink()) == "/usr/share/zoneinfo/Europe/Berlin"


def test_the_cable_has_the_fixed_address(done: Card) -> None:
    said = done.read("etc/systemd/network/10-deskbell-cable.network").splitlines()
    for line in (
        "Type=ether",
        "Address=192.0.2.5/24",
        "Gateway=192.0.2.1",
        "DNS=192.0.2.2",
        "NTP=ntp.example",
    ):
        assert line in said
    assert "DHCP=yes" not in said


def test_the_wifi_is_set_up_and_only_root_may_read_its_password(done: Card) -> None:
    file = done.root / "etc/wpa_supplicant/wpa_supplicant-wlan0.conf"
    assert file.stat().st_mode & 0o777 == 0o600
    said = file.read_text().split()
    for word in ("country=DE", "ssid=42c3bc726f", 'psk="radio-secret"', "scan_ssid=1"):
        assert word in said
    assert "DHCP=yes" in done.read("etc/systemd/network/10-deskbell-wifi.network")
    assert not any("wpa_supplicant" in ran for ran in done.ran), "there is no such card: nobody waits for it"


def test_given_a_wifi_card_then_it_is_connected_at_once(card: Card) -> None:
    (card.root / "sys/class/net/wlan0").mkdir(parents=True)
    card.start('[wifi]\nssid = "Office"\npassword = "radio-secret"\n')
    assert "systemctl restart --no-block wpa_supplicant@wlan0.service" in card.ran


def test_the_admin_signs_in_with_the_password_whose_hash_stood_there(done: Card) -> None:
    with closing(connect(done.root / "var/lib/deskbell/desk.db")) as file:
        user = accounts.verify(file, "ada", "three plain words")
    assert user
    assert user.role == "admin"
    assert not any(HASH in ran for ran in done.ran), "a list of processes shows it"
    assert codes.read(done.root / "var/lib/deskbell", codes.FIRST_RUN) == "", "nobody is asked for a code"


def test_ssh_lets_the_key_in_and_no_password(done: Card) -> None:
    assert done.read("var/lib/deskbell-admin/.ssh/authorized_keys") == f"{KEY}\n"
    assert (done.root / "var/lib/deskbell-admin/.ssh/authorized_keys").stat().st_mode & 0o777 == 0o600
    assert "PasswordAuthentication no" in done.read("etc/ssh/sshd_config.d/10-deskbell.conf")
    assert "ssh-keygen -A" in done.ran
    assert "systemctl enable --now --no-block ssh.service" in done.ran


def test_without_a_section_for_it_there_is_no_ssh_and_without_keys_it_ends(card: Card) -> None:
    card.start('[box]\nname = "front"\n')
    assert card.ran == []
    card.start("[ssh]\nkeys = []\n")
    assert card.ran == ["systemctl disable --now --no-block ssh.service"]


def test_the_desk_has_its_account_and_the_secrets_lie_apart(done: Card) -> None:
    loaded = settings.load(done.root / "etc/deskbell/deskbell.toml")
    assert (loaded.line.server, loaded.line.user, loaded.line.password) == (
        "pbx.example",
        "200",
        "line-secret",
    )
    assert loaded.page.first_run_code == "first-run-secret"
    assert loaded.extensions == {"1001": "Ada Lovelace"}
    assert "line-secret" not in done.read("etc/deskbell/deskbell.toml")


def test_the_secrets_have_left_the_card_and_nothing_else_has(done: Card) -> None:
    left = done.file.read_text()
    assert not any(secret in left for secret in SECRETS)
    assert left.count("taken over on ") == 4
    kept = [line for line in WHOLE.splitlines() if not any(secret in line for secret in SECRETS)]
    assert [line for line in left.splitlines() if "taken over on" not in line] == kept
    assert tomllib.loads(left)["wifi"] == {"ssid": "Büro", "country": "DE", "hidden": True}


def test_the_next_boot_does_nothing(card: Card) -> None:
    card.start(WHOLE)
    before, card.ran = card.everything(), []
    stamps = {path: path.stat().st_mtime_ns for path in card.boot.iterdir()}
    assert card.start() == []
    assert card.everything() == before
    assert card.ran == []
    assert {path: path.stat().st_mtime_ns for path in card.boot.iterdir()} == stamps


def test_a_later_change_changes_what_stands_there_and_nothing_else(card: Card) -> None:
    card.start(WHOLE)
    with settings_of(card) as draft:
        draft.put("line", "display_name", "Front desk")
        draft.save()
    card.start(card.file.read_text().replace('country = "DE"', 'country = "AT"').replace('"200"', '"201"'))
    said = card.read("etc/wpa_supplicant/wpa_supplicant-wlan0.conf")
    assert "country=AT" in said
    assert 'psk="radio-secret"' in said, "the password has left the card, not the box"
    loaded = settings.load(card.root / "etc/deskbell/deskbell.toml")
    assert (loaded.line.user, loaded.line.display_name) == ("201", "Front desk")
    assert loaded.line.password == "line-secret"


def test_another_wifi_is_not_entered_with_the_password_of_the_one_before(card: Card) -> None:
    card.start('[wifi]\nssid = "Office"\npassword = "radio-secret"\n')
    card.start('[wifi]\nssid = "Guests"\n')
    assert "radio-secret" not in card.read("etc/wpa_supplicant/wpa_supplicant-wlan0.conf")
    card.start('[wifi]\nssid = ""\n')
    assert not (card.root / "etc/wpa_supplicant/wpa_supplicant-wlan0.conf").exists()


def test_a_password_changed_on_the_page_stays_though_the_card_is_edited_later(card: Card) -> None:
    card.start(WHOLE)
    with closing(connect(card.root / "var/lib/deskbell/desk.db")) as file:
        accounts.set_password(file, accounts.named(file, "Ada").id, "three other words")
        card.start(card.file.read_text() + "\n[desk]\nname = 'Front'\n")
        assert accounts.verify(file, "Ada", "three other words")


def test_an_address_that_is_taken_away_again_is_asked_for_by_dhcp(card: Card) -> None:
    card.start('[network]\naddress = "192.0.2.5/24"\n')
    card.start('[network]\naddress = ""\n')
    assert not (card.root / "etc/systemd/network/10-deskbell-cable.network").exists()


@pytest.mark.parametrize(
    ("planted", "name"),
    [
        ({"proc/device-tree/serial-number": "10000000abcdef12\0"}, "deskbell-cdef12"),
        ({"proc/device-tree/serial-number": "0000000000000000\0",
          "sys/class/net/end0/address": "b8:27:eb:12:34:56\n",
          "sys/class/net/end0/device/uevent": "",
          "sys/class/net/lo/address": "00:00:00:00:00:00\n"}, "deskbell-123456"),
        ({}, "deskbell-abcdef"),
    ],
)  # fmt: skip
def test_a_box_without_a_name_gets_one_that_no_other_has(
    card: Card, planted: dict[str, str], name: str
) -> None:
    for path, text in planted.items():
        (card.root / path).parent.mkdir(parents=True, exist_ok=True)
        (card.root / path).write_text(text)
    card.start()
    assert card.read("etc/hostname") == f"{name}\n"


def test_a_name_that_somebody_gave_it_stays(card: Card) -> None:
    (card.root / "etc/hostname").write_text("atrium\n")
    card.start('[desk]\nname = "Atrium"\n')
    assert card.read("etc/hostname") == "atrium\n"


class PowerCutError(BaseException):
    """The box goes dark."""


def test_whenever_the_power_is_cut_the_next_boot_comes_to_the_same_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = "".join(line for line in WHOLE.splitlines(keepends=True) if HASH not in line)  # a process each
    straight = Card(tmp_path / "straight")
    straight.start(whole)
    wanted = {name: data.replace(b"straight", b"cut") for name, data in straight.everything().items()}
    real = os.fsync
    at = 0
    while True:
        card = Card(tmp_path / str(at) / "cut")
        left = at

        def cut(descriptor: int) -> None:
            nonlocal left
            if left == 0:
                raise PowerCutError
            left -= 1
            real(descriptor)

        monkeypatch.setattr("os.fsync", cut)
        try:
            card.start(whole)
        except PowerCutError:
            pass
        else:
            break
        finally:
            monkeypatch.setattr("os.fsync", real)
        card.start()
        assert "radio-secret" in card.read("etc/wpa_supplicant/wpa_supplicant-wlan0.conf")
        assert {name: data for name, data in card.everything().items() if not name.endswith(".part")} == {
            name: data.replace(
                str(straight.root).replace("straight", "cut").encode(), str(card.root).encode()
            )
            for name, data in wanted.items()
        }
        at += 1
    assert at > 10, "there is much to be cut short"


def settings_of(card: Card) -> Any:
    from appliance.settings.draft import editing

    return editing(card.root / "etc/deskbell/deskbell.toml")


# --- the file that a new card has


def test_the_template_says_nothing_until_a_line_of_it_is_used(card: Card) -> None:
    before = card.read("etc/deskbell/deskbell.toml")
    assert card.start(template()) == []
    assert card.read("etc/deskbell/deskbell.toml") == before
    assert card.file.read_text() == template()
    assert card.ran == []


def test_every_line_of_the_template_can_be_used(card: Card) -> None:
    used = "\n".join(
        line[1:] if line.startswith("#") and line[1:2] not in (" ", "") else line
        for line in template().splitlines()
    )
    assert tomllib.loads(used) == EXAMPLES
    assert card.start(used) == []
    assert settings.load(card.root / "etc/deskbell/deskbell.toml").park.orbits == ("701", "702")


def test_the_template_explains_every_option_of_the_machine() -> None:
    for section, kind in options.MACHINE.items():
        assert list(EXAMPLES[section]) == list(kind.__dataclass_fields__)  # type: ignore[attr-defined]


# --- the command


def test_the_command_takes_over_and_tells_what_is_wrong(card: Card) -> None:
    card.file.write_text('[box]\nname = "front"\n[line]\npassword = "line-secret"\nprot = 5060\n')
    words = ["-m", "appliance", "box", "settings", "--boot", str(card.boot), "--root", str(card.root)]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True)
    assert "settings file, line 5: line.prot is not an option here; did you mean port?" in done.stderr
    assert "line-secret" not in done.stderr + done.stdout
    assert card.read("etc/hostname") == "front\n"


def test_the_hash_that_the_command_prints_is_one_that_the_card_may_hold(card: Card) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "appliance", "box", "hash"], input="three plain words\n",
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert passwords.is_right("three plain words", done.stdout.strip())
    assert options.password_hash(done.stdout.strip()) == ""


def test_a_boot_that_changes_nothing_loads_next_to_nothing(card: Card) -> None:
    card.start(WHOLE)
    script = (
        "import sys; from pathlib import Path; from appliance.box import settings; "
        "from appliance.box.system import System; "
        f"settings.run(System(Path({str(card.root)!r}), Path({str(card.boot)!r}))); print(list(sys.modules))"
    )
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", script], env=unmeasured, capture_output=True, text=True, check=True
    )
    for heavy in ("tomlkit", "sqlite3", "argparse", "appliance.settings.options", "argon2", "asyncio"):
        assert f"'{heavy}'" not in done.stdout


def test_troubles_of_the_first_stage_are_told_with_the_others(card: Card) -> None:
    note = {"source": "data partition", "line": None, "what": "it cannot be read", "fix": "change the card"}
    notes = card.root / "run/deskbell-box"
    notes.mkdir(parents=True)
    (notes / "data.json").write_text(json.dumps(note))
    card.start('[box]\nnom = "front"\n')
    told = json.loads((notes / "troubles.json").read_text())
    assert note in told
    assert [one["line"] for one in told] == [None, 2]
    assert "it cannot be read" in (card.boot / "deskbell-errors.txt").read_text()
    assert (card.root / "var/lib/deskbell/box/troubles.json").is_symlink()


def test_a_lost_password_is_known_to_the_pages_once_and_the_file_leaves_the_card(card: Card) -> None:
    (card.boot / "deskbell-reset-password").touch()
    card.start()
    mark = card.root / "run/deskbell-box/reset-password"
    assert mark.exists()
    assert not (card.boot / "deskbell-reset-password").exists()
    mark.unlink()
    card.start()
    assert not mark.exists()


def test_what_is_meant_for_a_tree_is_never_done_to_the_system_that_runs_here(card: Card) -> None:
    tree = System(card.root, card.boot)
    with pytest.raises(OSError, match="in a system that runs"):
        tree.run(["true"])
