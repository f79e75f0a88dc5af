"""Writes `fixtures/NAME.tar.gz`: a data directory of the given binary, and what that says of it, for test_older.py.

    python3 make_older.py BINARY NAME"""

from __future__ import annotations

import json
import random
import sys
import tarfile
import tempfile
from pathlib import Path

from instance import Instance
from invented import invented_config, make_lives, rows_of, write_rows
from test_older import asked


def main(binary: str, name: str) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        rows = rows_of(make_lives(40, seed=3))
        config = invented_config(Path("rows.csv"))
        config["checkpoint"] = {"rows": 60}
        # In two runs, so that there are a base and what came behind it; some rows bad, some twice.
        bad = random.Random(1).sample(rows, 5)
        write_rows(folder / "rows.csv", rows + bad + [["bad-1", "no time", *rows[0][2:]]])
        instance = Instance(Path(binary), folder, config)
        instance.run()
        (folder / "asked.json").write_text(json.dumps(asked(instance)), encoding="utf-8")
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        target = Path(__file__).parent / "fixtures" / f"{name}.tar.gz"
        target.parent.mkdir(exist_ok=True)
        with tarfile.open(target, "w:gz") as tar:
            for kept in ("rows.csv", "asked.json", "config.json", "instance"):
                tar.add(folder / kept, arcname=kept)
        print(target, target.stat().st_size)


if __name__ == "__main__":
    main(*sys.argv[1:])
