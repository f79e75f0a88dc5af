"""The shipped tables as the recounts read them, straight from the CSV, and as feeds. All values count: the quarantine has
a recount of its own."""

from __future__ import annotations

import datetime
from fractions import Fraction
from pathlib import Path

from instance import config_of, example_feed
from recount import Sale, read_csv

KING_COUNTY = "king-county-sales-2010-2016.csv.gz"
GRINNELL = "grinnell-sales-2005-2015.csv.gz"
KING_LEVELS = {"county": ["CountyOrParish", "StateOrProvince"], "area": ["X_Area"]}
KING_ZONE = "America/Los_Angeles"


def king_county_sales(shipped: Path) -> list[Sale]:
    kinds = {"sfr": "single_family", "townhouse": "townhouse"}
    return [
        Sale(
            day=datetime.date.fromisoformat(row["sale_date"]),
            price=Fraction(row["sale_price"]),
            square_feet=float(row["tot_sf"]) or None,
            kind_of_home=kinds[row["use_type"]],
            bedrooms=int(row["beds"]),
            area=row["area"],
        )
        for row in read_csv(shipped / KING_COUNTY)
    ]


def king_county_config(path: Path, **instance) -> dict:
    feed = example_feed("king-county", path, mode="history", quarantine="off")
    return config_of([feed], KING_LEVELS, time_zone=KING_ZONE, **instance)


def grinnell_rows(shipped: Path) -> list[dict[str, str]]:
    return read_csv(shipped / GRINNELL)


def grinnell_sales(shipped: Path) -> list[Sale]:
    epoch = datetime.date(1960, 1, 1)
    return [
        Sale(
            day=epoch + datetime.timedelta(days=int(row["Date"])),
            price=Fraction(row["SalePrice"]),
            square_feet=float(row["SquareFeet"]) if row["SquareFeet"] else None,
            kind_of_home="any",
            bedrooms=int(row["Bedrooms"]),
            area="Grinnell",
            inferred_cut=Fraction(row["OrigPrice"]) > Fraction(row["ListPrice"]),
        )
        for row in grinnell_rows(shipped)
    ]


def grinnell_config(path: Path, **instance) -> dict:
    feed = example_feed("grinnell", path, mode="history", quarantine="off")
    return config_of([feed], {"town": "Grinnell"}, time_zone="America/Chicago", **instance)
