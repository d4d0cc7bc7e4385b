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

from ampradio.radio.emulator.air import FlatAir
from tests.radio.plutos import LO_HZ, network

RATE_SPS = 1_000_000
TONE_HZ = 100_000
SAMPLES = 600_000
LOSS_DB = 60.0
MAKERS = ("iio_pluto", "iio_fmcomms2")
BLOCK = 32768
PATIENCE_S = 90


def block(name: str, kind: str, **parameters: object) -> dict[str, Any]:
    """A block as a .grc file has it; YAML takes JSON."""
    states = {"coordinate": [0, 0], "rotation": 0, "state": "enabled"}
    return {"name": name, "id": kind, "parameters": {k: str(v) for k, v in parameters.items()}, "states": states}


def chain(maker: str, send_to: str, receive_from: str, file: Path) -> tuple[list[dict[str, Any]], list[list[str]]]:
    """A tone into a sink, and beside it a source into a file: blocks and connections."""
    radio = {"type": "fc32", "frequency": LO_HZ, "samplerate": RATE_SPS, "buffer_size": BLOCK, "bandwidth": 2_000_000}
    one = {"iio_pluto": ({}, {}), "iio_fmcomms2": ({"tx2_en": "False"}, {"rx2_en": "False"})}[maker]
    manual = {"gain1": "'manual'", "manual_gain1": 30.0}
    tone, out, heard, kept = (f"{maker}_{what}" for what in ("tone", "out", "heard", "file"))
    blocks = [
        block(tone, "analog_sig_source_x", type="complex", samp_rate=RATE_SPS, freq=TONE_HZ, amp=0.5),
        block(out, f"{maker}_sink", uri=send_to, attenuation1=0.0, **radio, **one[0]),
        block(heard, f"{maker}_source", uri=receive_from, **manual, **radio, **one[1]),
        block(kept, "blocks_file_sink", type="complex", file=file, unbuffered="True"),
    ]
    return blocks, [[tone, "0", out, "0"], [heard, "0", kept, "0"]]


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What each kind of source heard of its sink, from one flowgraph with both; pairs do not hear each other."""
    folder = tmp_path_factory.mktemp("gnuradio")
    files = {maker: folder / maker for maker in MAKERS}
    pairs = {(sender, receiver): 300.0 for sender in range(4) for receiver in range(4)}
    pairs |= {(0, 1): LOSS_DB, (2, 3): LOSS_DB}
    with network(4, air=FlatAir(pairs_db=pairs), elastic=False) as radios:
        uris = radios.uris
        chains = [chain(maker, *uris[2 * at : 2 * at + 2], files[maker]) for at, maker in enumerate(MAKERS)]
        graph = {
            "options": {
                "parameters": {"id": "rehearsal", "generate_options": "no_gui", "output_language": "python"},
                "states": {"coordinate": [0, 0], "rotation": 0, "state": "enabled"},
            },
            "blocks": [each for blocks, _ in chains for each in blocks],
            "connections": [each for _, connections in chains for each in connections],
            "metadata": {"file_format": 1, "grc_version": "3.10.5"},
        }
        (folder / "rehearsal.grc").write_text(json.dumps(graph))
        compiled = subprocess.run(
            ["grcc", "-o", str(folder), str(folder / "rehearsal.grc")],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            env={**os.environ, "HOME": str(folder)},
        )
        assert (folder / "rehearsal.py").exists(), compiled.stdout + compiled.stderr
        wanted = [str(folder), str(8 * SAMPLES), *map(str, files.values())]
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("gr_run.py")), *wanted],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return files


@pytest.mark.parametrize("maker", MAKERS)
def test_a_tone_from_the_sink_of_one_radio_to_the_source_of_another(maker: str, heard: dict[str, Path]) -> None:
    """Frequency within 8 Hz, a bin, level by the link budget: 7 dBm - 6 dB - 60 dB against 4 dBm - 30 dB."""
    whole = np.fromfile(heard[maker], np.complex64)
    ends = range(4 * BLOCK, whole.size + 1, BLOCK)
    spectra = [abs(np.fft.fft(whole[end - 4 * BLOCK : end] * np.hanning(4 * BLOCK))) for end in ends]
    # on a busy machine the transmitter runs dry or samples are lost for moments: the stretch in which none did
    best = int(np.argmax([spectrum.max() for spectrum in spectra]))
    assert np.fft.fftfreq(4 * BLOCK, 1 / RATE_SPS)[np.argmax(spectra[best])] == pytest.approx(TONE_HZ, abs=8)
    samples = whole[ends[best] - 4 * BLOCK : ends[best]]
    assert float(np.median(abs(samples))) == pytest.approx(10 ** ((7 - 6.02 - LOSS_DB - (4 - 30)) / 20), rel=0.02)
