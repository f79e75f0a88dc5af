"""Asking rents scraped on successive days, by mapping alone: every row explained, and what changed between two days."""

from __future__ import annotations

import csv
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import pytest

from instance import Instance, config_of, example_feed
from recount import median

COLUMNS_THAT_COUNT = (0, 3, 4, 8, 10, 11, 14, 15)
POST, PRICE = 4, 10


class Site:
    """The scrapes of one site, by date."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.scrapes: dict[str, list[list[str]]] = {}

    def prices(self, date: str) -> dict[str, int]:
        """Post to rent; 0 is no rent, and the last of doubled posts counts."""
        return {row[POST]: int(row[PRICE].strip("$").replace(",", "")) for row in self.scrapes[date]}


@pytest.fixture(scope="module")
def folder(more_data: Path) -> Path:
    folder = more_data / "craigslist-rentals"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there, and may not ship")
    return folder


@pytest.fixture(scope="module")
def sites(folder: Path) -> dict[str, Site]:
    sites: dict[str, Site] = {}
    for path in sorted(folder.glob("*.csv")):
        date, name, _ = path.stem.split("_", 2)
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        rows = rows[1:] if rows[0][0] == "CL State" else rows
        sites.setdefault(name, Site(name)).scrapes[date] = rows
    return sites


@pytest.fixture(scope="module")
def loaded(instances, folder: Path, sites) -> Instance:
    feeds = [example_feed("craigslist", folder / f"*_{name}_*.csv", name=f"craigslist-{name}") for name in sites]
    config = config_of(feeds, {"site": ["X_Site"], "state": ["StateOrProvince"]}, time_zone="America/New_York")
    return instances("craigslist", config).run()


def test_the_ledger_explains_every_row(loaded: Instance, sites) -> None:
    for site in sites.values():
        ledger = loaded.ledger(f"craigslist-{site.name}")
        rows = [(date, *(row[at] for at in COLUMNS_THAT_COUNT)) for date, scrape in site.scrapes.items() for row in scrape]
        found = (ledger["received"], ledger["accepted"], ledger["duplicate"])
        assert found == (len(rows), len(set(rows)), len(rows) - len(set(rows))), site.name
    assert loaded.ask("refused") == []


def test_posts_that_are_gone_leave_a_tombstone(loaded: Instance, sites) -> None:
    for site in sites.values():
        dates = sorted(site.scrapes)
        gone = sum(len(site.prices(old).keys() - site.prices(new).keys()) for old, new in zip(dates, dates[1:]))
        assert loaded.ledger(f"craigslist-{site.name}")["tombstones"] == gone, site.name
    # Counted once by hand: between 2 and 3 October, 359 posts went from one site and 101 from the other.
    assert loaded.ledger("craigslist-cnj")["tombstones"] == 359
    assert loaded.ledger("craigslist-jerseyshore")["tombstones"] == 101


@pytest.mark.parametrize("date", [None, "2019-10-02"], ids=["now", "as of 2 October"])
def test_rents_asked(loaded: Instance, sites, date: str | None) -> None:
    filters = {"as_of": date} if date else {}
    rows = loaded.markets(level="site", segment="all", window="now", measure="active_count,median_list_price", **filters)
    found = {(row["area"], row["measure"]): (row["value"], row["n"], row["n_excluded"]) for row in rows}
    wanted = {}
    for site in sites.values():
        last = date or max(site.scrapes)
        if last not in site.scrapes:
            continue
        prices = site.prices(last)
        asked = [Fraction(price) for price in prices.values() if price > 0]
        count, without = str(len(prices)), str(len(prices) - len(asked))
        wanted[site.name, "active_count"] = (count, count, "0")
        wanted[site.name, "median_list_price"] = (_decimal(median(asked)), str(len(asked)), without)
    assert found == wanted
    assert {row["kind"] for row in rows} == {"lease"}


def test_what_was_repriced(loaded: Instance, sites) -> None:
    repriced: dict[str, int] = defaultdict(int)
    for row in loaded.ask("changes", change="list_price"):
        if row["before"] and row["after"] and row["fraction"]:
            repriced[row["home"].split("/")[0]] += 1
    assert (repriced["craigslist-cnj"], repriced["craigslist-jerseyshore"]) == (28, 20)


def test_cuts_equal_a_recount(loaded: Instance, sites) -> None:
    rows = loaded.markets(level="site", segment="all", measure="price_cuts", variant="seen", window="all")
    wanted = {}
    for site in sites.values():
        dates = sorted(site.scrapes)
        cuts = 0
        for old, new in zip(dates, dates[1:]):
            before, after = site.prices(old), site.prices(new)
            cuts += sum(0 < after[post] < before[post] for post in before.keys() & after.keys())
        wanted[site.name] = str(cuts)
    assert {row["area"]: row["value"] for row in rows} == wanted


def _decimal(value: Fraction) -> str:
    return str(int(value)) if value.denominator == 1 else str(float(value))
