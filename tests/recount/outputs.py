"""All that an instance can be asked, gathered for comparison between two runs over the same rows."""

from __future__ import annotations

import csv
import gzip
import random
from pathlib import Path

from instance import Instance

CHANGE_COLUMNS = ("home", "event_time", "change", "day", "before", "after", "fraction")


def readings_of(instance: Instance) -> list[dict[str, str]]:
    """Last readings and months of every market, and the day series of all homes at the widest level."""
    (widest, *_) = (level["name"] for level in instance.config["level"])
    rows = instance.markets(window="now,month,30d,90d,all")
    rows += instance.markets(level=widest, segment="all", window="day")
    assert rows, "no reading at all, so nothing would be proven"
    return rows


def changes_of(instance: Instance) -> list[tuple[str, ...]]:
    """The change stream in its order, less the positions, which depend on where ticks were written."""
    rows = instance.ask("changes")
    assert rows, "no change at all, so nothing would be proven"
    return [tuple(row[column] for column in CHANGE_COLUMNS) for row in rows]


def first_difference(left: list, right: list) -> str:
    """A short story of two long lists that should be equal."""
    for number, (one, other) in enumerate(zip(left, right)):
        if one != other:
            return f"row {number}: {one} against {other}"
    return f"{len(left)} rows against {len(right)}"


def assert_equal_lists(found: list, wanted: list, what: str) -> None:
    assert found == wanted, f"{what} differ: {first_difference(found, wanted)}"


def split_rows(source: Path, folder: Path, parts: int, seed: int, rows_max: int | None = None) -> Path:
    """The rows of a CSV, shuffled and dealt out over `parts` files with the header each."""
    with gzip.open(source, "rt", encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    rows = rows[:rows_max]
    random.Random(seed).shuffle(rows)
    folder.mkdir(parents=True)
    for part in range(parts):
        with (folder / f"part-{part:03}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows[part::parts])
    return folder
