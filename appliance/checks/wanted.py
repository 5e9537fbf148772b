"""The settings: can they be used, and is there what they name?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from appliance import settings
from appliance.checks.finding import Finding
from appliance.phrase import phrase

if TYPE_CHECKING:
    from collections.abc import Iterator


def examine(path: Path) -> Iterator[Finding]:
    """Read the settings, and look for the files they name."""
    try:
        loaded = settings.load(path)
    except settings.NoSettingsError:
        what = phrase("there is no %(path)s yet", path=path)
        remedy = phrase("set the desk up on its page, or run: deskbell settings > %(path)s", path=path)
        yield Finding("settings", "settings", what, remedy, "warning")
        return
    except settings.SettingsError as error:
        for at, line in enumerate(str(error).splitlines()):
            remedy = phrase("mend that, then start the desk anew")
            yield Finding(f"settings-{at}", "settings", line, remedy, "fault")
        return
    yield Finding("settings", "settings", phrase("%(path)s can be used", path=path))
    for tone in sorted({loaded.ringing.tone_internal, loaded.ringing.tone_external} - {""}):
        if not Path(tone).exists():
            yield Finding(
                f"tone-{tone}",
                "ringing",
                phrase("%(path)s: there is no such file; the built-in tone rings", path=tone),
                phrase("put it there again, or choose another"),
                "fault",
                "ringing.start",
            )
