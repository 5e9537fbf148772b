"""Runs the tests of this folder in the guest, wherever pytest was started.

On the host, the first of them to come up boots the guest once with all those that were selected; pytest there
writes down its reports, and they are repeated here one by one, so that a failure in the guest looks like any
other. In the guest the tests simply run. With `DESKBELL_RIG_TIME=real` the guest follows the host's clock;
otherwise its time is virtual.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from coverage import Coverage

from appliance.demo.exchange import Exchange, ExchangeError
from tests.rig.boot import Job, RigError, kernel, run

if TYPE_CHECKING:
    from collections.abc import Generator

FOLDER = Path(__file__).parent
IN_GUEST = os.environ.get("DESKBELL_RIG") == "guest"
RESULTS = "DESKBELL_RIG_RESULTS"
"""Names the folder for the reports in the guest; without it none are written."""
LIMIT = 1800
"""Seconds of the host's time that the guest may take for all tests."""

Reports = dict[str, list[pytest.TestReport]]
REPORTS = pytest.StashKey[Reports]()
TROUBLE = pytest.StashKey[str]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests; the host's own time-out does not fit the first one, which waits for the whole guest."""
    for item in _of_this_folder(items):
        item.add_marker(pytest.mark.rig)
        if not IN_GUEST:
            item.add_marker(pytest.mark.timeout(0))


if IN_GUEST:

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Write every report down for the host."""
        report = yield
        if results := os.environ.get(RESULTS):
            plain = item.config.hook.pytest_report_to_serializable(config=item.config, report=report)
            with (Path(results) / "reports").open("a") as reports:
                reports.write(json.dumps(plain) + "\n")
        return report

else:

    def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
        """Repeat the reports that the guest gave on this test; the others run as ever."""
        if not _of_this_folder([item]):
            return None
        if REPORTS not in item.config.stash:
            _run_in_guest(item.session)
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for report in item.config.stash[REPORTS].get(item.nodeid) or [_unreported(item)]:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True


def _of_this_folder(items: list[pytest.Item]) -> list[pytest.Item]:
    return [item for item in items if item.path.is_relative_to(FOLDER)]


def _run_in_guest(session: pytest.Session) -> None:
    """Boot the guest with all selected tests and put its reports into the stash."""
    config = session.config
    selected = _of_this_folder(session.items)
    with tempfile.TemporaryDirectory(prefix="deskbell-rig-") as folder:
        results = Path(folder)
        (results / "tests").write_text("\n".join(item.nodeid for item in selected))
        job = Job(
            command=[
                sys.executable,
                *_measured(results),
                "-m",
                "pytest",
                "-p",
                "no:cacheprovider",
                f"@{results}/tests",
            ],
            results=results,
            real_time=os.environ.get("DESKBELL_RIG_TIME") == "real",
            limit=LIMIT,
            environment={RESULTS: folder},
        )
        with (results / "output").open("wb") as output:
            try:
                _prepare(config, selected)
                run(job, output.fileno())
                config.stash[TROUBLE] = ""
            except (RigError, ExchangeError) as error:
                config.stash[TROUBLE] = str(error)
        config.stash[TROUBLE] += "\n" + (results / "output").read_text(errors="replace")
        config.stash[REPORTS] = _read(config, results / "reports")
        for measured in results.glob(".coverage*"):
            (config.rootpath / measured.name).write_bytes(measured.read_bytes())


def _prepare(config: pytest.Config, selected: list[pytest.Item]) -> None:
    """Make what the guest, which has no network, finds ready in the caches; takes minutes the first time."""
    capture = config.pluginmanager.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        kernel()
        if any(item.get_closest_marker("exchange") for item in selected):
            Exchange.prepare(lambda line: print(line, file=sys.stderr))


def _measured(results: Path) -> list[str]:
    """What makes Python measure coverage in the guest where it is measured here; `coverage combine` joins."""
    if Coverage.current() is None:
        return []
    return ["-m", "coverage", "run", "--parallel-mode", f"--data-file={results}/.coverage"]


def _read(config: pytest.Config, path: Path) -> Reports:
    found: Reports = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        report = config.hook.pytest_report_from_serializable(config=config, data=json.loads(line))
        if isinstance(report.longrepr, list):  # of a skipped test; JSON knows no tuples, pytest no lists
            report.longrepr = tuple(report.longrepr)
        found.setdefault(report.nodeid, []).append(report)
    return found


def _unreported(item: pytest.Item) -> pytest.TestReport:
    message = f"The guest gave no report on this test.\n{item.config.stash[TROUBLE]}"
    return pytest.TestReport(item.nodeid, item.location, {}, "failed", message, "setup")
