"""However the rows are cut into epochs and over threads: same digest, same readings and series, same changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from instance import Instance
from invented import invented_config, make_lives, rows_of, write_rows
from outputs import assert_equal_lists, changes_of, readings_of


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Few rows: epochs of one row, each made durable, are slow by nature."""
    return write_rows(tmp_path_factory.mktemp("cuts") / "rows.csv", rows_of(make_lives(600, seed=11)))


def run(instances, source: Path, rows: int, threads: int) -> Instance:
    instance = instances(f"epochs-{rows}-threads-{threads}", invented_config(source))
    return instance.run("--epoch-rows", str(rows), "--threads", str(threads))


@pytest.fixture(scope="module")
def reference(instances, source: Path):
    instance = run(instances, source, rows=333, threads=1)
    return instance.digest(), readings_of(instance), changes_of(instance), instance.ledger("invented")


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("rows", [1, 7, 1000, 50_000])
def test_epochs_and_threads(instances, source: Path, reference, rows: int, threads: int) -> None:
    instance = run(instances, source, rows, threads)
    digest, readings, changes, ledger = reference
    assert instance.ledger("invented") == ledger
    assert_equal_lists(readings_of(instance), readings, "readings")
    assert_equal_lists(changes_of(instance), changes, "changes")
    assert instance.digest() == digest
