"""An invented market with a fixed seed for the checks of server and page: sixty weeks of listings in counties that maps know,
with duplicates, rows out of order, late rows, bad rows, hostile texts, and a feed that may not be shown.

Standard library only, because the browser checks run it as a program: `python3 fixture.py FOLDER [--anchor SECONDS]` writes
the rows, the configuration and `fixture.json`, which says what was written."""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path

SEED = 20_261
WEEKS = 60
DAY = 86_400
ZONE = "America/Chicago"

# County, state, first three digits of its ZIP codes, usual price.
NEW_JERSEY = [
    ("Bergen", "NJ", "076", 690_000), ("Essex", "NJ", "071", 540_000), ("Hudson", "NJ", "073", 610_000),
    ("Middlesex", "NJ", "088", 520_000), ("Monmouth", "NJ", "077", 655_000), ("Ocean", "NJ", "087", 475_000),
    ("Union", "NJ", "072", 530_000), ("Camden", "NJ", "081", 310_000), ("Passaic", "NJ", "075", 485_000),
    ("Morris", "NJ", "079", 640_000),
]  # fmt: skip
# Connecticut's planning regions replaced its counties in 2022: maps with older shapes have no place for them.
CONNECTICUT = [("Capitol", "CT", "061", 365_000)]
ARKANSAS = [
    ("Pulaski", "AR", "722", 225_000), ("Benton", "AR", "727", 365_000), ("Washington", "AR", "728", 330_000),
    ("Sebastian", "AR", "729", 215_000), ("Faulkner", "AR", "720", 255_000), ("Saline", "AR", "721", 265_000),
    ("Craighead", "AR", "724", 240_000), ("Garland", "AR", "719", 250_000),
]  # fmt: skip
TEXAS = [
    ("Travis", "TX", "787", 489_000), ("Harris", "TX", "770", 325_000), ("Dallas", "TX", "752", 358_000),
    ("Tarrant", "TX", "761", 342_000), ("Bexar", "TX", "782", 298_000), ("Collin", "TX", "750", 505_000),
    ("Denton", "TX", "762", 462_000), ("Hidalgo", "TX", "785", 245_000), ("El Paso", "TX", "799", 262_000),
    ("Fort Bend", "TX", "774", 405_000), ("Williamson", "TX", "786", 435_000), ("Montgomery", "TX", "773", 372_000),
]  # fmt: skip
# Counties with few homes: 15 are marked as few, 5 are too few to be ranked.
FEW = {("Kenedy", "TX", "783", 180_000): 15, ("Calhoun", "AR", "717", 140_000): 12, ("Loving", "TX", "797", 150_000): 5}
# A name that has everything in it that addresses and CSV files give a meaning to.
HOSTILE_COUNTY = '=O\'Brien & "100%" /St. John'
HOSTILE = [
    "12 <script>alert(1)</script> St",
    '=HYPERLINK("http://example.invalid","x")',
    "+1 Plus Rd",
    "-2 Minus Rd",
    "@3 At Rd",
    '5 "Quoted", Comma Ave',
    "6 Ñandú\u00a0Straße 日本 \u202egnp",
]
# Homes that stand on the market at the end, of each whole county: none of them is near a threshold.
STOCK_LEAST, STOCK_MOST = 44, 60


class Market:
    """Makes rows, oldest first."""

    def __init__(self, seed: int, anchor: int) -> None:
        self.chance = random.Random(seed)
        self.anchor = anchor
        self.number = 0

    def life(self, county, began: int, price: int, *, ends: int | None = None, address: str | None = None) -> list[dict]:
        """One listing from its first row to its last that lies before the anchor."""
        name, state, zip3, _ = county
        chance = self.chance
        self.number += 1
        row = {
            "key": f"{state}{self.number:06}",
            "at": began,
            "status": "Active",
            "asked": price,
            "asked_first": price + chance.choice((0, 0, 0, 0, 5_000)),
            "use": "Residential",
            "type": chance.choice(("Single Family Residence",) * 6 + ("Condominium",) * 2 + ("Townhouse", "Duplex")),
            "feet": chance.randrange(700, 3_600) if chance.random() > 0.04 else None,
            "beds": chance.choice((1, 2, 2, 3, 3, 3, 4, 4, 5, 6)),
            "address": address or f"{chance.randrange(1, 9_900)} {chance.choice(STREETS)}",
            "city": f"{name} City",
            "county": name,
            "state": state,
            "zip": f"{zip3}{chance.randrange(1, 4):02}",
        }
        rows = [row]
        if chance.random() < 0.35:
            row = {**row, "at": row["at"] + chance.randrange(3, 40) * DAY, "asked": price - chance.choice((2_500, 5_000, 9_900))}
            rows.append(row)
        if ends is not None:
            contract = max(ends - 20 * DAY, row["at"] + DAY)
            rows.append({**row, "at": contract, "status": "Pending"})
            closing = max(ends, contract + DAY)
            paid = row["asked"] + chance.randrange(-15_000, 9_000)
            end = {**row, "at": closing, "status": "Closed", "paid": paid, "closed": day_of(closing)}
            rows.append(end if chance.random() < 0.85 else {**row, "at": closing, "status": "Withdrawn"})
        return [row for row in rows if row["at"] <= self.anchor]

    def county(self, county, stock: int) -> list[dict]:
        """A whole county: weekly beginnings and ends, and prices that drift by the week."""
        chance, rows = self.chance, []
        base = county[3]
        weekly = max(1, round(stock / 11))
        for week in range(WEEKS):
            drift = 1 + 0.0008 * week + chance.gauss(0, 0.012)
            for _ in range(weekly):
                began = self.anchor - (WEEKS - week) * 7 * DAY + chance.randrange(7 * DAY)
                price = round(base * drift * chance.lognormvariate(0, 0.28), -2)
                ends = began + chance.randrange(45, 110) * DAY if week < WEEKS - 11 else None
                rows += self.life(county, began, int(price), ends=ends)
        return rows


STREETS = ("Elm St", "Oak Ave", "Maple Dr", "Pine Ct", "Cedar Ln", "Main St", "Lake Rd", "Hill Way")


def day_of(seconds: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))


def rfc3339(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def make(anchor: int, seed: int = SEED) -> dict[str, list[str]]:
    """The lines of each feed, in the order of their arrival."""
    market = Market(seed, anchor)
    chance = market.chance
    feeds: dict[str, list[dict]] = {"alpha": [], "beta": [], "private": []}
    for feed, counties in (("alpha", ARKANSAS + TEXAS), ("beta", NEW_JERSEY + CONNECTICUT)):
        for county in counties:
            feeds[feed] += market.county(county, chance.randrange(STOCK_LEAST, STOCK_MOST))
    for county, stock in FEW.items():
        for _ in range(stock):
            feeds["alpha"] += market.life(county, anchor - chance.randrange(5, 40) * DAY, county[3] + chance.randrange(40_000))
    odd = (HOSTILE_COUNTY, "TX", "778", 100_000)
    for address in HOSTILE:
        feeds["alpha"] += market.life(odd, anchor - chance.randrange(5, 40) * DAY, 100_000, address=address)
    # One hostile address where people look: among the homes of Travis.
    feeds["alpha"] += market.life(TEXAS[0], anchor - 9 * DAY, TEXAS[0][3], address=HOSTILE[0])
    for _ in range(12):
        lease = market.life(NEW_JERSEY[0], anchor - chance.randrange(5, 60) * DAY, chance.randrange(1_900, 4_200))
        feeds["beta"] += [{**row, "use": "Residential Lease"} for row in lease]
    for _ in range(9):
        feeds["private"] += market.life(TEXAS[0], anchor - chance.randrange(5, 40) * DAY, TEXAS[0][3] + chance.randrange(50_000))

    lines: dict[str, list[str]] = {}
    for feed, rows in feeds.items():
        rows.sort(key=lambda row: (row["at"], row["key"]))
        lines[feed] = disturbed(rows, chance) if feed != "private" else [line_of(row) for row in rows]
    # Later than the horizon, and a newer version is held: the first listing that had two rows.
    first = {}
    for row in feeds["alpha"]:
        if row["key"] in first:
            break
        first[row["key"]] = row
    lines["alpha"].append(line_of({**first[row["key"]], "at": first[row["key"]]["at"] - 10 * DAY, "asked": 1_000}))
    lines["alpha"].append('{"key":"TX-broken","at":')
    lines["alpha"].append(line_of({**feeds["alpha"][-1], "key": "TX-negative", "asked": -5}))
    lines["beta"].append(line_of({**feeds["beta"][-1], "key": "NJ-nowhen", "at": None}))
    return lines


def disturbed(rows: list[dict], chance: random.Random) -> list[str]:
    """The lines of the rows; every fortieth comes twice, and every thirtieth changes places with its neighbour."""
    lines = [line_of(row) for row in rows]
    for place in range(29, len(lines) - 1, 30):
        lines[place], lines[place + 1] = lines[place + 1], lines[place]
    return [line for number, line in enumerate(lines) for _ in range(2 if number % 40 == 39 else 1)]


def line_of(row: dict) -> str:
    """A row as NDJSON; a time in seconds becomes text."""
    at = row["at"]
    return json.dumps({**row, "at": rfc3339(at) if isinstance(at, int | float) else at}, ensure_ascii=False)


MAP = """
[feed.map]
ListingKey = "key"
ModificationTimestamp = "at"
StandardStatus = "status"
ListPrice = "asked"
OriginalListPrice = "asked_first"
ClosePrice = "paid"
CloseDate = { column = "closed", format = "%Y-%m-%d" }
PropertyType = "use"
PropertySubType = "type"
LivingArea = { column = "feet", unit = "ft2" }
BedroomsTotal = "beds"
UnparsedAddress = "address"
City = "city"
CountyOrParish = "county"
StateOrProvince = "state"
PostalCode = "zip"
"""


def config(feeds: dict[str, str], *, mode: str = "live", more: str = "", feed_more: str = "") -> str:
    """The configuration over feeds (name to path). `more` stands before the feeds, `feed_more` in each."""
    parts = [
        f'[instance]\nidentity = "listing"\ntime_zone = "{ZONE}"\nthreads = 2\n',
        '[[level]]\nname = "zip"\nkey = "PostalCode"\n',
        '[[level]]\nname = "county"\nkey = ["CountyOrParish", "StateOrProvince"]\n',
        '[[level]]\nname = "state"\nkey = "StateOrProvince"\n',
        '[[level]]\nname = "nation"\nconstant = "US"\n',
        "[segments]\ntype = true\nbedrooms = true\n",
        more,
    ]
    for name, path in feeds.items():
        uses = '["analytics"]' if name == "private" else '["analytics", "display"]'
        parts.append(
            f'[[feed]]\nname = "{name}"\ntype = "file"\nmode = "{mode}"\npath = {json.dumps(path)}\nformat = "ndjson"\n'
            # A column that a row lacks is empty in NDJSON.
            f"uses = {uses}\nallow_missing_columns = true\n{feed_more}{MAP}"
        )
    return "\n".join(parts)


def write(folder: Path, anchor: int, **options) -> dict:
    """Writes all into the folder, and says what: `fixture.json` has the same."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = make(anchor)
    for feed, of_feed in lines.items():
        (folder / f"{feed}.ndjson").write_text("".join(line + "\n" for line in of_feed), encoding="utf-8")
    (folder / "freehold.toml").write_text(config({feed: f"{feed}.ndjson" for feed in lines}, **options), encoding="utf-8")
    said = {"anchor": anchor, "received": {feed: len(of_feed) for feed, of_feed in lines.items()}}
    (folder / "fixture.json").write_text(json.dumps(said), encoding="utf-8")
    return said


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    # Rows end an hour before: what a check sends is newer than all that was there.
    parser.add_argument("--anchor", type=int, default=int(time.time()) // 60 * 60 - 3_600)
    parser.add_argument("--feed-more", default="", help="lines of TOML for each feed")
    parser.add_argument("--more", default="", help="TOML before the feeds")
    given = parser.parse_args()
    print(json.dumps(write(given.folder, given.anchor, more=given.more, feed_more=given.feed_more.replace("\\n", "\n"))))
