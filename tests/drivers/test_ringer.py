"""Ringers as cards come and go, and what is said of one that cannot ring; the rig hears how they sound."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from appliance import settings
from appliance.settings import checks
from drivers.base import AccessDenied, Device, DriverError, Kind, Ring, Unplugged
from drivers.ringers.card import Ringer
from drivers.ringers.source import Ringers
from tests.drivers.wav import sine_wav

if TYPE_CHECKING:
    from pathlib import Path

    from drivers.base import Open


class Machine:
    """A machine's sound cards in sysfs and /dev."""

    def __init__(self, folder: Path) -> None:
        self.sysfs, self.dev = folder / "sys", folder / "dev"
        (self.sysfs / "class/sound").mkdir(parents=True)
        (self.dev / "snd").mkdir(parents=True)

    def plug(self, number: int, card: str, *, output: bool = True, mode: int = 0o600) -> None:
        folder = self.sysfs / f"class/sound/card{number}"
        stream = f"pcmC{number}D0{'p' if output else 'c'}"
        (folder / stream).mkdir(parents=True)
        (folder / "id").write_text(f"{card}\n")
        (self.dev / "snd" / stream).touch(mode)

    def unplug(self, number: int) -> None:
        (self.sysfs / f"class/sound/card{number}").rename(self.sysfs / f"gone{number}")


class Ports:
    """A hub that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.opens: dict[str, Open] = {}

    def attach(self, device: Device, open_device: Open) -> None:
        assert (device.kind, device.rings) == (Kind.RINGER, True)
        self.told.append(("attach", device.id))
        self.opens[device.id] = open_device

    def detach(self, device_id: str) -> None:
        self.told.append(("detach", device_id))

    def retry(self, device_id: str) -> None:
        self.told.append(("retry", device_id))

    def hear(self, device_id: str, audio: str) -> None:
        raise AssertionError((device_id, audio))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def ports() -> Ports:
    return Ports()


@pytest.fixture(autouse=True)
def no_udev(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.netlink.monitor", lambda *_: None)


def test_every_card_that_was_named_is_told_of_there_or_not(machine: Machine, ports: Ports) -> None:
    machine.plug(0, "vc4hdmi0")
    Ringers(["vc4hdmi0", "Speaker", "vc4hdmi0"], machine.sysfs).start(ports)
    assert ports.told == [("attach", "ringer-vc4hdmi0"), ("attach", "ringer-Speaker")]
    with pytest.raises(Unplugged, match=r"there is no sound card 'Speaker'; there are: vc4hdmi0$"):
        ports.opens["ringer-Speaker"](lambda *_: None, lambda _: None)


def test_a_card_that_comes_goes_and_changes_is_told_of(machine: Machine, ports: Ports) -> None:
    ringers = Ringers(["Speaker"], machine.sysfs)
    ringers.start(ports)
    ports.told.clear()
    ringers.look()
    assert ports.told == []
    machine.plug(1, "Other")
    machine.plug(2, "Speaker")
    ringers.look()
    ringers.look()
    machine.unplug(2)
    ringers.look()
    assert [what for what, _ in ports.told] == ["attach", "retry", "detach"]
    assert {device for _, device in ports.told} == {"ringer-Speaker"}
    ringers.stop()
    machine.plug(2, "Speaker")
    ringers.look()
    assert len(ports.told) == 3


def test_a_card_without_an_output_cannot_ring(machine: Machine) -> None:
    machine.plug(0, "Webcam", output=False)
    with pytest.raises(DriverError, match="the sound card 'Webcam' has no output"):
        Ringer("Webcam", machine.sysfs, machine.dev)


def test_a_card_that_may_not_be_opened_names_the_group(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.plug(0, "Speaker")
    monkeypatch.setattr(os, "access", lambda *_, **__: False)  # root may open everything
    with pytest.raises(AccessDenied, match="add Deskbell's user to the group audio"):
        Ringer("Speaker", machine.sysfs, machine.dev)


def test_what_the_player_says_is_the_fault_of_the_ringer(machine: Machine) -> None:
    machine.plug(0, "Nowhere")
    ringer = Ringer("Nowhere", machine.sysfs, machine.dev)
    assert ringer.ring(None) is None
    with pytest.raises(DriverError, match=r"the sound card 'Nowhere' cannot ring: .*\[plughw:CARD=Nowhere\]"):
        ringer.ring(Ring())
    ringer.close()
    machine.unplug(0)
    ringer.close()
    with pytest.raises(Unplugged):
        ringer.ring(Ring(volume=0.1))
    ringer.close()


def test_a_tone_is_checked_when_it_is_chosen(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.wav", tmp_path / "bad.wav"
    good.write_bytes(sine_wav(bits=24, extensible=True))
    bad.write_bytes(b"ID3" + bytes(100))
    assert checks.sound_file("") == ""
    assert checks.sound_file(str(good)) == ""
    assert checks.sound_file("good.wav").startswith("write where it is from / on")
    file = tmp_path / "deskbell.toml"
    file.write_text(f'[line]\nserver = "pbx"\nuser = "200"\n[ringing]\ntone_external = "{bad}"\n')
    (tmp_path / settings.SECRETS_NAME).touch(0o600)
    with pytest.raises(settings.SettingsError) as refused:
        settings.load(file)
    assert f"deskbell.toml:5: ringing.tone_external: '{bad}' is wrong; is MP3, not WAV" in str(refused.value)
