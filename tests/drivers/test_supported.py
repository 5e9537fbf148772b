"""The list of supported devices is what the drivers say, and says how each is known."""

from __future__ import annotations

from drivers import lights
from drivers.supported import README, readme
from drivers.telephony import quirks


def test_the_list_is_current() -> None:
    assert README.read_text() == readme(), "run: make tables"


def test_every_model_is_named_with_its_proof() -> None:
    lines = readme().splitlines()
    told = [(model.name, str(model.proof)) for model in quirks.known()]
    told += [(model.name, model.proof) for model in lights.known()]
    for name, proof in told:
        assert any(name in line and proof in line for line in lines), name
