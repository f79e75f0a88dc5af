"""Where sale prices are not disclosed, numbers of closings say what they rest on, and what is asked instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from server import Server, wait_until

CONFIG = """
[instance]
identity = "listing"
time_zone = "UTC"
non_disclosure = ["state:TX"]

[[level]]
name = "county"
key = ["CountyOrParish", "StateOrProvince"]

[[level]]
name = "state"
key = "StateOrProvince"

[[level]]
name = "nation"
constant = "US"

[[feed]]
name = "rows"
type = "file"
mode = "history"
path = "rows.csv"
uses = ["analytics", "display"]

[feed.map]
ListingKey = "key"
ModificationTimestamp = { column = "date", format = "%Y-%m-%d" }
StandardStatus = "status"
PropertyType = { constant = "Residential" }
ListPrice = "asked"
ClosePrice = "paid"
CountyOrParish = "county"
StateOrProvince = "state"
"""
ROWS = """key,date,status,asked,paid,county,state
a,2026-03-01,Active,300000,,Travis,TX
b,2026-03-01,Active,320000,,Travis,TX
c,2026-03-01,Closed,310000,305000,Travis,TX
d,2026-03-01,Closed,310000,,Travis,TX
e,2026-03-01,Closed,310000,,Travis,TX
f,2026-03-01,Closed,400000,395000,Bergen,NJ
"""


@pytest.fixture(scope="module")
def texas(freehold: Path, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("texas")
    (folder / "rows.csv").write_text(ROWS, encoding="utf-8")
    (folder / "freehold.toml").write_text(CONFIG, encoding="utf-8")
    server = Server(freehold, folder).start()
    try:
        # The clock starts with the first tick, which comes when the feed is quiet.
        wait_until("the day", lambda: rests_on(server, "nation", "US", "median_close_price")["closings"] == 4)
        yield server
    finally:
        server.stop()


def rests_on(server: Server, level: str, area: str, measure: str, window: str = "90d") -> dict | None:
    return server.json("/v1/explain", level=level, area=area, measure=measure, window=window)["rests_on"]


def test_closings_say_what_they_rest_on(texas: Server) -> None:
    said = rests_on(texas, "county", "Travis, TX", "median_close_price")
    assert (said["areas"], said["whole"], said["with_price"], said["closings"]) == (["state:TX"], True, 1, 3)
    assert "1 of 3 closings" in said["words"]
    assert (said["instead"]["measure"], said["instead"]["value"], said["instead"]["n"]) == ("median_list_price", 310000, 2)
    # The nation lies there in part; a ratio to the list price has no such stand-in.
    nation = rests_on(texas, "nation", "US", "median_close_price")
    assert (nation["areas"], nation["whole"], nation["with_price"], nation["closings"]) == (["state:TX"], False, 2, 4)
    assert rests_on(texas, "state", "TX", "mean_sale_to_list")["instead"] is None


def test_elsewhere_and_of_what_is_asked_nothing_is_said(texas: Server) -> None:
    assert rests_on(texas, "county", "Bergen, NJ", "median_close_price") is None
    assert rests_on(texas, "county", "Travis, TX", "median_list_price", "now") is None
    assert rests_on(texas, "county", "Travis, TX", "closed_count") is None


def test_the_page_has_it(texas: Server) -> None:
    page = texas.json("/market/county:Travis, TX.json", m="median_close_price")
    assert "1 of 3 closings" in page["rests_on"]["words"]
    assert texas.json("/market/county:Travis, TX.json", m="median_list_price")["rests_on"] is None
