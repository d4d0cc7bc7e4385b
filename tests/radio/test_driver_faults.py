"""Radios that hang, break, stall or go away under the driver: a clear error in time, and on from there."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from ampradio.radio.errors import (
    NoRadioError,
    RadioError,
    RadioGoneError,
    RadioSettingError,
    RadioTimeoutError,
    WrongRadioError,
)
from ampradio.radio.interface import Codes
from tests.conftest import ROOT
from tests.radio.conftest import BLOCK, RATE_SPS, OpenRadio, settings
from tests.radio.plutos import network
from tests.radio.test_driver import heard, looped, noise, undisturbed


@pytest.fixture
def server() -> Iterator[list[subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def serve(processes: list[subprocess.Popen[str]], port: int = 0) -> str:
    command = [sys.executable, "-m", "testbed.cli", "emulate", "--port", str(port), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    processes.append(process)
    assert process.stdout is not None
    uri: str = json.loads(process.stdout.readline())["uris"][0]
    return uri


def test_a_server_that_is_killed_ends_the_stream_and_reconnect_resumes_it(
    server: list[subprocess.Popen[str]], opened: OpenRadio
) -> None:
    uri = serve(server)
    radio = opened(f"emu:{uri}", lead_blocks=3)
    radio.start()
    before = radio.receive()
    began = time.monotonic()
    server[0].kill()
    with pytest.raises(RadioGoneError, match="reconnect"):
        while True:
            before = radio.receive()
    assert time.monotonic() - began < 5
    server[0].wait()
    with pytest.raises(NoRadioError, match="amp emulate"):
        radio.reconnect(patience_s=0.1)
    serve(server, int(uri.rpartition(":")[2]))
    radio.reconnect(patience_s=10)
    block = radio.receive()
    assert block.lost and block.segment == before.segment + 1 and block.first >= before.end

    def attempt() -> Codes:
        at = radio.earliest() + 2 * BLOCK
        radio.burst(noise(900, 3), at)
        codes, first = heard(radio, at + BLOCK)
        return codes[at - first :][:900]

    assert np.array_equal(undisturbed(radio, attempt, restart=False), looped(noise(900, 3)))
    assert radio.settings == settings()


def test_a_server_that_hangs_is_given_up_within_ten_seconds(
    server: list[subprocess.Popen[str]], opened: OpenRadio
) -> None:
    radio = opened(f"emu:{serve(server)}", lead_blocks=3)
    radio.start()
    radio.receive()
    began = time.monotonic()
    server[0].send_signal(signal.SIGSTOP)
    with pytest.raises(RadioTimeoutError):  # its kernel still accepts connections: it is there, however slow
        while True:
            radio.receive()
    radio.close()
    assert time.monotonic() - began < 10


def test_a_cable_that_is_pulled_and_put_back_at_once_is_a_radio_that_was_gone(opened: OpenRadio) -> None:
    """Somebody answers at the address again before the driver looks: still no timeout, since nobody waited."""
    with network(1, elastic=False) as radios:
        radio = opened(radios.uris[0])
        radio.start()
        radio.receive()
        radios.servers[0].hang_up()
        with pytest.raises(RadioGoneError):
            while True:
                radio.receive()
        radio.reconnect(5)
        assert radio.receive().lost


@pytest.mark.parametrize("blocks_between", [0, 1, 2, 3, 4])
def test_both_streams_that_break_at_once_are_aligned_again(blocks_between: int, opened: OpenRadio) -> None:
    """What a busy computer makes: received samples are gone, and the transmitter ran dry, close to each other.

    The gap is told wherever it lies, also within what aligns the streams; the next burst is at its sample.
    """
    with network(1) as radios:
        radio = opened(f"emu:{radios.uris[0]}", block=4096, paced_by_reader=True)
        radio.start()
        blocks = [radio.receive() for _ in range(8)]
        radios.plutos[0].faults.overflow(5000)
        blocks += [radio.receive() for _ in range(blocks_between)]
        radios.plutos[0].faults.underflow(3000)
        blocks += [radio.receive() for _ in range(20)]
        assert sum(block.lost for block in blocks) == blocks[-1].segment - blocks[0].segment >= 1
        at = radio.earliest() + 777
        assert radio.burst(noise(900, 3), at).on_time
        codes, first = heard(radio, at + 4096)
        assert np.array_equal(codes[at - first :][:900], looped(noise(900, 3)))
        assert radio.losses().overflows == 1 and radio.losses().underflows >= 1


def test_what_was_repeated_goes_on_after_a_reconnection(opened: OpenRadio) -> None:
    """What was running is resumed, the stream's background too, its first sample on a multiple of its length."""
    carrier = noise(1000, 1)
    with network(1, elastic=False) as radios:
        radio = opened(radios.uris[0], lead_blocks=3)
        radio.start()
        radio.cyclic(carrier)
        radios.servers[0].hang_up()
        with pytest.raises(RadioGoneError):
            while True:
                radio.receive()
        radio.reconnect(5)

        def attempt() -> tuple[Codes, Codes]:
            end = radio.earliest() + BLOCK
            codes, first = heard(radio, end)
            return codes[-BLOCK:], looped(carrier)[(first + len(codes) - BLOCK + np.arange(BLOCK)) % 1000]

        assert np.array_equal(*undisturbed(radio, attempt, restart=False))


@pytest.mark.parametrize("back", [True, False])
def test_a_connection_that_breaks_late_is_a_radio_that_was_gone(back: bool, opened: OpenRadio) -> None:
    """It breaks when a timeout could as well have come, as it looks to a program that a busy computer let sleep."""
    block = 1 << 21  # a second
    with network(1, elastic=False) as radios:
        radio = opened(radios.uris[0], block=block, timeout_s=1.25, paced_by_reader=True)
        radio.start(transmit=False)
        radio.receive()
        radio.receive()
        timer = threading.Timer(0.75 * block / RATE_SPS, radios.servers[0].hang_up if back else radios.servers[0].close)
        timer.start()
        with pytest.raises(RadioGoneError):
            radio.receive()
        timer.join()


def test_a_radio_that_stalls_is_there(opened: OpenRadio) -> None:
    with network(1, elastic=False) as radios:
        radio = opened(radios.uris[0], timeout_s=0.4)
        radio.start(transmit=False)
        radio.receive()
        radios.plutos[0].faults.stall()
        with pytest.raises(RadioTimeoutError):
            while True:
                radio.receive()


@pytest.mark.parametrize("paced", [False, True])
def test_closing_while_another_thread_waits_for_a_block(paced: bool, opened: OpenRadio) -> None:
    """The reader's thread is within libiio; the buffers must not be destroyed under it."""
    with network(1, elastic=False) as radios:
        radio = opened(radios.uris[0], paced_by_reader=paced)
        radio.start()
        ended: list[object] = []

        def read() -> None:
            try:
                ended.append(sum(1 for _ in radio.blocks()))
            except RadioError as error:
                ended.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        radio.earliest()
        time.sleep(2.5 * BLOCK / RATE_SPS)
        radio.close()
        reader.join(10)
        assert not reader.is_alive() and ended
        radio.close()
        with pytest.raises(RadioSettingError, match="start it"):
            radio.receive()


def test_another_radio_at_the_same_address_is_not_resumed(opened: OpenRadio) -> None:
    with network(1) as radios:
        radio = opened(radios.uris[0])
        about = radios.plutos[0].context_attributes()
        radios.plutos[0].context_attributes = lambda: {**about, "hw_serial": "emulated0007"}  # type: ignore[method-assign]
        with pytest.raises(WrongRadioError, match="emulated0007 answers instead of emulated0000"):
            radio.reconnect(1)


FORGETFUL = """
import sys
from ampradio.radio.opening import open_radio
from tests.radio.conftest import settings
radio = open_radio(sys.argv[1], block=8192, paced_by_reader=sys.argv[2] == "paced")
radio.configure(settings())
radio.start()
radio.receive()
if sys.argv[3] == "fails":
    raise RuntimeError("with buffers open")
"""


@pytest.mark.parametrize("pace", ["paced", "free"])
@pytest.mark.parametrize("end", ["ends", "fails"])
def test_a_program_that_forgets_to_close_does_not_crash(pace: str, end: str) -> None:
    """Left to the interpreter, buffers may go after their context, and libiio reads freed memory."""
    with network(1) as radios:
        words = [sys.executable, "-X", "faulthandler", "-c", FORGETFUL, radios.uris[0], pace, end]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == (1 if end == "fails" else 0), done.stderr
        assert "Fatal" not in done.stderr and radios.plutos[0].capture is None
