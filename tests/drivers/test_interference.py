"""What the kernel does to a device's lamps behind our back is noticed; sysfs is a folder of files here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivers.telephony import interference
from drivers.telephony.interference import Interference

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def brightness(tmp_path: Path) -> Path:
    """The Mute LED of a device, dark."""
    led = tmp_path / "input" / "input7" / "input7::mute"
    led.mkdir(parents=True)
    (led / "brightness").write_text("0\n")
    return led / "brightness"


def test_a_led_that_somebody_lit_or_put_out_is_noticed_once(tmp_path: Path, brightness: Path) -> None:
    watched = Interference(tmp_path)
    assert not watched.noticed()
    for value in ("1\n", "0\n"):
        brightness.write_text(value)
        assert watched.noticed()
        assert not watched.noticed()


def test_a_led_that_comes_or_goes_dark_is_nothing(tmp_path: Path, brightness: Path) -> None:
    watched = Interference(tmp_path)
    brightness.unlink()
    assert not watched.noticed()
    assert not Interference(tmp_path / "no such device").noticed()


def test_sleep_is_noticed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Interference(tmp_path)
    before = interference._slept()
    monkeypatch.setattr(interference, "_slept", lambda: before + 60)
    assert watched.noticed()
    assert not watched.noticed()
