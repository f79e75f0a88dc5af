"""What should be held, worked out slowly: plain Python over the rows as they ended, in the words of docs/quarantine.md.
Knows nothing of how the binary does it. Also spoils rows as feeds do, with a seed."""

from __future__ import annotations

import math
import random
import struct
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from fractions import Fraction

SQUARE_FEET_PER_SQUARE_METER = 1 / 0.3048**2
SQUARE_FEET_PER_ACRE = 43_560.0
RENTS_OF_A_PRICE = 200.0
VALUES_LEAST = 30
SPREAD_LEAST = 0.2


@dataclass(frozen=True)
class Offer:
    """A listing as it ended: what it costs in dollars, how large it is, and where: its areas, finest first."""

    key: str
    kind: str
    home: str
    bedrooms: str
    areas: tuple[str | None, ...]
    prices: dict[str, Fraction] = field(hash=False)
    square_feet: float
    closed: bool = False

    def leading(self) -> Fraction | None:
        order = ("ClosePrice", "ListPrice") if self.closed else ("ListPrice", "ClosePrice")
        return next((self.prices[name] for name in order if self.prices.get(name)), None)


def bucket_middle(value: float) -> float:
    """ln of the middle of the sixteenth of an octave in which a value falls; sixteenths are equal steps in the value."""
    bits = struct.unpack("<Q", struct.pack("<d", value))[0]
    middle = bits >> 48 << 48 | 1 << 47
    return math.log(struct.unpack("<d", struct.pack("<Q", middle))[0])


def lower_median(values: list[float]) -> float:
    return sorted(values)[(len(values) - 1) // 2]


def spread_of(values: list[float]) -> tuple[float, float] | None:
    if len(values) < VALUES_LEAST:
        return None
    logs = [bucket_middle(value) for value in values]
    median = lower_median(logs)
    return median, max(1.4826 * lower_median([abs(log - median) for log in logs]), SPREAD_LEAST)


@dataclass
class Norm:
    price: tuple[float, float]
    ratio: tuple[float, float] | None
    size: tuple[float, float] | None

    def distance(self, cents: float, square_feet: float) -> float:
        def squared(log: float, of: tuple[float, float]) -> float:
            return ((log - of[0]) / of[1]) ** 2

        price = squared(math.log(cents), self.price)
        if square_feet <= 0 or self.ratio is None or self.size is None:
            return price
        ratio = squared(math.log(cents) - math.log(square_feet), self.ratio)
        return 2 / 3 * (price + ratio + squared(math.log(square_feet), self.size))

    def of_other_kind(self, kind: str) -> Norm:
        by = math.log(RENTS_OF_A_PRICE) * (-1 if kind == "sale" else 1)

        def shifted(of: tuple[float, float]) -> tuple[float, float]:
            return of[0] + by, of[1] * 1.5

        return Norm(shifted(self.price), self.ratio and shifted(self.ratio), self.size)


def groups_of(offer: Offer) -> list[tuple[str, ...]]:
    """The groups of homes to which one belongs: its type with its bedrooms, its type, all."""
    bedrooms = str(min(int(offer.bedrooms), 5)) if offer.bedrooms.isdigit() else "other"
    return [(offer.home, bedrooms), (offer.home,), ()]


class Market:
    """What is usual, by all offers."""

    def __init__(self, offers: list[Offer]) -> None:
        values: dict[tuple, list[tuple[float, float]]] = defaultdict(list)
        self.endings: dict[str, Counter[int]] = {"sale": Counter(), "lease": Counter()}
        for offer in offers:
            price = offer.leading()
            if not price:
                continue
            if price.denominator == 1:
                self.endings[offer.kind][int(price) % 100] += 1
            for level, area in enumerate(offer.areas):
                for group in groups_of(offer):
                    if area is not None:
                        values[offer.kind, group, level, area].append((float(price * 100), offer.square_feet))
        self.norms = {}
        for place, found in values.items():
            price = spread_of([cents for cents, _ in found])
            sized = [(cents / feet, feet) for cents, feet in found if feet > 0]
            ratio, size = spread_of([ratio for ratio, _ in sized]), spread_of([feet for _, feet in sized])
            if price:
                self.norms[place] = Norm(price, ratio, size)

    def norm(self, kind: str, offer: Offer) -> Norm | None:
        fine, of_home, of_all = groups_of(offer)
        places = [(group, level) for level in range(len(offer.areas)) for group in (fine, of_home)]
        for group, level in [*places, *((of_all, level) for level in range(len(offer.areas)))]:
            if (norm := self.norms.get((kind, group, level, offer.areas[level]))) is not None:
                return norm
        return None

    def ending(self, kind: str, dollars: float) -> float:
        counts = self.endings[kind]
        whole = round(dollars)
        count = counts[whole % 100] + 0.5 if abs(dollars - whole) < 1e-6 else 0.3
        return math.log(count / (counts.total() + 50))

    def cause(self, offer: Offer, name: str, price: Fraction) -> str | None:
        """What is wrong with one price of an offer."""
        norm = self.norm(offer.kind, offer)
        if norm is None:
            return None
        cents, feet = float(price * 100), offer.square_feet
        far = norm.distance(max(cents, 1.0), feet)
        if far < 22:
            return None
        dollars = str(math.floor(price))
        same = len(dollars) >= 4 and len(set(dollars)) == 1
        if price < 11 or same or len(dollars) >= 4 and "123456789".startswith(dollars):
            return "placeholder"
        mended = [
            ("extra_zero", cents / 10, feet, 0, 12),
            ("missing_zero", cents * 10, feet, 0, 12),
            ("two_extra_zeros", cents / 100, feet, 3, 12),
            ("two_missing_zeros", cents * 100, feet, 3, 12),
        ]
        if offer.kind == "sale":
            mended.append(("rent_in_sale", cents, feet, 0, 12))
        else:
            mended.append(("annual_rent", cents / 12, feet, 0, 12))
            mended.append(("weekly_rent", cents * 52 / 12, feet, 0, 50))
            mended.append(("sale_in_lease", cents, feet, 0, 12))
        if feet > 0 and norm.ratio and norm.size:
            mended.append(("square_meters", cents, feet * SQUARE_FEET_PER_SQUARE_METER, 0, 12))
            mended.append(("acres", cents, feet * SQUARE_FEET_PER_ACRE, 0, 12))
            mended.append(("area_extra_zero", cents, feet / 10, 3, 36))
        best = None
        for cause, new_cents, new_feet, penalty, gain in mended:
            judge = norm
            if cause in ("rent_in_sale", "sale_in_lease"):
                other = "lease" if offer.kind == "sale" else "sale"
                judge = self.norm(other, offer) or norm.of_other_kind(offer.kind)
            near = judge.distance(new_cents, new_feet)
            if (near <= 9 or near <= min(25, far / 5)) and far - near >= gain:
                score = self.ending(offer.kind, new_cents / 100) - near / 2 - penalty
                if best is None or score >= best[0]:
                    best = score, cause, new_cents
        if best is None:
            return None
        beside = [float(other * 100) for at, other in offer.prices.items() if at != name and other]
        speak = [abs(math.log(other / cents)) <= abs(math.log(other / best[2])) for other in beside]
        is_of_area = best[1] in ("square_meters", "acres", "area_extra_zero")
        if not is_of_area and speak and all(speak) and far < 40:
            return None
        return best[1]

    def held(self, offers: list[Offer]) -> dict[tuple[str, str], str]:
        """Listing and field to the cause, of all that should be held."""
        of_area = ("square_meters", "acres", "area_extra_zero")
        held = {}
        for offer in offers:
            for name, price in offer.prices.items():
                cause = self.cause(offer, name, price) if price else None
                if cause and cause not in of_area:
                    held[offer.key, name] = cause
            if offer.square_feet > 0 and (price := offer.leading()):
                leads = next(name for name in ("ClosePrice", "ListPrice") if offer.prices.get(name) == price)
                cause = self.cause(offer, leads, price)
                if cause in of_area:
                    held[offer.key, "LivingArea"] = cause
        return held


# How feeds spoil a row: the name under which it should be held, and what becomes of price and square feet.
SPOILS = {
    "extra_zero": lambda price, feet: (price * 10, feet),
    "missing_zero": lambda price, feet: (Fraction(price // 10), feet),
    "square_meters": lambda price, feet: (price, float(round(feet / SQUARE_FEET_PER_SQUARE_METER))),
    "annual_rent": lambda price, feet: (price * 12, feet),
}


def spoil(offers: list[Offer], share: float, seed: int) -> tuple[list[Offer], dict[str, str]]:
    """Spoils a share of the offers, which have one price each; returns them, and what was done to which key."""
    chance = random.Random(seed)
    spoiled, truth = [], {}
    for offer in offers:
        if chance.random() >= share:
            spoiled.append(offer)
            continue
        ways = ["extra_zero", "missing_zero"]
        ways += ["square_meters"] if offer.square_feet > 0 else []
        ways += ["annual_rent"] if offer.kind == "lease" else []
        truth[offer.key] = chance.choice(ways)
        ((name, price),) = offer.prices.items()
        price, feet = SPOILS[truth[offer.key]](price, offer.square_feet)
        spoiled.append(replace(offer, prices={name: price}, square_feet=feet))
    return spoiled, truth
