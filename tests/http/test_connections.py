"""Slow and many connections: slow ones are closed, many do not stop the others, and all are forgotten when they go."""

from __future__ import annotations

import resource
import selectors
import socket
import time

import httpx

from server import Server, read_all, wait_until
from test_stream import rows_of, send

# A header that is not there after this long belongs to nobody honest. The server's own limit is shorter.
HEADER_SECONDS_MOST = 45


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def test_headers_that_drip_are_not_waited_for(server: Server) -> None:
    heads = [b"", b"GET /health HT", b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "]
    waiting = {connect(server): head for head in heads for _ in range(5)}
    selector = selectors.DefaultSelector()
    for connection, head in waiting.items():
        connection.sendall(head)
        selector.register(connection, selectors.EVENT_READ)
    started = time.monotonic()
    while waiting and time.monotonic() - started < HEADER_SECONDS_MOST:
        for key, _ in selector.select(timeout=0.5):
            said = read_all(key.fileobj)
            assert not said or said.startswith(b"HTTP/1.1 4"), said[:200]
            selector.unregister(key.fileobj)
            waiting.pop(key.fileobj)
            key.fileobj.close()
        for connection, head in waiting.items():
            if head.endswith(b"X-Slow: "):
                try:
                    connection.sendall(b"a")
                except OSError:
                    pass  # Closed meanwhile: the next select tells.
        assert server.get("/health", 200)
    left = [head for connection, head in waiting.items() if not connection.close()]
    assert not left, f"{len(left)} connections were still open after {HEADER_SECONDS_MOST} s, which had sent {set(left)}"


def test_many_idle_connections(server: Server) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(2_000, hard - 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 200), hard))
    open_ones: list[socket.socket] = []
    try:
        for _ in range(count):
            try:
                open_ones.append(connect(server))
            except OSError:
                break  # Refused: that is a way to bound them.
        assert server.process.poll() is None
    finally:
        for connection in open_ones:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    def serves() -> bool:
        try:
            return server.http.get("/health").status_code == 200
        except httpx.HTTPError:
            return False

    wait_until("an answer after many connections", serves)
    assert "panicked" not in server.said


def test_many_streams(server: Server) -> None:
    request = b"GET /v1/stream?level=county&area=Travis%2C%20TX HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    streams = [connect(server) for _ in range(200)]
    try:
        statuses = set()
        for stream in streams:
            stream.sendall(request)
        for stream in streams:
            said = stream.recv(65_536)
            statuses.add(int(said.split(b" ")[1]) if said else 0)
        # Served, or refused as too many: 429, 503, or closed.
        assert statuses <= {200, 429, 503, 0} and 200 in statuses, statuses
        server.get("/health")
    finally:
        for stream in streams:
            stream.close()
    wait_until("a new stream", lambda: server_streams(server))


def server_streams(server: Server) -> bool:
    with connect(server) as stream:
        stream.sendall(b"GET /v1/stream?level=county&area=Travis%2C%20TX HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        return stream.recv(1_024).startswith(b"HTTP/1.1 200")


def test_a_reader_that_does_not_read_costs_nothing(live: Server) -> None:
    """The server must neither wait for it nor keep everything for it."""
    with connect(live) as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        lazy.sendall(b"GET /v1/stream?level=zip&segment=all HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        for burst in range(5):
            send(live, rows_of(live, 200, burst * 200))
        live.get("/health")
        live.get("/v1/markets", level="nation")
