"""What an operator asks: health, readiness, metrics, headers, where it listens, and how it ends."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

import fixture
from conftest import prepared
from server import PATIENCE_SECONDS, Server, encoded, wait_until
from stream import Stream
from test_stream import rows_of, send

CLASSES = ("accepted", "duplicate", "stale", "late", "held", "rejected")


def families(server: Server) -> dict:
    answer = server.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4"), answer.headers["content-type"]
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def test_metrics_are_prometheus_text(server: Server) -> None:
    found = families(server)
    assert found
    for name, family in found.items():
        assert name.startswith(("freehold_", "process_")), name
        assert family.documentation and family.type != "unknown", f"{name} has no HELP or TYPE"


def test_metrics_know_the_feeds(server: Server) -> None:
    samples = [sample for family in families(server).values() for sample in family.samples]
    for feed in ("alpha", "beta", "private"):
        received = server.ledger(feed)["received"]
        assert any(sample.labels.get("feed") == feed and sample.value == received for sample in samples), feed


def test_labels_are_bounded(server: Server) -> None:
    def series() -> set:
        return {(sample.name, *sorted(sample.labels.items())) for family in families(server).values() for sample in family.samples}

    areas = {row["area"] for row in server.rows("/v1/markets", level="zip", measure="active_count", segment="all")}
    for area in areas:
        server.get(f"/v1/markets/{encoded('zip:' + area)}")
        server.http.get(f"/v1/markets/{encoded('zip:no' + area)}")
    before = series()
    for number in range(100):
        server.http.get(f"/nothing/{number}")
        server.http.get(f"/v1/markets/{encoded(f'county:Nowhere {number}, ZZ')}")
        server.http.get(f"/v1/markets?p{number}=1")
    assert series() == before
    assert len(before) < 2_000
    values = {value for _, *labels in before for _, value in labels}
    assert not values & areas, "markets are labels"


def test_health_and_ready(server: Server) -> None:
    server.get("/health")
    server.get("/ready")


def test_feeds_balance(server: Server) -> None:
    answer = server.json("/v1/feeds")
    for row in answer["rows"]:
        assert row["received"] == sum(row[name] for name in CLASSES), row
        assert row["off_by"] == 0
    by_command = {row["feed"]: row for row in server.command("ledger")}
    for row in server.csv("/v1/feeds.csv"):
        for name in ("received", *CLASSES, "tombstones"):
            assert row[name] == by_command[row["feed"]][name]
    alpha = server.ledger("alpha")
    assert min(alpha["duplicate"], alpha["late"], alpha["rejected"]) > 0, "the fixture should have each of them"


def test_refused_rows_say_why(server: Server) -> None:
    rows = server.rows("/v1/feeds/alpha/refused")
    assert len(rows) == 2 and all(row["reason"] and row["place"].startswith("alpha.ndjson:") for row in rows)
    wanted = {(row["place"], row["field"], row["reason"], row["raw"]) for row in server.command("refused") if row["feed"] == "alpha"}
    assert {(row["place"], row["field"] or "", row["reason"], row["raw"]) for row in rows} == wanted


def test_one_record_is_followed_to_its_numbers(live: Server) -> None:
    (line,) = rows_of(live, 1)
    send(live, [line])
    position = live.rows("/v1/changes", limit=10_000)[-1]["position"]
    trace = live.json("/v1/trace", position=str(position))
    assert (trace["position"], trace["feed"], trace["verdict"]) == (position, "alpha", "accepted")
    assert trace["raw"] == line
    assert any(identity.startswith("county:Travis, TX|all|sale|active_count|own|now|") for identity in trace["markets"])
    assert any(identity.startswith("zip:78701|beds:3|sale|median_list_price|") for identity in trace["markets"])
    assert live.http.get("/v1/trace", params={"position": str(position + 1_000)}).status_code == 404


def test_the_newest_row_is_followed_past_what_is_no_row(live: Server) -> None:
    (line,) = rows_of(live, 1)
    send(live, [line])
    newest = live.json("/v1/trace")
    assert (newest["feed"], newest["raw"]) == ("alpha", line)
    assert newest == live.json("/v1/trace", position=str(newest["position"]))
    # Behind it a decision, and a row of a feed that may not be shown.
    correct = [str(live.binary), "correct", "--data-dir", str(live.data_dir), f"alpha/{newest['listing']}", "ListPrice=250001"]
    subprocess.run([*correct, "--reason", "a typing mistake"], check=True, capture_output=True, timeout=PATIENCE_SECONDS)
    received = live.ledger("private")["received"]
    live.append("private", ["no row at all"])
    wait_until("the hidden row", lambda: live.ledger("private")["received"] == received + 1)
    assert live.json("/v1/instance")["position"] >= newest["position"] + 3
    assert live.json("/v1/trace")["position"] == newest["position"]


def test_every_verdict_is_told(live: Server) -> None:
    (line,) = rows_of(live, 1)
    send(live, [line])
    before = live.json("/v1/instance")["position"]
    late = json.dumps(json.loads(line) | {"at": "2017-03-04T05:06:07Z"})
    sent = {"duplicate": line, "late": late, "rejected": "no row at all"}
    received = live.ledger("alpha")["received"]
    live.append("alpha", list(sent.values()))
    wait_until("the rows", lambda: live.ledger("alpha")["received"] == received + len(sent))
    traces = [live.json("/v1/trace", position=str(at)) for at in range(before, live.json("/v1/instance")["position"])]
    rows = [(trace["verdict"], trace["raw"]) for trace in traces if trace.get("feed") == "alpha"]
    assert rows == list(sent.items())


def test_headers_of_every_answer(server: Server) -> None:
    for path in ("/now", "/feeds", f"/market/{encoded('county:Travis, TX')}", "/v1/markets?level=nation", "/v1/nothing"):
        headers = server.http.get(path).headers
        assert headers.get("x-content-type-options") == "nosniff", path
        if headers["content-type"].startswith("text/html"):
            assert "default-src 'self'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
        assert "access-control-allow-origin" not in headers, path


def test_assets_may_be_kept_for_ever(server: Server) -> None:
    assets = set(re.findall(r'(?:href|src)="(/assets/[^"]+)"', server.get("/now").text))
    assert any(path.endswith("app.js") for path in assets)
    for path in assets:
        assert "immutable" in server.get(path).headers["cache-control"], path
    folder = "/".join(next(iter(assets)).split("/")[:3])
    for shapes in ("states", "counties"):
        assert server.get(f"{folder}/shapes/{shapes}.json").json()["type"] == "Topology"


def run(freehold: Path, folder: Path, *options: str) -> subprocess.CompletedProcess:
    command = [str(freehold), "run", "--config", "freehold.toml", "--data-dir", "instance", "--until-idle", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_SECONDS)


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0"])
def test_other_machines_are_not_served_unguarded(freehold: Path, tmp_path: Path, address: str) -> None:
    prepared(tmp_path)
    done = run(freehold, tmp_path, "--listen", address)
    assert done.returncode == 2, done.stderr
    assert "token" in done.stderr.lower() and "tls" in done.stderr.lower(), done.stderr


def test_check_says_so_too(freehold: Path, tmp_path: Path) -> None:
    fixture.write(tmp_path, 1_790_000_000, more='[server]\nlisten = "0.0.0.0:8484"\n')
    done = subprocess.run([str(freehold), "check", "--config", "freehold.toml"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert "server.listen" in done.stderr and "token" in done.stderr.lower(), done.stderr


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1", "127.0.0.1:99999", ":", "http://127.0.0.1:1"])
def test_addresses_that_are_none(freehold: Path, tmp_path: Path, address: str) -> None:
    prepared(tmp_path)
    done = run(freehold, tmp_path, "--listen", address)
    assert done.returncode == 2 and address in done.stderr, done.stderr


def test_a_taken_port_is_named(freehold: Path, tmp_path: Path, server: Server) -> None:
    prepared(tmp_path)
    done = run(freehold, tmp_path, "--listen", f"127.0.0.1:{server.port}")
    assert done.returncode in (1, 2) and str(server.port) in done.stderr, done.stderr


def test_it_ends_while_somebody_streams(servers) -> None:
    server = servers("ending")
    with Stream(server, level="nation") as stream:
        stream.next("snapshot")
        assert server.stop() == 0
