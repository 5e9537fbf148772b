"""What is said of the box itself, by what the kernel tells."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from appliance.checks import machine
from appliance.checks.machine import Machine

if TYPE_CHECKING:
    from appliance.checks.finding import Finding

MEMORY = "MemTotal:        2000000 kB\nMemFree:          100000 kB\nMemAvailable:     {} kB\n"


def plant(root: Path, **files: str) -> Path:
    """Files of /sys and /proc, by their paths with __ for /."""
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def throttled(root: Path, said: str) -> Path:
    """A Raspberry Pi whose firmware tells this."""
    path = root / "sys/devices/platform/soc/soc:firmware/get_throttled"
    path.parent.mkdir(parents=True)
    path.write_text(said + "\n")
    return root


def room(free: int, read_only: bool = False) -> Any:
    """A disk with so many MB free."""
    said = SimpleNamespace(
        f_blocks=32_000_000, f_bavail=free * 1000, f_frsize=1000, f_flag=os.ST_RDONLY if read_only else 0
    )
    return lambda _: said


def found(this: Machine, *folders: Path, in_time: bool | None = True) -> dict[str, Finding]:
    """What is found, by what was looked at."""
    return {one.check: one for one in machine.examine(this, folders, lambda: in_time)}


@pytest.mark.parametrize(
    ("free", "severity"), [(20_000, "ok"), (501, "ok"), (499, "warning"), (51, "warning"), (49, "fault")]
)
def test_when_the_card_fills_up_it_is_told_in_time(tmp_path: Path, free: int, severity: str) -> None:
    disk = found(Machine(tmp_path, room(free)), tmp_path)["disk"]
    assert disk.severity == severity
    assert str(free) in disk.what
    assert bool(disk.remedy) == (severity != "ok")


def test_a_card_that_has_locked_itself_is_a_fault_that_says_make_a_backup(tmp_path: Path) -> None:
    disk = found(Machine(tmp_path, room(9000, read_only=True)), tmp_path)["disk"]
    assert (disk.severity, disk.page) == ("fault", "backup.start")
    assert "nothing can be written" in disk.what
    assert "make a backup now" in disk.remedy


def test_each_folder_is_told_of_once_and_one_that_is_not_there_yet_lies_where_its_parent_does(
    tmp_path: Path,
) -> None:
    folders = (tmp_path, tmp_path, tmp_path / "not" / "yet")
    told = [one.id for one in machine.examine(Machine(tmp_path), folders) if one.check == "disk"]
    assert told == [f"disk-{tmp_path}", f"disk-{tmp_path / 'not' / 'yet'}"]


@pytest.mark.parametrize(("in_time", "severity"), [(True, "ok"), (None, "ok"), (False, "warning")])
def test_a_clock_that_nobody_sets_is_told(tmp_path: Path, in_time: bool | None, severity: str) -> None:
    assert found(Machine(tmp_path), in_time=in_time)["clock"].severity == severity


def test_a_clock_before_this_deskbell_was_made_is_wrong(tmp_path: Path) -> None:
    clock = found(Machine(tmp_path, clock=lambda: 86400.0 * 365))["clock"]
    assert clock.severity == "fault"
    assert "1971-01-01" in clock.what


def test_the_kernel_of_this_machine_tells_whether_its_clock_is_set() -> None:
    assert machine.synchronised() in (True, False, None)


@pytest.mark.parametrize(
    ("said", "severity", "shown"),
    [("41200\n", "ok", "41 °C"), ("80000\n", "warning", "80 °C"), ("86100\n", "fault", "86 °C")],
)
def test_a_box_that_is_too_warm_is_told(tmp_path: Path, said: str, severity: str, shown: str) -> None:
    plant(tmp_path, sys__class__thermal__thermal_zone0__temp=said)
    plant(tmp_path, sys__class__thermal__thermal_zone1__temp="-274000\n")
    warmth = found(Machine(tmp_path))["temperature"]
    assert warmth.severity == severity
    assert shown in warmth.what


@pytest.mark.parametrize(
    ("said", "severity", "what"),
    [
        ("0", "ok", "strong enough"),
        ("50005", "fault", "is too weak"),
        ("50000", "warning", "was too weak at times"),
        ("80008", "warning", "has slowed itself down"),
    ],
)
def test_what_a_pi_says_of_its_supply_is_told(tmp_path: Path, said: str, severity: str, what: str) -> None:
    power = found(Machine(throttled(tmp_path, said)))["power"]
    assert power.severity == severity
    assert what in power.what


@pytest.mark.parametrize(("alarm", "severity"), [("1\n", "fault"), ("0\n", "ok")])
def test_the_plain_kernel_of_a_pi_tells_by_a_sensor(tmp_path: Path, alarm: str, severity: str) -> None:
    plant(
        tmp_path,
        sys__class__hwmon__hwmon0__name="cpu_thermal\n",
        sys__class__hwmon__hwmon1__name="rpi_volt\n",
    )
    plant(tmp_path, sys__class__hwmon__hwmon1__in0_lcrit_alarm=alarm)
    assert found(Machine(tmp_path))["power"].severity == severity


def test_memory_that_runs_out_is_told(tmp_path: Path) -> None:
    plant(tmp_path, proc__meminfo=MEMORY.format(90_000))
    assert found(Machine(tmp_path))["memory"].severity == "warning"
    plant(tmp_path, proc__meminfo=MEMORY.format(1_500_000))
    assert found(Machine(tmp_path))["memory"].severity == "ok"


def test_what_a_machine_does_not_tell_is_not_made_up(tmp_path: Path) -> None:
    this = Machine(tmp_path)
    assert set(found(this)) == {"clock"}
    assert (this.temperature(), this.power(), this.memory(), this.load(), this.uptime()) == (None,) * 5
    assert this.model() == ""
    throttled(tmp_path, "no number")
    plant(tmp_path, proc__loadavg="x", proc__uptime="", sys__class__thermal__thermal_zone0__temp="warm")
    assert (this.temperature(), this.power(), this.load(), this.uptime()) == (None,) * 4


def test_the_box_says_what_it_is_and_how_long_it_has_run(tmp_path: Path) -> None:
    plant(
        tmp_path,
        proc__uptime="86400.55 3.0\n",
        proc__loadavg="0.1 4.0 2 1/99 1\n",
        **{"proc__device-tree__model": "Raspberry Pi 4 Model B Rev 1.4\0"},
    )
    this = Machine(tmp_path)
    assert (this.uptime(), this.model()) == (86400.55, "Raspberry Pi 4 Model B Rev 1.4")
    assert this.load() == 4.0 / (os.cpu_count() or 1)


def test_of_this_very_machine_it_knows_the_disk_the_memory_and_the_uptime() -> None:
    this = Machine()
    disk, memory = this.disk(Path(__file__)), this.memory()
    assert disk
    assert 0 < disk.free <= disk.size
    assert memory
    assert 0 < memory[0] <= memory[1]
    assert this.uptime()
    assert this.clock() <= time.time()


def test_a_usb_port_that_was_switched_off_for_its_current_is_told(tmp_path: Path) -> None:
    ports = tmp_path / "sys/bus/usb/devices"
    for port in ("1-0:1.0/usb1-port1", "1-1:1.0/1-1-port2", "1-1:1.0/1-1-port3"):
        (ports / port).mkdir(parents=True)
        (ports / port / "over_current_count").write_text("0\n")
    assert "usb-power" not in {one.id for one in machine.examine(Machine(tmp_path), ())}
    (ports / "1-1:1.0/1-1-port3/over_current_count").write_text("2\n")
    (told,) = (one for one in machine.examine(Machine(tmp_path), ()) if one.id == "usb-power")
    assert told.severity == "warning"
    assert "2 times" in told.what
    assert "power supply of its own" in told.remedy
