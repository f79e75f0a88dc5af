"""What is explained can be recomputed: the homes behind a number, reduced in plain Python, give its value and its n."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest

from server import Server, encoded
from test_markets import CURRENT

# A market with homes that may not be shown, one with leases, few homes, odd texts, and all there is.
MARKETS = [
    ("county", "Travis, TX", "all", "sale"),
    ("county", "Travis, TX", "type:condo", "sale"),
    ("county", "Bergen, NJ", "all", "sale"),
    ("county", "Bergen, NJ", "all", "lease"),
    ("county", "Loving, TX", "all", "sale"),
    ("county", '=O\'Brien & "100%" /St. John, TX', "all", "sale"),
    ("state", "NJ", "beds:3", "sale"),
    ("nation", "US", "all", "sale"),
]


def explained(server: Server, reading: dict, **more) -> tuple[dict, list[dict]]:
    """The explanation of a reading, and the rows of all of its pages."""
    names = ("level", "area", "segment", "kind", "measure", "variant", "window", "date")
    asked = {name: reading[name] for name in names} | more
    pages = list(server.pages("/v1/explain", limit=1_000, **asked))
    return pages[0], [row for page in pages for row in page["rows"]]


def recomputed(reduction: str, unit: str, rows: list[dict]) -> tuple[Fraction | float | None, int]:
    """Value and n of the counted rows. The division of real numbers is that of IEEE 754, as everywhere."""
    counted = [row for row in rows if row["counted"]]
    n = sum(row["times"] for row in counted)
    if reduction == "count":
        return Fraction(n), n
    if reduction == "share":
        return (sum(int(row["value"]) for row in counted) / n if n else None), n
    if not counted or not n:
        return None, n
    real = unit.endswith("/ft2")
    if reduction == "mean":
        # Added up in whole units, and rounded to one, halves up.
        units = {"USD": 100, "USD/ft2": 10_000, "days": 10, "share": 1_000_000_000}[unit]
        total = sum(halves_up(Fraction(row["value"]) * units) * row["times"] for row in counted)
        mean = Fraction(halves_up(Fraction(total, n)), units)
        return (float(mean) if real else mean), n
    values = sorted(
        (float(row["value"]) if real else Fraction(row["value"])) for row in counted for _ in range(row["times"])
    )
    part, whole = PARTS[reduction]
    low, rest = divmod(part * (n - 1), whole)
    share = rest / whole if real else Fraction(rest, whole)
    return values[low] + share * (values[min(low + 1, n - 1)] - values[low]), n


PARTS = {"median": (1, 2), "p10": (1, 10), "p25": (1, 4), "p75": (3, 4), "p90": (9, 10)}


def halves_up(number: Fraction) -> int:
    return math.floor(number + Fraction(1, 2))


def divided(server: Server, parts: dict, rows: list[dict]) -> tuple[float | None, int]:
    """Value and n of one reading divided by another, each recomputed from its own rows."""
    units = {row["measure"]: row["unit"] for row in server.json("/v1/measures")["rows"]}

    def of(side: str) -> tuple[Fraction | float | None, int]:
        part = parts[side]
        return recomputed(part["reduction"], units[part["measure"]], [row for row in rows if row["part"] == side])

    (above, n), (below, m) = of("above"), of("below")
    if above is None or not below:
        return None, min(n, m)
    return float(above) * parts["times"] / (float(below) * parts["divided_by"]), min(n, m)


QUOTIENTS = ("months_of_supply", "absorption_rate", "price_to_rent", "gross_rental_yield")


def value_of(reading: dict) -> Fraction | float | None:
    if reading["value"] is None:
        return None
    is_real = reading["unit"] == "USD/ft2" or reading["measure"].endswith("_share") or reading["measure"] in QUOTIENTS
    return float(reading["value"]) if is_real else Fraction(reading["value"])


def assert_explained(server: Server, reading: dict, **more) -> None:
    said, rows = explained(server, reading, **more)
    which = "|".join(str(reading[name]) for name in ("level", "area", "segment", "kind", "measure", "variant", "window", "date"))
    assert {**said["reading"]} == reading, which
    if said["reduction"] == "quotient":
        value, n = divided(server, said["parts"], rows)
    else:
        value, n = recomputed(said["reduction"], reading["unit"], rows)
    assert (value, n) == (value_of(reading), reading["n"]), which
    assert sum(item["n"] for item in said["excluded"]) == reading["n_excluded"], which
    excluded = sum(row["times"] for row in rows if not row["counted"])
    assert excluded == reading["n_excluded"], f"{which}: {excluded} rows are not counted"
    assert all(row["reason"] for row in rows if not row["counted"]), which
    if reading["value"] is not None:
        assert said["words"] and said["definition"] and said["formula"] and said["version"], which


def test_every_measure_variant_and_window_is_recomputed(server: Server) -> None:
    seen = set()
    for level, area, segment, kind in MARKETS:
        readings = server.rows("/v1/markets", level=level, area=area, segment=segment, kind=kind, window=CURRENT)
        assert readings, (level, area, segment, kind)
        for reading in readings:
            assert_explained(server, reading)
            seen.add((reading["measure"], reading["variant"], reading["window"]))
    wanted = {
        (row["measure"], variant, window)
        for row in server.json("/v1/measures")["rows"]
        for variant in row["variants"]
        for window in row["windows"]
        if window not in ("day", "month")
    }
    assert seen == wanted


@pytest.mark.parametrize("window, ago", [("month", 170), ("month", 45), ("day", 37), ("30d", 72)])
def test_past_windows_are_recomputed(server: Server, window: str, ago: int) -> None:
    for area in ("Travis, TX", "Bergen, NJ"):
        asked = {"level": "county", "area": area, "segment": "all", "kind": "sale", "window": window}
        # Of a day on which nothing happened there is no reading: the nearest before it will do.
        days = (server.day(ago + more) for more in range(30))
        readings = next(filter(None, (server.rows("/v1/markets", date=day.isoformat(), **asked) for day in days)))
        for reading in readings:
            assert_explained(server, reading)


@pytest.mark.parametrize("days", [20, 150])
def test_a_past_moment_is_recomputed(server: Server, days: int) -> None:
    day = server.day(days).isoformat()
    for area in ("Travis, TX", "Bergen, NJ"):
        asked = {"level": "county", "area": area, "segment": "all", "kind": "sale", "as_of": day, "window": CURRENT}
        readings = server.rows("/v1/markets", **asked)
        assert any(reading["value"] for reading in readings)
        for reading in readings:
            assert_explained(server, reading, as_of=day)


def median_of_travis(server: Server, **more) -> tuple[dict, list[dict]]:
    (reading,) = server.rows(
        "/v1/markets", level="county", area="Travis, TX", segment="all", kind="sale", measure="median_list_price"
    )
    return explained(server, reading, **more)


def test_homes_of_a_feed_that_may_not_be_shown_are_only_values(server: Server) -> None:
    said, rows = median_of_travis(server)
    shown = [row for row in rows if row["feed"] is not None]
    hidden = [row for row in rows if row["feed"] is None]
    assert len(hidden) == 9 and {row["feed"] for row in shown} == {"alpha"}
    for row in hidden:
        told = {name for name, value in row.items() if value is not None}
        assert told == {"home", "value", "times", "counted"}, row
        assert str(row["home"]).lstrip("#").isdigit(), row
    assert len({row["home"] for row in rows}) == len(rows)
    feeds = {feed["feed"]: feed for feed in said["feeds"]}
    assert feeds["alpha"]["n"] == len(shown)
    assert sum(feed["n"] for feed in said["feeds"]) == said["reading"]["n"]


def test_homes_nearest_the_median_come_first(server: Server) -> None:
    said, rows = median_of_travis(server)
    distances = [abs(row["value"] - said["reading"]["value"]) for row in rows if row["counted"]]
    assert len(distances) > 30 and distances == sorted(distances)


def test_addresses_come_as_they_are(server: Server) -> None:
    _, rows = median_of_travis(server)
    assert "12 <script>alert(1)</script> St" in {row["UnparsedAddress"] for row in rows}


def test_csv_of_an_explanation_has_the_same_homes(server: Server) -> None:
    said, rows = median_of_travis(server)
    reading = said["reading"]
    names = ("level", "area", "segment", "kind", "measure", "variant", "window", "date")
    found = server.csv("/v1/explain.csv", limit=25, **{name: reading[name] for name in names})
    assert [row["home"] for row in found] == [str(row["home"]) for row in rows]
    assert [Decimal(row["value"]) for row in found] == [Decimal(row["value"]) for row in rows]
    assert {row["counted"] for row in found} <= {"true", "false"}


def test_reproduce_gives_the_same_value_and_digest(server: Server) -> None:
    said, _ = median_of_travis(server)
    curl = said["reproduce"]["curl"]
    assert curl.startswith("curl "), curl
    (address,) = [word.strip("'\"") for word in curl.split(" ") if "/v1/explain" in word]
    again = server.json(address)
    assert again["reading"] == said["reading"]
    assert again["reproduce"]["digest"] == said["reproduce"]["digest"]
    other = server.rows("/v1/markets", level="county", area="Harris, TX", segment="all", kind="sale", measure="median_list_price")
    assert explained(server, other[0])[0]["reproduce"]["digest"] != said["reproduce"]["digest"]


def test_prints_and_period(server: Server) -> None:
    said, _ = median_of_travis(server)
    assert said["prints"][-1]["print"] == "now"
    assert said["prints"][-1]["value"] == said["reading"]["value"]
    assert said["period"]["to"] >= said["period"]["from"]
    assert said["received"].endswith("Z") and said["last_event"].endswith("Z")


def test_a_reading_has_one_id_everywhere(server: Server) -> None:
    """A month is named by its first day, also where another of its days is asked for."""
    month = server.day(40).replace(day=1)
    asked = {"level": "county", "area": "Bergen, NJ", "measure": "closed_count", "window": "month"}
    (listed,) = server.rows("/v1/markets", date=month.isoformat(), segment="all", kind="sale", **asked)
    for day in (month, month.replace(day=17), month.replace(day=28)):
        said = server.json("/v1/explain", date=day.isoformat(), **asked)["reading"]
        assert said == listed


def test_a_series_says_of_a_reading_what_the_list_says(server: Server) -> None:
    for window in ("day", "month", "30d", "90d"):
        path = f"/v1/markets/{encoded('county:Bergen, NJ')}/series"
        points = {row["date"]: row for row in server.json(path, measure="closed_count", window=window)["rows"]}
        span = f"{server.day(200)}..{server.day(0)}"
        asked = {"level": "county", "area": "Bergen, NJ", "segment": "all", "kind": "sale", "measure": "closed_count"}
        listed = server.rows("/v1/markets", window=window, date=span, limit=10_000, **asked)
        assert len(listed) > 3
        for row in listed:
            point = points[row["date"]]
            assert (point["value"], point["n"], point["status"]) == (row["value"], row["n"], row["status"]), row
