"""libiio's own programs, as the distribution ships them, against the emulator."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.radio.plutos import network

PATIENCE_S = 30


def run(*command: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_iio_info_reads_every_attribute_of_every_device() -> None:
    with network() as radios:
        done = subprocess.run(
            ["iio_info", "-u", radios.uris[0]], capture_output=True, text=True, timeout=PATIENCE_S, check=True
        )
    assert "IIO context has 4 devices" in done.stdout
    for name in ("ad9361-phy", "xadc", "cf-ad9361-dds-core-lpc (buffer capable)", "cf-ad9361-lpc (buffer capable)"):
        assert f": {name}" in done.stdout
    assert "index: 0, format: le:S12/16>>0" in done.stdout and "index: 1, format: le:S16/16>>0" in done.stdout
    assert "hw_model: Analog Devices PlutoSDR" in done.stdout
    assert "ERROR" not in done.stdout
    assert done.stderr == ""


def test_iio_attr_reads_writes_and_is_refused() -> None:
    with network() as radios:
        uri = radios.uris[0]
        lo = ("iio_attr", "-u", uri, "-c", "ad9361-phy", "RX_LO", "frequency")
        run(*lo, "915000000")
        assert abs(int(run(*lo)) - 915_000_000) <= 3  # the synthesiser's step is 2.4 Hz at most
        assert run("iio_attr", "-u", uri, "-C", "hw_serial").strip() == b"hw_serial: emulated0000"
        run("iio_attr", "-u", uri, "-D", "ad9361-phy", "loopback", "1")
        assert run("iio_attr", "-u", uri, "-D", "ad9361-phy", "loopback").strip() == b"1"
        refused = subprocess.run([*lo, "100"], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert refused.returncode != 0 and "Invalid argument" in refused.stdout + refused.stderr
        assert abs(int(run(*lo)) - 915_000_000) <= 3


@pytest.mark.parametrize("channels", [("voltage0", "voltage1"), ("voltage0",)])
def test_iio_readdev_gets_as_many_samples_as_it_asks_for(channels: tuple[str, ...]) -> None:
    with network() as radios:
        got = run("iio_readdev", "-u", radios.uris[0], "-b", "4096", "-s", "20000", "cf-ad9361-lpc", *channels)
    assert len(got) == 20_000 * 2 * len(channels)
    codes = np.frombuffer(got, "<i2")
    assert np.unique(codes).size > 3  # noise
    assert codes.min() >= -2048 and codes.max() <= 2047


def test_iio_writedev_and_iio_readdev_through_loopback(tmp_path: Path) -> None:
    """What one program sends without end, another reads: 12 of the 16 bits, in the order they were written."""
    codes = np.random.default_rng(1).integers(-32768, 32768, 2 * 65536).astype("<i2")
    file = tmp_path / "codes"
    file.write_bytes(codes.tobytes())
    with network(elastic=False) as radios:
        uri = radios.uris[0]
        run("iio_attr", "-u", uri, "-c", "ad9361-phy", "-i", "voltage0", "sampling_frequency", "3000000")
        run("iio_attr", "-u", uri, "-D", "ad9361-phy", "loopback", "1")
        with file.open("rb") as source:
            writer = subprocess.Popen(
                ["iio_writedev", "-u", uri, "-b", "65536", "-c", "cf-ad9361-dds-core-lpc"],
                stdin=source,
                stderr=subprocess.PIPE,
            )
        try:
            while radios.plutos[0].playback is None:
                assert writer.poll() is None, writer.stderr and writer.stderr.read()
            got = run("iio_readdev", "-u", uri, "-b", "65536", "-s", str(4 * 65536), "cf-ad9361-lpc")
        finally:
            writer.terminate()
            writer.communicate()
    heard = np.frombuffer(got, "<i2").reshape(-1, 2)[-65536:].astype(np.int64)
    sent = codes.reshape(-1, 2).astype(np.int64) >> 4
    # the newest block is the whole file, begun anywhere
    starts = np.flatnonzero((sent == heard[0]).all(axis=1))  # a pair of codes may come more than once
    assert any((np.roll(sent, -start, axis=0) == heard).all() for start in starts)
