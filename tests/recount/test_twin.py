"""The recount itself is checked before it checks others: against SQL, and its configurations against a TOML reader."""

from __future__ import annotations

import math
import tomllib
from fractions import Fraction
from pathlib import Path

import duckdb

from instance import config_of, to_toml
from recount import median, readings
from sources import GRINNELL, KING_COUNTY, KING_LEVELS, grinnell_sales, king_county_sales


def test_medians_of_even_and_odd_counts() -> None:
    assert median([Fraction(3), Fraction(1)]) == 2
    assert median([Fraction(100_001), Fraction(100_000)]) == Fraction(200_001, 2)
    assert median([5.0, 1.0, 2.0]) == 2.0


def test_king_county_by_area_and_month_equals_sql(shipped: Path) -> None:
    rows = duckdb.sql(
        f"""
        SELECT area::TEXT, strftime(date_trunc('month', sale_date), '%Y-%m-%d'), count(*),
            quantile_cont(sale_price::DOUBLE, 0.5), quantile_cont(sale_price::DOUBLE / tot_sf, 0.5)
        FROM read_csv('{shipped / KING_COUNTY}') GROUP BY ALL
        """
    ).fetchall()
    found = readings(king_county_sales(shipped), {"area": None}, windows={"month"}, ends=[])
    assert sum(key[2:4] == ("all", "closed_count") for key in found) == len(rows)
    for area, month, count, price, per_area in rows:

        def said(measure: str):
            return found["area", area, "all", measure, "own", "month", month][0]

        assert (said("closed_count"), said("median_close_price")) == (count, price), (area, month)
        # DuckDB interpolates by low * (1 - part) + high * part: the last bit may differ.
        assert abs(said("median_close_price_per_area") - per_area) <= math.ulp(per_area), (area, month)


def test_grinnell_cuts_equal_sql(shipped: Path) -> None:
    ((cuts, count),) = duckdb.sql(
        f"SELECT count(*) FILTER (OrigPrice > ListPrice), count(*) FROM read_csv('{shipped / GRINNELL}')"
    ).fetchall()
    found = readings(grinnell_sales(shipped), {"town": "Grinnell"}, windows={"all"}, ends=[])
    assert found["town", "Grinnell", "all", "price_cuts", "inferred", "all", ""] == (cuts, cuts, 0)
    assert found["town", "Grinnell", "all", "price_cut_share", "any", "all", ""] == (cuts / count, count, 0)


def test_configurations_come_back_from_toml() -> None:
    feed = {"name": "a", "map": {"ListPrice": {"column": 'SALE "PRICE"\n', "empty": ["", " -   "]}, "X_Area": "area"}, "skip": 4}
    config = config_of([feed, {"name": "b", "on": True}], {**KING_LEVELS, "town": "Grinnell"}, time_zone="UTC")
    assert tomllib.loads(to_toml(config)) == config
