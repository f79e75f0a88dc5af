"""Readings over HTTP: JSON, CSV and the command say the same to the last digit, and pages hold each row once."""

from __future__ import annotations

import datetime

import pytest

from server import Server, encoded

COLUMNS = (
    "level", "area", "segment", "kind", "measure", "variant", "window", "date", "value", "unit", "n", "n_excluded", "status",
)  # fmt: skip
# The windows that end now; without this filter there are days and months, too.
CURRENT = "now,30d,90d,all"
LEVELS = ("zip", "county", "state", "nation")
Row = tuple[str, ...]


def as_texts(row: dict) -> Row:
    """A row as CSV has it: what is unknown is empty."""
    return tuple("" if row[column] is None else str(row[column]) for column in COLUMNS)


def unguarded(row: Row) -> Row:
    """A row of CSV without the apostrophe that keeps spreadsheets from taking an area for a formula."""
    return tuple(text.removeprefix("'") for text in row)


def by_key(rows: list[Row]) -> dict[Row, Row]:
    found = {row[:8]: row[8:] for row in rows}
    assert len(found) == len(rows), "a reading appears twice"
    return found


@pytest.mark.parametrize("filters", [
    {"level": "zip", "segment": "all", "window": CURRENT},
    {"level": "county", "window": CURRENT},
    {"level": "state"},
    {"level": "nation"},
    {"level": "county", "segment": "all", "window": "month", "date": "330 to 5 days ago"},
    {"level": "county", "segment": "all", "measure": "closed_count,median_close_price", "window": "day"},
], ids=lambda filters: " ".join(filters.values()))  # fmt: skip
def test_json_csv_and_the_command_say_the_same(server: Server, filters: dict[str, str]) -> None:
    if "date" in filters:
        filters = filters | {"date": f"{server.day(330)}..{server.day(5)}"}
    said = server.command("markets", **filters)
    assert said and tuple(said[0]) == COLUMNS
    wanted = by_key([as_texts(row) for row in said])
    in_json = by_key([as_texts(row) for row in server.texts("/v1/markets", limit=10_000, **filters)])
    in_csv = by_key([unguarded(as_texts(row)) for row in server.csv("/v1/markets.csv", **filters)])
    assert in_json == wanted
    assert in_csv == wanted


@pytest.mark.parametrize("days", [30, 200])
def test_as_of_a_date_says_what_the_command_says(server: Server, days: int) -> None:
    day = server.day(days).isoformat()
    wanted = by_key([as_texts(row) for row in server.command("markets", level="county", segment="all", as_of=day, window=CURRENT)])
    now = by_key([as_texts(row) for row in server.command("markets", level="county", segment="all", window=CURRENT)])
    found = by_key([as_texts(row) for row in server.texts("/v1/markets", level="county", segment="all", as_of=day, window=CURRENT)])
    assert found == wanted
    assert found != now, "a past moment should differ from now"


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_pages_give_each_row_once(server: Server, limit: int) -> None:
    filters = {"level": "county", "segment": "all", "kind": "sale", "window": "now"}
    whole = server.rows("/v1/markets", limit=10_000, **filters)
    pages = list(server.pages("/v1/markets", limit=limit, **filters))
    assert all(len(page["rows"]) == limit for page in pages[:-1])
    assert [row for page in pages for row in page["rows"]] == whole
    # Nothing is sent, but a tick a minute moves the position.
    positions = [page["position"] for page in pages]
    assert positions == sorted(positions)


def test_pages_of_csv_follow_the_link(server: Server) -> None:
    filters = {"level": "county", "segment": "all", "kind": "sale"}
    before = server.json("/v1/instance")["position"]
    first = server.get("/v1/markets.csv", limit=50, **filters)
    assert "next" in first.links
    assert before <= int(first.headers["freehold-position"]) <= server.json("/v1/instance")["position"]
    assert server.csv("/v1/markets.csv", limit=50, **filters) == server.csv("/v1/markets.csv", **filters)


def test_filters_leave_what_they_say(server: Server) -> None:
    rows = server.rows("/v1/markets", level="county", area="Travis, TX", segment="all,type:condo", measure="active_count")
    assert {(row["level"], row["area"], row["measure"]) for row in rows} == {("county", "Travis, TX", "active_count")}
    assert {row["segment"] for row in rows} == {"all", "type:condo"}
    both = server.get("/v1/markets?level=county&area=Travis%2C%20TX&area=Loving%2C%20TX&segment=all&window=now").json()["rows"]
    assert {row["area"] for row in both} == {"Travis, TX", "Loving, TX"}


def test_each_market_has_a_page_of_its_own(server: Server) -> None:
    rows = server.rows("/v1/markets", level="county", segment="all", kind="sale", window=CURRENT, limit=10_000)
    areas = {row["area"] for row in rows}
    assert any("/" in area and '"' in area for area in areas), "the hostile county is gone"
    for area in areas:
        market = server.json(f"/v1/markets/{encoded('county:' + area)}")
        assert (market["level"], market["area"]) == ("county", area)
        wanted = by_key([as_texts(row) for row in rows if row["area"] == area])
        assert by_key([as_texts(row) for row in market["readings"]]) == wanted


def test_series_ends_where_the_reading_is(server: Server) -> None:
    for measure in ("median_list_price", "active_count"):
        path = f"/v1/markets/{encoded('county:Travis, TX')}"
        (now,) = [row for row in server.json(path)["readings"] if row["measure"] == measure and row["window"] == "now"]
        series = server.json(f"{path}/series", measure=measure, points=2_000)["rows"]
        days = [row["date"] for row in series]
        assert days == sorted(set(days))
        assert (series[-1]["value"], series[-1]["n"]) == (now["value"], now["n"])
        first, last = (datetime.date.fromisoformat(days[place]) for place in (0, -1))
        assert (last - first).days + 1 == len(days), "a missing day is a row with value null, not a missing row"
        in_csv = server.csv(f"{path}/series.csv", measure=measure, points=2_000)
        assert [row["date"] for row in in_csv] == days
        assert [row["value"] for row in in_csv] == ["" if row["value"] is None else str(row["value"]) for row in series]


def test_series_by_month_equals_the_readings(server: Server) -> None:
    path = f"/v1/markets/{encoded('county:Bergen, NJ')}/series"
    series = {row["date"]: row for row in server.json(path, measure="closed_count", window="month")["rows"]}
    rows = server.rows(
        "/v1/markets", level="county", area="Bergen, NJ", segment="all", kind="sale", measure="closed_count",
        window="month", date=f"{server.day(700)}..{server.day(-400)}", limit=10_000,
    )  # fmt: skip
    wanted = {row["date"]: row["value"] for row in rows if row["value"]}
    assert len(wanted) >= 6
    assert {day: row["value"] for day, row in series.items() if row["value"]} == wanted


def test_series_of_a_past_range(server: Server) -> None:
    path = f"/v1/markets/{encoded('county:Bergen, NJ')}/series"
    days = [server.day(ago).isoformat() for ago in range(179, 149, -1)]
    rows = server.json(path, measure="median_list_price", from_=days[0], to=days[-1])["rows"]
    assert [row["date"] for row in rows] == days
    few = server.json(path, measure="median_list_price", points=10)["rows"]
    assert 0 < len(few) <= 10


def test_distribution_counts_the_homes_of_the_reading(server: Server) -> None:
    path = f"/v1/markets/{encoded('county:Travis, TX')}"
    said = server.json(f"{path}/distribution", measure="median_list_price", then=server.day(56).isoformat())
    (now,) = [row for row in server.json(path)["readings"] if row["measure"] == "median_list_price"]
    assert len(said["edges"]) == 41 and said["edges"] == sorted(said["edges"])
    for part in (said["now"], said["then"]):
        assert len(part["counts"]) == 40
        assert sum(part["counts"]) + part["below"] + part["above"] == part["n"] > 0
    assert said["now"]["n"] == now["n"]
    assert said["now"]["below"] == 0 or said["now"]["low"] < said["edges"][0]
    assert said["now"]["above"] == 0 or said["now"]["high"] > said["edges"][40]


def test_measures_say_what_each_reading_is(server: Server) -> None:
    measures = {row["measure"]: row for row in server.json("/v1/measures")["rows"]}
    rows = server.rows("/v1/markets", level="nation", segment="all", kind="sale")
    assert {row["measure"] for row in rows} == set(measures)
    for row in rows:
        measure = measures[row["measure"]]
        assert (row["unit"], True, True) == (measure["unit"], row["variant"] in measure["variants"], row["window"] in measure["windows"])
        assert measure["definition"] and measure["reduction"] in ("count", "median", "mean", "p10", "p25", "p75", "p90", "share", "quotient")
        for other in measure["elsewhere"]:
            assert other["publisher"] and other["differs"] and other["link"].startswith("https://")


def test_the_instance_says_what_there_is(server: Server) -> None:
    said = server.json("/v1/instance")
    assert said["levels"] == list(LEVELS)
    assert {"sale", "lease"} <= set(said["kinds"])
    assert {feed["feed"] for feed in said["feeds"]} == {"alpha", "beta", "private"}
    assert said["thresholds"] == {"normal": 30, "few": 10}
    assert (said["flush_ms"], said["beat_ms"], said["virtual"]) == (250, 5_000, False)
