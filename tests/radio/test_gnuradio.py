"""GNU Radio's own blocks for a PlutoSDR and for FMComms boards, put into a flowgraph by Companion's compiler."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.radio.plutos import LO_HZ, network

RATE_SPS = 1_000_000
TONE_HZ = 100_000
SAMPLES = 600_000
BLOCK = 32768
PATIENCE_S = 90


def block(name: str, kind: str, **parameters: object) -> dict[str, Any]:
    """A block as a .grc file has it; YAML takes JSON."""
    states = {"coordinate": [0, 0], "rotation": 0, "state": "enabled"}
    return {"name": name, "id": kind, "parameters": {k: str(v) for k, v in parameters.items()}, "states": states}


def flowgraph(maker: str, send_to: str, receive_from: str, file: Path) -> dict[str, Any]:
    """A tone into a sink, and beside it a source into a file."""
    radio = {"type": "fc32", "frequency": LO_HZ, "samplerate": RATE_SPS, "buffer_size": BLOCK, "bandwidth": 2_000_000}
    one = {"iio_pluto": ({}, {}), "iio_fmcomms2": ({"tx2_en": "False"}, {"rx2_en": "False"})}[maker]
    manual = {"gain1": "'manual'", "manual_gain1": 30.0}
    return {
        "options": {
            "parameters": {"id": "rehearsal", "generate_options": "no_gui", "output_language": "python"},
            "states": {"coordinate": [0, 0], "rotation": 0, "state": "enabled"},
        },
        "blocks": [
            block("tone", "analog_sig_source_x", type="complex", samp_rate=RATE_SPS, freq=TONE_HZ, amp=0.5),
            block("out", f"{maker}_sink", uri=send_to, attenuation1=0.0, **radio, **one[0]),
            block("heard", f"{maker}_source", uri=receive_from, **manual, **radio, **one[1]),
            block("file", "blocks_file_sink", type="complex", file=file, unbuffered="True"),
        ],
        "connections": [["tone", "0", "out", "0"], ["heard", "0", "file", "0"]],
        "metadata": {"file_format": 1, "grc_version": "3.10.5"},
    }


@pytest.mark.parametrize("maker", ["iio_pluto", "iio_fmcomms2"])
def test_a_tone_from_the_sink_of_one_radio_to_the_source_of_another(maker: str, tmp_path: Path) -> None:
    """Frequency within 8 Hz, a bin, level by the link budget: 7 dBm - 6 dB - 60 dB against 4 dBm - 30 dB."""
    file = tmp_path / "heard"
    with network(2, elastic=False) as radios:
        uris = radios.uris
        (tmp_path / "rehearsal.grc").write_text(json.dumps(flowgraph(maker, *uris, file)))
        compiled = subprocess.run(
            ["grcc", "-o", str(tmp_path), str(tmp_path / "rehearsal.grc")],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            env={**os.environ, "HOME": str(tmp_path)},
        )
        assert (tmp_path / "rehearsal.py").exists(), compiled.stdout + compiled.stderr
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("gr_run.py")), str(tmp_path), str(file), str(8 * SAMPLES)],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    heard = np.fromfile(file, np.complex64)[-4 * BLOCK :]
    spectrum = abs(np.fft.fft(heard * np.hanning(heard.size)))
    assert np.fft.fftfreq(heard.size, 1 / RATE_SPS)[np.argmax(spectrum)] == pytest.approx(TONE_HZ, abs=8)
    # a busy machine may let the transmitter run dry for moments
    assert float(np.median(abs(heard))) == pytest.approx(10 ** ((7 - 6.02 - 60 - (4 - 30)) / 20), rel=0.02)
