"""Hostile requests: each is refused with what was wrong, none is a fault of the server, and it goes on serving."""

from __future__ import annotations

import pytest

from server import Server, encoded, problem_of

TRAVIS = encoded("county:Travis, TX")

PATHS = [
    "/../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/assets/../Cargo.toml",
    "/assets/x/../../../../etc/passwd",
    "/assets/x/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/assets/x/..%2f..%2f..%2fetc%2fpasswd",
    "/assets/x/%5c..%5c..%5cetc",
    "/assets//etc/passwd",
    "/assets/nohash/app.js",
    "/v1/markets/%00",
    f"/v1/markets/{TRAVIS}%00",
    f"/v1/markets/{TRAVIS}%2f..%2f..%2fetc",
    "/v1/markets/county",
    "/v1/markets/county%3A",
    "/v1/markets/zap%3ATravis%2C%20TX",
    "/v1/markets/county%3A%27%22%3B--",
    "/v1/markets/county%3A%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "/v1/markets/%ff%fe",
    "/v1/markets/%",
    "/v1/markets/%zz",
    "/v1/listings/alpha/../../etc",
    "/v1/listings/alpha/%00",
    "/v1/listings/nofeed/TX000001",
    "/v1/listings/alpha/no-such-key",
    "/v1/listings/private/TX000001",
    "/v1/homes/alpha/%27%20OR%201%3D1",
    "/v1/feeds/nofeed/refused",
    "/v1/feeds/%3Cscript%3E/refused",
    "/v1/nothing",
    "/v2/markets",
    "/nothing",
    "/.git/config",
    "/market/county%3ANowhere%2C%20ZZ.json",
    "//example.invalid/",
]

QUERIES = [
    ("/v1/markets", "level=zap", "level"),
    ("/v1/markets", "level=%3Cscript%3E", "level"),
    ("/v1/markets", "level=county&measure=nope", "measure"),
    ("/v1/markets", "level=county&window=5d", "window"),
    ("/v1/markets", "level=county&variant=nope", "variant"),
    ("/v1/markets", "level=county&kind=gift", "kind"),
    ("/v1/markets", "level=county&segment=castles", "segment"),
    ("/v1/markets", "level=county&foo=1", "foo"),
    ("/v1/markets", "LEVEL=county", "LEVEL"),
    ("/v1/markets", "level=county&limit=0", "limit"),
    ("/v1/markets", "level=county&limit=-1", "limit"),
    ("/v1/markets", "level=county&limit=10001", "limit"),
    ("/v1/markets", "level=county&limit=1e3", "limit"),
    ("/v1/markets", "level=county&limit=99999999999999999999999", "limit"),
    ("/v1/markets", "level=county&limit=", "limit"),
    ("/v1/markets", "level=county&cursor=garbage", "cursor"),
    ("/v1/markets", "level=county&cursor=" + "A" * 6_000, "cursor"),
    ("/v1/markets", "level=county&cursor=99999999999999999999", "cursor"),
    ("/v1/markets", "level=county&cursor=%00", "cursor"),
    ("/v1/markets", "level=county&date=2026-13-45", "date"),
    ("/v1/markets", "level=county&date=2026-02-30", "date"),
    ("/v1/markets", "level=county&date=yesterday", "date"),
    ("/v1/markets", "level=county&date=2026-03-02..2026-03-01", "date"),
    ("/v1/markets", "level=county&date=..", "date"),
    ("/v1/markets", "level=county&date=99999999-01-01", "date"),
    ("/v1/markets", "level=county&as_of=yesterday", "as_of"),
    ("/v1/markets", "level=county&as_of=2026-99-99", "as_of"),
    ("/v1/markets", "level=county&as_of=2999-01-01", "as_of"),
    (f"/v1/markets/{TRAVIS}", "as_of=2999-01-01T00:00:00Z", "as_of"),
    ("/v1/explain", "level=county&area=Travis%2C%20TX&measure=median_list_price&as_of=2999-01-01", "as_of"),
    (f"/v1/markets/{TRAVIS}/distribution", "measure=median_list_price&then=2999-01-01", "then"),
    ("/v1/markets", "level=county&as_of=2026-01-01T25:00:00Z", "as_of"),
    (f"/v1/markets/{TRAVIS}", "measure=median_list_price", "measure"),
    (f"/v1/markets/{TRAVIS}/series", "", "measure"),
    (f"/v1/markets/{TRAVIS}/series", "measure=nope", "measure"),
    (f"/v1/markets/{TRAVIS}/series", "measure=active_count&points=0", "points"),
    (f"/v1/markets/{TRAVIS}/series", "measure=active_count&points=2001", "points"),
    (f"/v1/markets/{TRAVIS}/series", "measure=active_count&points=-5", "points"),
    (f"/v1/markets/{TRAVIS}/series", "measure=active_count&window=month", "window"),
    (f"/v1/markets/{TRAVIS}/series", "measure=active_count&from=2026-03-02&to=2026-03-01", None),
    (f"/v1/markets/{TRAVIS}/series", "measure=active_count&from=0000-00-00", "from"),
    (f"/v1/markets/{TRAVIS}/distribution", "measure=active_count", "measure"),
    (f"/v1/markets/{TRAVIS}/distribution", "measure=median_list_price&bins=0", "bins"),
    (f"/v1/markets/{TRAVIS}/distribution", "measure=median_list_price&bins=1000000000", "bins"),
    (f"/v1/markets/{TRAVIS}/distribution", "measure=median_list_price&then=never", "then"),
    ("/v1/explain", "level=county", None),
    ("/v1/explain", "level=county&area=Travis%2C%20TX&measure=median_list_price&window=30d", "window"),
    ("/v1/changes", "from=-1", "from"),
    ("/v1/changes", "from=abc", "from"),
    ("/v1/homes", "listings_min=-1", "listings_min"),
    ("/v1/trace", "position=-1", "position"),
    ("/v1/trace", "position=abc", "position"),
    ("/v1/feeds", "foo=%3Cscript%3E", "foo"),
    ("/now.json", "m=nope", "m"),
    ("/now.json", "w=5d", "w"),
    ("/now.json", "g=zap", "g"),
    ("/now.json", "n=-1", "n"),
    ("/now.json", "sort=color", "sort"),
    ("/now.json", "limit=100000000", "limit"),
    ("/now.json", "asof=never", "asof"),
    ("/now.json", "asof=2999-01-01", "asof"),
    ("/now.json", "x=1", "x"),
    (f"/market/{TRAVIS}.json", "w=5d", "w"),
]  # fmt: skip


def target_of(server: Server, path: str, head: bytes = b"") -> tuple[int, dict[str, str], bytes]:
    """GET of a path as it stands: no client tidies it up. Status, headers and body."""
    request = b"GET " + path.encode("latin-1") + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + head + b"\r\n"
    return parsed(server.raw(request))


def parsed(said: bytes) -> tuple[int, dict[str, str], bytes]:
    assert said.startswith(b"HTTP/1.1 "), f"no answer of HTTP: {said[:200]!r}"
    head, _, body = said.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return int(lines[0].split(" ")[1]), headers, body


@pytest.mark.parametrize("path", PATHS)
def test_paths_that_are_not_there(server: Server, path: str) -> None:
    status, headers, body = target_of(server, path)
    assert 400 <= status < 500, (path, status, body[:300])
    assert b"root:" not in body
    # The page may answer in HTML; then nothing of the path may be markup.
    assert b"<script>alert" not in body or headers["content-type"].startswith("application/problem+json")
    if path.startswith("/v1/"):
        assert headers["content-type"].startswith("application/problem+json"), (path, headers)


@pytest.mark.parametrize("path, query, parameter", QUERIES, ids=lambda text: str(text)[:60])
def test_parameters_that_are_wrong(server: Server, path: str, query: str, parameter: str | None) -> None:
    answer = server.http.get(f"{path}?{query}")
    assert answer.status_code == 400, (answer.status_code, answer.text[:500])
    problem = problem_of(answer)
    if parameter is not None:
        assert problem.get("parameter") == parameter, problem
        assert parameter in problem["detail"], problem


def test_a_refusal_says_what_there_is(server: Server) -> None:
    problem = problem_of(server.http.get("/v1/markets?level=zap"))
    assert "zap" in problem["detail"] and "county" in problem["detail"]


def test_a_refused_page_is_still_a_page(server: Server) -> None:
    answer = server.http.get("/now?m=%3Cscript%3Ealert(1)%3C/script%3E")
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/html")
    assert "<script>alert" not in answer.text and 'role="alert"' in answer.text


def test_other_methods(server: Server) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "FROBNICATE"):
        said = server.raw(f"{method} /v1/feeds HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())
        assert not said or 400 <= parsed(said)[0] < 500 or parsed(said)[0] == 501, (method, said[:200])
    assert "allow" in server.http.post("/v1/feeds").headers


def test_a_million_bytes_of_address(server: Server) -> None:
    said = server.raw(b"GET /v1/markets?level=" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert not said or 400 <= parsed(said)[0] < 500, said[:200]


def test_a_million_bytes_of_body(server: Server) -> None:
    head = b"POST /v1/markets HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 1000000\r\n\r\n"
    said = server.raw(head + b"a" * 1_000_000)
    assert not said or 400 <= parsed(said)[0] < 500, said[:200]


def test_a_body_nobody_asked_for(server: Server) -> None:
    said = server.raw(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody")
    assert parsed(said)[0] in (200, 400, 413)


def test_ten_thousand_headers(server: Server) -> None:
    many = b"".join(b"X-%d: a\r\n" % number for number in range(10_000))
    said = server.raw(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n" + many + b"\r\n")
    assert not said or 400 <= parsed(said)[0] < 500, said[:200]


HIDDEN = b"GET /v1/instance HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
SMUGGLED = {
    "length and chunks": b"POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two lengths": b"POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n" + HIDDEN,
    "signed length": b"POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n" + HIDDEN,
    "unknown coding": b"POST /health HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "space before the colon": b"POST /health HTTP/1.1\r\nHost: a\r\nContent-Length : 0\r\n\r\n" + HIDDEN,
    "folded line": b"POST /health HTTP/1.1\r\nHost: a\r\nX: a\r\n Content-Length: 44\r\n\r\n" + HIDDEN,
    "null in a header": b"POST /health HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n" + HIDDEN,
    "bad chunk size": b"POST /health HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n" + HIDDEN,
}


@pytest.mark.parametrize("request_bytes", SMUGGLED.values(), ids=SMUGGLED.keys())
def test_smuggled_requests_are_not_answered(server: Server, request_bytes: bytes) -> None:
    said = server.raw(request_bytes)
    assert b"final_through" not in said, f"the hidden request was answered: {said[:2000]!r}"
    assert not said or 400 <= parsed(said)[0] < 600


def test_nonsense_instead_of_http(server: Server) -> None:
    for nonsense in (b"\0" * 1_000, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"a" * 200_000):
        said = server.raw(nonsense)
        assert not said or 400 <= parsed(said)[0] < 600, (nonsense[:20], said[:200])


def test_it_still_serves(server: Server) -> None:
    assert server.process.poll() is None
    server.get("/health")
    assert "panicked" not in server.said


@pytest.mark.parametrize("host", ["127.0.0.1.evil.example", "127.evil.example:80", "evil.example", "localhost.evil.example", "[::1].evil.example", "10.0.0.1"])
def test_names_that_only_look_like_this_machine(server: Server, host: str) -> None:
    assert server.http.get("/v1/instance", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:9", "localhost:80", "[::1]:8484", "LOCALHOST"])
def test_names_of_this_machine(server: Server, host: str) -> None:
    assert server.http.get("/v1/instance", headers={"Host": host}).status_code == 200
