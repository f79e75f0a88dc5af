"""`kill -9` at random moments, recovery included, with another epoch size at each start: nothing is lost, nothing
repeated. The moments are seeded, but what the process is doing then is not: a failure prints the whole story."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest

from instance import HANG_SECONDS, Instance
from invented import invented_config, make_lives, rows_of, write_rows
from outputs import assert_equal_lists, changes_of, readings_of

KILLS = 20
EPOCH_SIZES = (1, 2, 7, 20, 50)
# The shortest lives end in recovery itself, the longest take in some thousand rows.
LIVES_SECONDS = (0.01, 0.05, 0.2)
STARTS_MOST = 200
SEEDS = [int(seed) for seed in os.environ.get("FREEHOLD_KILL_SEEDS", "1").split(",")]


def everything(instance: Instance):
    return readings_of(instance), changes_of(instance), instance.ledger("invented"), instance.digest()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rows(tmp_path_factory.mktemp("kill") / "rows.csv", rows_of(make_lives(6000, seed=5)))


@pytest.fixture(scope="module")
def undisturbed(instances, source: Path):
    return everything(instances("undisturbed", invented_config(source)).run())


def kill_often(instance: Instance, chance: random.Random) -> list[str]:
    """Starts and kills until KILLS have struck a living process, or the work is done; returns what happened."""
    story: list[str] = []
    kills = 0
    while kills < KILLS and len(story) < STARTS_MOST:
        rows, life = chance.choice(EPOCH_SIZES), chance.choice(LIVES_SECONDS) * chance.uniform(0.2, 1.8)
        command = instance.run_command("--epoch-rows", str(rows), "--threads", str(chance.choice((1, 2))))
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace"
        )
        try:
            _, said = process.communicate(timeout=life)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate(timeout=HANG_SECONDS)
            kills += 1
            story.append(f"epochs of {rows}, killed after {life * 1000:.0f} ms")
            continue
        assert process.returncode == 0, "\n".join([*story, f"epochs of {rows}, ended with {process.returncode}:", said])
        story.append(f"epochs of {rows}, ended by itself")
    return story


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_runs_end_where_an_undisturbed_one_does(instances, source: Path, undisturbed, seed: int) -> None:
    instance = instances(f"killed-{seed}", invented_config(source))
    story = kill_often(instance, random.Random(seed))
    print("\n".join(story))
    assert sum("killed" in line for line in story) == KILLS, "\n".join(story)
    instance.run()
    readings, changes, ledger, digest = everything(instance)
    wanted_readings, wanted_changes, wanted_ledger, wanted_digest = undisturbed
    assert ledger == wanted_ledger
    assert_equal_lists(readings, wanted_readings, "readings")
    assert_equal_lists(changes, wanted_changes, "changes")
    assert digest == wanted_digest
