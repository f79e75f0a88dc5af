"""CSV as others read it: by the letter of RFC 4180, in UTC, and with no text that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import pytest

from server import Server

FORMULA = ("=", "+", "-", "@")
TRAVIS = {"level": "county", "area": "Travis, TX", "measure": "median_list_price"}

EXPORTS = {
    "/v1/markets.csv": {"level": "county", "segment": "all"},
    "/v1/listings.csv": {"feed": "alpha"},
    "/v1/homes.csv": {"level": "county", "area": "Travis, TX"},
    "/v1/changes.csv": {},
    "/v1/measures.csv": {},
    "/v1/feeds.csv": {},
    "/v1/feeds/alpha/refused.csv": {},
    "/v1/explain.csv": TRAVIS,
    "/now.csv": {},
    "/market/county%3ATravis%2C%20TX.csv": {},
    "/feeds.csv": {},
}


@pytest.mark.parametrize("path, params", EXPORTS.items(), ids=EXPORTS.keys())
def test_exports_are_csv(server: Server, path: str, params: dict[str, str]) -> None:
    answer = server.get(path, **params)
    assert answer.headers["content-type"].startswith("text/csv"), answer.headers["content-type"]
    assert "charset=utf-8" in answer.headers["content-type"].lower()
    assert answer.headers["freehold-position"].isdigit()
    header, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8"), newline=""), strict=True)
    assert rows and len(set(header)) == len(header)
    for row in rows:
        assert len(row) == len(header), row
        for name, cell in zip(header, row):
            if cell.startswith(FORMULA):
                float(cell.replace("/", "e"))  # Only a number may begin so (`fraction` is one over another).
            if cell[10:11] == "T" and cell[:4].isdigit():
                assert cell.endswith("Z"), f"{name} is not in UTC: {cell}"


def test_hostile_texts_are_defused_and_whole(server: Server) -> None:
    rows = server.csv("/v1/listings.csv", feed="alpha")
    found = {row["UnparsedAddress"] for row in rows}
    assert "'=HYPERLINK(\"http://example.invalid\",\"x\")" in found
    assert {"'+1 Plus Rd", "'-2 Minus Rd", "'@3 At Rd", '5 "Quoted", Comma Ave', "12 <script>alert(1)</script> St"} <= found
    areas = {row["area"] for row in server.csv("/v1/markets.csv", level="county", segment="all")}
    assert "'=O'Brien & \"100%\" /St. John, TX" in areas


def test_json_has_the_texts_as_they_are(server: Server) -> None:
    rows = server.rows("/v1/listings", feed="alpha", limit=10_000)
    assert '=HYPERLINK("http://example.invalid","x")' in {row["UnparsedAddress"] for row in rows}


def test_listings_that_may_not_be_shown_are_not(server: Server) -> None:
    everything = server.rows("/v1/listings", limit=10_000)
    assert everything and {row["feed"] for row in everything} == {"alpha", "beta"}
    for path in ("/v1/listings.csv", "/v1/homes.csv", "/v1/changes.csv"):
        assert not any("private" in str(row) for row in server.csv(path)), path


def test_the_twins_of_a_page_have_the_same_rows(server: Server) -> None:
    for path in ("/now", "/feeds"):
        in_json, in_csv = server.texts_of(path + ".json"), server.csv(path + ".csv")
        assert len(in_json) == len(in_csv) > 0
        for wanted, found in zip(in_json, in_csv):
            for name in found:
                if name in wanted and not isinstance(wanted[name], list | dict | bool):
                    assert found[name] == ("" if wanted[name] is None else wanted[name]), (path, name, wanted)
