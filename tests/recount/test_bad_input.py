"""What is wrong with a row has a defined outcome: the row is refused by field and reason, or its value is left out of what it cannot be
part of. Its neighbours count."""

from __future__ import annotations

from pathlib import Path

import pytest

from instance import Instance, config_of

HEAD = "key,at,status,asked,feet,market,close,paid,zip"
# One row each: what it tells, and the field that it is refused for.
REFUSED = {
    "unknown status": ("2024-03-01T12:00:00Z,Sleeping,300000,1000,,,,07030", "StandardStatus"),
    "no status": ("2024-03-01T12:00:00Z,,300000,1000,,,,07030", "StandardStatus"),
    "negative area": ("2024-03-01T12:00:00Z,Active,300000,-1000,,,,07030", "LivingArea"),
    "negative price": ("2024-03-01T12:00:00Z,Active,-300000,1000,,,,07030", "ListPrice"),
    "price beyond range": ("2024-03-01T12:00:00Z,Active,99999999999999999999,1000,,,,07030", "ListPrice"),
    "price in words": ("2024-03-01T12:00:00Z,Active,on request,1000,,,,07030", "ListPrice"),
    "a day that is none": ("2024-03-01T12:00:00Z,Active,300000,1000,2024-02-30,,,07030", "OnMarketDate"),
}
# Rows that are taken, each with what it adds: active homes, homes with a price, homes with a price per area, and homes with an age.
TAKEN = {
    "sound": ("2024-03-01T12:00:00Z,Active,300000,1000,2024-02-01,,,07030", (1, 1, 1, 1)),
    "no area": ("2024-03-01T12:00:00Z,Active,300000,,2024-02-01,,,07030", (1, 1, 0, 1)),
    "zero area": ("2024-03-01T12:00:00Z,Active,300000,0,2024-02-01,,,07030", (1, 1, 0, 1)),
    "no price": ("2024-03-01T12:00:00Z,Active,,1000,2024-02-01,,,07030", (1, 0, 0, 1)),
    "no place": ("2024-03-01T12:00:00Z,Active,300000,1000,2024-02-01,,,", (1, 1, 1, 1)),
    # An on-market date after the row itself is not believed: the row's own day is the start.
    "market date after the row": ("2024-03-01T12:00:00Z,Active,300000,1000,2024-05-01,,,07030", (1, 1, 1, 1)),
    # Closed before it was listed: the sale counts on its day, days on market are not known.
    "closed before it came": ("2024-03-01T12:00:00Z,Closed,300000,1000,2024-02-01,2023-01-15,290000,07030", (0, 0, 0, 0)),
}


@pytest.fixture(scope="module")
def instance(instances, tmp_path_factory: pytest.TempPathFactory) -> Instance:
    path: Path = tmp_path_factory.mktemp("bad") / "rows.csv"
    rows = [f"{name},{row}" for name, (row, _) in [*REFUSED.items(), *TAKEN.items()]]
    path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    feed = {
        "name": "bad", "type": "file", "mode": "history", "path": str(path), "time_zone": "UTC", "uses": ["analytics", "display"],
        "map": {
            "ListingKey": "key", "ModificationTimestamp": "at", "StandardStatus": "status", "ListPrice": "asked",
            "LivingArea": {"column": "feet", "unit": "ft2"}, "OnMarketDate": {"column": "market", "format": "%Y-%m-%d"},
            "CloseDate": {"column": "close", "format": "%Y-%m-%d"}, "ClosePrice": "paid", "PostalCode": "zip",
            "PropertyType": {"constant": "Residential"},
        },
    }  # fmt: skip
    return instances("bad", config_of([feed], {"zip": ["PostalCode"], "all": "everywhere"}, time_zone="UTC")).run()


def test_what_is_unusable_is_refused_by_field(instance: Instance) -> None:
    rows = instance.ask("refused")
    assert [row["field"] for row in rows] == [field for _, field in REFUSED.values()]
    assert all(row["reason"] for row in rows)
    ledger = instance.ledger("bad")
    assert (ledger["rejected"], ledger["accepted"]) == (len(REFUSED), len(TAKEN))


def test_what_is_incomplete_counts_where_it_can(instance: Instance) -> None:
    wanted = [sum(part) for part in zip(*(adds for _, adds in TAKEN.values()))]
    measures = ("active_count", "median_list_price", "median_list_price_per_area", "median_age_of_inventory")
    rows = instance.markets(level="all", segment="all", kind="sale", measure=",".join(measures), window="now")
    found = {row["measure"]: int(row["n"]) for row in rows}
    assert [found[measure] for measure in measures] == wanted
    excluded = {row["measure"]: int(row["n_excluded"]) for row in rows}
    assert all(found[measure] + excluded[measure] == wanted[0] for measure in measures[1:])
    (nowhere,) = instance.markets(level="zip", area="(none)", segment="all", kind="sale", measure="active_count", window="now")
    assert nowhere["value"] == "1"


def test_another_currency_is_counted_and_in_no_price(instances, tmp_path: Path) -> None:
    rows = [f"{name},2024-03-01T12:00:00Z,Active,{asked},1000,2024-02-01,,,07030" for name, asked in (("a", 300000), ("b", 320000))]
    feeds = []
    for currency in ("USD", "MXN"):
        path = tmp_path / f"{currency}.csv"
        path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
        feeds.append(
            {
                "name": currency, "type": "file", "mode": "history", "path": str(path), "time_zone": "UTC", "uses": ["analytics", "display"],
                "currency": currency,
                "map": {
                    "ListingKey": "key", "ModificationTimestamp": "at", "StandardStatus": "status", "ListPrice": "asked",
                    "PostalCode": "zip", "PropertyType": {"constant": "Residential"},
                },
            }
        )  # fmt: skip
    instance = instances("currencies", config_of(feeds, {"zip": ["PostalCode"]}, time_zone="UTC")).run()
    measures = "active_count,median_list_price,mean_list_price"
    found = {row["measure"]: (row["value"], row["n"], row["n_excluded"]) for row in instance.markets(segment="all", measure=measures, window="now")}
    assert found == {"active_count": ("4", "4", "0"), "median_list_price": ("310000", "2", "2"), "mean_list_price": ("310000", "2", "2")}


def test_dates_out_of_order_leave_durations_unknown(instance: Instance) -> None:
    rows = instance.markets(level="all", segment="all", kind="sale", measure="closed_count,median_days_on_market", variant="own", window="all")
    found = {row["measure"]: (row["value"], row["n"], row["n_excluded"]) for row in rows}
    assert found == {"closed_count": ("1", "1", "0"), "median_days_on_market": ("", "0", "1")}
