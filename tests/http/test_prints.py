"""What a day said when it closed and when it became final: against recounts in plain Python over that much of the file."""

from __future__ import annotations

import datetime
import json
import random
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

import fixture
from server import Server, encoded, wait_until
from test_explain import explained, recomputed
from test_why import keyed, same

MARKET = "county:Travis, TX"
FIRST = datetime.datetime(2026, 1, 5, 15, tzinfo=datetime.UTC)
DAYS = 60
HORIZON = 20
NOON = datetime.timedelta(hours=12)


def rows() -> list[dict]:
    """Lives of homes in the order in which they came: many days late, some prices said again for a past moment."""
    rng = random.Random(7)
    came: list[tuple[datetime.datetime, dict]] = []

    def say(key: str, at: datetime.datetime, late: float, **what) -> None:
        row = {
            "key": key, "at": at.isoformat().replace("+00:00", "Z"), "use": "Residential", "type": "Single Family Residence", "feet": 2_000, "beds": 3,
            "address": f"{key} Print St", "city": "Travis City", "county": "Travis", "state": "TX", "zip": "78701", **what,
        }  # fmt: skip
        came.append((at + datetime.timedelta(days=late), row))

    def late() -> float:
        return rng.choice([0, 0, 0, 0.2, 1.1, 3, 9, 15]) * rng.random()

    for number in range(160):
        key, price = f"p{number}", rng.randrange(300, 700) * 1_000
        begin = FIRST + datetime.timedelta(days=rng.uniform(0, DAYS - 5))
        say(key, begin, late(), status="Active", asked=price, asked_first=price)
        cut = begin + datetime.timedelta(days=rng.uniform(1, 10))
        asked = price - rng.randrange(0, 40) * 1_000
        say(key, cut, late(), status="Active", asked=asked, asked_first=price)
        if rng.random() < 0.6:
            # A closing is told some days after its date, by a row of the day of telling.
            told = cut + datetime.timedelta(days=rng.uniform(2, 12))
            closed = told.date() - datetime.timedelta(days=rng.randrange(0, 6))
            say(key, told, late(), status="Closed", asked=asked, asked_first=price, paid=asked - 5_000, closed=closed.isoformat())
    # Of some homes nothing was known until their days were final: a listing's newest row is taken, however late.
    for number in range(160, 190):
        begin = FIRST + datetime.timedelta(days=rng.uniform(0, DAYS - 5))
        what = {"status": "Active"} if number % 2 else {"status": "Closed", "paid": number * 1_000, "closed": begin.date().isoformat()}
        say(f"p{number}", begin, rng.uniform(HORIZON + 2, HORIZON + 12), asked=number * 1_000, asked_first=number * 1_000, **what)
    # Somebody speaks every day, so that every noon is passed: the clock of a history is its rows.
    for day in range(DAYS + HORIZON + 15):
        say("clock", FIRST + datetime.timedelta(days=day), 0, status="Withdrawn", asked=1, asked_first=1, county="Elsewhere", zip="79999", city="Elsewhere")
    came.sort(key=lambda one: (one[0], one[1]["key"], one[1]["at"]))
    return [row for _, row in came]


def moment(row: dict) -> datetime.datetime:
    return datetime.datetime.fromisoformat(row["at"].replace("Z", "+00:00"))


@pytest.fixture(scope="module")
def printed(freehold: Path, tmp_path_factory: pytest.TempPathFactory):
    said = rows()
    server = start(freehold, tmp_path_factory.mktemp("prints"), said)
    yield server, said
    server.stop()


def start(freehold: Path, folder: Path, said: list[dict]) -> Server:
    """An instance that was told these rows."""
    (folder / "past.ndjson").write_text("".join(json.dumps(row) + "\n" for row in said), encoding="utf-8")
    config = fixture.config({"past": "past.ndjson"}, mode="history", feed_more='order = "arrival"\nquarantine = "off"\n')
    config = config.replace("[instance]\n", f'[instance]\nhorizon = "{HORIZON}d"\n')
    (folder / "freehold.toml").write_text(config, encoding="utf-8")
    server = Server(freehold, folder)
    server.start()
    wait_until("all rows", lambda: server.ledger("past")["received"] == len(said))
    return server


def known_by(said: list[dict], day: datetime.date) -> list[dict]:
    """The rows that had come when a day closed: at noon UTC of the next, by the clock of the rows."""
    close = datetime.datetime.combine(day, datetime.time(), datetime.UTC) + datetime.timedelta(days=1) + NOON
    clock, found = FIRST, []
    for row in said:
        clock = max(clock, moment(row))
        if clock >= close:
            break
        found.append(row)
    return found


def lives(known: list[dict]) -> dict[str, list[dict]]:
    by_key: dict[str, list[dict]] = defaultdict(list)
    for row in known:
        if row["county"] == "Travis":
            by_key[row["key"]].append(row)
    return {key: sorted(own, key=moment) for key, own in by_key.items()}


def asked_at_end_of(known: list[dict], day: datetime.date) -> list[int]:
    """Prices of the homes that are for sale at the end of a day; local days are those of UTC here."""
    prices = []
    for own in lives(known).values():
        past = [row for row in own if local_day(row) <= day]
        if past and past[-1]["status"] == "Active":
            prices.append(past[-1]["asked"])
    return sorted(prices)


def closed_in(known: list[dict], first: datetime.date, last: datetime.date) -> int:
    sold = [datetime.date.fromisoformat(row["closed"]) for own in lives(known).values() for row in own if "closed" in row]
    return sum(first <= day <= last for day in sold)


def local_day(row: dict) -> datetime.date:
    # Central standard time, over the whole of this winter.
    return (moment(row) - datetime.timedelta(hours=6)).date()


def median(prices: list[int]) -> Fraction | None:
    if not prices:
        return None
    return Fraction(prices[(len(prices) - 1) // 2] + prices[len(prices) // 2], 2)


def number(value) -> Fraction | None:
    return None if value is None else Fraction(Decimal(str(value)))


def series(server: Server, measure: str, window: str) -> dict[datetime.date, dict]:
    first, last = FIRST.date(), FIRST.date() + datetime.timedelta(days=DAYS + HORIZON + 10)
    found = server.rows(f"/v1/markets/{encoded(MARKET)}/series", measure=measure, window=window, from_=first.isoformat(), to=last.isoformat(), prints="true")
    return {datetime.date.fromisoformat(row["date"]): row for row in found}


def test_a_stock_is_printed_and_final_as_it_was_known(printed) -> None:
    server, said = printed
    counts, medians = series(server, "active_count", "now"), series(server, "median_list_price", "now")
    last = datetime.date.fromisoformat(server.json("/v1/instance")["today"])
    revised, finals, changed = 0, 0, 0
    for day, row in counts.items():
        now = asked_at_end_of(said, day)
        assert (row["known_now"], number(medians[day]["known_now"])) == (len(now), median(now)), day
        published = (row["value"], number(medians[day]["value"]))
        if day >= last:
            assert row["first_print"] is None
            assert published == (len(now), median(now)), day
            continue
        first = asked_at_end_of(known_by(said, day), day)
        assert (row["first_print"], number(medians[day]["first_print"])) == (len(first), median(first)), day
        revised += row["first_print"] != row["known_now"] or medians[day]["first_print"] != medians[day]["known_now"]
        is_final = day + datetime.timedelta(days=HORIZON + 1) <= last
        assert (row["status"] == "final") == is_final, day
        if is_final:
            final = asked_at_end_of(known_by(said, day + datetime.timedelta(days=HORIZON)), day)
            assert published == (len(final), median(final)), day
            finals += 1
            changed += row["value"] != row["known_now"] or medians[day]["value"] != medians[day]["known_now"]
        else:
            assert published == (len(now), median(now)), day
    assert revised > 30 and finals > 50 and changed > 5


def test_closings_are_printed_before_all_are_told(printed) -> None:
    server, said = printed
    revised, finals = 0, 0
    for day, row in series(server, "closed_count", "30d").items():
        window = (day - datetime.timedelta(days=29), day)
        assert row["value"] == closed_in(said, *window), day
        if row["first_print"] is not None:
            assert row["first_print"] == closed_in(known_by(said, day), *window), day
            revised += row["first_print"] < row["value"]
    assert revised > 30
    for day, row in series(server, "closed_count", "day").items():
        assert row["known_now"] == closed_in(said, day, day), day
        if row["status"] == "final":
            assert row["value"] == closed_in(known_by(said, day + datetime.timedelta(days=HORIZON)), day, day), day
            finals += 1
        else:
            assert row["value"] == row["known_now"], day
    assert finals > 50


def test_a_quotient_is_printed_of_printed_parts(printed) -> None:
    server, said = printed
    checked = 0
    for day, row in series(server, "months_of_supply", "now").items():
        if row["first_print"] is not None:
            known = known_by(said, day)
            closed = closed_in(known, day - datetime.timedelta(days=89), day)
            assert float(row["first_print"]) == pytest.approx(3 * len(asked_at_end_of(known, day)) / closed), day
            checked += 1
    assert checked > 30


@pytest.mark.parametrize(("measure", "window"), [("median_list_price", "now"), ("active_count", "now"), ("closed_count", "30d"), ("mean_close_price", "90d")])
def test_what_was_corrected_and_what_happened_add_up(printed, measure: str, window: str) -> None:
    server, _ = printed
    day = (FIRST + datetime.timedelta(days=35)).date().isoformat()
    asked = {"level": "county", "area": "Travis, TX", "segment": "all", "kind": "sale", "measure": measure, "window": window, "variant": "own"}
    (reading,) = server.rows("/v1/markets", **asked)
    said, rows = explained(server, reading, then=day)
    past, old_rows = explained(server, {**reading, "date": day}, as_of=day)
    was, first_rows = explained(server, {**reading, "date": day}, as_of=day, known=day)
    change = said["change"]
    assert (change["printed"]["value"], change["printed"]["n"]) == (was["reading"]["value"], was["reading"]["n"])
    assert [print_["print"] for print_ in past["prints"]] == ["first", "now"]
    assert past["prints"][0]["value"] == was["reading"]["value"] and was["prints"][0]["day"] == day

    def value(rows):
        return recomputed(said["reduction"], reading["unit"], list(rows))[0]

    (corrected,) = [cause for cause in change["causes"] if cause["cause"] == "corrected"]
    first, old = keyed(first_rows), keyed(old_rows)
    told = {key: (row["value"], row["times"]) for key, row in first.items()}
    known_now = {key: (row["value"], row["times"]) for key, row in old.items()}
    assert corrected["n"] == sum(told.get(key) != known_now.get(key) for key in told.keys() | known_now.keys()) > 0
    assert same(number(corrected["effect"]), value(old.values()) - value(first.values()))
    effects = [number(cause["effect"]) for cause in change["causes"]]
    assert [cause["cause"] for cause in change["causes"]] == ["entered", "left", "repriced", "corrected", "interaction"]
    assert same(sum(effects), value(rows_ := keyed(rows).values()) - value(first.values())), rows_
    assert same(number(change["total"]), sum(effects))


def test_a_day_that_was_not_printed_is_refused(printed) -> None:
    server, _ = printed
    asked = {"level": "county", "area": "Travis, TX", "measure": "active_count", "window": "now"}
    answer = server.http.get("/v1/explain", params={**asked, "known": "2025-12-01"})
    assert answer.status_code == 400 and "not printed" in answer.json()["detail"], answer.text


@pytest.mark.parametrize(("measure", "window"), [("median_list_price", "now"), ("months_of_supply", "now"), ("closed_count", "day"), ("mean_close_price", "month")])
def test_a_series_and_explain_say_the_same_of_a_day(printed, measure: str, window: str) -> None:
    server, _ = printed
    first, last = FIRST.date() + datetime.timedelta(days=5), FIRST.date() + datetime.timedelta(days=DAYS + HORIZON)
    asked = {"from_": first.isoformat(), "to": last.isoformat(), "measure": measure, "window": window}
    found = server.rows(f"/v1/markets/{encoded(MARKET)}/series", prints="true", **asked)
    plain = server.rows(f"/v1/markets/{encoded(MARKET)}/series", **asked)
    statuses = set()
    for row in found[:: max(1, len(found) // 12)]:
        reading = {"level": "county", "area": "Travis, TX", "segment": "all", "kind": "sale", "measure": measure, "variant": "own", "window": window, "date": row["date"]}
        said, rows = explained(server, reading)
        assert (said["reading"]["value"], said["reading"]["n"], said["status"]) == (row["value"], row["n"], row["status"]), row
        if said["reduction"] != "quotient":
            assert recomputed(said["reduction"], said["reading"]["unit"], list(rows))[0] == number(row["value"]), row
        prints = {print_["print"]: print_ for print_ in said["prints"]}
        assert prints["now"]["value"] == row["known_now"], row
        assert prints.get("first", {}).get("value") == row["first_print"], row
        if row["status"] == "final":
            assert prints["final"]["value"] == row["value"], row
            end = datetime.date.fromisoformat(said["period"]["to"])
            assert prints["final"]["day"] == (end + datetime.timedelta(days=HORIZON)).isoformat()
        if "first" in prints:
            was, _ = explained(server, reading, known=prints["first"]["day"])
            assert was["reading"]["value"] == row["first_print"], row
        statuses.add(row["status"])
    assert {"final", "provisional"} <= statuses
    assert [{name: row[name] for name in plain[0]} for row in found] == plain and "first_print" not in plain[0]


def test_every_measure_variant_and_window_says_the_same_in_series_and_explain(printed) -> None:
    server, _ = printed
    first, last = FIRST.date() + datetime.timedelta(days=5), FIRST.date() + datetime.timedelta(days=DAYS + HORIZON)
    named = {"level": "county", "area": "Travis, TX", "segment": "all", "kind": "sale", "limit": 1}
    checked = 0
    for measure in server.json("/v1/measures", limit=500)["rows"]:
        for variant in measure["variants"]:
            for window in measure["windows"]:
                asked = {"measure": measure["measure"], "variant": variant, "window": window}
                rows = server.rows(f"/v1/markets/{encoded(MARKET)}/series", from_=first.isoformat(), to=last.isoformat(), prints="true", points=4, **asked)
                for row in rows:
                    said = server.json("/v1/explain", date=row["date"], **named, **asked)
                    reading, prints = said["reading"], {print_["print"]: print_["value"] for print_ in said["prints"]}
                    story = (asked, row, said["prints"])
                    assert (number(reading["value"]), reading["n"], said["status"]) == (number(row["value"]), row["n"], row["status"]), story
                    assert number(prints["now"]) == number(row["known_now"]), story
                    assert number(prints.get("first")) == number(row["first_print"]), story
                    checked += 1
    assert checked > 500


def test_finals_are_not_changed_by_what_comes_later(printed, freehold: Path, tmp_path: Path) -> None:
    """An instance that was told the first part only: its finals are those of the one that was told all."""
    server, said = printed
    measures = [("median_list_price", "now"), ("active_count", "now"), ("closed_count", "day"), ("median_close_price", "month"), ("months_of_supply", "now")]
    part = said[: len(said) * 3 // 4]
    early = start(freehold, tmp_path, part)
    try:
        finals, changed = 0, 0
        for what in measures:
            now = series(server, *what)
            for day, row in series(early, *what).items():
                if row["status"] == "final":
                    assert (now[day]["value"], now[day]["n"], now[day]["status"]) == (row["value"], row["n"], "final"), (what, day)
                    finals += 1
                    changed += now[day]["known_now"] != row["known_now"]
        assert finals > 50 and changed > 10
    finally:
        early.stop()
