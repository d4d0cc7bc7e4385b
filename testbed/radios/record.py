"""Recording from a radio: every block to a SigMF file as it came, every place where samples are missing marked."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from ampradio.profile import Profile
from ampradio.radio.errors import RadioError, RadioSettingError
from ampradio.radio.interface import RX_FULL_SCALE, LossCount, RadioSettings, Samples
from ampradio.radio.pluto import PlutoRadio
from testbed.capture import CaptureMeta
from testbed.capture.error import CaptureError
from testbed.radios.facts import hardware, radio_facts

RATES_SPS = tuple(
    round(rate * 1e6) for rate in (61.44, 40, 30.72, 20, 15.36, 10, 7.68, 6, 5, 4, 3, 2.5, 2, 1.5, 1, 0.75, 0.6)
)
_TRY_S = 1.0


@dataclass(frozen=True)
class Recorded:
    """What was recorded: ``segments`` stretches without a gap; ``interrupted`` when it is shorter than asked for."""

    meta_path: Path
    samples: int
    rate_sps: int
    segments: int
    losses: LossCount
    interrupted: bool


def highest_rate(
    radio: PlutoRadio, settings: RadioSettings, folder: Path, tell: Callable[[str], None] = lambda line: None
) -> int:
    """Return the highest usual rate that arrives, and can be written into ``folder``, without loss for a second.

    Raises:
        RadioError: the radio failed, or loses samples at every rate.
        CaptureError: nothing can be written there.
    """
    scratch = folder / ".rate"
    try:
        for rate_sps in RATES_SPS:
            radio.configure(replace(settings, rate_sps=rate_sps, bandwidth_hz=bandwidth_for(rate_sps)))
            if _arrives_whole(radio, scratch):
                return rate_sps
            tell(f"{rate_sps / 1e6:g} MS/s: samples are lost")
    except OSError as error:
        raise CaptureError(scratch, f"cannot be written: {error.strerror}", "is the disk full?") from None
    finally:
        scratch.unlink(missing_ok=True)
    raise RadioSettingError("samples are lost at every rate", "end what else keeps the cable or this computer busy")


def _arrives_whole(radio: PlutoRadio, scratch: Path) -> bool:
    with scratch.open("wb") as file:
        try:
            radio.start(transmit=False)
            for _ in range(round(_TRY_S * radio.settings.rate_sps / radio.block)):
                file.write(radio.receive().codes.data)
                if radio.losses().any:
                    return False
            return True
        finally:
            radio.stop()


def bandwidth_for(rate_sps: int) -> int:
    """Return the analogue bandwidth that fits ``rate_sps``, within what the radio has."""
    return min(max(rate_sps, 200_000), 20_000_000)


def record_exchange(
    radio: PlutoRadio, base: Path, samples: Samples, after_s: float, profile: Profile, *, role: str = ""
) -> Recorded:
    """Send ``samples`` in burst operation; keep the capture, from their first sample to ``after_s`` behind their last.

    Raises:
        CaptureError: the files cannot be written.
        RadioError: the radio failed, or does not hear itself.
    """
    settings = radio.settings
    made = radio.exchange(samples, after=round(after_s * settings.rate_sps))
    kept = made.codes[made.sent_at : made.sent_at + samples.size + round(after_s * settings.rate_sps)]
    meta = _meta(radio, base, profile, role, f"a burst from {radio.identity.uri}, and what followed")
    try:
        meta.data_path.write_bytes(kept.tobytes())
    except OSError as error:
        raise CaptureError(meta.data_path, f"cannot be written: {error.strerror}", "is the disk full?") from None
    meta.set_radio(radio_facts(radio.identity, settings) | made.as_facts() | {"sent_samples": samples.size})
    meta.finalise(len(kept))
    return Recorded(meta.meta_path, len(kept), settings.rate_sps, 1, LossCount(), False)


def record(
    radio: PlutoRadio,
    base: Path,
    seconds: float,
    profile: Profile,
    *,
    role: str = "",
    description: str = "",
    more: dict[str, object] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Recorded:
    """Record ``seconds`` from the configured ``radio`` to ``base``.sigmf-data, ci16_le, and .sigmf-meta.

    Ctrl-C, and a radio that vanishes, leave a recording that is complete as far as it goes; the error then follows.

    Raises:
        CaptureError: the files cannot be written.
        RadioError: the radio failed.
    """
    settings, wanted = radio.settings, round(seconds * radio.settings.rate_sps)
    meta = _meta(radio, base, profile, role, description or f"{seconds:g} s from {radio.identity.uri}")
    began = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    facts = radio_facts(radio.identity, settings) | {"began_utc": began} | (more or {})
    written, segments, interrupted = 0, 1, True
    try:
        with meta.data_path.open("wb") as file:
            meta.set_radio(facts)
            radio.start(transmit=False)
            expected = 0
            while written < wanted:
                block = radio.receive()
                if block.lost or block.first != expected:
                    missing = None if block.lost else block.first - expected
                    if written:
                        meta.add_gap(written, missing)
                        segments += 1
                expected = block.end
                codes = block.codes[: wanted - written]
                file.write(codes.data)
                written += len(codes)
                progress(written, wanted)
        interrupted = False
    except OSError as error:
        raise CaptureError(meta.data_path, f"cannot be written: {error.strerror}", "is the disk full?") from None
    finally:
        losses = radio.losses()
        meta.set_radio(facts | {"losses": asdict(losses), "interrupted": interrupted})
        meta.finalise(written)
        with contextlib.suppress(RadioError):
            radio.stop()
    return Recorded(meta.meta_path, written, settings.rate_sps, segments, losses, interrupted)


def _meta(radio: PlutoRadio, base: Path, profile: Profile, role: str, description: str) -> CaptureMeta:
    return CaptureMeta(
        base,
        radio.settings.rate_sps,
        "ci16_le",
        profile,
        description=description,
        node=role or "radio",
        role=role,
        center_hz=radio.settings.centre_hz,
        unit=float(RX_FULL_SCALE),
        hardware=hardware(radio.identity, radio.settings),
    )
