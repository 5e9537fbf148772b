"""The SQL of the statistics: what the calls of each hour add up to, and what hours and days add up to.

Sums of whole days that are kept (call_hour) are taken from there; the other days are added up at once.
"""

# ruff: noqa: S608 - made of what stands in this file, never of what somebody has entered

from __future__ import annotations

_COUNTS = ("calls", "answered", "missed", "transferred", "returned", "on_hold")
_SUMS = ("waited", "held", "duration", "talked")
_PEAKS = (*_SUMS, "at_once", "waiting")
_COLUMNS = (
    *("day", "hour", "kind", *_COUNTS),
    *(f"{name}_sum" for name in _SUMS),
    *(f"{name}_max" for name in _PEAKS),
    *(f"{name}_at" for name in _PEAKS),
)


def _first_with(peak: str, largest: str, value: str, at: str) -> str:
    """Return the SQL for when a peak was first reached: of the rows beside it, the first with its value."""
    return f"ifnull(min(iif({value} = {largest} AND {value} > 0, {at}, NULL)), 0.0) AS {peak}_at"


_NEW = """
    day_with_calls (day) AS (
        SELECT min(day) FROM call WHERE day BETWEEN :first AND :last
        UNION ALL SELECT (SELECT min(day) FROM call WHERE day > before.day AND day <= :last)
        FROM day_with_calls AS before WHERE before.day IS NOT NULL
    ),
    new_day (day) AS (
        SELECT day FROM day_with_calls WHERE day IS NOT NULL EXCEPT SELECT day FROM call_day
    )"""
"""The days that are not kept: one seek in the index for each day that has calls."""

_ADDED = f"""
    one AS MATERIALIZED (
        SELECT day, hour, kind, began, missed, at_once, waiting, talked, held, answered > 0 AS answered,
            outcome = 'transferred' AND purpose != 'consult' AS transferred,
            returned != '' AS returned,
            held > 0 AS on_hold,
            iif(answered > 0, waited, 0.0) AS waited,
            iif(answered > 0, duration, 0.0) AS duration
        FROM call WHERE day IN (SELECT day FROM new_day) AND outcome != ''
    ),
    hour_sum AS MATERIALIZED (
        SELECT day, hour, kind, count(*) AS calls,
            {", ".join(f"total({name}) AS {name}" for name in _COUNTS[1:])},
            {", ".join(f"total({name}) AS {name}_sum" for name in _SUMS)},
            {", ".join(f"max({name}) AS {name}_max" for name in _PEAKS)}
        FROM one GROUP BY day, hour, kind
    ),
    new_hour AS (
        SELECT hour_sum.*,
            {", ".join(_first_with(n, f"hour_sum.{n}_max", f"one.{n}", "one.began") for n in _PEAKS)}
        FROM hour_sum JOIN one USING (day, hour, kind) GROUP BY day, hour, kind
    )"""

_SUMMED = f"""WITH RECURSIVE {_NEW}, {_ADDED},
    hour_of_all AS MATERIALIZED (
        SELECT {", ".join(_COLUMNS)} FROM call_hour WHERE day BETWEEN :first AND :last
        UNION ALL SELECT {", ".join(_COLUMNS)} FROM new_hour
    )"""

TOTAL = f"""{_SUMMED},
    kind_sum AS MATERIALIZED (
        SELECT kind,
            {", ".join(f"sum({name}) AS {name}" for name in _COUNTS)},
            {", ".join(f"sum({name}_sum) AS {name}_sum" for name in _SUMS)},
            {", ".join(f"max({name}_max) AS {name}_max" for name in _PEAKS)}
        FROM hour_of_all GROUP BY kind
    )
    SELECT kind_sum.*,
        {", ".join(_first_with(n, f"kind_sum.{n}_max", f"one.{n}_max", f"one.{n}_at") for n in _PEAKS)},
        (SELECT count(DISTINCT day * 100 + hour) FROM hour_of_all WHERE kind != 'screened') AS hours
    FROM kind_sum JOIN hour_of_all AS one USING (kind) GROUP BY kind"""

SLICE = f"""{_SUMMED}
    SELECT {{by}} AS at,
        sum(iif(kind = 'in', calls, 0)) AS incoming,
        sum(iif(kind = 'out', calls, 0)) AS outgoing,
        sum(missed) AS missed,
        sum(transferred) AS transferred,
        sum(talked_sum) AS talked
    FROM hour_of_all GROUP BY {{by}} ORDER BY {{by}}"""

KEEP = f"""WITH RECURSIVE {_NEW}, {_ADDED}
    INSERT INTO call_hour ({", ".join(_COLUMNS)}) SELECT {", ".join(_COLUMNS)} FROM new_hour"""

NEW_DAYS = f"WITH RECURSIVE {_NEW} SELECT day FROM new_day ORDER BY day"
