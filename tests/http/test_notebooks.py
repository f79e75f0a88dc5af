"""The blocks of docs/notebooks.md, run as they stand there against a running instance; their asserts are the checks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

from server import PATIENCE_SECONDS, Server
from test_stream import rows_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "notebooks.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def program() -> str:
    """All blocks as one program, at the lines at which they stand on the page, so that a failure names its line."""
    text = PAGE.read_text(encoding="utf-8")
    lines = [""] * (text.count("\n") + 1)
    for block in BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(1))
        for number, line in enumerate(block[1].splitlines()):
            lines[first + number] = line
    return "\n".join(lines)


def test_the_page_runs(server: Server, tmp_path: Path) -> None:
    run(server, tmp_path)


def test_the_page_runs_while_rows_come_in(live: Server, tmp_path: Path) -> None:
    rows, enough = iter(rows_of(live, 20_000)), threading.Event()

    def send() -> None:
        while not enough.wait(0.05):
            live.append("alpha", [next(rows) for _ in range(20)])

    sender = threading.Thread(target=send)
    before = live.json("/v1/instance")["position"]
    sender.start()
    try:
        run(live, tmp_path)
    finally:
        enough.set()
        sender.join()
    assert live.json("/v1/instance")["position"] > before + 100


def run(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "notebooks.md.py"
    file.write_text(program(), encoding="utf-8")
    plain = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        [sys.executable, str(file)], cwd=tmp_path, env=plain | {"FREEHOLD_URL": server.base},
        capture_output=True, text=True, timeout=4 * PATIENCE_SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"


def test_every_block_claims_something() -> None:
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) >= 8
    assert all("assert" in block for block in blocks if "print(" in block)
