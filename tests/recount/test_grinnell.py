"""Grinnell, 929 sales with original, last and paid price: cuts, their share, and what was got of what was asked."""

from __future__ import annotations

import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from instance import Instance
from recount import as_said, assert_same, names_of, readings
from sources import GRINNELL, grinnell_config, grinnell_rows, grinnell_sales

LEVELS = {"town": "Grinnell"}
# The file names no type of home, so that the type segments are the mapping's choice.
SEGMENTS = "all," + ",".join(f"beds:{beds}" for beds in ("0", "1", "2", "3", "4", "5+", "other"))
FLOWS = "closed_count,price_cuts,price_cut_share," + names_of("close_price", "close_price_per_area")
DATES = [datetime.date(2006, 3, 31), datetime.date(2010, 6, 30), datetime.date(2014, 12, 31)]


@pytest.fixture(scope="module")
def grinnell(instances, shipped: Path) -> Instance:
    return instances("grinnell", grinnell_config(shipped / GRINNELL)).run()


def wanted_readings(sales, **windows):
    """Of the recount, what is asked here."""
    everything = readings(sales, LEVELS, **windows)
    return {key: said for key, said in everything.items() if key[2] in SEGMENTS.split(",") and key[3] in FLOWS.split(",")}


def test_every_row_is_accepted(grinnell: Instance) -> None:
    ledger = grinnell.ledger("grinnell")
    assert (ledger["received"], ledger["accepted"]) == (929, 929)


def test_cuts_and_shares_in_months_and_in_all(grinnell: Instance, shipped: Path) -> None:
    wanted = wanted_readings(grinnell_sales(shipped), windows={"all", "month"}, ends=[])
    found = as_said(grinnell.markets(measure=FLOWS, segment=SEGMENTS, window="all,month"))
    assert_same(found, wanted)
    # Counted once by hand: 349 of the 929 asked less at the end than at first.
    assert found["town", "Grinnell", "all", "price_cuts", "inferred", "all", ""] == (Fraction(349), 349, 0)
    assert found["town", "Grinnell", "all", "price_cut_share", "any", "all", ""] == (349 / 929, 929, 0)


@pytest.mark.parametrize("day", DATES, ids=str)
def test_as_of_a_date(grinnell: Instance, shipped: Path, day: datetime.date) -> None:
    known = [sale for sale in grinnell_sales(shipped) if sale.day <= day]
    wanted = wanted_readings(known, windows={"all", "90d"}, ends=[day])
    found = as_said(grinnell.markets(measure=FLOWS, segment=SEGMENTS, window="all,90d", as_of=day.isoformat()))
    assert_same(found, wanted)


def test_prices_asked_and_paid_come_through_to_the_cent(grinnell: Instance, shipped: Path) -> None:
    """Sale-to-list rests on three prices; the file's own SPLPPct is their check sum."""
    listings = grinnell.ask("listings", feed="grinnell")
    columns = ("OriginalListPrice", "ListPrice", "ClosePrice")
    found = sorted(tuple(Fraction(listing[column]) for column in columns) for listing in listings)
    rows = grinnell_rows(shipped)
    assert found == sorted(tuple(Fraction(row[column]) for column in ("OrigPrice", "ListPrice", "SalePrice")) for row in rows)
    percents = sorted(_percent(listing["ClosePrice"], listing["ListPrice"]) for listing in listings)
    assert percents == sorted(Decimal(row["SPLPPct"]).quantize(Decimal("0.01")) for row in rows)


def _percent(paid: str, asked: str) -> Decimal:
    return (Decimal(paid) * 100 / Decimal(asked)).quantize(Decimal("0.01"), ROUND_HALF_UP)
