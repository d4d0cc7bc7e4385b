"""Faults on demand: as many samples are lost as were asked for, the status tells, and a stall is an errno 110."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest

from ampradio.radio.emulator import EmulatedNetwork
from testbed.emulated_air.faults import FORMS, do
from tests.conftest import ROOT
from tests.radio.plutos import network, pluto
from tests.radio.test_protocol import Client

STATUS = 0x80000088
BLOCK = 4096
PERIOD = 65536
LOST = 777


def counted(first: int = 0, count: int = PERIOD) -> Any:
    """Samples that tell their number in the upper 12 bits of each branch."""
    number = np.arange(first, first + count)
    return 16.0 * ((number >> 6) + 1j * (number & 63))


def numbers(blocks: list[Any]) -> Any:
    row = np.concatenate(blocks)
    return row.real.astype(int) * 64 + row.imag.astype(int)


def test_an_overflow_loses_as_many_samples_as_it_says() -> None:
    with network() as radios, pluto(radios.uris[0], block=BLOCK) as radio:
        radio.loopback = 1
        radio.tx_cyclic_buffer = True
        radio.tx(counted())
        for _ in range(3):
            radio.rx()
        do(radios, f"overflow 0 {LOST}")
        assert not radio._rxadc.reg_read(STATUS) & 4
        steps = np.diff(numbers([radio.rx() for _ in range(8)])) % PERIOD
        (place,) = np.flatnonzero(steps != 1)
        assert (place + 1) % BLOCK == 0 and steps[place] == LOST + 1
        assert radio._rxadc.reg_read(STATUS) & 4
        assert radios.plutos[0].capture is not None and radios.plutos[0].capture.lost == LOST


def test_an_underflow_leaves_a_hole_as_long_as_it_says() -> None:
    with network() as radios, pluto(radios.uris[0], block=BLOCK) as radio:
        radio.loopback = 1
        heard = [radio.rx()]
        do(radios, f"underflow 0 {LOST}")
        for turn in range(6):
            radio.tx(counted(1 + turn * BLOCK, BLOCK))
            heard.append(radio.rx())
            if turn == 0:
                assert not radio._txdac.reg_read(STATUS) & 1  # before the first block nothing can be missing
        assert radio._txdac.reg_read(STATUS) & 1
        heard += [radio.rx() for _ in range(3)]
    row = numbers(heard)
    sent = np.flatnonzero(row)
    assert (row[sent] == np.arange(1, 1 + 6 * BLOCK)).all()
    (hole,) = np.flatnonzero(np.diff(sent) != 1)
    assert (hole + 1, sent[hole + 1] - sent[hole]) == (BLOCK, LOST + 1)


def test_a_stall_is_told_within_a_clients_patience_and_ends() -> None:
    with network() as radios:
        client = Client(radios)
        receive, send = "cf-ad9361-lpc", "cf-ad9361-dds-core-lpc"
        assert client.ask("TIMEOUT 100") == client.ask(f"OPEN {receive} 64 00000003") == 0
        assert client.ask(f"OPEN {send} 64 00000003") == 0
        do(radios, "stall 0")
        assert client.ask(f"READBUF {receive} 256") == -110
        assert client.ask(f"WRITEBUF {send} 256") == 0
        client.stream.write(bytes(256))
        client.stream.flush()
        assert int(client.stream.readline()) == -110
        do(radios, "resume 0")
        assert client.ask(f"READBUF {receive} 256") == 256
        client.close()


def test_libiio_tells_a_stall_as_a_timeout() -> None:
    with network() as radios, pluto(radios.uris[0], block=BLOCK) as radio:
        radio.rx()
        do(radios, "stall 0")
        began = time.monotonic()
        try:
            radio.rx()
            number = 0
        except OSError as error:
            number = error.errno or 0
        assert number == 110 and time.monotonic() - began < 5  # libiio gives the server half of its own five seconds
        radio.rx_destroy_buffer()
        do(radios, "resume 0")
        assert radio.rx().size == BLOCK


def test_a_radio_that_is_unplugged_and_plugged_in_again() -> None:
    with network(2) as radios:
        uri = radios.uris[0]
        with pluto(uri, block=BLOCK) as radio:
            radio.rx_lo = 2_437_000_000
            do(radios, "unplug 0")
            with pytest.raises(OSError):
                radio.rx()
        with pytest.raises(Exception, match="No device found"):
            pluto(uri).__enter__()
        do(radios, "plug 0")
        do(radios, "plug 0")  # it is
        with pluto(uri, block=BLOCK) as radio:
            assert radio.rx().size == BLOCK
            do(radios, "hang-up 0")
            with pytest.raises(OSError):
                radio.rx()
        with pluto(uri, block=BLOCK) as radio:
            assert radio.rx().size == BLOCK


@pytest.mark.parametrize(
    "line", ["", "dance 0", "overflow 0", "overflow 0 0", "overflow 1 5", "stall x", "overflow 0 -5", "stall ٣"]
)
def test_words_that_are_no_fault(line: str) -> None:
    with network() as radios, pytest.raises(ValueError):
        do(radios, line)


def test_amp_emulate_takes_faults_from_standard_input() -> None:
    command = [sys.executable, "-m", "testbed.cli", "emulate", "--port", "0", "--elastic", "--json", "--faults"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert process.stdin and process.stdout and process.stderr

        def say(line: str) -> None:
            process.stdin.write(line + "\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]

        (uri,) = json.loads(process.stdout.readline())["uris"]
        with pluto(uri, block=BLOCK) as radio:
            radio.rx(), radio.rx()
            say("make it snow")
            refused = process.stderr.readline()
            assert all(form in refused for form in FORMS)
            say(f"overflow 0 {LOST}")
            assert json.loads(process.stdout.readline()) == {"done": f"overflow 0 {LOST}"}
            radio.rx()
            assert radio._rxadc.reg_read(STATUS) & 4
            process.stdin.close()
            assert radio.rx().size == BLOCK  # it serves on
    finally:
        process.kill()
        process.wait()


def test_faults_of_a_network_are_of_one_radio() -> None:
    with EmulatedNetwork(2, elastic=True) as radios:
        do(radios, "stall 1")
        with pluto(radios.uris[0], block=BLOCK) as radio:
            assert radio.rx().size == BLOCK
