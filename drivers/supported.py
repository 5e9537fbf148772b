"""The list of supported devices, made from the drivers' own tables: `python -m drivers.supported`.

It writes drivers/README.md anew; `make tables` does that together with udev's files.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drivers import lights
from drivers.lights.model import Reach
from drivers.telephony import quirks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from drivers.lights.model import Model as Light
    from drivers.telephony.quirks.quirk import Model as Telephone

README = Path(__file__).with_name("README.md")
REACHES = {Reach.HIDRAW: "hidraw", Reach.TTY: "serial port", Reach.USB: "USB"}
HEAD = """\
# Devices

What Deskbell works with, and how that is known. The tables are made from the drivers' own by `make tables`; a
test holds them to be current.

**Telephones.** Any USB device that declares the HID Telephony page and an Off-Hook lamp works by its report
descriptor alone: headset, handset, speakerphone, base. The table names those about which somebody says more:

- *real descriptor*: its descriptor, published by an owner, is read in the tests; in the virtual-hardware rig
  such layouts run on the real kernel, with the behaviour that the maker's devices show.
- *maker's document*, *library class*, *reported by users*: what it does differently is from there.

None of them has been plugged in by us. What only a real one can show: whether its firmware keeps to this, how
it behaves out of range of its base, and what it does when its battery is low.

A further maker is a file in [telephony/quirks](telephony/quirks), or a package of your own with an entry
point `deskbell.telephony_quirks`; no other file changes.
"""
LIGHTS = """
**Busy lights**, with how each is reached and whose word its protocol is. *Rings*: it has a sounder.

A further light is a module in [lights](lights) with its `MODELS`, named in `lights/catalogue.py`.
"""
TAIL = """
**Ringers.** Any sound card of the box or on USB, through ALSA: `ringing.ringers` in the settings names them.

**Buttons, lamps and relays** on the GPIO header, through gpiozero and lgpio: `[buttons]`, `[keys.NAME]` and
`[relays.NAME]` in the settings. Proven on the kernel's gpio-sim; no Raspberry Pi was there.
"""


def readme() -> str:
    """The whole of drivers/README.md."""
    phones = _table(("telephone", "USB", "differs by", "proof"), map(_telephone, quirks.known()))
    shown = _table(("light", "USB", "through", "rings", "proof"), map(_light, lights.known()))
    return f"{HEAD}\n{phones}{LIGHTS}\n{shown}{TAIL}"


def _telephone(model: Telephone) -> Sequence[str]:
    quirk = model.quirk
    differs = {
        f"is a {quirk.kind}": quirk.kind,
        "is none": quirk.phantom,
        "dark Off-Hook while held": quirk.hold_clears_off_hook,
        f"{quirk.on_hooks_to_reject} on-hooks reject": quirk.on_hooks_to_reject,
        "mute is a state": quirk.mute_is_state,
        "volume keys echo": quirk.volume_echo,
        f"kept alive every {quirk.keep_alive:g} s": quirk.keep_alive,
    }
    said = ", ".join(text for text, holds in differs.items() if holds)
    return model.name, _numbers(model), said, f"{model.proof}: {model.source}"


def _numbers(model: Telephone) -> str:
    """The USB vendor and product, as far as they matter; part of its name where they do not."""
    if model.vendor is None:
        return f'named "{model.named}"'
    product = model.product
    if product is None:
        return f'{model.vendor:04x}, named "{model.named}"' if model.named else f"{model.vendor:04x}"
    if isinstance(product, range):
        return f"{model.vendor:04x}:{product[0]:04x}-{product[-1]:04x}"
    return f"{model.vendor:04x}:{product:04x}"


def _light(model: Light) -> Sequence[str]:
    numbers = f"{model.vendor:04x}:{model.product:04x}"
    return model.name, numbers, REACHES[model.reach], "yes" if model.rings else "", model.proof


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"{line}\n" for line in _lines(heads, rows))


def _lines(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    yield from sorted(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    README.write_text(readme())
