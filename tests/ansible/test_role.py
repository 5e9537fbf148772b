"""The role sets a stock Debian up, changes nothing the second time, and stops before it breaks anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.ansible.machine import counts, until

if TYPE_CHECKING:
    from tests.ansible.machine import Tree

pytestmark = pytest.mark.timeout(1800)  # it installs, and starts, whole machines

PASSWORD = "correct horse battery staple"
ACCOUNT: dict[str, Any] = {
    "deskbell_settings": {"line": {"server": "192.0.2.1", "user": "200"}},
    "deskbell_secrets": {"line": {"password": PASSWORD}},
}


def test_before_the_first_run_it_can_be_asked_what_it_would_do(stock: Tree) -> None:
    asked = stock.play("--check", "--diff")
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert counts(asked.stdout)["changed"] > 0
    assert "+ExecStart=/opt/deskbell/bin/deskbell run" in asked.stdout
    assert not list((stock.root / "opt").iterdir())
    assert not (stock.root / "etc/deskbell").exists()


def test_the_second_run_changes_nothing(installed: Tree) -> None:
    for words in ((), ("--check", "--diff")):
        again = installed.play(*words)
        assert again.returncode == 0, again.stdout + again.stderr
        assert counts(again.stdout)["changed"] == 0, again.stdout


def test_settings_and_secrets_find_their_files_and_no_secret_is_shown(installed: Tree) -> None:
    asked = installed.play("--check", "--diff", "-vvv", **ACCOUNT)
    assert 'line.server = "192.0.2.1"' in asked.stdout
    folder = installed.root / "etc/deskbell"
    assert "192.0.2.1" not in (folder / "deskbell.toml").read_text()
    done = installed.play("--diff", "-vvv", **ACCOUNT)
    assert (done.returncode, counts(done.stdout)["changed"]) == (0, 1), done.stdout
    assert "192.0.2.1" in (folder / "deskbell.toml").read_text()
    assert PASSWORD in (folder / "secrets.toml").read_text()
    assert oct((folder / "secrets.toml").stat().st_mode & 0o777) == "0o640"
    again = installed.play("-vvv", **ACCOUNT)
    assert counts(again.stdout)["changed"] == 0
    for run in (asked, done, again):
        assert PASSWORD not in run.stdout + run.stderr


def test_a_wrong_setting_is_named_and_nothing_is_replaced(installed: Tree) -> None:
    folder = installed.root / "etc/deskbell"
    before = {path: path.read_bytes() for path in folder.iterdir()}
    wrong = installed.play(
        deskbell_settings={"line": {"servr": "pbx.example"}},
        deskbell_secrets={"line": {"password": PASSWORD + "!"}},
    )
    assert wrong.returncode != 0
    assert "line.servr: not an option here; did you mean server?" in wrong.stdout
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert PASSWORD not in wrong.stdout + wrong.stderr


@pytest.mark.parametrize("unit", ["deskbell.service", "deskbell-web.service", "deskbell-safe.service"])
def test_each_service_is_locked_in(installed: Tree, unit: str) -> None:
    place = f"/usr/lib/systemd/system/{unit}"
    verified = installed.run("systemd-analyze", "verify", "--man=no", place)
    assert (verified.returncode, verified.stderr) == (0, "")
    scored = installed.run(
        "systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", place
    )
    assert scored.returncode == 0, scored.stdout


def test_a_machine_that_runs(installed: Tree) -> None:
    with installed.started() as machine:
        until(lambda: machine.is_active("deskbell.service"), "the desk runs")
        until(lambda: machine.is_active("deskbell-web.service"), "the pages run")

        # Set up over SSH it is the same state, and an update of what is new already changes nothing.
        again = machine.play(**ACCOUNT)
        assert (again.returncode, counts(again.stdout)["changed"]) == (0, 0), again.stdout + again.stderr
        updated = machine.play(playbook="update.yml", **ACCOUNT)
        assert (updated.returncode, counts(updated.stdout)["changed"]) == (0, 0), (
            updated.stdout + updated.stderr
        )

        # A backup is fetched; its passphrase is in no output.
        kept = installed.root.with_suffix(".backups")
        phrase = "seven green bicycles sing"
        fetched = machine.play(
            "-vvv", playbook="backup.yml", deskbell_backups=str(kept), deskbell_backup_passphrase=phrase
        )
        assert fetched.returncode == 0, fetched.stdout + fetched.stderr
        assert phrase not in fetched.stdout + fetched.stderr
        [backup] = (kept / "desk").iterdir()
        assert PASSWORD.encode() not in backup.read_bytes()

        # A desk that fails again and again ends as one without devices, which answers.
        folder = "/run/systemd/system/deskbell.service.d"
        broken = "[Service]\\nExecStart=\\nExecStart=/bin/false\\n"
        machine.run("sh", "-c", f"mkdir -p {folder}; printf '{broken}' >{folder}/broken.conf")
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "restart", "--no-block", "deskbell.service")
        until(lambda: machine.is_active("deskbell-safe.service"), "the desk without devices runs")
        assert "safe mode" in machine.run("/opt/deskbell/bin/deskbell", "status").stdout
