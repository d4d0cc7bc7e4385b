"""The flowgraphs as programs, driven by a MAC that knows nothing but docs/phy-sap.md."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import zmq

from tests.conftest import ROOT

NEVER = 2**63 - 1
ACK = bytes.fromhex("06efbeb1")
START_NS = 150_000
TAG, AP = 1, 0


def tx_request(tx_id: int, start_ns: int, rate_bps: int) -> bytes:
    """A TxRequest of an Ack, from the page's table alone."""
    head = struct.pack("<IqBBBBI", tx_id, start_ns, 1, 0, 0x2F, 0, rate_bps)
    return head + bytes(20) + struct.pack("<H", len(ACK)) + ACK


class ForeignMac:
    """A MAC written from the page's tables alone."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], endpoint: str) -> None:
        self.socket = context.socket(zmq.DEALER)
        self.socket.connect(endpoint)
        self.heard: list[tuple[int, bytes]] = []
        self.errors: list[str] = []
        self.role = -1

    def send(self, kind: int, body: bytes, seq: int = 0) -> None:
        self.socket.send(b"AMPS" + bytes([2, kind, 0, 0]) + struct.pack("<I", seq) + body)

    def attach(self) -> None:
        name = b"11bp-2026.09"
        self.send(0x01, struct.pack("<H", len(name)) + name)

    def grant(self, seq: int, silent_until_ns: int) -> None:
        self.send(0x04, struct.pack("<qq", silent_until_ns, NEVER), seq)

    def serve(self, requests: list[tuple[int, bytes]], silent_until_ns: int) -> None:
        """Answer what waits; the first TimeIndication is answered with ``requests``."""
        while self.socket.poll(0):
            message = self.socket.recv()
            kind, seq, body = message[5], struct.unpack_from("<I", message, 8)[0], message[12:]
            if kind == 0x81:
                self.role = body[0]
            elif kind == 0x86:
                self.errors.append(body[4:].decode())
            elif kind == 0x83:
                start_ns = struct.unpack_from("<q", body)[0]
                self.heard.append((start_ns, body[86:]))
                self.grant(seq, silent_until_ns)
            elif kind == 0x84:
                for request, octets in requests:
                    self.send(request, octets)
                requests.clear()
                self.grant(seq, silent_until_ns)


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    base = f"ipc://{tmp_path}/"
    arguments = {
        "air": [f"--{word}={base}{word}" for word in ("ap-transmit", "ap-receive", "tag-transmit", "tag-receive")],
        "ap": [f"--sap={base}ap-sap", f"--receive-address={base}ap-receive", f"--transmit-address={base}ap-transmit",
               f"--record-path={tmp_path}/ap.iq"],
        "tag": [f"--sap={base}tag-sap", f"--receive-address={base}tag-receive",
                f"--transmit-address={base}tag-transmit", f"--record-path={tmp_path}/tag.iq"],
    }  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    started = {
        name: subprocess.Popen(
            [sys.executable, str(ROOT / f"flowgraphs/generated/amp_{name}.py"), *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for name, words in arguments.items()
    }
    yield started
    for process in started.values():
        process.kill()
        process.wait()


@pytest.fixture
def context() -> Iterator[zmq.Context[zmq.Socket[bytes]]]:
    made: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    yield made
    made.destroy(linger=0)


def test_an_ack_from_one_foreign_mac_to_another(
    programs: dict[str, subprocess.Popen[bytes]], context: zmq.Context[zmq.Socket[bytes]], tmp_path: Path
) -> None:
    """The AP's MAC asks for an Ack at 150 µs; the tag's MAC gets that PSDU, and when it began."""
    ap = ForeignMac(context, f"ipc://{tmp_path}/ap-sap")
    tag = ForeignMac(context, f"ipc://{tmp_path}/tag-sap")
    ap.attach()
    tag.attach()
    tx = tx_request(1, START_NS, 250_000)
    requests = [(0x02, tx)]
    end = time.monotonic() + 40
    while not tag.heard and time.monotonic() < end:
        ap.serve(requests, 2_000_000)
        tag.serve([], 2_000_000)
        time.sleep(0.002)
    assert tag.heard == [(START_NS, ACK)]
    assert (ap.role, tag.role) == (AP, TAG)
    recorded = np.fromfile(tmp_path / "tag.iq", np.complex64)
    power = np.abs(recorded[:6000]) ** 2
    assert power[:2900].mean() < 0.02 and power[3000:3600].mean() > 0.5
    for name in ("ap", "tag", "air"):
        programs[name].send_signal(signal.SIGINT)
    for name in ("ap", "tag", "air"):
        programs[name].wait(timeout=20)


def test_requests_that_make_no_sense_are_refused_and_the_phy_goes_on(
    programs: dict[str, subprocess.Popen[bytes]], context: zmq.Context[zmq.Socket[bytes]], tmp_path: Path
) -> None:
    """A window at a rate no receiver has, a PSDU at a rate no PPDU has, a flood of both: told, counted, survived."""
    ap = ForeignMac(context, f"ipc://{tmp_path}/ap-sap")
    tag = ForeignMac(context, f"ipc://{tmp_path}/tag-sap")
    ap.attach()
    tag.attach()
    window = struct.pack("<BBHIqqi", 16, 0, 0, 4_000_000, 1_000_000, 2_000_000, 0)
    wrong = tx_request(9, START_NS, 333_333)
    far = [tx_request(9, 2**40 + n * 2**30, 250_000) for n in range(400)]
    good = tx_request(1, START_NS, 250_000)
    requests = [(0x03, window), (0x02, wrong), (0x02, good), *[(0x02, each) for each in far]]
    end = time.monotonic() + 40
    while not tag.heard and time.monotonic() < end:
        ap.serve(requests, 2_000_000)
        tag.serve([], 2_000_000)
        time.sleep(0.002)
    assert tag.heard == [(START_NS, ACK)]
    ap.serve([], 2_000_000)
    texts = " ".join(ap.errors)
    assert "ListenRequest" in texts and "TxRequest 9" in texts and "256 PPDUs" in texts


def test_replay_prints_the_frames_of_a_recording(tmp_path: Path) -> None:
    from ampradio.phy.modulate import ppdu
    from ampradio.profile import load_profile
    from ampradio.vectors import PpduKind, TxVector

    rng = np.random.default_rng(3)
    sent = ppdu(load_profile(), ACK, TxVector(PpduKind.DL_TYPE1, 1_000_000, partial_id=0x2F))
    samples = np.concatenate([np.zeros(8000), sent, np.zeros(8000)])
    samples = samples + 0.05 * (rng.normal(size=samples.size) + 1j * rng.normal(size=samples.size))
    samples.astype(np.complex64).tofile(tmp_path / "some.iq")
    program = str(ROOT / "flowgraphs/generated/amp_replay.py")
    result = subprocess.run(
        [sys.executable, program, "--role", "tag", "--path", f"{tmp_path}/some.iq"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ACK.hex() in result.stdout and "1000 kb/s" in result.stdout, result.stdout + result.stderr
