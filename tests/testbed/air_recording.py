"""A sniffer's recording of an exchange, made sample by sample: what was sent where is known exactly."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.signal import resample

from ampradio.phy.modulate import ppdu
from ampradio.profile import load_profile
from testbed.attack.scene import Scene
from testbed.attack.suspects import SUSPECTS
from testbed.capture import Recording, open_capture
from testbed.capture.iq_format import FORMATS
from testbed.experiment import Experiment

PROFILE = load_profile()
RATE = 20_000_000
CLOCK_PPM, CARRIER_HZ = 3000.0, 400_000.0
LEAD_S = 0.0005


@dataclass(frozen=True)
class Sent:
    """A PPDU that is in the recording: its PSDU, where it begins (s), and whether the AP sent it."""

    psdu: bytes
    start_s: float
    downlink: bool


@cache
def air(label: str = "S1-3f", snr_db: float = 22.0) -> tuple[npt.NDArray[np.complex64], tuple[Sent, ...]]:
    """Return 20 MS/s of an exchange as somebody between both heard it, and what is in it."""
    (suspect,) = (each for each in SUSPECTS if each.label == label)
    experiment: Experiment = suspect.experiment()
    scene = Scene(experiment)
    scene.run()
    heard = scene.tap.heard
    samples = np.zeros(round((heard[-1].end_ns * 1e-9 + 2 * LEAD_S) * RATE), np.complex128)
    sent = []
    for each in heard:
        down = each.tx.vector.kind.is_downlink
        wave = ppdu(PROFILE, each.tx.psdu, each.tx.vector, clock_ppm=0.0 if down else CLOCK_PPM)
        start_s = each.tx.start_ns * 1e-9 + LEAD_S
        begin = round(start_s * RATE)
        turned = wave if down else wave * np.exp(2j * np.pi * CARRIER_HZ / RATE * np.arange(wave.size))
        samples[begin : begin + wave.size] += turned[: samples.size - begin]
        sent.append(Sent(each.tx.psdu, start_s, down))
    rng = np.random.default_rng(7)
    amplitude = 10 ** (-snr_db / 20) / np.sqrt(2)
    samples += amplitude * (rng.standard_normal(samples.size) + 1j * rng.standard_normal(samples.size))
    return samples.astype(np.complex64), tuple(sent)


def recorded(
    base: Path, *, rate_sps: int = RATE, offset_hz: float = 0.0, datatype: str = "cf32_le", told: bool = True
) -> Recording:
    """Write the exchange as a foreign recording: resampled by its whole spectrum, shifted, in any format.

    The resampling is scipy's by Fourier transform, which shares nothing with the polyphase one under test.
    """
    samples, _ = air()
    if rate_sps != RATE:
        samples = resample(samples, round(samples.size * rate_sps / RATE))
    if offset_hz:
        samples = samples * np.exp(2j * np.pi * offset_hz / rate_sps * np.arange(samples.size))
    form = FORMATS[datatype]
    parts = np.stack((samples.real, samples.imag), axis=1)
    if np.dtype(form.component).kind in "iu":
        parts = np.round(parts * form.unit / 8 + form.zero)
    base.with_name(base.name + ".sigmf-data").write_bytes(parts.astype(form.component).tobytes())
    capture = {"core:sample_start": 0} | ({"core:frequency": PROFILE.uplink.carrier_hz - offset_hz} if told else {})
    document = {
        "global": {"core:version": "1.2.0", "core:datatype": datatype, "core:sample_rate": rate_sps},
        "captures": [capture],
        "annotations": [],
    }
    base.with_name(base.name + ".sigmf-meta").write_text(json.dumps(document))
    return open_capture(base)
