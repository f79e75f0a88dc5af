"""However the rows are cut into epochs and over threads: same digest, same readings and series, same changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from outputs import assert_equal_lists, changes_of, readings_of, split_rows
from sources import KING_COUNTY, king_county_config

# Epochs of one row are slow by nature; a sample shows the same.
SAMPLE_ROWS = 3000


@pytest.fixture(scope="module")
def sample(shipped: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "rows"
    return split_rows(shipped / KING_COUNTY, folder, parts=3, seed=11, rows_max=SAMPLE_ROWS)


@pytest.fixture(scope="module")
def reference(instances, sample: Path):
    instance = instances("reference", king_county_config(sample, rows_max=1000, threads=1)).run()
    return instance.digest(), readings_of(instance), changes_of(instance)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("rows_max", [1, 7, 1000, 50_000])
def test_epochs_and_threads(instances, sample: Path, reference, rows_max: int, threads: int) -> None:
    config = king_county_config(sample, rows_max=rows_max, threads=threads)
    instance = instances(f"epochs-{rows_max}-threads-{threads}", config).run()
    digest, readings, changes = reference
    assert_equal_lists(readings_of(instance), readings, "readings")
    assert_equal_lists(changes_of(instance), changes, "changes")
    assert instance.digest() == digest
