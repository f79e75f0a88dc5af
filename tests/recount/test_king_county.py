"""King County, 43,313 sales: every reading of the county and of its 26 areas equals a recount over the CSV."""

from __future__ import annotations

import datetime
import math
from pathlib import Path

import duckdb
import pytest

from instance import Instance
from recount import as_said, assert_same, names_of, readings
from sources import KING_COUNTY, king_county_config, king_county_sales

COUNTY = "King, WA"
LEVELS = {"county": COUNTY, "area": None}
DATES = [datetime.date(2010, 1, 31), datetime.date(2014, 6, 30), datetime.date(2016, 2, 29), datetime.date(2016, 12, 28)]
FLOWS = "closed_count,new_listings,price_cuts,price_cut_share," + names_of("close_price", "close_price_per_area", "days_on_market")


@pytest.fixture(scope="module")
def sales(shipped: Path):
    return king_county_sales(shipped)


@pytest.fixture(scope="module")
def king(instances, shipped: Path) -> Instance:
    return instances("king-county", king_county_config(shipped / KING_COUNTY)).run()


def test_every_row_is_accepted(king: Instance, sales) -> None:
    ledger = king.ledger("king-county")
    assert (ledger["received"], ledger["accepted"], ledger["tombstones"]) == (len(sales), len(sales), 0)
    assert king.ask("refused") == []


def test_all_time_and_months_in_every_market(king: Instance, sales) -> None:
    wanted = readings(sales, LEVELS, windows={"all", "month"}, ends=[])
    assert_same(as_said(king.markets(measure=FLOWS, window="all,month")), wanted)


def test_days_of_the_county(king: Instance, sales) -> None:
    wanted = readings(sales, {"county": COUNTY}, windows={"day"}, ends=[])
    wanted = {key: said for key, said in wanted.items() if key[2] == "all"}
    found = as_said(king.markets(level="county", segment="all", measure=FLOWS, window="day"))
    assert_same(found, wanted)


@pytest.mark.parametrize("end", DATES, ids=str)
def test_trailing_windows(king: Instance, sales, end: datetime.date) -> None:
    wanted = readings(sales, LEVELS, windows={"30d", "90d"}, ends=[end])
    assert_same(as_said(king.markets(measure=FLOWS, window="30d,90d", date=end.isoformat())), wanted)


@pytest.mark.parametrize("day", DATES, ids=str)
def test_as_of_a_date(king: Instance, sales, day: datetime.date) -> None:
    known = [sale for sale in sales if sale.day <= day]
    windows = {"all", "month", "30d", "90d"}
    wanted = readings(known, LEVELS, windows=windows, ends=[day])
    found = as_said(king.markets(measure=FLOWS, window=",".join(sorted(windows)), as_of=day.isoformat()))
    assert_same(found, wanted)


def test_nothing_is_for_sale_where_only_sales_were_told(king: Instance) -> None:
    rows = king.markets(level="county", segment="all", window="now")
    nothing = dict.fromkeys(names_of("list_price", "list_price_per_area", "age_of_inventory").split(","), ("", "0"))
    counts = dict.fromkeys(("active_count", "pending_count", "coming_soon_count"), ("0", "0"))
    yields = dict.fromkeys(("price_to_rent", "gross_rental_yield", "absorption_rate"), ("", "0"))
    sold = ("0", "0")
    said = {row["measure"]: (row["value"], row["n"]) for row in rows if row["variant"] == "own"}
    assert said == nothing | counts | yields | {"months_of_supply": sold}
    assert {row["kind"] for row in king.markets(level="county", window="all")} == {"sale"}


def test_areas_and_segments_add_up(king: Instance) -> None:
    rows = king.markets(measure="closed_count", window="all")
    counts = {(row["level"], row["area"], row["segment"]): int(row["value"]) for row in rows}
    total = counts["county", COUNTY, "all"]
    assert sum(count for (level, _, segment), count in counts.items() if (level, segment) == ("area", "all")) == total
    for family in ("type:", "beds:"):
        inside = [count for (level, _, segment), count in counts.items() if level == "county" and segment.startswith(family)]
        assert sum(inside) == total


def test_months_are_final_once_their_horizon_is_over(king: Instance) -> None:
    rows = king.markets(level="county", segment="all", measure="closed_count", window="month")
    status = {row["date"]: row["status"] for row in rows}
    # The last sale is of 2016-12-28: August ended more than 90 days before, October did not.
    assert (status["2010-01-01"], status["2016-08-01"]) == ("final", "final")
    assert (status["2016-10-01"], status["2016-12-01"]) == ("provisional", "provisional")


def test_sql_agrees(king: Instance, shipped: Path) -> None:
    """A third opinion: DuckDB's quantile_cont over the same file."""
    months = duckdb.sql(
        f"""
        SELECT strftime(date_trunc('month', sale_date), '%Y-%m-%d'), count(*),
            quantile_cont(sale_price::DOUBLE, 0.5), quantile_cont(sale_price::DOUBLE / tot_sf, 0.5)
        FROM read_csv('{shipped / KING_COUNTY}') GROUP BY ALL
        """
    ).fetchall()
    rows = king.markets(level="county", segment="all", window="month")
    said = {(row["date"], row["measure"]): row["value"] for row in rows}
    for month, count, price, per_area in months:
        assert int(said[month, "closed_count"]) == count, month
        assert float(said[month, "median_close_price"]) == price, month
        # DuckDB interpolates by low * (1 - part) + high * part: the last bit may differ.
        difference = abs(float(said[month, "median_close_price_per_area"]) - per_area)
        assert difference <= math.ulp(per_area), month
