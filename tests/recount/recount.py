"""The slow, obvious twin of the measures over finished sales, in plain Python: exact fractions for money, the same one
division for prices per square foot. Shares no code and no formula text with the engine."""

from __future__ import annotations

import calendar
import csv
import datetime
import gzip
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

Date = datetime.date


@dataclass(frozen=True)
class Sale:
    """One finished sale, of which nothing earlier was seen."""

    day: Date
    price: Fraction
    square_feet: float | None
    kind_of_home: str
    bedrooms: int | None
    area: str
    inferred_cut: bool = False


def read_csv(path: Path) -> list[dict[str, str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# What a reading is known by, and what it says: value, n, n_excluded.
Key = tuple[str, str, str, str, str, str, str]
Said = tuple[Fraction | float | None, int, int]


def percentile(values: list, part: Fraction):
    """PostgreSQL's percentile_cont: the value at rank part * (n - 1) from 0, or the point between its two neighbours."""
    return _at(sorted(values), part)


def _at(values: list, part: Fraction):
    at, rest = divmod(part.numerator * (len(values) - 1), part.denominator)
    low, high = values[at], values[min(at + 1, len(values) - 1)]
    if low == high:
        return low
    way = Fraction(rest, part.denominator)
    return low + (way if isinstance(low, Fraction) else float(way)) * (high - low)


def median(values: list):
    return percentile(values, Fraction(1, 2))


def mean(values: list, units: int):
    """Each value in whole units and the mean in such: halves go up."""
    half = Fraction(1, 2) if isinstance(values[0], Fraction) else 0.5
    whole = [math.floor(value * units + half) for value in values]
    rounded = Fraction(math.floor(Fraction(sum(whole), len(whole)) + Fraction(1, 2)), units)
    return rounded if isinstance(values[0], Fraction) else float(rounded)


# The units in which means are added up: of money, of prices per square foot, of days.
CENTS, TEN_THOUSANDTHS, TENTHS = 100, 10_000, 10
PARTS = {"median": (1, 2), "p10": (1, 10), "p25": (1, 4), "p75": (3, 4), "p90": (9, 10)}


def statistics(quantity: str, values: list, excluded: int, units: int) -> dict[str, Said]:
    """Every statistic of a quantity, by measure."""
    values = sorted(values)
    found = {f"{name}_{quantity}": _at(values, Fraction(*part)) if values else None for name, part in PARTS.items()}
    found[f"mean_{quantity}"] = mean(values, units) if values else None
    return {measure: (value, len(values), excluded) for measure, value in found.items()}


def cut_statistics(quantity: str, pairs: list[tuple[int, int]]) -> dict[str, Said]:
    """The same of the parts that cuts took off prices, given before and after, in billionths, rounded half up."""
    one = 10**9
    parts = [Fraction(math.floor(Fraction((before - after) * one, before) + Fraction(1, 2)), one) for before, after in pairs]
    found = statistics(quantity, parts, 0, one)
    return {measure: (None if value is None else float(value), *counts) for measure, (value, *counts) in found.items()}


def ratio_statistics(quantity: str, pairs: list[tuple[int, int]]) -> dict[str, Said]:
    """The same of sale by list price, in billionths: rounded half up, though never to one where they differ."""
    one, known = 10**9, []
    for paid, asked in pairs:
        if asked < 2 * paid < 3 * asked:
            rounded = math.floor(Fraction(paid * one, asked) + Fraction(1, 2))
            rounded = min(rounded, one - 1) if paid < asked else max(rounded, one + 1) if paid > asked else one
            known.append(Fraction(rounded, one))
    found = statistics(quantity, known, len(pairs) - len(known), one)
    return {measure: (None if value is None else float(value), *counts) for measure, (value, *counts) in found.items()}


def names_of(*quantities: str) -> str:
    """Every statistic of these quantities, as a filter takes them."""
    return ",".join(f"{name}_{quantity}" for quantity in quantities for name in (*PARTS, "mean"))


def segments_of(sale: Sale) -> list[str]:
    beds = "other" if sale.bedrooms is None else "5+" if sale.bedrooms >= 5 else str(sale.bedrooms)
    return ["all", f"type:{sale.kind_of_home}", f"beds:{beds}"]


def month_of(day: Date) -> tuple[Date, Date]:
    first = day.replace(day=1)
    return first, day.replace(day=calendar.monthrange(day.year, day.month)[1])


def readings(
    sales: Iterable[Sale],
    levels: dict[str, str | None],
    *,
    windows: set[str],
    ends: list[Date],
) -> dict[Key, Said]:
    """Every flow reading of every market. `levels` maps a level to its one area, or to None for the sale's own area.
    `ends` are the days on which trailing windows end; the window `all` has no date here."""
    markets: dict[tuple[str, str, str], list[Sale]] = defaultdict(list)
    for sale in sales:
        for level, area in levels.items():
            for segment in segments_of(sale):
                markets[level, area or sale.area, segment].append(sale)
    found: dict[Key, Said] = {}
    for (level, area, segment), members in markets.items():
        for window, date, inside in _windows(members, windows, ends):
            for (measure, variant), said in _measures(inside).items():
                is_dated = window in ("day", "month")
                if is_dated and said[1] == 0 and said[2] == 0:
                    continue
                found[level, area, segment, measure, variant, window, date] = said
    return found


def _windows(sales: list[Sale], windows: set[str], ends: list[Date]):
    if "all" in windows:
        yield "all", "", sales
    for window, start_of in (("day", lambda day: day), ("month", lambda day: month_of(day)[0])):
        if window in windows:
            parts: dict[Date, list[Sale]] = defaultdict(list)
            for sale in sales:
                parts[start_of(sale.day)].append(sale)
            for date, inside in parts.items():
                yield window, date.isoformat(), inside
    for window, days in (("30d", 30), ("90d", 90)):
        if window in windows:
            for end in ends:
                start = end - datetime.timedelta(days=days - 1)
                yield window, end.isoformat(), [sale for sale in sales if start <= sale.day <= end]


def _measures(sales: list[Sale]) -> dict[tuple[str, str], Said]:
    count = len(sales)
    prices = [sale.price for sale in sales]
    per_area = [float(sale.price) / sale.square_feet for sale in sales if sale.square_feet]
    cuts = sum(sale.inferred_cut for sale in sales)
    share = cuts / count if count else None
    none_seen = 0.0 if count else None
    told = statistics("close_price", prices, 0, CENTS)
    told |= statistics("close_price_per_area", per_area, count - len(per_area), TEN_THOUSANDTHS)
    # Only the sale was seen: no beginning, hence no new listing and no days on market.
    told |= statistics("days_on_market", [], count, TENTHS)
    return {
        ("closed_count", "own"): (Fraction(count), count, 0),
        **{(measure, "own"): said for measure, said in told.items()},
        ("median_days_on_market", "redfin"): (None, 0, count),
        ("median_days_on_market", "realtor"): (None, 0, count),
        ("new_listings", "own"): (Fraction(0), 0, 0),
        ("price_cuts", "seen"): (Fraction(0), 0, 0),
        ("price_cuts", "inferred"): (Fraction(cuts), cuts, 0),
        # Each sale was on the market on its first day, which is its day of closing.
        ("price_cut_share", "seen"): (none_seen, count, 0),
        ("price_cut_share", "inferred"): (share, count, 0),
        ("price_cut_share", "any"): (share, count, 0),
    }


COUNTS = (
    "active_count", "pending_count", "coming_soon_count", "closed_count", "new_listings", "price_cuts", "pending_sales",
    "back_on_market", "withdrawn_count", "expired_count", "removed_count",
)  # fmt: skip


def as_said(rows: list[dict[str, str]]) -> dict[Key, Said]:
    """Rows of `markets` in the form of `readings`."""
    said: dict[Key, Said] = {}
    for row in rows:
        date = "" if row["window"] == "all" else row["date"]
        key = (row["level"], row["area"], row["segment"], row["measure"], row["variant"], row["window"], date)
        assert key not in said, f"a reading appears twice: {key}"
        number = float if row["unit"] in ("USD/ft2", "share", "months", "years") else Fraction
        value = number(row["value"]) if row["value"] else None
        said[key] = (value, int(row["n"]), int(row["n_excluded"]))
    return said


def _is_same(found: Said, wanted: Said) -> bool:
    """Counts and money exactly; shares and prices per square foot to a part in 10^12."""
    if found[1:] != wanted[1:]:
        return False
    if isinstance(found[0], float) and isinstance(wanted[0], float):
        return math.isclose(found[0], wanted[0], rel_tol=1e-12, abs_tol=0.0)
    return found[0] == wanted[0]


def assert_same(found: dict[Key, Said], wanted: dict[Key, Said]) -> None:
    """Whole outputs are compared; the first differences are shown. A market in which nothing ever happened may be told
    of, as zero or nothing, or not."""
    assert wanted, "the recount is empty, so nothing would be proven"
    differences = []
    for key in sorted(found.keys() | wanted.keys()):
        nothing = (Fraction(0), 0, 0) if key[3] in COUNTS else (None, 0, 0)
        if not _is_same(found.get(key, nothing), wanted.get(key, nothing)):
            differences.append(f"{key}: engine {found.get(key, 'says nothing')}, recount {wanted.get(key, 'says nothing')}")
    shown = "\n".join(differences[:20])
    assert not differences, f"{len(differences)} of {len(wanted)} readings differ:\n{shown}"
