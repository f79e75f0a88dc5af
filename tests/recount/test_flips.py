"""One bit of a stopped data directory turned, anywhere in any file: the next start either ends with the numbers of before, or
refuses and names the file. Never other numbers. `FREEHOLD_FLIPS` asks for more flips than the suite takes."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from instance import HANG_SECONDS, Instance
from invented import invented_config, make_lives, rows_of, write_rows
from outputs import assert_equal_lists, changes_of, readings_of

FLIPS = int(os.environ.get("FREEHOLD_FLIPS", "60"))


def everything(instance: Instance):
    return readings_of(instance), instance.ledger("invented"), instance.digest(), changes_of(instance)


@pytest.fixture(scope="module")
def stopped(instances, tmp_path_factory: pytest.TempPathFactory) -> Instance:
    source = write_rows(tmp_path_factory.mktemp("flips") / "rows.csv", rows_of(make_lives(600, seed=11)))
    instance = instances("whole", invented_config(source))
    # Several checkpoints: each start goes on from the last.
    for kept in (200, 1200, 10**6):
        lines = source.read_text(encoding="utf-8").splitlines(keepends=True)
        part = source.with_name("part.csv")
        part.write_text("".join(lines[: 1 + kept]), encoding="utf-8")
        instance.configure(invented_config(part))
        instance.run()
    return instance


def used(data: bytes, at: int) -> int:
    """The next byte that holds something: most of a small file is room that was never used."""
    for place in (*range(at, len(data)), *range(at)):
        if data[place]:
            return place
    return at


def test_a_flipped_bit_is_found_or_changes_nothing(stopped: Instance, tmp_path: Path) -> None:
    wanted = everything(stopped)
    files = sorted(path for path in stopped.data_dir.rglob("*") if path.is_file() and path.stat().st_size)
    assert {"log.redb", "state.redb", "changes.redb"} <= {path.name for path in files}
    chance = random.Random(23)
    outcomes: Counter[tuple[str, str]] = Counter()
    for number in range(FLIPS):
        # Each file in turn, and of every other flip the bytes that hold something.
        flipped = files[number % len(files)].relative_to(stopped.data_dir)
        copy = Instance(stopped.binary, tmp_path, stopped.config)
        shutil.rmtree(copy.data_dir, ignore_errors=True)
        shutil.copytree(stopped.data_dir, copy.data_dir)
        path = copy.data_dir / flipped
        data = bytearray(path.read_bytes())
        at = chance.randrange(len(data))
        at = used(data, at) if chance.random() < 0.8 else at
        data[at] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
        story = f"flip {number}: byte {at} of {flipped}"
        done = subprocess.run(copy.run_command(), capture_output=True, text=True, timeout=HANG_SECONDS)
        if done.returncode == 0:
            try:
                found = everything(copy)
            except AssertionError as refused:
                said = str(refused)
                assert "ended with 1:" in said and flipped.name in said.split("ended with 1:")[1], f"{story}: {said}"
                outcomes[flipped.name, "refused when asked"] += 1
                continue
            for one, other, what in zip(found, wanted, ("readings", "ledger", "digest", "changes")):
                if isinstance(one, list):
                    assert_equal_lists(one, other, f"{story}: {what}")
                else:
                    assert one == other, f"{story}: {what}"
            outcomes[flipped.name, "as before" if "damaged" not in done.stderr else "made again"] += 1
        else:
            assert done.returncode > 0, f"{story}: killed by a signal {done.returncode}: {done.stderr}"
            assert flipped.name in done.stderr, f"{story}: refused without naming it: {done.stderr}"
            assert "panicked" not in done.stderr, f"{story}: {done.stderr}"
            outcomes[flipped.name, "refused"] += 1
    print(*sorted(outcomes.items()), sep="\n")
    assert sum(outcomes.values()) == FLIPS
