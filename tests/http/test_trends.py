"""Moving averages, trends and changes are recomputed in plain Python from the series that they are of."""

from __future__ import annotations

import datetime
import math
from itertools import combinations

import pytest

from server import Server, encoded

AVERAGES = (7, 28, 30, 90, 365)
MONTH_DAYS = 365.25 / 12
PATH = f"/v1/markets/{encoded('county:Bergen, NJ')}"


def percentile(values: list[float], part: float) -> float:
    values = sorted(values)
    rank = part * (len(values) - 1)
    low = int(rank)
    return values[low] + (rank - low) * (values[min(low + 1, len(values) - 1)] - values[low])


def before(day: datetime.date, months: int) -> datetime.date:
    """The same day so many months earlier, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = (datetime.date(year + (month == 11), (month + 1) % 12 + 1, 1) - datetime.timedelta(days=1)).day
    return datetime.date(year, month + 1, min(day.day, last))


def near(found: float | None, wanted: float | None, where: str) -> None:
    assert (found is None) == (wanted is None), where
    assert found is None or math.isclose(float(found), wanted, rel_tol=1e-9, abs_tol=1e-9), (where, found, wanted)


@pytest.mark.parametrize("measure, window, is_share", [
    ("median_list_price", None, False), ("active_count", None, False), ("closed_count", "30d", False), ("price_cut_share", "30d", True),
    ("months_of_supply", None, False), ("median_age_of_inventory", None, False),
])  # fmt: skip
def test_operators_equal_a_recount_of_the_series(server: Server, measure: str, window: str | None, is_share: bool) -> None:
    asked = {"measure": measure} | ({"window": window} if window else {})
    first = server.day(800)
    series = server.json(f"{PATH}/series", points=2_000, from_=first.isoformat(), **asked)["rows"]
    points = {datetime.date.fromisoformat(row["date"]): (None if row["value"] is None else float(row["value"]), row["n"]) for row in series}
    said = server.json(f"{PATH}/trends", from_=server.day(250).isoformat(), points=60, **asked)
    assert said["change_unit"] == ("pp" if is_share else "%")
    assert len(said["rows"]) >= 50
    seen = set()
    for row in said["rows"]:
        day = datetime.date.fromisoformat(row["date"])
        value, n = points[day]
        near(row["value"], value, row["date"])
        assert row["n"] == n
        for days in AVERAGES:
            inside = [points.get(day - datetime.timedelta(days=ago), (None, 0))[0] for ago in range(days)]
            known = [one for one in inside if one is not None]
            assert row[f"ma{days}_days"] == len(known)
            near(row[f"ma{days}"], sum(known) / len(known) if known else None, f"{row['date']} ma{days}")
        logs = []
        for ago in range(90):
            one = points.get(day - datetime.timedelta(days=ago), (None, 0))[0]
            if one is not None and one > 0:
                logs.append((-ago, math.log(one)))
        slopes = [(y - x) / (t - s) for (s, x), (t, y) in combinations(logs, 2)] if len(logs) >= 30 else None
        for name, part in (("trend", 0.5), ("trend_low", 0.25), ("trend_high", 0.75)):
            wanted = 100 * math.expm1(percentile(slopes, part) * MONTH_DAYS) if slopes else None
            near(row[name], wanted, f"{row['date']} {name}")
        assert (row["trend"] is None) == bool(row["trend_reason"])
        for name, months in (("mom", 1), ("yoy", 12)):
            base, rests_on = points.get(before(day, months), (None, 0))
            wanted = None
            if value is not None and base is not None and rests_on >= 10 and (is_share or base != 0):
                wanted = (value - base) * 100 if is_share else (value / base - 1) * 100
            near(row[name], wanted, f"{row['date']} {name}")
            assert (row[name] is None) == bool(row[f"{name}_reason"])
            seen.add((name, row[name] is not None))
        assert (row["adjusted"] is None) == bool(row["adjusted_reason"])
    assert ("mom", True) in seen and ("yoy", False) in seen


def test_months_have_changes_but_no_daily_operators(server: Server) -> None:
    rows = server.json(f"{PATH}/trends", measure="closed_count", window="month")["rows"]
    assert all(row["ma7"] is None and row["trend"] is None and "month" in row["trend_reason"] for row in rows)
    assert any(row["mom"] is not None for row in rows)
    assert {row["adjusted_reason"] for row in rows} == {"fewer than 24 months"}


def test_trends_as_csv_are_those_of_json(server: Server) -> None:
    rows = server.json(f"{PATH}/trends", measure="median_list_price", points=5)["rows"]
    lines = server.csv(f"{PATH}/trends.csv", measure="median_list_price", points=5)
    assert [line["ma28"] for line in lines] == ["" if row["ma28"] is None else str(row["ma28"]) for row in rows]
    assert sorted(lines[0]) == sorted(rows[0])
