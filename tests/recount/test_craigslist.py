"""Craigslist rents of successive days, where they are at hand: every row is accounted for, each site's rents equal a
recount of all values, and snapshots tell what is new, gone and repriced."""

from __future__ import annotations

import csv
import re
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from instance import Instance, config_of, example_feed
from recount import median

# How many posts are new, gone and repriced from 2019-10-02 to 2019-10-03, counted once by Post ID.
TRUTH = {"cnj": (359, 359, 28), "jerseyshore": (102, 101, 20)}
KEY, PRICE, AREA = 4, 10, 15


@pytest.fixture(scope="module")
def snapshots(more_data: Path) -> dict[str, dict[str, list[list[str]]]]:
    """Site, then day, to the rows of that file."""
    folder = more_data / "craigslist-rentals"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there: site content, which does not ship")
    sites: dict[str, dict[str, list[list[str]]]] = {}
    for path in sorted(folder.glob("*.csv")):
        day, site, _ = path.name.split("_", 2)
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file) if row and row[0] != "CL State"]
        sites.setdefault(site, {})[day] = rows
    return sites


@pytest.fixture(scope="module")
def rentals(instances, more_data: Path, snapshots) -> Instance:
    folder = more_data / "craigslist-rentals"
    feeds = [
        example_feed("craigslist", f"{folder}/*_{site}_*.csv", name=f"craigslist-{site}", quarantine="off")
        for site in snapshots
    ]
    config = config_of(feeds, {"site": ["X_Site"]}, time_zone="America/New_York")
    return instances("craigslist", config).run()


def rent_of(row: list[str]) -> Fraction | None:
    """The asking rent; a post with a rent of nothing names none."""
    digits = row[PRICE].strip().lstrip("$").replace(",", "")
    return (Fraction(digits) or None) if digits.isdigit() else None


def feet_of(row: list[str]) -> int | None:
    found = re.fullmatch(r"(\d+)ft2", row[AREA].strip())
    return int(found[1]) or None if found else None


def test_every_row_of_every_file_is_accounted_for(rentals: Instance, snapshots) -> None:
    for site, days in snapshots.items():
        ledger = rentals.ledger(f"craigslist-{site}")
        assert ledger["received"] == sum(len(rows) for rows in days.values()), site
        doubled = sum(len(rows) - len({row[KEY] for row in rows}) for rows in days.values())
        assert (ledger["duplicate"], ledger["rejected"], ledger["held"]) == (doubled, 0, 0), (site, ledger)
    assert rentals.ask("refused") == []


@pytest.mark.parametrize("day", ["2019-10-01", "2019-10-02", "2019-10-03"])
def test_rents_of_each_site(rentals: Instance, snapshots, day: str) -> None:
    rows = rentals.markets(level="site", kind="lease", segment="all", window="now", as_of=day)
    said = {(row["area"], row["measure"]): row for row in rows}
    for site, days in snapshots.items():
        if day not in days:
            continue
        posts = {row[KEY]: row for row in days[day]}.values()
        rents = [rent for row in posts if (rent := rent_of(row))]
        # As of a day by what is known now: a home's size is the one that its post told last.
        feet = {row[KEY]: feet_of(row) for snapshot in sorted(days) for row in days[snapshot]}
        per_area = [float(rent) / feet[row[KEY]] for row in posts if (rent := rent_of(row)) and feet[row[KEY]]]
        assert said[site, "active_count"]["value"] == str(len(posts)), site
        rent = said[site, "median_list_price"]
        assert Fraction(rent["value"]) == median(rents), site
        assert (int(rent["n"]), int(rent["n_excluded"])) == (len(rents), len(posts) - len(rents)), site
        ratio = said[site, "median_list_price_per_area"]
        assert float(ratio["value"]) == pytest.approx(median(per_area), rel=1e-12), site
        assert (int(ratio["n"]), int(ratio["n_excluded"])) == (len(per_area), len(posts) - len(per_area)), site


def test_the_end_is_the_last_snapshot(rentals: Instance, snapshots) -> None:
    rows = rentals.markets(level="site", segment="all", measure="active_count", window="now")
    found = {row["area"]: int(row["value"]) for row in rows if int(row["value"])}
    wanted = {site: len({row[KEY] for row in days[max(days)]}) for site, days in snapshots.items()}
    assert found == wanted


def told(changes: list[dict[str, str]], site: str, day: str) -> tuple[int, int, int]:
    """New, gone and repriced posts of a site on a day, from the change rows alone."""
    sorts: Counter[str] = Counter()
    for row in changes:
        if not row["home"].startswith(f"craigslist-{site}/") or row["event_time"][:10] != day:
            continue
        if row["change"] == "stock":
            sorts[f"{row['before']}>{row['after']}"] += 1
        elif row["change"] == "list_price" and row["before"] and row["after"]:
            sorts["repriced"] += 1
            before, after = Fraction(row["before"]), Fraction(row["after"])
            assert Fraction(row["fraction"]) == (after - before) / before, row
    return sorts[">active"], sorts["active>"], sorts["repriced"]


def counted(before: list[list[str]], after: list[list[str]]) -> tuple[int, int, int]:
    old, new = ({row[KEY]: row for row in rows} for rows in (before, after))
    repriced = sum(rent_of(old[key]) != rent_of(new[key]) for key in old.keys() & new.keys())
    return len(new.keys() - old.keys()), len(old.keys() - new.keys()), repriced


@pytest.mark.parametrize("site", sorted(TRUTH))
def test_new_gone_and_repriced(rentals: Instance, snapshots, site: str) -> None:
    changes = rentals.ask("changes")
    days = snapshots[site]
    first, second, third = sorted(days)
    assert counted(days[second], days[third]) == TRUTH[site], "the recount itself is wrong"
    assert told(changes, site, first) == (len(days[first]), 0, 0)
    assert told(changes, site, second) == counted(days[first], days[second])
    assert told(changes, site, third) == TRUTH[site]
