"""How loud a headset is: set by a person, by its keys, by others; kept over replugging and restarts."""

from __future__ import annotations

import re
import subprocess
import time
from typing import TYPE_CHECKING

from appliance.control.protocol import SetLevels
from drivers.audio.levels import SETTLE_SECONDS
from tests.rig.devices import Headset, eventually
from tests.rig.models import MODELS
from tests.running import RunningDesk, State

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ARRAY = MODELS["array buttons"]  # has volume keys
DEVICES = {"usb": True, "simulated": False, "sound": True}


def levels(state: State) -> dict[str, float]:
    """The levels of the one headset that is there, as the page would show them."""
    return next((device["levels"] for device in state["devices"].values() if device["levels"]), {})


def near(what: str, level: float) -> Callable[[State], bool]:
    return lambda state: abs(levels(state).get(what, -1.0) - level) < 0.03


def cards(headset: Headset) -> list[str]:
    """The numbers of the headset's sound card, while it is there."""
    return [path.name.removeprefix("card") for path in headset.folder.glob("*/sound/card*")]


def mixer(headset: Headset, *words: str) -> str:
    """What ALSA's own command says of the headset's card."""
    (card,) = cards(headset)
    return subprocess.run(["amixer", "-c", card, *words], capture_output=True, text=True, check=True).stdout


def test_a_level_that_a_person_set_is_there_again_after_a_replug_and_after_a_restart(tmp_path: Path) -> None:
    with ARRAY.headset("V1") as headset, RunningDesk(tmp_path, 9, devices=DEVICES) as desk:
        state = desk.until("it has levels", levels)
        (name,) = (name for name, device in state["devices"].items() if device["levels"])
        desk.ask(SetLevels(name, speaker=0.4, microphone=0.7))
        desk.until("the speaker", near("speaker", 0.4))
        desk.until("the microphone", near("microphone", 0.7))
        assert desk.deskbell("devices").stdout.count("levels: ") == 1

        headset.unplug()
        desk.until("unplugged", lambda state: not levels(state))
        headset.plug()
        desk.until("as loud as before", near("speaker", 0.4))

        desk.stop()
        headset.unplug()
        eventually("its card is gone", lambda: not cards(headset))
        headset.plug()
        desk.start()
        desk.until("as loud as before the restart", near("speaker", 0.4))


def test_the_volume_keys_and_other_programs_change_it_and_that_is_told(tmp_path: Path) -> None:
    with ARRAY.headset("V1") as headset, RunningDesk(tmp_path, 9, devices=DEVICES) as desk:
        state = desk.until("it has levels", levels)
        (name,) = (name for name, device in state["devices"].items() if device["levels"])
        desk.ask(SetLevels(name, speaker=0.5))
        desk.until("the speaker", near("speaker", 0.5))
        headset.tap("Volume Up")
        desk.until("a step louder", near("speaker", 0.55))
        headset.tap("Volume Down")
        headset.tap("Volume Down")
        desk.until("two steps softer", near("speaker", 0.45))
        (control, *_) = re.findall(r"'(.+?)'", mixer(headset, "scontrols"))
        time.sleep(SETTLE_SECONDS)  # what others set before, the desk takes for the set-up of a new card
        mixer(headset, "sset", control, "20%")
        desk.until("told of what another program did", lambda state: not near("speaker", 0.45)(state))


def test_a_card_that_somebody_muted_is_heard_again(tmp_path: Path) -> None:
    with ARRAY.headset("V1") as headset:
        for control in re.findall(r"'(.+?)'", mixer(headset, "scontrols")):
            mixer(headset, "sset", control, "mute", "nocap")
        assert mixer(headset).count("[off]") >= 2, "both the speaker and the microphone"
        with RunningDesk(tmp_path, 9, devices=DEVICES) as desk:
            desk.until("it has levels", levels)
            eventually("nothing is muted", lambda: "[off]" not in mixer(headset))
