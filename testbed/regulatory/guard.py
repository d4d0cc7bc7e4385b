"""The guard: nothing radiates that no row of the region's table allows; what does not radiate needs none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ampradio.radio.interface import Loopback, RadioIdentity, RadioSettings
from testbed.regulatory.region import Range, Region, RegulatoryError
from testbed.regulatory.transmission import Transmission


@dataclass(frozen=True)
class Guarded:
    """A transmission that may be sent: by which row, or why it does not radiate. ``statement`` is for people."""

    radiates: bool
    statement: str
    region: str = ""
    source: str = ""
    provenance: str = ""
    eirp_dbm: float | None = None
    limit_dbm: float | None = None

    def as_facts(self) -> dict[str, object]:
        """Return the facts for a manifest or a recording's metadata, in JSON's types."""
        return {key: round(value, 2) if isinstance(value, float) else value for key, value in asdict(self).items()}


def silence_of(identity: RadioIdentity, settings: RadioSettings) -> str | None:
    """Return why nothing radiates from a radio that is set so, or None when it does."""
    if identity.emulated:
        return f"{identity.serial} is emulated: nothing radiates"
    if settings.loopback is Loopback.DIGITAL:
        return "digital loopback, and the transmitter's oscillator is off: nothing radiates"
    return None


def guard(transmissions: Sequence[Transmission], region: Region, silent: str | None = None) -> list[Guarded]:
    """Return for each of ``transmissions`` what allows it; ``silent`` is why none radiates (see ``silence_of``).

    What does not radiate is told what the rules would say on air, so that a rehearsal shows it.

    Raises:
        RegulatoryError: one is not allowed; nothing may be sent.
    """
    if silent is not None:
        return [Guarded(False, f"{silent}; on air: {_on_air(each, region)}") for each in transmissions]
    return [_allowed(each, region) for each in transmissions]


def _on_air(transmission: Transmission, region: Region) -> str:
    try:
        return _allowed(transmission, region).statement
    except RegulatoryError as error:
        return f"refused, {error.reason}"


def _allowed(transmission: Transmission, region: Region) -> Guarded:
    refusals = []
    for row in region.ranges:
        why = _refusal(transmission, row)
        if why is None:
            statement = (
                f"{transmission.centre_hz / 1e6:g} MHz, {transmission.occupied_bandwidth_hz / 1e6:.3g} MHz wide, "
                f"at most {transmission.eirp_dbm:.1f} dBm e.i.r.p. of {row.max_eirp_dbm:g} "
                f"({region.name}: {row.source})"
            )
            return Guarded(
                True, statement, region.name, row.source, row.provenance, transmission.eirp_dbm, row.max_eirp_dbm
            )
        refusals.append((why, row))
    # the row that a person meant is the one that holds the frequency, if there is one
    within = [(why, row) for why, row in refusals if row.low_hz <= transmission.centre_hz <= row.high_hz]
    if not within:
        raise RegulatoryError(
            f"{transmission.centre_hz / 1e6:g} MHz may not be sent on in region {region.name}",
            f"choose a frequency of {_bands(region)}, another --region, or emu: and loopback 1, which do not radiate",
        )
    whys = "; ".join(f"{why[0]} ({row.source.partition(':')[0]})" for why, row in within)
    fixes = " or ".join(dict.fromkeys(why[1] for why, _ in within))
    raise RegulatoryError(f"{transmission.centre_hz / 1e6:g} MHz in region {region.name}: {whys}", fixes)


def _refusal(transmission: Transmission, row: Range) -> tuple[str, str] | None:
    """Return why ``row`` does not allow it, and the fix."""
    half = transmission.occupied_bandwidth_hz / 2
    if not row.low_hz <= transmission.centre_hz - half or not transmission.centre_hz + half <= row.high_hz:
        what = f"{transmission.occupied_bandwidth_hz / 1e6:.3g} MHz wide reach beyond"
        return f"{what} {row.low_hz / 1e6:g} to {row.high_hz / 1e6:g} MHz", "move the centre or lower the bandwidth"
    if row.min_bandwidth_hz is not None and transmission.occupied_bandwidth_hz < row.min_bandwidth_hz:
        return f"narrower than {row.min_bandwidth_hz / 1e3:g} kHz", "attenuate more"
    if row.max_bandwidth_hz is not None and transmission.occupied_bandwidth_hz > row.max_bandwidth_hz:
        return f"wider than {row.max_bandwidth_hz / 1e3:g} kHz", "lower the bandwidth"
    over_db = transmission.eirp_dbm - row.max_eirp_dbm
    if row.max_dbm_per_mhz is not None:
        over_db = max(over_db, transmission.dbm_per_mhz - row.max_dbm_per_mhz)
    if over_db > 0:
        more = f"attenuate {over_db:.1f} dB more: {transmission.attenuation_db + over_db:.1f} dB"
        return f"{transmission.eirp_dbm:.1f} dBm e.i.r.p. are {over_db:.1f} dB too much", more
    duty = transmission.duty_in(row.duty_window_s)
    if duty > row.duty_cycle:
        what = f"on for {100 * duty:.3g} % of {row.duty_window_s:g} s, {100 * row.duty_cycle:g} % are allowed"
        return what, "send less of the time, or attenuate to what needs no duty cycle"
    return None


def _bands(region: Region) -> str:
    bands = sorted({(row.low_hz, row.high_hz) for row in region.ranges})
    return ", ".join(f"{low / 1e6:g} to {high / 1e6:g} MHz" for low, high in bands)
