"""Manhattan's rolling sales, where they are at hand: deeds under four banner lines, with padded text, prices of " -   "
and doubled rows. Every row is accounted for, and the sales with a price equal a recount."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import pytest

from instance import Instance, config_of, example_feed
from recount import median

FILE = "nyc-rolling-sales-manhattan-2016-2017.csv"
DEED = ("BOROUGH", "BLOCK", "LOT", "APARTMENT NUMBER", "SALE DATE", "SALE PRICE")


@pytest.fixture(scope="module")
def rows(more_data: Path) -> list[dict[str, str]]:
    path = more_data / FILE
    if not path.is_file():
        pytest.skip(f"{path} is not there: it names places, and does not ship")
    with path.open(encoding="utf-8", newline="") as file:
        for _ in range(4):
            next(file)
        return [{name.strip(): text.strip() for name, text in row.items()} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def manhattan(instances, more_data: Path, rows) -> Instance:
    feed = example_feed("nyc-rolling-sales", more_data / FILE, quarantine="off")
    return instances("nyc", config_of([feed], {"borough": ["X_Borough"]}, time_zone="America/New_York")).run()


def test_every_row_is_accounted_for(manhattan: Instance, rows) -> None:
    ledger = manhattan.ledger("nyc-rolling-sales")
    assert ledger["received"] == len(rows) == 18_926
    assert (ledger["rejected"], ledger["held"], ledger["late"]) == (0, 0, 0), ledger
    # A row that another equals in every column is a duplicate and nothing else.
    assert ledger["duplicate"] >= len(rows) - len({tuple(row.values()) for row in rows}), ledger
    assert manhattan.ask("refused") == []


def test_deeds_and_prices(manhattan: Instance, rows) -> None:
    deeds = {tuple(row[name] for name in DEED) for row in rows}
    prices = [Fraction(deed[-1].replace(",", "")) for deed in deeds if deed[-1] not in ("-", "0")]
    (closed,) = manhattan.markets(segment="all", measure="closed_count", window="all")
    (price,) = manhattan.markets(segment="all", measure="median_close_price", window="all")
    assert (closed["area"], int(closed["value"])) == ("Manhattan", len(deeds))
    assert Fraction(price["value"]) == median(prices)
    assert (int(price["n"]), int(price["n_excluded"])) == (len(prices), len(deeds) - len(prices))
