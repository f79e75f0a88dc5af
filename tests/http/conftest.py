"""Fixtures of the HTTP checks: one running instance that all may ask, and fresh ones for those who change something."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import fixture
from server import Server, binary


def prepared(folder: Path, **options) -> dict:
    """Rows end an hour before now: what a check sends is newer than all that was there."""
    return fixture.write(folder, int(time.time()) // 60 * 60 - 3_600, **options)


@pytest.fixture(scope="session")
def freehold() -> Path:
    found = binary()
    if found is None:
        pytest.fail("there is no freehold binary: run cargo build --release, or set FREEHOLD_BIN")
    return found


@pytest.fixture(scope="session")
def servers(freehold: Path, tmp_path_factory: pytest.TempPathFactory):
    """Makes running instances over the invented market, each in a folder of its own; all are stopped at the end."""
    running: list[Server] = []

    def make(name: str, *options: str, **written) -> Server:
        folder = tmp_path_factory.mktemp(name)
        said = prepared(folder, **written)
        server = Server(freehold, folder, *options)
        running.append(server)
        server.start()
        server.anchor = said["anchor"]
        server.wait_received(said["received"])
        return server

    yield make
    for server in running:
        server.stop()


@pytest.fixture(scope="session")
def server(servers) -> Server:
    """The instance that is only asked: nothing comes to it any more."""
    return servers("asked")


@pytest.fixture
def live(servers) -> Server:
    """An instance of the test's own, to send rows to."""
    return servers("live")
