"""Measuring a radio by what leaks from its transmitter into its own receiver, and by another radio's tone.

Levels are nominal: full scale is 7 dBm at the transmitter and 4 dBm less the gain at the receiver, which no PlutoSDR
keeps within 3 dB; gain steps, delay and carrier do not depend on them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ampradio.radio.alignment import Found, find, sync_sequence
from ampradio.radio.errors import RadioSettingError, RadioTimeoutError
from ampradio.radio.interface import Loopback, RadioSettings, Samples
from ampradio.radio.pluto import PlutoRadio
from testbed.regulatory.transmission import FULL_SCALE_DBM

RX_FULL_SCALE_DBM = 4.0  # what fills the converter at a gain of 0 dB, nominal (AD9363 data sheet, at 2.4 GHz)
THERMAL_DBM_HZ = -173.98  # kT at 290 K
GAINS_DB = (0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0)
BURSTS = 8
TONE_SHARE = 1 / 16  # of the sample rate, from the centre: clear of the converter's offset
AMPLITUDE = 0.5
_FIRST_GAINS_DB = (0.0, 30.0, 60.0)
_GOOD_DBFS, _TOO_MUCH_DBFS = -15.0, -3.0
_SEQUENCE = 1 << 16
_STEP_DB = 5.0


@dataclass(frozen=True)
class Leakage:
    """How the own transmitter is heard: delay beside the digital loopback, its spread, the loss, at which gain."""

    delay_samples: float
    spread_samples: float
    leak_db: float
    gain_db: float


def leakage(radio: PlutoRadio, settings: RadioSettings, tell: Callable[[str], None]) -> Leakage:
    """Return how the own transmitter is heard by the antennas: when by bursts of a sequence, how loud by a tone.

    Raises:
        RadioTimeoutError: it is not heard at any gain.
        RadioError: the radio failed.
    """
    settings = replace(settings, loopback=Loopback.OFF)
    for try_db in _FIRST_GAINS_DB:
        radio.configure(replace(settings, rx_gain_db=try_db))
        first = _echoes(radio, 1)
        if not first:
            continue
        level_dbfs = 20 * math.log10(abs(first[0][1].gain) * AMPLITUDE)
        gain_db = float(min(max(round(try_db + _GOOD_DBFS - level_dbfs), GAINS_DB[0]), GAINS_DB[-1]))
        applied = radio.configure(replace(settings, rx_gain_db=gain_db))
        found = _echoes(radio, BURSTS)
        if len(found) < BURSTS // 2:
            continue
        delays = [echo.at + echo.fraction - at for at, echo in found]
        _, tone_dbfs = _with_tone(radio)
        sent_dbm = FULL_SCALE_DBM - applied.tx_attenuation_db + 20 * math.log10(AMPLITUDE)
        loss_db = sent_dbm - (tone_dbfs + RX_FULL_SCALE_DBM - gain_db)
        tell(f"delay {np.median(delays):.2f} samples, leakage {loss_db:.1f} dB at a gain of {gain_db:g} dB")
        return Leakage(float(np.median(delays)), float(np.ptp(delays)), loss_db, gain_db)
    raise RadioTimeoutError(
        "the own transmission is not heard at any gain", "attenuate it less, or put the antennas nearer to each other"
    )


def noise_figures(radio: PlutoRadio, settings: RadioSettings) -> tuple[tuple[float, float], ...]:
    """Return (gain, noise figure) for every gain, nothing being sent; raises RadioError."""
    out = []
    for gain_db in GAINS_DB:
        applied = radio.configure(replace(settings, rx_gain_db=gain_db, loopback=Loopback.OFF))
        heard = _heard(radio, _SEQUENCE)
        half = 0.25 * min(applied.bandwidth_hz, applied.rate_sps)  # what the analogue filter lets through whole
        density = np.abs(np.fft.fft(heard)) ** 2 / heard.size / applied.rate_sps
        offsets = np.abs(np.fft.fftfreq(heard.size, 1 / applied.rate_sps))
        around = density[(offsets < half) & (offsets > 4 * applied.rate_sps / heard.size)]
        dbfs_hz = 10 * math.log10(max(float(np.mean(around)), 1e-30))
        out.append((gain_db, dbfs_hz + RX_FULL_SCALE_DBM - gain_db - THERMAL_DBM_HZ))
    return tuple(out)


def gain_steps(radio: PlutoRadio, settings: RadioSettings, around_db: float) -> tuple[tuple[float, float], ...]:
    """Return (gain, error) by a leaked tone, for gains at which it neither drowns nor clips; raises RadioError."""
    heard_db: list[tuple[float, float]] = []
    for gain_db in np.arange(max(around_db - 20, GAINS_DB[0]), min(around_db + 20, GAINS_DB[-1]) + 0.1, _STEP_DB):
        radio.configure(replace(settings, rx_gain_db=float(gain_db), loopback=Loopback.OFF))
        samples, power_dbfs = _with_tone(radio)
        noise_dbfs = 10 * math.log10(max(float(np.mean(np.abs(samples) ** 2)), 1e-30))
        if power_dbfs > _TOO_MUCH_DBFS or power_dbfs < noise_dbfs - 10:
            continue
        heard_db.append((float(gain_db), power_dbfs))
    if not heard_db:
        return ()
    gain_0, level_0 = heard_db[0]
    return tuple((gain, level - level_0 - (gain - gain_0)) for gain, level in heard_db)


def carrier_ppm(radio: PlutoRadio, settings: RadioSettings, tone_hz: float) -> float:
    """Return the error of the radio's oscillator by a tone that somebody else sends at ``tone_hz`` exactly.

    Raises:
        RadioTimeoutError: no tone stands out within half of the sampled band.
        RadioError: the radio failed.
    """
    settings = replace(settings, loopback=Loopback.OFF, carrier_ppm=0.0)
    for gain_db in GAINS_DB[2:]:
        applied = radio.configure(replace(settings, rx_gain_db=gain_db))
        heard = _heard(radio, 1 << 18)
        offset_hz, over_db = strongest_hz(heard, applied.rate_sps)
        if over_db > 30:
            # what is tuned p too high hears everything p lower
            return (tone_hz - applied.centre_hz - offset_hz) / applied.centre_hz * 1e6
    raise RadioTimeoutError(
        f"no tone is heard near {tone_hz / 1e6:g} MHz", "bring its source nearer, or let it send with more power"
    )


def strongest_hz(samples: Samples, rate_sps: int) -> tuple[float, float]:
    """Return the frequency of the strongest tone, and how far it stands above the mean density, in dB."""
    window = np.hanning(samples.size)
    spectrum = np.abs(np.fft.fft(samples * window)) ** 2
    spectrum[:4] = spectrum[-4:] = 0  # the converter's own offset
    at = int(np.argmax(spectrum))
    before, peak, after = np.log(np.maximum(spectrum[[at - 1, at, (at + 1) % samples.size]], 1e-30))
    fraction = 0.5 * (before - after) / (before - 2 * peak + after)
    over_db = 10 * math.log10(spectrum[at] / max(float(np.mean(spectrum)), 1e-30))
    place = at + fraction if at < samples.size / 2 else at + fraction - samples.size
    return float(place * rate_sps / samples.size), over_db


def tone(rate_sps: int, length: int = 4096) -> Samples:
    """Return whole cycles of a tone at TONE_SHARE of the sample rate."""
    out: Samples = (AMPLITUDE * np.exp(2j * np.pi * TONE_SHARE * np.arange(length))).astype(np.complex64)
    return out


def _echoes(radio: PlutoRadio, count: int) -> list[tuple[int, Found]]:
    """Send the sequence ``count`` times and return (asked for, found) of those that were heard."""
    known = sync_sequence(AMPLITUDE)
    radio.start()
    try:
        begin = radio.earliest() + 4 * radio.block
        sent = [begin + 2 * radio.block * number for number in range(count)]
        for at in sent:
            radio.burst(known, at)
        out: list[tuple[int, Found]] = []
        held = radio.receive()
        for at in sent:
            while held.end < at - radio.block // 2:
                held = radio.receive()
            near = [held]
            while near[-1].end < at + radio.block // 2:
                near.append(radio.receive())
            held = near[-1]
            if any(block.lost for block in near[1:]) or near[0].first > at or radio.losses().displaced_bursts:
                continue
            heard = np.concatenate([block.samples for block in near])
            echo = find(known, heard)
            if echo is not None:
                out.append((at, replace(echo, at=near[0].first + echo.at)))
        return out
    finally:
        radio.stop()


def _heard(radio: PlutoRadio, count: int) -> Samples:
    """Return ``count`` received samples without a gap."""
    radio.start(transmit=False)
    try:
        for _ in range(100):
            blocks = [radio.receive() for _ in range(-(-count // radio.block))]
            if all(not block.lost and block.first == before.end for before, block in itertools.pairwise(blocks)):
                return np.concatenate([block.samples for block in blocks])[:count]
        raise RadioSettingError("samples are lost all the time", "lower --rate-sps")
    finally:
        radio.stop()


def _with_tone(radio: PlutoRadio) -> tuple[Samples, float]:
    """Return what is heard while the radio sends its tone, and the tone's level."""
    radio.cyclic(tone(radio.settings.rate_sps))
    try:
        samples = _heard(radio, _SEQUENCE)
    finally:
        radio.cyclic(None)
    places = np.arange(samples.size)
    level = complex(np.mean(samples * np.exp(-2j * np.pi * TONE_SHARE * places)))
    return samples, 20 * math.log10(max(abs(level), 1e-9))
