"""The stream of server-sent events: says what REST says, leaves nothing out, and goes on where it was."""

from __future__ import annotations

import json
import time

from fixture import line_of
from server import Server, wait_until
from stream import Message, Stream

TRAVIS = {"level": "county", "area": "Travis, TX", "segment": "all", "kind": "sale", "measure": "median_list_price,active_count"}
COLUMNS = ("level", "area", "segment", "kind", "measure", "variant", "window", "date", "value", "unit", "n", "n_excluded", "status")


def rows_of(server: Server, count: int, first: int = 0, county: str = "Travis", zip_code: str = "78701") -> list[str]:
    """Rows of new homes, each its own, a second apart and just before now."""
    start = int(time.time()) - 1_800 + first
    return [
        line_of(
            {
                "key": f"TX-sent-{county}-{first + number}",
                "at": start + number,
                "status": "Active",
                "asked": 700_000 + 100 * (first + number),
                "use": "Residential",
                "type": "Single Family Residence",
                "feet": 2_000,
                "beds": 3,
                "address": f"{first + number} Sent St",
                "city": f"{county} City",
                "county": county,
                "state": "TX",
                "zip": zip_code,
            }
        )
        for number in range(count)
    ]


def reading(row: dict) -> tuple:
    return tuple(row[column] for column in COLUMNS)


def accepted(server: Server) -> int:
    # A value held before may be released by what is sent, and the other way round: such rows are in the books, too.
    ledger = server.ledger("alpha")
    return ledger["accepted"] + ledger["held"]


def send(server: Server, lines: list[str]) -> int:
    """Sends rows for `alpha`; returns how many are accepted once all are."""
    wanted = accepted(server) + len(lines)
    server.append("alpha", lines)
    wait_until(f"{wanted} accepted rows", lambda: accepted(server) >= wanted)
    assert accepted(server) == wanted
    return wanted


def read_up_to(stream: Stream, position: int) -> list[Message]:
    """All messages of readings up to this position."""
    return stream.until(lambda message: message.data["position"] >= position, "readings")


def test_a_stream_begins_with_a_snapshot_that_rest_agrees_with(server: Server) -> None:
    # Nothing is sent, but a tick a minute moves the position.
    before = server.json("/v1/instance")["position"]
    with Stream(server, **TRAVIS) as stream:
        snapshot = stream.next("snapshot")
        rest = server.rows("/v1/markets", **TRAVIS)
        assert before <= snapshot.data["position"] <= server.json("/v1/instance")["position"]
        assert sorted(reading(row) for row in snapshot.data["rows"]) == sorted(reading(row) for row in rest)
        assert all(row["merged"] == 0 for row in snapshot.data["rows"])
        for row in snapshot.data["rows"]:
            names = ("segment", "kind", "measure", "variant", "window", "date")
            assert row["id"] == "|".join([f"{row['level']}:{row['area']}", *(row[name] for name in names)])


def test_a_beat_comes_at_once_and_again(server: Server) -> None:
    with Stream(server, **TRAVIS) as stream:
        first, second = stream.next("beat", seconds=20), stream.next("beat", seconds=20)
        assert first.data["time"] < second.data["time"]
        assert {"time", "position", "lag_ms", "clock_now", "today", "final_through", "state"} <= set(first.data)


def test_readings_equal_rest_and_merged_adds_up(live: Server) -> None:
    with Stream(live, **TRAVIS) as stream:
        before = {row["id"]: row for row in stream.next("snapshot").data["rows"]}
        for burst in range(5):
            send(live, rows_of(live, 60, burst * 60))
        position = live.json("/v1/instance")["position"]
        messages = read_up_to(stream, position)
        latest = dict(before)
        merged = dict.fromkeys(before, 0)
        for message in messages:
            assert message.size <= 8 * 1024, f"a message of {message.size} bytes"
            for row in message.data["rows"]:
                latest[row["id"]] = row
                merged[row["id"]] += row["merged"]
        assert messages[-1].data["position"] == position
        rest = live.rows("/v1/markets", **TRAVIS)
        assert sorted(reading(row) for row in latest.values()) == sorted(reading(row) for row in rest)
        for identity, row in latest.items():
            assert row["updates"] - before[identity]["updates"] == 300, identity
            assert merged[identity] == 300, f"{identity}: merged adds up to {merged[identity]} of 300 accepted updates"
        for identity in before:
            at = [message.at for message in messages if any(row["id"] == identity for row in message.data["rows"])]
            # Four a second, and one more for how they fall into the second; what waited in the line comes closer.
            assert len(at) <= 4 * (at[-1] - at[0]) + 6, f"{identity}: {len(at)} messages in {at[-1] - at[0]:.2f} s"


def test_a_stream_goes_on_where_it_was(live: Server) -> None:
    with Stream(live, **TRAVIS) as stream:
        known = {row["id"]: row for row in stream.next("snapshot").data["rows"]}
        send(live, rows_of(live, 10))
        for message in read_up_to(stream, live.json("/v1/instance")["position"]):
            known.update({row["id"]: row for row in message.data["rows"]})
        last = stream.last_id
    assert last is not None and "." in last
    send(live, rows_of(live, 25, 1_000))
    with Stream(live, header=last, **TRAVIS) as stream:
        first = stream.next("readings", "snapshot", "reset")
        assert first.event == "readings", f"a known id was answered with {first.event}"
        merged = dict.fromkeys(known, 0)
        messages = [first]
        position = live.json("/v1/instance")["position"]
        if first.data["position"] < position:
            messages += read_up_to(stream, position)
        for row in (row for message in messages for row in message.data["rows"]):
            merged[row["id"]] += row["merged"]
            known[row["id"]] = row
    rest = live.rows("/v1/markets", **TRAVIS)
    assert sorted(reading(row) for row in known.values()) == sorted(reading(row) for row in rest)
    assert set(merged.values()) == {25}, merged


def test_the_parameter_does_what_the_header_does(live: Server) -> None:
    with Stream(live, **TRAVIS) as stream:
        stream.next("snapshot")
        send(live, rows_of(live, 3))
        stream.next("readings")
        last = stream.last_id
    send(live, rows_of(live, 3, 100))
    with Stream(live, **TRAVIS, last_event_id=last) as stream:
        assert stream.next("readings", "snapshot", "reset").event == "readings"


def test_an_unknown_place_is_reset(server: Server) -> None:
    for unknown in ("another-boot.5", "garbage", "0.999999999999", "<script>", "9" * 500):
        with Stream(server, header=unknown, **TRAVIS) as stream:
            reset = stream.next("readings", "snapshot", "reset")
            assert (reset.event, bool(reset.data["reason"])) == ("reset", True), unknown
            assert stream.next("readings", "snapshot", "reset").event == "snapshot"


def test_a_place_before_a_restart_is_reset(live: Server) -> None:
    with Stream(live, **TRAVIS) as stream:
        stream.next("snapshot")
        send(live, rows_of(live, 3))
        stream.next("readings")
        last = stream.last_id
    live.stop()
    live.start()
    with Stream(live, header=last, **TRAVIS) as stream:
        # Either it can go on exactly, or it says that it cannot.
        first = stream.next("readings", "snapshot", "reset", seconds=20)
        assert first.event == "reset"
        rest = live.rows("/v1/markets", **TRAVIS)
        snapshot = stream.next("snapshot")
        assert sorted(reading(row) for row in snapshot.data["rows"]) == sorted(reading(row) for row in rest)


def test_the_ledger_is_sent_and_balances(live: Server) -> None:
    lines = rows_of(live, 5)
    with Stream(live, **TRAVIS) as stream:
        stream.next("snapshot")
        wanted = accepted(live) + 5
        live.append("alpha", [*lines, lines[0], "{broken"])

        def counts(message: Message) -> dict:
            return next(feed for feed in message.data["feeds"] if feed["feed"] == "alpha")

        messages = stream.until(lambda message: counts(message)["accepted"] + counts(message)["held"] >= wanted and counts(message)["rejected"] >= 3, "ledger")
        last = messages[-1].data
        for total in (last, *last["feeds"]):
            classes = ("accepted", "duplicate", "stale", "late", "held", "rejected")
            assert total["received"] == sum(total[name] for name in classes)
            assert total["off_by"] == 0
        assert last["received"] == sum(feed["received"] for feed in last["feeds"])


def test_only_what_was_asked_for_comes(live: Server) -> None:
    with Stream(live, **TRAVIS) as stream:
        stream.next("snapshot")
        send(live, rows_of(live, 5, county="Harris", zip_code="77001"))
        send(live, rows_of(live, 5))
        messages = read_up_to(stream, live.json("/v1/instance")["position"])
        assert {row["area"] for message in messages for row in message.data["rows"]} == {"Travis, TX"}


def test_the_rail_comes_only_when_asked_for(live: Server) -> None:
    with Stream(live, events="1", **TRAVIS) as stream:
        stream.next("snapshot")
        lines = rows_of(live, 1)
        send(live, lines)
        send(live, [line_of({**json.loads(lines[0]), "at": int(time.time()) - 60, "asked": 500_000})])
        found = stream.until(lambda message: any(row["kind"] == "price_drop" for row in message.data["rows"]), "events")
        (row,) = [row for row in found[-1].data["rows"] if row["kind"] == "price_drop"][:1]
        assert row["at"].endswith("Z") and row["text"]


def test_refusals_of_the_stream(server: Server) -> None:
    for params in ({"level": "zap"}, {"measure": "nope"}, {"foo": "1"}, {"area": "Nowhere, ZZ"}, {"window": "5d"}):
        answer = server.http.get("/v1/stream", params={"level": "county", **params})
        assert 400 <= answer.status_code < 500, (params, answer.status_code)


def test_an_area_that_begins_meanwhile_joins_the_stream(live: Server) -> None:
    with Stream(live, level="county", measure="active_count") as stream:
        snapshot = stream.next("snapshot")
        assert not any(row["area"].startswith("Newton") for row in snapshot.data["rows"])
        send(live, rows_of(live, 3, county="Newton", zip_code="78799"))
        found = stream.until(lambda message: any(row["area"] == "Newton, TX" and row["value"] == 3 for row in message.data["rows"]), "readings")
        rows = [row for message in found for row in message.data["rows"] if row["area"] == "Newton, TX"]
        assert rows[-1]["n"] == 3 and rows[-1]["id"].startswith("county:Newton, TX|all|sale|active_count|")


def test_a_reader_that_comes_later_takes_nothing_from_the_first(live: Server) -> None:
    """A second stream reads a market again between two flushes; the first must still be told."""
    with Stream(live, **TRAVIS) as first:
        first.next("snapshot")
        for turn in range(20):
            send(live, rows_of(live, 1, first=turn))
            with Stream(live, **(TRAVIS | {"measure": "active_count,pending_count"})) as second:
                second.next("snapshot")
        wanted = {reading(row) for row in live.rows("/v1/markets", **TRAVIS)}
        last: dict = {}

        def is_told(message: Message) -> bool:
            last.update({row["id"]: reading(row) for row in message.data["rows"]})
            return set(last.values()) == wanted

        first.until(is_told, "readings")


def test_a_lone_reader_resumes(live: Server) -> None:
    with Stream(live, **TRAVIS) as stream:
        stream.next("snapshot")
        last = stream.last_id
    send(live, rows_of(live, 1))
    with Stream(live, **TRAVIS, last_event_id=last) as stream:
        rows = stream.next("readings").data["rows"]
        assert {reading(row) for row in rows} == {reading(row) for row in live.rows("/v1/markets", **TRAVIS)}


def test_an_id_is_of_one_question(live: Server) -> None:
    wider = TRAVIS | {"measure": "active_count,closed_count"}
    with Stream(live, **wider) as both, Stream(live, **TRAVIS) as one:
        both.next("snapshot")
        one.next("snapshot")
        last = one.last_id
        with Stream(live, **wider, last_event_id=last) as stream:
            assert "something else" in stream.next("reset").data["reason"]
            assert len(stream.next("snapshot").data["rows"]) == 2
