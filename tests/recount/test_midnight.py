"""Events around midnight, and at both changes of daylight saving, fall on the right local day: in New Jersey and in Texas."""

from __future__ import annotations

import datetime
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from instance import Instance, config_of

ZONES = {"NJ": "America/New_York", "TX": "America/Chicago"}
# In the United States clocks went forward on 10 March 2024 and back on 3 November 2024, each at 2:00; 30 June and the turn of the year
# are nights like others.
NIGHTS = [datetime.date(2024, *day) for day in ((3, 9), (3, 10), (3, 11), (6, 30), (11, 2), (11, 3), (11, 4), (12, 31))]
UTC = datetime.timezone.utc


def instants(zone: ZoneInfo) -> list[datetime.datetime]:
    """A second before each local midnight and at it, and every half hour of the six hours from there on."""
    found = []
    for night in NIGHTS:
        midnight = datetime.datetime.combine(night, datetime.time(), zone).astimezone(UTC)
        found += [midnight - datetime.timedelta(seconds=1), midnight, midnight + datetime.timedelta(seconds=1)]
        found += [midnight + datetime.timedelta(minutes=30 * step) for step in range(1, 13)]
        # The last second of a day that has 23, 24 or 25 hours.
        after = datetime.datetime.combine(night + datetime.timedelta(days=1), datetime.time(), zone).astimezone(UTC)
        found.append(after - datetime.timedelta(seconds=1))
    return sorted(set(found))


def feed(state: str, path: Path) -> dict:
    return {
        "name": state, "type": "file", "mode": "history", "path": str(path), "time_zone": ZONES[state],
        "uses": ["analytics", "display"],
        "map": {
            "ListingKey": "key", "ModificationTimestamp": "at", "StandardStatus": {"constant": "Active"}, "ListPrice": "asked",
            "PropertyType": {"constant": "Residential"}, "StateOrProvince": {"constant": state},
        },
    }  # fmt: skip


@pytest.fixture(scope="module", params=["in UTC", "in local time"])
def told(request: pytest.FixtureRequest, instances, tmp_path_factory: pytest.TempPathFactory):
    """One home at each instant; timestamps in UTC, or as clocks on the wall show them, where they show no hour twice."""
    folder, feeds, wanted = tmp_path_factory.mktemp("midnight"), [], Counter()
    for state, name in ZONES.items():
        zone, rows = ZoneInfo(name), ["key,at,asked"]
        for number, at in enumerate(instants(zone)):
            wall = at.astimezone(zone)
            is_twice = wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset()
            if request.param == "in local time" and is_twice:
                continue
            text = at.strftime("%Y-%m-%dT%H:%M:%SZ") if request.param == "in UTC" else wall.strftime("%Y-%m-%dT%H:%M:%S")
            rows.append(f"{state}{number},{text},{100_000 + number}")
            wanted[state, wall.date().isoformat()] += 1
        path = folder / f"{state}.csv"
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        feeds.append(feed(state, path))
    config = config_of(feeds, {"state": ["StateOrProvince"]}, time_zone="America/New_York")
    return instances("midnight", config).run(), wanted


def test_every_home_is_new_on_its_local_day(told: tuple[Instance, Counter]) -> None:
    instance, wanted = told
    rows = instance.markets(level="state", segment="all", kind="sale", measure="new_listings", window="day")
    found = {(row["area"], row["date"]): int(row["value"]) for row in rows if row["value"] != "0"}
    assert found == dict(wanted)
    assert instance.ledger("TX")["rejected"] == instance.ledger("NJ")["rejected"] == 0


def test_the_stock_at_the_end_of_a_day_holds_the_homes_up_to_it(told: tuple[Instance, Counter]) -> None:
    instance, wanted = told
    for state in ZONES:
        for night in NIGHTS:
            rows = instance.markets(level="state", area=state, segment="all", kind="sale", measure="active_count", window="now", as_of=night.isoformat())
            there = sum(count for (where, day), count in wanted.items() if where == state and day <= night.isoformat())
            assert [int(row["value"]) for row in rows] == [there], (state, night)
