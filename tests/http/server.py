"""Runs the binary with its server, as a user would, and asks it over HTTP. Knows no answer."""

from __future__ import annotations

import csv
import datetime
import io
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import httpx

Answer = TypeVar("Answer")

# Longer than anything takes on a loaded machine; no test asserts a time with it.
PATIENCE_SECONDS = 60
PAGE = re.compile(r"^freehold: page at (http://127\.0\.0\.1:\d+)/$", re.MULTILINE)


def wait_until(what: str, ask: Callable[[], Answer], seconds: float = PATIENCE_SECONDS) -> Answer:
    """Asks until the answer is truthy; fails saying what was waited for, and the last answer."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}; the last answer was {answer!r}"
        time.sleep(0.02)


def encoded(market: str) -> str:
    """The id of a market, as a part of a path."""
    return quote(market, safe="")


class Server:
    """One running instance over a folder made by `fixture.write`."""

    def __init__(self, binary: Path, folder: Path, *options: str) -> None:
        self.binary = binary
        self.folder = folder
        self.data_dir = folder / "instance"
        self.options = options
        self.process: subprocess.Popen | None = None
        self.said = ""

    def start(self) -> Server:
        command = [
            str(self.binary), "run", "--config", "freehold.toml",
            "--data-dir", str(self.data_dir), "--listen", "127.0.0.1:0", *self.options,
        ]  # fmt: skip
        self.said = ""
        self.process = subprocess.Popen(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        threading.Thread(target=self._read, args=(self.process.stderr,), daemon=True).start()

        def listening():
            ended = self.process.poll()
            assert ended is None, f"{' '.join(command)} ended with {ended}:\n{self.said[-4000:]}"
            return PAGE.search(self.said)

        try:
            self.base = wait_until("the line that says where the page is", listening)[1]
        except AssertionError:
            self.stop()
            raise
        self.port = int(self.base.rsplit(":", 1)[1])
        self.http = httpx.Client(base_url=self.base, timeout=PATIENCE_SECONDS, trust_env=False)
        return self

    def _read(self, stream) -> None:
        for line in stream:
            self.said += line.decode("utf-8", "replace")

    def stop(self) -> int | None:
        """Ctrl-C; the exit code. Killed when it does not end."""
        if self.process is None:
            return None
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            return process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"did not end within {PATIENCE_SECONDS} s of Ctrl-C:\n{self.said[-4000:]}") from None

    # Asking

    def get(self, path: str, wanted: int = 200, **params) -> httpx.Response:
        """The answer to GET; fails when its status is not the wanted one."""
        answer = self.http.get(path, params={name.rstrip("_"): value for name, value in params.items()} or None)
        assert answer.status_code == wanted, f"GET {answer.url} said {answer.status_code}: {answer.text[:2000]}"
        return answer

    def json(self, path: str, **params):
        """JSON with its numbers as they are written: whole ones as int, others as Decimal."""
        answer = self.get(path, **params)
        kind = answer.headers["content-type"].split(";")[0]
        assert kind == "application/json", f"GET {answer.url} is {kind}"
        return json.loads(answer.text, parse_float=Decimal)

    def texts(self, path: str, **params) -> list[dict]:
        """The rows of all pages of JSON, with each number as the text that it was sent as."""
        rows, cursor = [], {}
        while True:
            answer = self.get(path, **params, **cursor)
            page = json.loads(answer.text, parse_float=str, parse_int=str)
            rows += page["rows"]
            if page["next"] is None:
                return rows
            cursor = {"cursor": page["next"]}

    def texts_of(self, path: str, **params) -> list[dict]:
        """The rows of one page of JSON, with each number as the text that it was sent as."""
        return json.loads(self.get(path, **params).text, parse_float=str, parse_int=str)["rows"]

    def csv(self, path: str, **params) -> list[dict[str, str]]:
        """All rows of a CSV answer, over all of its pages."""
        rows: list[dict[str, str]] = []
        answer = self.get(path, **params)
        while True:
            kind = answer.headers["content-type"].split(";")[0]
            assert kind == "text/csv", f"GET {answer.url} is {kind}"
            rows += csv.DictReader(io.StringIO(answer.text, newline=""))
            if "next" not in answer.links:
                return rows
            answer = self.get(answer.links["next"]["url"])

    def pages(self, path: str, **params) -> Iterator[dict]:
        """The pages of a list answer, following `next`."""
        cursor = {}
        while True:
            page = self.json(path, **params, **cursor)
            yield page
            if page["next"] is None:
                return
            assert cursor.get("cursor") != page["next"], f"{path}: the cursor does not move"
            cursor = {"cursor": page["next"]}

    def rows(self, path: str, **params) -> list[dict]:
        """The rows of all pages."""
        return [row for page in self.pages(path, **params) for row in page["rows"]]

    def day(self, ago: int) -> datetime.date:
        """The instance's local day, so many days ago."""
        return datetime.date.fromisoformat(self.json("/v1/instance")["today"]) - datetime.timedelta(days=ago)

    def command(self, what: str, **filters: str) -> list[dict[str, str]]:
        """The rows of a command's CSV about the running instance."""
        command = [str(self.binary), what, "--data-dir", str(self.data_dir), "--format", "csv"]
        for name, value in filters.items():
            command += [f"--{name.replace('_', '-')}", value]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
        assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-4000:]}"
        return list(csv.DictReader(io.StringIO(done.stdout, newline="")))

    # Feeding

    def append(self, feed: str, lines: list[str]) -> None:
        """Lines for a feed: written at once, as by a program that appends."""
        with (self.folder / f"{feed}.ndjson").open("ab") as file:
            file.write("".join(line + "\n" for line in lines).encode())

    def ledger(self, feed: str) -> dict:
        (row,) = [row for row in self.json("/v1/feeds")["rows"] if row["feed"] == feed]
        return row

    def wait_received(self, counts: dict[str, int]) -> None:
        """Waits until the feeds have received that many rows in all."""

        def have():
            found = {row["feed"]: row["received"] for row in self.json("/v1/feeds")["rows"]}
            return all(found.get(feed) == count for feed, count in counts.items())

        wait_until(f"rows received: {counts}", have)

    # Below HTTP

    def raw(self, data: bytes, seconds: float = PATIENCE_SECONDS) -> bytes:
        """All bytes that the server answers to these bytes, until it closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # It closed before it had read everything; what it said first still counts.
            return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """What comes until the other side closes; a reset is a way to close."""
    said = b""
    while True:
        try:
            part = connection.recv(65_536)
        except ConnectionResetError:
            return said
        if not part:
            return said
        said += part


def problem_of(answer: httpx.Response) -> dict:
    """The problem that a refusal must hold."""
    kind = answer.headers.get("content-type", "").split(";")[0]
    assert kind == "application/problem+json", f"{answer.url}: {answer.status_code} is {kind}: {answer.text[:500]}"
    problem = answer.json()
    assert problem["status"] == answer.status_code, problem
    assert problem["title"] and problem["detail"] and problem["type"] == "about:blank", problem
    return problem


def binary() -> Path | None:
    """The binary under test: FREEHOLD_BIN, else what cargo built last, release first."""
    root = Path(__file__).resolve().parents[2]
    named = os.environ.get("FREEHOLD_BIN")
    if named:
        assert Path(named).is_file(), f"FREEHOLD_BIN names {named}, which is no file"
        return Path(named).resolve()
    target = Path(os.environ.get("CARGO_TARGET_DIR", root / "target"))
    found = [target / profile / "freehold" for profile in ("release", "debug")]
    return next((path for path in found if path.is_file()), None)
