"""Data directories that earlier versions wrote: this one reads them, says the same of them, and goes on. `fixtures/*.tar.gz`
hold one of each form; `make_older.py` makes them."""

from __future__ import annotations

import csv
import json
import subprocess
import tarfile
from pathlib import Path

import pytest

from instance import HANG_SECONDS, Instance, config_of

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*.tar.gz"))


def asked(instance: Instance) -> dict:
    return {
        "digest": instance.digest(),
        "ledger": instance.ask("ledger"),
        "listings": len(instance.ask("listings")),
        "markets": instance.markets(window="now,month,30d,90d,all"),
        "changes": len(instance.ask("changes")),
    }


def common(rows: list[dict], known: list[dict]) -> list[dict]:
    """Readings as an earlier version knew them: measures that came later, and what was added to a row, are left out."""
    named = {tuple(row[name] for name in ("level", "area", "segment", "kind", "measure", "variant", "window", "date")): row for row in rows}
    keys = [tuple(row[name] for name in ("level", "area", "segment", "kind", "measure", "variant", "window", "date")) for row in known]
    return [{name: named[key][name] for name in row} for key, row in zip(keys, known)]


@pytest.mark.parametrize("archive", FIXTURES, ids=[path.name.split(".")[0] for path in FIXTURES])
def test_an_older_directory_is_read_and_goes_on(freehold: Path, tmp_path: Path, archive: Path) -> None:
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data")
    wanted = json.loads((tmp_path / "asked.json").read_text(encoding="utf-8"))
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    instance = Instance(freehold, tmp_path, config)
    found = asked(instance)
    assert (found["ledger"], found["listings"], found["changes"]) == (wanted["ledger"], wanted["listings"], wanted["changes"])
    assert common(found["markets"], wanted["markets"]) == wanted["markets"]
    done = subprocess.run([str(freehold), "verify", "--data-dir", str(instance.data_dir)], capture_output=True, text=True, timeout=HANG_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    # One more feed: what was there stays, and what is new joins it.
    with (tmp_path / "more.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["key", "at", "status", "asked", "city"])
        writer.writerow(["new-1", "2026-03-01T10:00:00Z", "Active", "450000", "Phoenix"])
    mapping = {"ListingKey": "key", "ModificationTimestamp": "at", "StandardStatus": "status", "ListPrice": "asked", "City": "city", "StateOrProvince": {"constant": "AZ"}}
    feed = {"name": "more", "type": "file", "mode": "history", "path": "more.csv", "uses": ["analytics", "display"], "map": mapping}
    instance.configure({**config, "feed": [*config["feed"], feed]})
    instance.run()
    after = asked(instance)
    assert after["listings"] == found["listings"] + 1
    # Unpacked, the file is another one: its rows come again, and say nothing new.
    accepted = {row["feed"]: row["accepted"] for row in after["ledger"]}
    assert accepted == {**{row["feed"]: row["accepted"] for row in found["ledger"]}, "more": "1"}
    done = subprocess.run([str(freehold), "verify", "--data-dir", str(instance.data_dir)], capture_output=True, text=True, timeout=HANG_SECONDS)
    assert done.returncode == 0 and done.stdout.endswith("equal\n"), done.stdout + done.stderr
