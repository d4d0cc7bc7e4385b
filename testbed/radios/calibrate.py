"""A whole calibration: every measurement in turn, and what it is valid for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from ampradio.radio.interface import RadioSettings
from ampradio.radio.pluto import PlutoRadio
from testbed.radios.calibration import Calibration
from testbed.radios.measure import TONE_SHARE, carrier_ppm, gain_steps, leakage, noise_figures, tone


@dataclass(frozen=True)
class ToneSource:
    """Who sends the tone that the carrier is measured by: another radio, or a generator at ``tone_hz``."""

    name: str
    radio: PlutoRadio | None = None
    tone_hz: float = 0.0


def calibrate(
    radio: PlutoRadio,
    settings: RadioSettings,
    source: ToneSource | None,
    *,
    valid_days: float,
    tell: Callable[[str], None] = lambda line: None,
) -> Calibration:
    """Measure ``radio`` as ``settings`` say, its gain chosen as each measurement needs; raises RadioError."""
    silent = replace(settings, tx_attenuation_db=89.75)
    noise = noise_figures(radio, silent)
    tell(f"noise figure {noise[-1][1]:.1f} dB at a gain of {noise[-1][0]:g} dB")
    leak = leakage(radio, settings, tell)
    steps = gain_steps(radio, settings, leak.gain_db)
    tell(f"{len(steps)} gain steps, the worst {max((abs(error) for _, error in steps), default=0.0):.2f} dB off")
    ppm = None
    if source is not None:
        ppm = _carrier(radio, silent, source)
        tell(f"carrier {ppm:+.3f} ppm beside {source.name}")
    now = datetime.now(timezone.utc)
    identity, applied = radio.identity, radio.settings
    return Calibration(
        serial=identity.serial,
        model=identity.model,
        firmware=identity.firmware,
        measured_utc=now.isoformat(timespec="seconds"),
        expires_utc=(now + timedelta(days=valid_days)).isoformat(timespec="seconds"),
        centre_hz=applied.centre_hz,
        rate_sps=applied.rate_sps,
        bandwidth_hz=applied.bandwidth_hz,
        delay_samples=round(leak.delay_samples, 3),
        delay_spread_samples=round(leak.spread_samples, 3),
        tx_leak_db=round(leak.leak_db, 2),
        noise=tuple((gain, round(figure, 2)) for gain, figure in noise),
        gain_steps=tuple((gain, round(error, 3)) for gain, error in steps),
        carrier_ppm=None if ppm is None else round(ppm, 4),
        reference="" if source is None else source.name,
    )


def _carrier(radio: PlutoRadio, settings: RadioSettings, source: ToneSource) -> float:
    if source.radio is None:
        return carrier_ppm(radio, settings, source.tone_hz)
    source.radio.cyclic(tone(source.radio.settings.rate_sps))
    try:
        tone_hz = source.radio.settings.centre_hz + TONE_SHARE * source.radio.settings.rate_sps
        return carrier_ppm(radio, settings, tone_hz)
    finally:
        source.radio.cyclic(None)
