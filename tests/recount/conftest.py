"""Fixtures of the recounts: the built binary, the shipped data, and skips that say why."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from instance import Instance

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def freehold() -> Path:
    """The binary under test: FREEHOLD_BIN, else what cargo built last, release first."""
    named = os.environ.get("FREEHOLD_BIN")
    if named:
        binary = Path(named)
        assert binary.is_file(), f"FREEHOLD_BIN names {binary}, which is no file"
        return binary
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    for profile in ("release", "debug"):
        binary = target / profile / "freehold"
        if binary.is_file():
            return binary
    pytest.skip(f"no freehold binary under {target}: run cargo build --release, or set FREEHOLD_BIN")


@pytest.fixture(scope="session")
def shipped() -> Path:
    """The data that ships in the repository."""
    return ROOT / "data"


@pytest.fixture(scope="session")
def more_data() -> Path:
    """Real files that may not ship: FREEHOLD_DATA, else ../shared/data beside the clone."""
    folder = Path(os.environ.get("FREEHOLD_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there; set FREEHOLD_DATA to a folder with the real files that do not ship")
    return folder


@pytest.fixture(scope="session")
def instances(freehold: Path, tmp_path_factory: pytest.TempPathFactory):
    """Makes fresh instances, each in a folder of its own."""

    def make(name: str, config: dict) -> Instance:
        return Instance(freehold, tmp_path_factory.mktemp(name, numbered=True), config)

    return make
