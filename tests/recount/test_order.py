"""The order of rows, and the number of files that hold them, do not matter: same ledger, same readings."""

from __future__ import annotations

from pathlib import Path

import pytest

from outputs import assert_equal_lists, readings_of, split_rows
from sources import KING_COUNTY, king_county_config


@pytest.fixture(scope="module")
def as_shipped(instances, shipped: Path):
    instance = instances("in-one-file", king_county_config(shipped / KING_COUNTY)).run()
    return readings_of(instance), instance.ledger("king-county")


@pytest.mark.parametrize("parts", [1, 7, 500])
def test_shuffled_rows_in_any_number_of_files(instances, shipped: Path, tmp_path: Path, as_shipped, parts: int) -> None:
    folder = split_rows(shipped / KING_COUNTY, tmp_path / "rows", parts, seed=parts)
    instance = instances(f"in-{parts}-files", king_county_config(folder)).run()
    readings, ledger = as_shipped
    assert instance.ledger("king-county") == ledger
    assert_equal_lists(readings_of(instance), readings, "readings")
