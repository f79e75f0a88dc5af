"""Why a number is other than it was: the causes, worked out again from the rows behind both numbers, and their sum."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from server import Server
from test_explain import explained, recomputed

CAUSES = ["entered", "left", "repriced", "corrected", "interaction"]
# Measure and window: a stock, flows, a mean, a share of real numbers, a count.
ASKED = [
    ("median_list_price", "now"),
    ("mean_list_price", "now"),
    ("active_count", "now"),
    ("median_list_price_per_area", "now"),
    ("median_close_price", "90d"),
    ("p90_close_price", "30d"),
    ("price_cuts", "30d"),
    ("median_age_of_inventory", "now"),
    ("sold_above_list_share", "90d"),
]


def keyed(rows: list[dict]) -> dict[tuple, dict]:
    """The rows that count, by home and event; several of one home in their order."""
    found: dict[tuple, dict] = {}
    for row in rows:
        if row["counted"]:
            times = sum(key[:4] == (row["home"], row["part"], row["event"], row["day"]) for key in found)
            found[row["home"], row["part"], row["event"], row["day"], times] = row
    return found


def same(left: Fraction | float | None, right: Fraction | float | None, is_real: bool = False) -> bool:
    if left is None or right is None:
        return left is right
    if is_real or isinstance(left, float) or isinstance(right, float):
        return float(left) == pytest.approx(float(right), rel=1e-9, abs=1e-12)
    return left == right


@pytest.mark.parametrize(("measure", "window"), ASKED)
@pytest.mark.parametrize("ago", [7, 60])
def test_causes_are_recomputed(server: Server, measure: str, window: str, ago: int) -> None:
    then = server.day(ago).isoformat()
    causes_seen, checked = set(), 0
    for area in ("Travis, TX", "Bergen, NJ", "Pulaski, AR"):
        asked = {"level": "county", "area": area, "segment": "all", "kind": "sale", "measure": measure, "window": window}
        asked["variant"] = "seen" if measure == "price_cuts" else "own"
        (reading,) = server.rows("/v1/markets", **asked)
        said, rows = explained(server, reading, then=then)
        past, old_rows = explained(server, {**reading, "date": then}, as_of=then)
        change = said["change"]
        assert (change["then"], change["value"], change["n"]) == (then, past["reading"]["value"], past["reading"]["n"])
        if any(not row["feed"] for row in [*old_rows, *rows]):
            # Rows that may not be shown have no name by which to know them again.
            assert all(home["home"] is None or "private" not in home["home"] for cause in change["causes"] for home in cause["homes"])
            continue
        checked += 1
        old, new = keyed(old_rows), keyed(rows)

        def value(rows) -> Fraction | float | None:
            return recomputed(said["reduction"], reading["unit"], list(rows))[0]

        def differs(key: tuple) -> bool:
            return key in old and (old[key]["value"], old[key]["times"]) != (new[key]["value"], new[key]["times"])

        undone = {
            "entered": [row for key, row in new.items() if key in old],
            "left": [*new.values(), *(row for key, row in old.items() if key not in new)],
            "repriced": [old[key] if differs(key) else row for key, row in new.items()],
        }
        counts = {
            "entered": sum(key not in old for key in new),
            "left": sum(key not in new for key in old),
            "repriced": sum(differs(key) for key in new),
        }
        assert [cause["cause"] for cause in change["causes"]] == CAUSES
        told = {cause["cause"]: cause for cause in change["causes"]}
        now = value(new.values())
        for name, rows_without in undone.items():
            without = value(rows_without)
            wanted = None if now is None or without is None else now - without
            effect = told[name]["effect"]
            effect = None if effect is None else Fraction(Decimal(str(effect)))
            assert same(effect, wanted), (area, name, effect, wanted)
            assert told[name]["n"] == counts[name], (area, name)
            assert len(told[name]["homes"]) == min(20, counts[name]), (area, name)
            causes_seen |= {name} if counts[name] else set()
        assert told["corrected"]["effect"] is None and told["corrected"]["reason"]
        # To the cent: the causes and their interaction add up to the change, where each can be told.
        effects = [told[name]["effect"] for name in CAUSES if name != "corrected"]
        if None not in effects:
            total = sum(Fraction(Decimal(str(effect))) for effect in effects)
            assert same(total, Fraction(Decimal(str(change["total"]))), isinstance(now, float)), (area, effects, change["total"])
            assert same(Fraction(Decimal(str(change["total"]))), now - value(old.values())), area
    assert checked >= 2
    assert {"entered", "left"} <= causes_seen or measure in ("price_cuts", "p90_close_price")


def test_a_moment_that_is_not_before_is_refused(server: Server) -> None:
    asked = {"level": "county", "area": "Travis, TX", "measure": "median_list_price", "window": "now"}
    answer = server.http.get("/v1/explain", params={**asked, "as_of": server.day(30).isoformat(), "then": server.day(20).isoformat()})
    assert answer.status_code == 400 and "not before" in answer.json()["detail"], answer.text
    assert server.json("/v1/explain", **asked)["change"] is None
