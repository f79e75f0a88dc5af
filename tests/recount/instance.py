"""Runs the binary as a user would, and reads its CSV. Knows commands and configuration, and nothing of what is right."""

from __future__ import annotations

import csv
import io
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# A run that takes longer than this hangs; no test asserts a time.
HANG_SECONDS = 900


class Instance:
    """One configuration over one data directory."""

    def __init__(self, binary: Path, folder: Path, config: dict) -> None:
        self.binary = binary
        self.folder = folder
        self.data_dir = folder / "instance"
        self.config_path = folder / "freehold.toml"
        self.configure(config)

    def configure(self, config: dict) -> None:
        self.config = config
        self.config_path.write_text(to_toml(config), encoding="utf-8")

    def run_command(self, *options: str) -> list[str]:
        return [
            str(self.binary), "run", "--config", str(self.config_path),
            "--data-dir", str(self.data_dir), "--until-idle", "--quiet", *options,
        ]  # fmt: skip

    def run(self, *options: str) -> Instance:
        """Runs until the feeds are idle; fails with what the binary said when it fails."""
        done = subprocess.run(self.run_command(*options), capture_output=True, text=True, timeout=HANG_SECONDS)
        assert done.returncode == 0, f"run ended with {done.returncode}:\n{done.stderr[-4000:]}"
        return self

    def ask(self, what: str, **filters: str) -> list[dict[str, str]]:
        """The rows of a question. Filters are the flags: `ask("markets", level="county", as_of="2014-06-30")`."""
        command = [str(self.binary), what, "--data-dir", str(self.data_dir), "--format", "csv"]
        for name, value in filters.items():
            command += [f"--{name.replace('_', '-')}", value]
        done = subprocess.run(command, capture_output=True, text=True, timeout=HANG_SECONDS)
        assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-4000:]}"
        return list(csv.DictReader(io.StringIO(done.stdout)))

    def markets(self, **filters: str) -> list[dict[str, str]]:
        return self.ask("markets", **filters)

    def digest(self) -> str:
        (row,) = self.ask("digest")
        return row["digest"]

    def ledger(self, feed: str) -> dict[str, int]:
        """The ledger of a feed; every row of input must be in exactly one class."""
        (row,) = [row for row in self.ask("ledger") if row["feed"] == feed]
        counts = {name: int(count) for name, count in row.items() if name != "feed"}
        classes = ("accepted", "duplicate", "stale", "late", "held", "rejected")
        assert counts["received"] == sum(counts[name] for name in classes), f"the ledger does not balance: {counts}"
        return counts


def example_feed(name: str, path: Path | str, /, **changes) -> dict:
    """The feed block of `examples/NAME.toml`, reading `path`: what is tested is the mapping that ships."""
    example = ROOT / "examples" / f"{name}.toml"
    feeds = tomllib.loads(example.read_text(encoding="utf-8"))["feed"]
    assert len(feeds) == 1, f"{example} should hold one feed"
    return {**feeds[0], "path": str(path), **changes}


def config_of(feeds: list[dict], levels: dict[str, list[str] | str], **instance) -> dict:
    """A configuration: `levels` maps a level's name to its key fields, or to a constant area."""
    rows_max = instance.pop("rows_max", 1000)
    return {
        "instance": {"identity": "listing", "threads": 2, "horizon": "90d", **instance},
        "epoch": {"rows_max": rows_max},
        "level": [
            {"name": name, "key": source} if isinstance(source, list) else {"name": name, "constant": source}
            for name, source in levels.items()
        ],
        "segments": {"type": True, "bedrooms": True},
        "feed": feeds,
    }


def to_toml(table: dict) -> str:
    """TOML of plain tables, lists, texts, numbers and flags; nested tables are written inline."""
    lines: list[str] = []
    for name, value in table.items():
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            for item in value:
                lines += [f"[[{name}]]", *(f"{_key(key)} = {_value(inner)}" for key, inner in item.items()), ""]
        elif isinstance(value, dict):
            lines += [f"[{name}]", *(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()), ""]
        else:
            lines.insert(0, f"{_key(name)} = {_value(value)}")
    return "\n".join(lines)


def _key(name: str) -> str:
    return name if name.replace("_", "a").replace("-", "a").isalnum() and name.isascii() else _text(name)


def _text(text: str) -> str:
    escaped = "".join(
        f"\\u{ord(letter):04X}" if ord(letter) < 32 or letter in '"\\\x7f' else letter for letter in text
    )
    return f'"{escaped}"'


def _value(value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(name)} = {_value(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    return value.isoformat()
