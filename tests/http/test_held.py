"""Values that are held, on a running instance: listed, explained, released and rejected by a person, after a restart, too."""

from __future__ import annotations

import csv
import io
import subprocess
from pathlib import Path

import pytest

from server import Server, wait_until

KEYS = 40
CONFIG = """
[instance]
identity = "listing"
time_zone = "UTC"

[[level]]
name = "zip"
key = "PostalCode"

[[feed]]
name = "rows"
type = "file"
mode = "history"
path = "rows.csv"
uses = ["analytics", "display"]

[feed.map]
ListingKey = "key"
ModificationTimestamp = { column = "date", format = "%Y-%m-%d" }
StandardStatus = { constant = "Active" }
PropertyType = { constant = "Residential" }
ListPrice = "price"
LivingArea = { column = "feet", unit = "ft2" }
PostalCode = "zip"
"""


@pytest.fixture()
def holding(freehold: Path, tmp_path: Path):
    """Forty homes of 300,000 to 378,000 dollars, one of 3,300,000, one of 140 square feet."""
    rows = [f"k{n},2026-03-01,{300_000 + 2_000 * n},{1_400 + 10 * n},07030" for n in range(KEYS)]
    rows += ["zero,2026-03-01,3300000,1500,07030", "metres,2026-03-01,330000,140,07030"]
    (tmp_path / "rows.csv").write_text("\n".join(["key,date,price,feet,zip", *rows, ""]), encoding="utf-8")
    (tmp_path / "freehold.toml").write_text(CONFIG, encoding="utf-8")
    server = Server(freehold, tmp_path).start()
    try:
        yield server
    finally:
        server.stop()


def held(server: Server) -> dict[str, str]:
    return {row["ListingKey"]: row["cause"] for row in server.http.get("/v1/held").json()["rows"]}


def rule(server: Server, *options: str) -> subprocess.CompletedProcess:
    command = [str(server.binary), "held", *options, "--data-dir", str(server.data_dir)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def median(server: Server) -> tuple[int, int]:
    rows = server.http.get("/v1/markets", params={"measure": "median_list_price", "segment": "all"}).json()["rows"]
    (row,) = rows
    return row["n"], row["n_excluded"]


def reasons(server: Server, measure: str) -> dict[str, str]:
    asked = {"level": "zip", "area": "07030", "measure": measure, "window": "now", "limit": 100}
    answer = server.http.get("/v1/explain", params=asked)
    assert answer.status_code == 200, answer.text
    rows = answer.json()["rows"]
    return {row["ListingKey"]: row["reason"] for row in rows if not row["counted"]}


def test_rulings_of_a_person(holding: Server) -> None:
    both = {"zero": "extra_zero", "metres": "square_meters"}
    wait_until("the quiet that takes norms", lambda: held(holding) == both)
    text = holding.http.get("/v1/held.csv").text
    rows = {row["ListingKey"]: row for row in csv.DictReader(io.StringIO(text))}
    zero = rows["zero"]
    assert (zero["field"], zero["value"], zero["level"], zero["area"]) == ("ListPrice", "3300000", "zip", "07030")
    assert int(zero["usual_n"]) == KEYS + 2
    assert int(zero["plausible_from"]) < 330_000 < int(zero["plausible_to"]) < 3_300_000
    assert median(holding) == (KEYS + 1, 1)
    assert holding.ledger("rows")["held"] == 2
    # Explain names what is wrong.
    assert "zero too many" in reasons(holding, "median_list_price")["zero"]
    assert "square metres" in reasons(holding, "median_list_price_per_area")["metres"]
    # Rulings are checked, taken, and hold over a restart.
    assert "needs a reason" in rule(holding, "release", "rows/zero", "--reason", " ").stderr
    assert "nothing of rows/k1 is held" in rule(holding, "release", "rows/k1", "--reason", "seen").stderr
    done = rule(holding, "release", "rows/zero", "--reason", "a palace")
    assert done.returncode == 0, done.stderr
    number = done.stdout.split()[-1]
    assert held(holding) == {"metres": "square_meters"}
    assert median(holding) == (KEYS + 2, 0)
    done = rule(holding, "reject", "rows/k1", "ListPrice=302000", "--reason", "it is a garage")
    assert done.returncode == 0, done.stderr
    wanted = {"metres": "square_meters", "k1": "rejected"}
    assert held(holding) == wanted
    holding.stop()
    holding.start()
    assert held(holding) == wanted
    back = [str(holding.binary), "correct", "--data-dir", str(holding.data_dir), "--take-back", number]
    subprocess.run(back, check=True, capture_output=True, timeout=60)
    assert held(holding) == both | wanted
