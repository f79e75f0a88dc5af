"""`kill -9` at random moments, recovery included, with another epoch size at each start: nothing is lost, nothing
repeated. The moments are seeded, but what the process is doing then is not: a failure prints the whole story."""

from __future__ import annotations

import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from instance import HANG_SECONDS, Instance
from outputs import assert_equal_lists, changes_of, readings_of
from sources import KING_COUNTY, king_county_config

KILLS = 20
EPOCH_SIZES = (1, 7, 100, 1000, 50_000)
SEEDS = [int(seed) for seed in os.environ.get("FREEHOLD_KILL_SEEDS", "1,2,3").split(",")]


@pytest.fixture(scope="module")
def undisturbed(instances, shipped: Path):
    instance = instances("undisturbed", king_county_config(shipped / KING_COUNTY))
    started = time.monotonic()
    instance.run()
    seconds = time.monotonic() - started
    everything = (readings_of(instance), changes_of(instance), instance.ledger("king-county"), instance.digest())
    return seconds, everything


def kill_often(instance: Instance, source: Path, seconds: float, random_source: random.Random) -> list[str]:
    """Starts and kills until KILLS starts are over; returns what happened. Short lives catch recovery itself."""
    story = []
    for start in range(KILLS):
        rows_max = random_source.choice(EPOCH_SIZES)
        instance.configure(king_county_config(source, rows_max=rows_max))
        life = seconds * random_source.choice((0.02, 0.1, 0.4)) * random_source.uniform(0.2, 1.8)
        process = subprocess.Popen(
            instance.run_command(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace"
        )
        try:
            _, said = process.communicate(timeout=life)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate(timeout=HANG_SECONDS)
            story.append(f"start {start}: epochs of {rows_max}, killed after {life * 1000:.0f} ms")
            continue
        assert process.returncode == 0, "\n".join([*story, f"start {start} ended with {process.returncode}:", said[-4000:]])
        story.append(f"start {start}: epochs of {rows_max}, ended by itself")
    return story


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_runs_end_where_an_undisturbed_one_does(instances, shipped: Path, undisturbed, seed: int) -> None:
    seconds, (readings, changes, ledger, digest) = undisturbed
    source = shipped / KING_COUNTY
    instance = instances(f"killed-{seed}", king_county_config(source))
    story = kill_often(instance, source, seconds, random.Random(seed))
    print("\n".join(story))
    assert any("killed" in line for line in story), "no run lived long enough to be killed, so nothing is proven"
    instance.configure(king_county_config(source))
    instance.run()
    assert instance.ledger("king-county") == ledger
    assert_equal_lists(readings_of(instance), readings, "readings")
    assert_equal_lists(changes_of(instance), changes, "changes")
    assert instance.digest() == digest
