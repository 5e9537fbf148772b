"""A store, and a source that is read into it."""

from __future__ import annotations

import shutil
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from appliance.directory import people
from appliance.directory.lookup import Keys
from appliance.directory.sources import sync
from appliance.numbers import DialPlan
from appliance.settings import SourceOptions
from appliance.store.file import connect, prepare
from tests.sip.certificates import Authority

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.directory.person import Person
    from appliance.directory.sources.application import Outcome
    from appliance.directory.sources.sync import State

KEYS = Keys(DialPlan("IT", outside_prefix="0"))


class Directory:
    """The directory of one box, in step with one source called "company"."""

    def __init__(self, folder: Path, file: sqlite3.Connection) -> None:
        self.folder, self.file = folder, file
        self.options: dict[str, Any] = {}

    def sync(self, believe: bool = False, **options: Any) -> Outcome:
        """Read the source; `options` are meant from now on."""
        self.options |= options
        return sync.synchronise(
            self.file, KEYS, "company", SourceOptions(**self.options), self.folder, believe=believe
        )

    def people(self) -> dict[str, Person]:
        """Return everybody of the source, by name."""
        return {person.name: person for person in people.every(self.file) if person.source == "company"}

    @property
    def state(self) -> State:
        return sync.states(self.file, ["company"])[0]

    def counts(self, **options: Any) -> tuple[int, int, int]:
        """Read the source, which must go well; return how many are new, changed, gone."""
        outcome = self.sync(**options)
        assert not outcome.reason, outcome.reason
        assert self.state.reason == ""
        return outcome.added, outcome.changed, outcome.removed

    def refused(self, **options: Any) -> str:
        """Read the source, which must change nothing; return why not."""
        before = list(people.every(self.file)), self.state.good
        outcome = self.sync(**options)
        assert outcome.reason
        assert (list(people.every(self.file)), self.state.good) == before
        assert self.state.reason == outcome.reason
        assert self.state.tried >= self.state.good
        return outcome.reason


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that nobody has open: to be copied."""
    store = tmp_path_factory.mktemp("empty") / "desk.db"
    prepare(store)
    return store


@pytest.fixture
def directory(tmp_path: Path, empty: Path) -> Iterator[Directory]:
    store = tmp_path / "state" / "desk.db"
    store.parent.mkdir()
    shutil.copy(empty, store)
    with closing(connect(store)) as file:
        yield Directory(store.parent, file)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca") / "ca")


@pytest.fixture(scope="session")
def served(certificates: Authority) -> Path:
    """The folder of a certificate for 127.0.0.1."""
    return certificates.issue("IP:127.0.0.1")
