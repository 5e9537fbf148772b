"""Given calls of some days, the page says what they add up to, draws it, and has the same as a table."""

from __future__ import annotations

import csv
import datetime
import io
import re
from contextlib import closing
from html import unescape
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect

from appliance.history.recorder import Changes, write
from appliance.store.file import connect, writing
from tests.web.test_history import UNANSWERED, call
from web import chart, figures
from web.pages.statistics import Range

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.web.conftest import SignedIn

MONDAY = datetime.date(2026, 3, 2)
ON_MONDAY = "/statistics?from=2026-03-02&to=2026-03-02"
MARCH = "/statistics?from=2026-03-01&to=2026-03-31"


def at(day: int, hour: int) -> float:
    """Return the UNIX time of an hour of a day in March 2026."""
    return datetime.datetime(2026, 3, day, hour, tzinfo=figures.zone()).timestamp()


@pytest.fixture
def file(desk_store: Path) -> Iterator[sqlite3.Connection]:
    """The store of the site: one call on a Sunday, five on the Monday that follows."""
    with closing(connect(desk_store)) as file:
        with writing(file):
            for table in ("call", "call_day", "call_hour"):
                file.execute(f"DELETE FROM {table}")
            write(
                file,
                Changes(
                    (
                        call(1, at(1, 9)),
                        call(2, at(2, 9)),
                        call(3, at(2, 9), talked=115.0, duration=130.0),
                        call(4, at(2, 14), outcome="missed", **UNANSWERED),
                        call(5, at(2, 14), direction="out"),
                        call(6, at(2, 14), outcome="transferred"),
                    )
                ),
            )
        yield file
        with writing(file):
            file.execute("DELETE FROM call")


def cells(page: str, row: str, table: int = 0) -> list[str]:
    """Return what stands in the row of that name, in a table of the page."""
    inside = page.split("<table")[table + 1].split("</table>")[0]
    line = re.findall(rf'<th scope="row">{re.escape(row)}</th>(.*?)</tr>', inside, re.DOTALL)[0]
    return [
        unescape(re.sub(r"<[^>]+>", "", cell)).strip()
        for cell in re.findall(r"<td.*?>(.*?)</td>", line, re.DOTALL)
    ]


def test_a_day_adds_up_and_is_compared_with_the_day_before(
    client: SignedIn, file: sqlite3.Connection
) -> None:
    page = client.get(ON_MONDAY).text
    assert cells(page, "In") == ["4", "2.0", "80%", "1", "3 more than before"]
    assert cells(page, "Missed") == ["1", "0.5", "25%", "0", "1 more than before"]
    assert cells(page, "Out") == ["1", "0.5", "20%", "0", "1 more than before"]
    assert cells(page, "Transferred") == ["1", "0.5", "20%", "0", "1 more than before"]
    assert cells(page, "Talk", 1)[:3] == ["4", "1:10", "1:55"]
    assert cells(page, "In: until answered", 1)[:3] == ["3", "0:10", "0:10"]
    assert (
        cells(client.get("/statistics?from=2026-03-03&to=2026-03-03").text, "In")[-1] == "4 fewer than before"
    )


def test_what_a_chart_shows_stands_in_the_table_below_it(client: SignedIn, file: sqlite3.Connection) -> None:
    page = client.get(ON_MONDAY).text
    assert cells(page, "9 AM", 2) == ["2", "0", "0", "0", "2:50"]
    assert cells(page, "2 PM", 2) == ["1", "1", "1", "1", "1:50"]
    picture = page.split('aria-describedby="hours-desc"')[1].split("</svg>")[0]
    assert "5 calls in all." in picture
    heights = re.findall(
        r'data-kind="(\d)" x="([\d.]+)" y="[\d.]+" width="[\d.]+" height="([\d.]+)"', picture
    )
    kinds = [kind for kind, _x, _height in heights]
    assert kinds == ["0", "0", "1", "2"], "two bars: one received; one received, missed and outgoing"
    nine, two = float(heights[0][2]), float(heights[1][2])
    assert nine == pytest.approx(2 * two, abs=0.2)
    assert "style=" not in page


def test_a_range_has_a_bar_for_each_day_also_for_one_without_calls(
    client: SignedIn, file: sqlite3.Connection
) -> None:
    page = client.get(MARCH).text
    assert "Calls by day" in page
    assert cells(page, "Monday, March 2, 2026", 2) == ["3", "1", "1", "1", "4:40"]
    assert cells(page, "Tuesday, March 3, 2026", 2) == ["0", "0", "0", "0", "0:00"]
    assert "compared with Feb 1, 2026 to Feb 28, 2026" in unescape(page)
    year = client.get("/statistics?from=2026-01-01&to=2026-12-31").text
    assert "Calls by week" in year
    decade = client.get("/statistics?from=2020-01-01&to=2026-12-31").text
    assert "Calls by month" in decade
    for longer in (year, decade):
        assert cells(longer, "In")[0] == "5"
        assert (
            sum(int(one) for one in re.findall(r'<td class="amount">(\d+)</td>', longer.split("<table")[3]))
            >= 6
        )


def test_the_table_for_spreadsheets_has_a_line_for_each_hour_or_day(
    client: SignedIn, file: sqlite3.Connection
) -> None:
    def rows(query: str) -> list[dict[str, str]]:
        text = client.get(f"/statistics.csv?{query}").text
        return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))

    hours = rows("from=2026-03-02&to=2026-03-02")
    assert len(hours) == 24
    assert hours[14] == {
        "Day": "2026-03-02", "Hour": "14", "In": "2", "Missed": "1", "Out": "1", "Transferred": "1",
        "Talked (s)": "110",
    }  # fmt: skip
    assert [(row["Day"], row["In"]) for row in rows("from=2026-03-01&to=2026-03-31")] == [
        ("2026-03-01", "1"),
        ("2026-03-02", "4"),
    ]


@pytest.mark.parametrize(
    "name", ["today", "yesterday", "week", "last-week", "month", "last-month", "year", "x"]
)
def test_every_period_can_be_chosen(client: SignedIn, name: str) -> None:
    assert client.get(f"/statistics?period={name}").status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=x&to=2026-03-02", "from-error"),
        ("from=2026-03-02", "to-error"),
        ("from=2026-03-02&to=2026-03-01", "to-error"),
        ("from=1970-01-02&to=2026-03-01", "to-error"),
        ("from=9999-12-31&to=9999-12-31", "from-error"),
    ],
)
def test_days_that_cannot_be_are_told_beside_the_field(client: SignedIn, query: str, field: str) -> None:
    for address in ("/statistics", "/statistics.csv"):
        reply = client.get(f"{address}?{query}")
        assert reply.status_code == 422
        assert f'id="{field}"' in reply.text


def test_the_period_before_a_month_is_the_month_before() -> None:
    def before(first: str, last: str) -> tuple[str, str]:
        found = Range(datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)).before
        return found.first.isoformat(), found.last.isoformat()

    assert before("2026-03-01", "2026-03-31") == ("2026-02-01", "2026-02-28")
    assert before("2026-03-02", "2026-03-02") == ("2026-03-01", "2026-03-01")
    assert before("2026-03-02", "2026-03-08") == ("2026-02-23", "2026-03-01")


@given(st.lists(st.tuples(*[st.integers(0, 100_000)] * 3), min_size=1, max_size=60))
def test_bars_stand_on_the_floor_inside_the_picture_as_high_as_their_numbers(
    values: list[tuple[int, ...]],
) -> None:
    made = chart.stacked([str(at) for at in range(len(values))], values)
    top, floor = made.lines[-1], made.lines[0]
    assert made.total == sum(map(sum, values))
    assert (floor.value, floor.y) == (0, chart.HEIGHT - chart.BOTTOM)
    assert top.y == chart.TOP
    assert top.value >= max(map(sum, values))
    assert len(made.lines) <= 6
    for bar, pieces in zip(made.bars, values, strict=True):
        assert chart.LEFT <= bar.x < bar.x + bar.width <= chart.WIDTH
        for part in bar.parts:
            exact = pieces[part.kind] / top.value * (floor.y - top.y)
            assert part.height == pytest.approx(exact, abs=0.06)
        assert bar.top == pytest.approx(floor.y - sum(pieces) / top.value * (floor.y - top.y), abs=0.2)


@pytest.mark.browser
def test_a_person_looks_at_a_month_and_reads_it_as_a_table(
    page: Page, site: str, file: sqlite3.Connection
) -> None:
    page.goto(f"{site}statistics")
    page.get_by_label("From day").fill("2026-03-01")
    page.get_by_label("to day").fill("2026-03-31")
    page.get_by_role("button", name="Show").press("Enter")
    expect(page.get_by_role("img", name="Calls by day")).to_be_visible()
    expect(page.get_by_role("img", name="Calls by day")).to_have_accessible_description(
        "6 calls in all. The table below has the same numbers."
    )
    page.get_by_text("The same numbers as a table").first.click()
    expect(page.get_by_role("row", name="Monday, March 2, 2026")).to_contain_text("4:40")
    link = page.get_by_role("link", name="Table (CSV)")
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "statistics-2026-03-01-2026-03-31.csv"
