"""Reads a stream of server-sent events by the letter of the HTML standard, in a thread of its own."""

from __future__ import annotations

import json
import queue
import threading
import time
from dataclasses import dataclass
from decimal import Decimal

import httpx

from server import PATIENCE_SECONDS, Server


@dataclass
class Message:
    """One event: its name, what it says, its id, the bytes of its data, and when it came."""

    event: str
    data: dict
    id: str | None
    size: int
    at: float


class Stream:
    """One open connection. Use it as a context. `header` is the Last-Event-ID of one that was before."""

    def __init__(self, server: Server, header: str | None = None, **params) -> None:
        headers = {"accept": "text/event-stream"}
        if header is not None:
            headers["last-event-id"] = header
        self.client = httpx.Client(trust_env=False, timeout=httpx.Timeout(PATIENCE_SECONDS))
        self.request = self.client.build_request("GET", f"{server.base}/v1/stream", params=params, headers=headers)
        self.came: queue.Queue[Message | None] = queue.Queue()
        self.last_id: str | None = None

    def __enter__(self) -> Stream:
        self.answer = self.client.send(self.request, stream=True)
        if self.answer.status_code != 200:
            said = self.answer.read().decode()
            raise AssertionError(f"{self.request.url} said {self.answer.status_code}: {said[:1000]}")
        kind = self.answer.headers["content-type"].split(";")[0]
        assert kind == "text/event-stream", kind
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.client.close()

    def _read(self) -> None:
        event, data, identity = "message", [], None
        try:
            for line in self.answer.iter_lines():
                if not line:
                    if data:
                        text = "\n".join(data)
                        said = json.loads(text, parse_float=Decimal)
                        self.came.put(Message(event, said, identity, len(text.encode()), time.monotonic()))
                    event, data, identity = "message", [], None
                    continue
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if name == "event":
                    event = value
                elif name == "data":
                    data.append(value)
                elif name == "id":
                    identity = value
        except (httpx.HTTPError, httpx.StreamError, OSError, RuntimeError):
            pass  # The connection is over, whoever ended it.
        finally:
            self.came.put(None)

    def next(self, *events: str, seconds: float = PATIENCE_SECONDS) -> Message:
        """The next message, of these events if any are named; others are passed over."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                message = self.came.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {' or '.join(events) or 'message'} came within {seconds} s") from None
            assert message is not None, f"the stream ended while waiting for {events}"
            if message.id is not None:
                self.last_id = message.id
            if not events or message.event in events:
                return message

    def until(self, done, *events: str) -> list[Message]:
        """Messages of these events until `done(message)`, that one included."""
        found = []
        while True:
            found.append(self.next(*events))
            if done(found[-1]):
                return found
