"""The list of supported devices is what the drivers say, and says how each is known."""

from __future__ import annotations

from drivers import lights
from drivers.supported import README, readme
from drivers.telephony import quirks


def test_the_list_is_current() -> None:
    assert README.read_text() == readme(), "run: make tables"


def test_every_model_is_named_with_its_proof() -> None:
    text = readme()
    for model in (*quirks.known(), *lights.known()):
        assert any(model.name in line and model.proof in line for line in text.splitlines()), model
