"""The cases of ``make bench-per``, what each is held against, and how far from it 10 % PER may be (issue bars)."""

from __future__ import annotations

from dataclasses import fields, replace

from ampradio.phy.uncoded_frame import Detector
from ampradio.profile import load_profile
from ampradio.vectors import PpduKind, TxVector
from testbed.bench.mono_links import STILL_LINKS
from testbed.bench.per_bistatic import Bistatic
from testbed.bench.per_case import Case
from testbed.bench.per_downlink import Downlink, DownlinkGenie
from testbed.bench.per_modes import SEED_INDEX
from testbed.bench.per_mono import Mono
from testbed.bench.per_uncoded import COHERENT, NON_COHERENT, Uncoded
from testbed.bench.per_uplink import Coded, CodedGenie, CodedIdeal

ENERGY_DB = 0.3
CODED_DB = 0.4
NON_COHERENT_DB = 0.3
FEW_SAMPLES_DB = 0.5
AIDED_DB = 0.4
BISTATIC_DB = 1.0
MONO_DB = 0.6
FADING_DB = 0.5
CARRIER_DB = 0.3
_LEAST_SAMPLES = 8  # in a chip, for the energy bar (performance page, S3)
_MONO_CLOCK_PPM = (100_000.0,)
_ENERGY = "full-band energy"
_PAIRS = "full-band energy, as the testbed's tag sums it: five power samples in a chip"
_AIDED = "non-coherent, phase as the neighbouring chips tell it, soft Viterbi"
_ENERGIES = "non-coherent: energies of the chips"
_AIDED_UNCODED = "coherent-aided: phase as the neighbouring chips tell it"
_BISTATIC_CARRIER_HZ = 2e5  # what is left of the shift clock's error
_FIVE_SAMPLES_CLOSER = 10  # the matched filter is 0.35 dB off: 0.07 dB of chance is more than is left of 0.4
_BISTATIC_CLOSER = 4  # at 1 Mb/s 0.6 dB of the 1 allowed is the excitation's, and either end of the distance measured
_SAME = "the same on the same realisations, told timing, clock and carrier"
_RATES = {"250k": 250_000, "1M": 1_000_000}
_CODED_FIRST_DB = 1.75
_FADED_DB = 3.0  # between points
_DOWN_FADED_DB = {"250k": 23.0, "1M": 21.5}  # Ec/N0 near 10 % PER
_UP_FADED_DB = 10.5


def cases() -> tuple[Case, ...]:
    """Return every case, each reference before what refers to it."""
    return (*_downlink(), *_coded(), *_uncoded(), *_bistatic(), *_mono(), *_faded())


def _downlink() -> list[Downlink]:
    found: list[Downlink] = []
    for name, rate_bps in _RATES.items():
        for rate_msps in (4, 10, 20):
            case = Downlink(
                name=f"DL {name}" if rate_msps == 20 else f"DL {name} at {rate_msps} MS/s",
                rate_bps=rate_bps,
                sample_rate_sps=rate_msps * 1_000_000,
                detector=_ENERGY,
                bar="",
                air=f"DL {name} {rate_msps}",
                family="downlink",
                decimation=2 if (name, rate_msps) == ("250k", 20) else 1,
            )
            enough = case.freedom >= _LEAST_SAMPLES
            bar = f"energy comparison of the ON waveform in {rate_msps} MHz, M = {case.freedom:g}"
            detector = _ENERGY + (f", interpolated by {case.interpolation}" if case.interpolation > 1 else "")
            found.append(replace(case, detector=detector, bar=bar, allowed_db=ENERGY_DB if enough else None))
    pairs = replace(found[-1], name="DL 1M in pairs", detector=_PAIRS, allowed_db=None, decimation=2)
    return [*found, pairs]


def _coded() -> list[Case]:
    uplink = load_profile().uplink
    edge_hz = uplink.carrier_hz * uplink.carrier_tolerance_ppm * 1e-6
    found: list[Case] = []
    for name, rate_bps in _RATES.items():
        kind = {"rate_bps": rate_bps, "sample_rate_sps": uplink.sample_rate_sps, "begin_db": _CODED_FIRST_DB}
        genie = CodedGenie(
            name=f"UL {name} genie", detector=_SAME, bar="", air=f"UL {name}", family="uplink", floor=False,
            carrier_hz=edge_hz, **kind,
        )  # fmt: skip
        ideal = CodedIdeal(
            name=f"UL {name} ideal", detector="chips of known phase, soft Viterbi", bar="", air=f"UL {name} ideal",
            family="uplink", clocks_ppm=(100.0,), floor=False, carrier_hz=0.0, **kind,
        )  # fmt: skip
        coded = Coded(
            name=f"UL {name}", detector=_AIDED, bar=_SAME, air=f"UL {name}", family="uplink",
            reference=genie.name, allowed_db=CODED_DB, carrier_hz=edge_hz, **kind,
        )  # fmt: skip
        still = replace(
            coded, name=f"UL {name} no carrier offset", air=f"UL {name} carrier", carrier_hz=0.0, floor=False,
            clocks_ppm=(1000.0,), allowed_db=None,
        )  # fmt: skip
        shifted = replace(
            still, name=f"UL {name} ±{edge_hz / 1e6:.2f} MHz", carrier_hz=edge_hz, at_edge=True,
            reference=still.name, bar="the same without carrier offset", allowed_db=CARRIER_DB,
        )  # fmt: skip
        found += [ideal, genie, coded, still, shifted]
    return found


def _uncoded() -> list[Uncoded]:
    profile = load_profile()
    uplink = profile.uplink
    edge_hz = uplink.carrier_hz * uplink.carrier_tolerance_ppm * 1e-6
    links = [
        ("bistatic chips", TxVector(PpduKind.UL_BISTATIC, rate_bps), rate_msps, _BISTATIC_CARRIER_HZ)
        for rate_bps in _RATES.values()
        for rate_msps in (4, 10, 20)
    ]
    links.append(("active", TxVector(PpduKind.UL_ACTIVE, uplink.rate_high_bps, seed_index=SEED_INDEX), 40, edge_hz))
    found: list[Uncoded] = []
    for what, vector, rate_msps, carrier_hz in links:
        rate = f"{vector.rate_bps // 1_000_000}M" if vector.rate_bps >= 1_000_000 else f"{vector.rate_bps // 1000}k"
        samples_of_chip = rate_msps * 1_000_000 // (2 * vector.rate_bps)
        few = samples_of_chip == 2
        closer = _FIVE_SAMPLES_CLOSER if samples_of_chip == 5 else 1
        if (vector.rate_bps, rate_msps) == (uplink.rate_mid_bps, 20):  # the bar of bistatic replies
            closer = _BISTATIC_CLOSER
        for reading, short in ((Detector.NON_COHERENT, "energies"), (Detector.COHERENT_AIDED, "aided")):
            aided = reading is Detector.COHERENT_AIDED
            found.append(
                Uncoded(
                    name=f"UL uncoded {rate} {short} at {rate_msps} MS/s",
                    rate_bps=vector.rate_bps,
                    sample_rate_sps=rate_msps * 1_000_000,
                    detector=_AIDED_UNCODED if aided else _ENERGIES,
                    bar=f"{COHERENT if aided else NON_COHERENT}; {what}",
                    air=f"UL uncoded {rate} {rate_msps}",
                    family=f"uplink, {short}",
                    allowed_db=(None if few else AIDED_DB) if aided else (FEW_SAMPLES_DB if few else NON_COHERENT_DB),
                    vector=vector,
                    reading=reading,
                    carrier_hz=carrier_hz,
                    closer=closer,
                )
            )
    return [*found, *_carrier_price(found[-2], edge_hz)]


def _carrier_price(fast: Uncoded, edge_hz: float) -> list[Uncoded]:
    """Return ``fast`` without a carrier offset, and with the largest."""
    still = replace(
        fast, name="UL uncoded 4M no carrier offset", air="UL uncoded 4M carrier", clocks_ppm=(1000.0,), floor=False,
        allowed_db=None, offset_hz=0.0,
    )  # fmt: skip
    shifted = replace(
        still, name=f"UL uncoded 4M ±{edge_hz / 1e6:.2f} MHz", reference=still.name, allowed_db=CARRIER_DB,
        bar="the same without carrier offset", offset_hz=edge_hz,
    )  # fmt: skip
    return [still, shifted]


def _bistatic() -> list[Case]:
    uplink = load_profile().uplink
    readings = ((Detector.NON_COHERENT, "energies"), (Detector.COHERENT_AIDED, "aided"))
    return [
        Bistatic(
            name=f"UL bistatic {name} {short}",
            rate_bps=rate_bps,
            sample_rate_sps=uplink.wide_sample_rate_sps,
            detector=f"{_AIDED_UNCODED if short == 'aided' else _ENERGIES}, excitation wiped off",
            bar="the same chips from an active tag at 20 MS/s, as measured",
            air=f"UL bistatic {name}",
            family="bistatic",
            allowed_db=BISTATIC_DB,
            reference=f"UL uncoded {name} {short} at 20 MS/s",
            clocks_ppm=(10_000.0,),
            vector=TxVector(PpduKind.UL_BISTATIC, rate_bps),
            reading=reading,
            closer=_BISTATIC_CLOSER if rate_bps == uplink.rate_mid_bps else 1,
        )
        for name, rate_bps in _RATES.items()
        for reading, short in readings
    ]


def _mono() -> list[Case]:
    return [
        Mono(
            name=link.name,
            rate_bps=link.rate_bps,
            sample_rate_sps=load_profile().preamble.sample_rate_sps,
            detector="coherent, phase fitted to the chips" if link.is_uplink else _ENERGY,
            bar=link.bound,
            air=link.name,
            family="mono-static",
            allowed_db=MONO_DB,
            clocks_ppm=_MONO_CLOCK_PPM,
            link=link,
        )
        for link in STILL_LINKS
    ]


def _faded() -> list[Case]:
    profile = load_profile()
    uplink = profile.uplink
    edge_hz = uplink.carrier_hz * uplink.carrier_tolerance_ppm * 1e-6
    found: list[Case] = []
    for model in ("B", "D"):
        for name, rate_bps in _RATES.items():
            grid_db = tuple(_DOWN_FADED_DB[name] + step * _FADED_DB for step in (-1, 0, 1))
            genie: Case = DownlinkGenie(
                name=f"DL {name} TGn {model} genie", rate_bps=rate_bps, detector=_SAME, bar="", floor=False,
                sample_rate_sps=profile.preamble.sample_rate_sps, air=f"DL {name} TGn {model}", family="multipath",
                clocks_ppm=(10_000.0,), grid_db=grid_db, channel=model, decimation=2 if name == "250k" else 1,
            )  # fmt: skip
            found += [genie, _told(genie, Downlink, _ENERGY, f"DL {name} TGn {model}")]
            grid_db = tuple(_UP_FADED_DB + step * _FADED_DB for step in (-1, 0, 1))
            genie = CodedGenie(
                name=f"UL {name} TGn {model} genie", rate_bps=rate_bps, detector=_SAME, bar="", floor=False,
                sample_rate_sps=uplink.sample_rate_sps, air=f"UL {name} TGn {model}", family="multipath",
                clocks_ppm=(10_000.0,), grid_db=grid_db, channel=model, begin_db=_UP_FADED_DB, carrier_hz=edge_hz,
            )  # fmt: skip
            found += [genie, _told(genie, Coded, _AIDED, f"UL {name} TGn {model}")]
    return found


def _told(genie: Case, receiver: type[Case], detector: str, name: str) -> Case:
    """Return the case that ``genie`` is the bar of."""
    same = {field.name: getattr(genie, field.name) for field in fields(genie)}
    changed = {"name": name, "detector": detector, "bar": _SAME, "reference": genie.name, "allowed_db": FADING_DB}
    return receiver(**{**same, **changed})
