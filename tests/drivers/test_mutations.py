"""Broken report descriptors of real devices: read or refused, by little memory, and never a crash.

The short form of `python -m tests.bench.mutations`, which tries 200,000 and looks at the clock too.
"""

from __future__ import annotations

import random

import pytest

from drivers.base import DriverError
from drivers.telephony.report_descriptor import DescriptorError, parse
from drivers.telephony.reports import LampReports
from tests.bench.mutations import greedy, mutations, run, truncated
from tests.drivers.descriptors import NAMES, NO_TELEPHONES, descriptor, needs_descriptors

ENDLESS_SECONDS = 2.0  # of the processor: nothing that ends takes so long, on the slowest machine


@pytest.fixture
def chance() -> random.Random:
    """Another one each time; the seed of a failure is in its output."""
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    return random.Random(seed)


def test_the_greediest_descriptors_take_no_memory_to_speak_of(chance: random.Random) -> None:
    assert run(greedy(), chance, watched=1, limit=ENDLESS_SECONDS).tried > 20


@needs_descriptors
def test_a_real_descriptor_cut_anywhere_is_read_or_refused(chance: random.Random) -> None:
    figures = run(truncated(), chance, watched=200, limit=ENDLESS_SECONDS)
    assert figures.tried == sum(len(descriptor(name)) + 1 for name in NAMES)
    assert figures.refused > figures.tried // 2


@needs_descriptors
def test_a_real_descriptor_changed_anyhow_is_read_or_refused(chance: random.Random) -> None:
    figures = run(mutations(1000, chance), chance, limit=ENDLESS_SECONDS)
    assert figures.refused
    assert figures.telephones


@needs_descriptors
@pytest.mark.parametrize("name", NO_TELEPHONES)
def test_what_is_no_telephone_is_none_however_it_is_cut(name: str) -> None:
    data = descriptor(name)
    for length in range(len(data) + 1):
        with pytest.raises((DescriptorError, DriverError)):
            LampReports(parse(data[:length]))
