"""The live feed: nothing without a watcher, no waiting for a slow one, and whatever is no message is dropped."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path

import msgspec
import pytest
import zmq
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.dashboard.live_source import LiveSource
from testbed.dashboard.watchers import QUEUE_MAX, QUEUE_OCTETS_MAX, Watcher, Watchers, sse
from testbed.live.address import VARIABLE, feed_from_here
from testbed.live.feed import LiveFeed
from testbed.live.messages import MESSAGE_OCTETS_MAX, TOPIC, Closed, Opened, Piece, Samples, Told, decoded, encoded
from testbed.live.run_feed import RunFeed


def until(condition: object, patience_s: float = 10.0) -> bool:
    end = time.monotonic() + patience_s
    while not condition() and time.monotonic() < end:  # type: ignore[operator]
        time.sleep(0.01)
    return bool(condition())  # type: ignore[operator]


def watched_by(socket: zmq.Socket[bytes], feed: LiveFeed) -> bool:
    """Let the subscriber's side of ZMQ do its part, which it does in its own thread's calls only."""
    socket.getsockopt(zmq.EVENTS)
    return feed.watched()


def subscriber(address: str) -> zmq.Socket[bytes]:
    socket = zmq.Context.instance().socket(zmq.SUB)
    socket.setsockopt(zmq.LINGER, 0)
    socket.bind(address)
    return socket


def test_nothing_is_sent_until_somebody_listens_and_after_nobody_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"ipc://{tmp_path}/live"
    monkeypatch.setenv(VARIABLE, address)
    heard = subscriber(address)
    with RunFeed(tmp_path) as feed:
        feed.tell({"t_ns": 0, "kind": "first"})
        heard.setsockopt(zmq.SUBSCRIBE, TOPIC)
        inner = feed._feed
        assert inner is not None and until(lambda: watched_by(heard, inner))
        feed.tell({"t_ns": 1, "kind": "second", "octets": b"\x01"})
        said = [decoded(heard.recv_multipart()) for _ in range(2)]
        assert isinstance(said[0], Opened) and said[0].folder == str(tmp_path) and said[0].run == str(os.getpid())
        assert isinstance(said[1], Told) and said[1].number == 1
        assert json.loads(said[1].line) == {"t_ns": 1, "kind": "second", "octets": "01"}
        heard.setsockopt(zmq.UNSUBSCRIBE, TOPIC)
        assert until(lambda: not watched_by(heard, inner))
        sent_before = inner._seq
        feed.tell({"t_ns": 2, "kind": "third"})
        assert inner._seq == sent_before
        heard.setsockopt(zmq.SUBSCRIBE, TOPIC)
        assert until(lambda: watched_by(heard, inner))
    assert [type(decoded(heard.recv_multipart())) for _ in range(2)] == [Opened, Closed]
    heard.close()


def test_a_run_without_the_variable_or_with_a_wrong_one_has_no_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert feed_from_here("run") is None
    monkeypatch.setenv(VARIABLE, "no address")
    assert feed_from_here("run") is None


def test_a_watcher_that_reads_nothing_holds_nobody_up(tmp_path: Path) -> None:
    """The publisher goes on at once; what the watcher was too slow for is missing to it alone, and it can tell."""
    address = f"ipc://{tmp_path}/live"
    slow = zmq.Context.instance().socket(zmq.SUB)
    slow.setsockopt(zmq.LINGER, 0)
    slow.setsockopt(zmq.RCVHWM, 4)
    slow.setsockopt(zmq.SUBSCRIBE, TOPIC)
    slow.bind(address)
    facts = {"role": "ap", "rate_sps": 1, "step": 1, "received": 0, "skipped": 0, "rows": [], "counters": {}}
    with LiveFeed(address, "run", "ap", high_water=4) as feed:
        assert until(lambda: watched_by(slow, feed))
        began = time.monotonic()
        for _ in range(2000):
            feed.send(Samples, envelope=[Piece(0, bytes(50_000))], **facts)
        assert time.monotonic() - began < 5.0
        numbers = []
        while slow.poll(200):
            message = decoded(slow.recv_multipart())
            assert message is not None
            numbers.append(message.seq)
    assert 0 < len(numbers) < 2000 and numbers == sorted(set(numbers))
    slow.close()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=64), max_size=4) | st.binary(max_size=200).map(lambda octets: [TOPIC, octets]))
def test_octets_of_anybody_are_no_message(parts: list[bytes]) -> None:
    assert decoded(parts) is None


def test_only_what_fits_its_bounds_is_a_message() -> None:
    good = {"kind": "told", "run": "1", "source": "run", "seq": 0, "number": 0, "line": "{}"}
    assert decoded([TOPIC, msgspec.msgpack.encode(good)]) is not None
    for wrong in (
        {"line": "x" * 70_000},
        {"number": -1},
        {"seq": 1 << 63},
        {"run": "r" * 200},
        {"kind": "other"},
        {"more": 1},
        {"line": None},
    ):
        assert decoded([TOPIC, msgspec.msgpack.encode({**good, **wrong})]) is None, wrong
    assert decoded([TOPIC, b"\x91" * 100_000]) is None
    assert decoded([TOPIC, bytes(MESSAGE_OCTETS_MAX + 1)]) is None
    assert decoded([b"another topic", msgspec.msgpack.encode(good)]) is None


def test_the_source_counts_what_is_malformed_and_what_was_missed(tmp_path: Path) -> None:
    taken: list[object] = []
    source = LiveSource(f"ipc://{tmp_path}/live", taken.append)
    try:
        for seq in (0, 1, 5, 6):
            source.take_parts(encoded(Closed(run="1", source="ap", seq=seq)))
        for seq in range(1000):  # as many sources as somebody likes to name
            source.take_parts(encoded(Closed(run=str(seq), source="x", seq=seq)))
        source.take_parts([b"", b"rubbish"])
        source.take_parts([])
        assert source.counters == {"missed": 3, "malformed": 2}
        assert len(taken) == 1004 and len(source._next) <= 256
    finally:
        source.close()


def test_a_browser_that_does_not_read_has_a_bounded_queue_and_then_the_whole() -> None:
    async def story() -> None:
        whole = sse({"whole": True})
        watcher = Watcher()
        for number in range(QUEUE_MAX):
            watcher.put(sse({"n": number}))
        assert await watcher.next(lambda: whole) == sse({"n": 0}) and watcher.dropped == 0
        for number in range(10_000):
            watcher.put(sse({"n": number}))
        assert len(watcher._queue) == 0 and watcher.dropped == QUEUE_MAX - 1 + 10_000
        assert await watcher.next(lambda: whole) == whole
        watcher.put(sse({"n": "after"}))
        assert await watcher.next(lambda: whole) == sse({"n": "after"})
        assert await watcher.next(lambda: whole) is None
        for _ in range(8):
            watcher.put(bytes(QUEUE_OCTETS_MAX // 2))
            assert sum(map(len, watcher._queue)) <= QUEUE_OCTETS_MAX

    asyncio.run(story())


def test_who_leaves_is_let_go_and_what_it_missed_stays_counted() -> None:
    async def story() -> None:
        watchers = Watchers(lambda: {"whole": True})
        stream = watchers.stream()
        assert json.loads((await anext(stream)).removeprefix(b"data: ")) == {"whole": True}
        for number in range(QUEUE_MAX + 5):
            watchers.publish({"n": number})
        assert len(watchers) == 1
        await stream.aclose()
        assert len(watchers) == 0 and watchers.dropped == QUEUE_MAX + 5

    asyncio.run(story())
