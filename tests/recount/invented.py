"""An invented market, seeded: whole lives of listings, with seen and inferred cuts, contracts and closings, for what no
file that ships tells of. Counts its own readings as it goes, from the lives and not from the rows."""

from __future__ import annotations

import csv
import datetime
import random
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from instance import config_of
from recount import CENTS, TEN_THOUSANDTHS, TENTHS, Said, cut_statistics, ratio_statistics, statistics

# Phoenix keeps one offset all year, so that local days need no table of time zones.
ZONE, OFFSET = "America/Phoenix", datetime.timedelta(hours=-7)
CITIES = ("Alder", "Birch", "Cedar")
FIRST = datetime.datetime(2023, 1, 2, tzinfo=datetime.timezone.utc)
COLUMNS = ("key", "at", "status", "asked", "asked_first", "paid", "closed", "feet", "beds", "city")

Moment = datetime.datetime
Date = datetime.date


@dataclass
class Life:
    """One listing: what was asked from when on, when it went under contract, when it closed and for how much."""

    key: str
    city: str
    feet: int | None
    beds: int
    asked_first: int
    asked: list[tuple[Moment, int]]
    contract: Moment | None = None
    closing: Moment | None = None
    paid: int = 0


def local_day(moment: Moment) -> Date:
    return (moment + OFFSET).date()


def make_lives(count: int, seed: int, days: int = 500) -> list[Life]:
    chance = random.Random(seed)
    return [_make_life(f"L{number:05}", days, chance) for number in range(count)]


def _make_life(key: str, days: int, chance: random.Random) -> Life:
    def later(moment: Moment, days_most: int) -> Moment:
        return moment + datetime.timedelta(seconds=chance.randrange(60, days_most * 86_400))

    at = FIRST + datetime.timedelta(seconds=chance.randrange(days * 86_400))
    price = chance.randrange(90_000, 900_000)
    asked_first = price + chance.choice((0, 0, 0, 5_000, -5_000))
    feet = None if chance.random() < 0.05 else chance.randrange(500, 4_000)
    life = Life(key, chance.choice(CITIES), feet, chance.randrange(0, 7), asked_first, [(at, price)])
    for _ in range(chance.choice((0, 0, 1, 1, 2, 4))):
        at, price = later(at, 30), price + chance.choice((-12_345, -7_000, -1, 4_000))
        life.asked.append((at, price))
    if chance.random() < 0.7:
        at = life.contract = later(at, 40)
    if chance.random() < (0.8 if life.contract else 0.1):
        life.closing = later(at, 45)
        life.paid = price + chance.randrange(-20_000, 10_000)
    return life


def rows_of(lives: list[Life]) -> list[list[str]]:
    """The rows that tell of the lives, in order of time; every fiftieth comes twice."""
    rows: list[tuple[Moment, list[str]]] = []
    for life in lives:
        price = life.asked[-1][1]
        versions = [(at, "Active", asked) for at, asked in life.asked]
        versions += [(life.contract, "Pending", price)] if life.contract else []
        versions += [(life.closing, "Closed", price)] if life.closing else []
        for at, status, asked in versions:
            is_closed = status == "Closed"
            row = [life.key, at.strftime("%Y-%m-%dT%H:%M:%SZ"), status, str(asked), str(life.asked_first)]
            row += [str(life.paid), local_day(at).isoformat()] if is_closed else ["", ""]
            rows.append((at, [*row, str(life.feet or ""), str(life.beds), life.city]))
    rows.sort(key=lambda entry: (entry[0], entry[1]))
    return [row for number, (_, row) in enumerate(rows) for _ in range(1 + (number % 50 == 49))]


def write_rows(path: Path, rows: list[list[str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    return path


def invented_config(path: Path, **instance) -> dict:
    feed = {
        "name": "invented",
        "type": "file",
        "mode": "history",
        "path": str(path),
        "time_zone": ZONE,
        "uses": ["analytics", "display"],
        "map": {
            "ListingKey": "key",
            "ModificationTimestamp": "at",
            "StandardStatus": "status",
            "ListPrice": "asked",
            "OriginalListPrice": "asked_first",
            "ClosePrice": "paid",
            "CloseDate": {"column": "closed", "format": "%Y-%m-%d"},
            "PropertyType": {"constant": "Residential"},
            "LivingArea": {"column": "feet", "unit": "ft2"},
            "BedroomsTotal": "beds",
            "City": "city",
            "StateOrProvince": {"constant": "AZ"},
        },
    }
    return config_of([feed], {"state": ["StateOrProvince"], "city": ["City"]}, time_zone=ZONE, **instance)


def stock_readings(lives: list[Life], moment: Moment, day: Date) -> dict[str, Said]:
    """What is for sale and under contract at a moment of a day, and what that is by what sells. Named `measure/variant`."""
    born = [life for life in lives if life.asked[0][0] < moment]
    live = [life for life in born if not (life.closing and life.closing < moment)]
    pending = [life for life in live if life.contract and life.contract < moment]
    active = [life for life in live if life not in pending]
    asked = [Fraction([price for at, price in life.asked if at < moment][-1]) for life in active]
    ratios = [float(price) / life.feet for price, life in zip(asked, active) if life.feet]
    ages = [Fraction((day - local_day(life.asked[0][0])).days) for life in active]
    told = {
        "active_count": (Fraction(len(active)), len(active), 0),
        "pending_count": (Fraction(len(pending)), len(pending), 0),
        "coming_soon_count": (Fraction(0), 0, 0),
        **statistics("list_price", asked, 0, CENTS),
        **statistics("list_price_per_area", ratios, len(active) - len(ratios), TEN_THOUSANDTHS),
        **statistics("age_of_inventory", ages, 0, TENTHS),
        # Nothing is for rent here.
        "price_to_rent": (None, 0, 0),
        "gross_rental_yield": (None, 0, 0),
    }
    found = {f"{measure}/own": said for measure, said in told.items()}
    for variant, days, months, is_contract in (("own", 90, 3, False), ("redfin", 30, 1, False), ("year", 365, 12, False), ("contracts", 30, 1, True)):
        first = day - datetime.timedelta(days=days - 1)
        ends = [(life.contract or life.closing) if is_contract else life.closing for life in lives]
        sold = sum(end is not None and end < moment and first <= local_day(end) <= day for end in ends)
        counted = min(len(active), sold)
        found[f"months_of_supply/{variant}"] = (len(active) * months / sold if sold else None), counted, 0
        found[f"absorption_rate/{variant}"] = (sold / (len(active) * months) if active else None), counted, 0
    return found


def flow_readings(lives: list[Life], first: Date, last: Date, moment: Moment) -> dict[str, Said]:
    """What happened from `first` to `last`, of what lies before `moment`. Named `measure/variant`."""

    def happened(at: Moment | None) -> bool:
        return at is not None and at < moment and first <= local_day(at) <= last

    def was_live(life: Life) -> bool:
        """On the market or under contract on any day of the span."""
        start, end = life.asked[0][0], life.closing
        if start >= moment or local_day(start) > last:
            return False
        return end is None or end >= moment or local_day(end) >= first

    closings = [life for life in lives if happened(life.closing)]
    prices = [Fraction(life.paid) for life in closings]
    ratios = [life.paid / life.feet for life in closings if life.feet]
    ends = [(life, life.contract or life.closing) for life in lives]
    days = [Fraction((local_day(end) - local_day(life.asked[0][0])).days) for life, end in ends if happened(end)]
    seen_by_life = [
        sum(now < before and happened(at) for (_, before), (at, now) in zip(life.asked, life.asked[1:])) for life in lives
    ]
    inferred_by_life = [life.asked_first > life.asked[0][1] and happened(life.asked[0][0]) for life in lives]
    episodes = sum(was_live(life) for life in lives)
    begun = sum(happened(life.asked[0][0]) for life in lives)

    def count(number: int) -> Said:
        return Fraction(number), number, 0

    def share(lives_with_a_cut: int) -> Said:
        return (lives_with_a_cut / episodes if episodes else None), episodes, 0

    told = statistics("close_price", prices, 0, CENTS)
    told |= statistics("close_price_per_area", ratios, len(closings) - len(ratios), TEN_THOUSANDTHS)
    told |= statistics("days_on_market", days, 0, TENTHS)
    told |= statistics("cumulative_days_on_market", days, 0, TENTHS)
    cuts = [(before, now) for life in lives for (_, before), (at, now) in zip(life.asked, life.asked[1:]) if now < before and happened(at)]
    told |= cut_statistics("price_cut_size", cuts)
    to_closing = [Fraction((local_day(life.closing) - local_day(life.asked[0][0])).days) for life in closings]
    told |= ratio_statistics("sale_to_list", [(life.paid, life.asked[-1][1]) for life in closings])
    told |= ratio_statistics("sale_to_original_list", [(life.paid, life.asked_first) for life in closings])
    above = sum(life.paid > life.asked[-1][1] for life in closings)
    quick = sum(number <= 14 for number in days)
    return {
        "new_listings/own": count(begun),
        "back_on_market/own": count(0),
        "withdrawn_count/own": count(0),
        "expired_count/own": count(0),
        "removed_count/own": count(0),
        "pending_sales/own": count(len(days)),
        "off_market_in_14_days_share/own": ((quick / len(days) if days else None), len(days), 0),
        "sold_above_list_share/own": ((above / len(closings) if closings else None), len(closings), 0),
        "closed_count/own": count(len(closings)),
        **{f"{measure}/own": said for measure, said in told.items()},
        "median_cumulative_days_on_market/property": told["median_days_on_market"],
        # No life is on the market for more than a year.
        "median_days_on_market/redfin": told["median_days_on_market"],
        "median_days_on_market/realtor": statistics("days", to_closing, 0, TENTHS)["median_days"],
        "price_cuts/seen": count(sum(seen_by_life)),
        "price_cuts/inferred": count(sum(inferred_by_life)),
        "price_cut_share/seen": share(sum(seen > 0 for seen in seen_by_life)),
        "price_cut_share/inferred": share(sum(inferred_by_life)),
        "price_cut_share/any": share(sum(a > 0 or b for a, b in zip(seen_by_life, inferred_by_life))),
    }
