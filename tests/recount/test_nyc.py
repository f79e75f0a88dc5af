"""Manhattan's deeds, by mapping alone: banner lines, padded texts, prices of " -   " and doubled rows, all explained."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import pytest

from instance import Instance, config_of, example_feed
from recount import median

FILE = "nyc-rolling-sales-manhattan-2016-2017.csv"
KEY = ("BOROUGH", "BLOCK", "LOT", "APARTMENT NUMBER", "SALE DATE", "SALE PRICE")
MAPPED = (*KEY, "BUILDING CLASS CATEGORY", "ADDRESS", "ZIP CODE", "NEIGHBORHOOD", "GROSS SQUARE FEET", "YEAR BUILT")
# Building classes that are one type of home; any other is one of its own, and deeds that differ only there are doubled.
SAME_TYPE = {"01": "house", "02": "two", "03": "three", "07": "rental", "08": "rental"}
SAME_TYPE |= dict.fromkeys(("04", "12", "13", "15"), "condo") | dict.fromkeys(("09", "10", "17"), "co-op")


def content_of(deed: dict[str, str]) -> tuple[str, ...]:
    """What a deed says, where neither 0 and a dash nor one space and several are told apart."""
    said = [" ".join(deed[column].split()) for column in MAPPED]
    type_at = MAPPED.index("BUILDING CLASS CATEGORY")
    said[type_at] = SAME_TYPE.get(said[type_at][:2], "other")
    key = len(KEY)
    return (*said[:key], *("" if word in ("0", "-") else word for word in said[key:]))


@pytest.fixture(scope="module")
def path(more_data: Path) -> Path:
    path = more_data / FILE
    if not path.is_file():
        pytest.skip(f"{path} is not there, and may not ship")
    return path


@pytest.fixture(scope="module")
def deeds(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        lines = file.readlines()[4:]
    return [{name.strip(): value.strip() for name, value in row.items()} for row in csv.DictReader(lines)]


@pytest.fixture(scope="module")
def loaded(instances, path: Path) -> Instance:
    levels = {"borough": ["X_Borough"], "zip": ["PostalCode"]}
    return instances("nyc", config_of([example_feed("nyc-rolling-sales", path)], levels, time_zone="America/New_York")).run()


def test_the_ledger_explains_every_row(loaded: Instance, deeds) -> None:
    ledger = loaded.ledger("nyc-rolling-sales")
    distinct = {content_of(deed) for deed in deeds}
    assert (ledger["received"], ledger["rejected"]) == (18_926, 0), loaded.ask("refused")[:3]
    assert (ledger["accepted"], ledger["duplicate"]) == (len(distinct), len(deeds) - len(distinct))


def test_every_deed_is_a_listing(loaded: Instance, deeds) -> None:
    assert len(loaded.ask("listings")) == len({tuple(deed[column] for column in KEY) for deed in deeds})


def test_prices_of_the_borough_and_of_each_zip(loaded: Instance, deeds) -> None:
    by_area: dict[tuple[str, str], list[Fraction]] = {}
    closed: dict[tuple[str, str], int] = {}
    # Deeds of one key differ in what does not matter here, or in the ZIP: the greatest in content is the newest.
    for deed in {tuple(deed[column] for column in KEY): deed for deed in deeds}.values():
        zip_code = deed["ZIP CODE"] if deed["ZIP CODE"] != "0" else "(none)"
        for area in (("borough", "Manhattan"), ("zip", zip_code)):
            closed[area] = closed.get(area, 0) + 1
            price = deed["SALE PRICE"].replace(",", "")
            prices = by_area.setdefault(area, [])
            if price not in ("-", "0", ""):
                prices.append(Fraction(price))
    rows = loaded.markets(segment="all", window="all", measure="closed_count,median_close_price")
    found = {(row["level"], row["area"], row["measure"]): (row["value"], row["n"], row["n_excluded"]) for row in rows}
    wanted = {}
    for (level, area), count in closed.items():
        prices = by_area[level, area]
        middle = median(prices) if prices else None
        text = "" if middle is None else str(int(middle)) if middle.denominator == 1 else str(float(middle))
        wanted[level, area, "closed_count"] = (str(count), str(count), "0")
        wanted[level, area, "median_close_price"] = (text, str(len(prices)), str(count - len(prices)))
    assert found == wanted
