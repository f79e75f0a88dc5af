"""The shipped data is what its NOTICE says: bytes, contents and row counts."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path


def test_compressed_files_are_the_listed_ones(shipped: Path) -> None:
    listed = dict(reversed(line.split()) for line in (shipped / "SHA256SUMS").read_text().splitlines())
    present = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in shipped.glob("*.gz")}
    assert present == listed


def test_the_notice_tells_of_every_file(shipped: Path) -> None:
    table = re.findall(r"^\| (\S+\.gz) \| ([\d,]+) \| `([0-9a-f]{64})` \|$", (shipped / "NOTICE.md").read_text(), re.M)
    told = {name: (int(rows.replace(",", "")), digest) for name, rows, digest in table}
    found = {}
    for path in shipped.glob("*.gz"):
        content = gzip.decompress(path.read_bytes())
        found[path.name] = (content.count(b"\n") - 1, hashlib.sha256(content).hexdigest())
    assert found == told
