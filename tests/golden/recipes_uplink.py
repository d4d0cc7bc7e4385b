"""Golden recordings of an AP's receiver: every uplink kind and rate, at the worst clock and carrier, under leaks."""

from __future__ import annotations

import cmath
import math

from tests.golden import reference_downlink as downlink
from tests.golden import reference_frames as frames
from tests.golden import reference_uplink as uplink
from tests.golden.recipe import Own, Recipe, Sent, Window
from tests.golden.reference_air import echoed, noisy, placed

UNIT = 2048
CLEAN_DB = 30.0
NATIVE_SPS, WIDE_SPS = 20_000_000, 40_000_000
WORST_HZ = 2_437_000.0  # 1000 ppm of 2437 MHz
SHIFT_HZ = 20_000_000
GAMMA_ON = 10 ** (-6 / 20)
STATION = 0x2BAD
LEAD = 1200

REPORT = frames.response(STATION, bytes(range(0x30, 0x38)))
SHORT = frames.response(0x7FFE, b"\x10\x20\x30")
EPC_REPLY = frames.rfid(STATION, [1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0, 0, 1, 0, 1])
COMMAND = frames.rfid(STATION, [0, 1, 0, 0, 1, 1, 0, 1])


def _active(
    name: str, about: str, rate_kbps: int, seed: int, *, psdu: bytes = REPORT, seed_index: int = 1, ppm: float = 0.0,
    cfo_hz: float = 41_000.0, snr_db: float = CLEAN_DB, ecn0_db: float | None = None, offset_hz: int = 0,
    start_ns: float = 60_010.0, keep: float = 1.0, other: bytes = b"",
) -> Recipe:  # fmt: skip
    """Return a recording of an active tag's PPDU in its window.

    ``other`` is the PSDU of a second tag 10 dB below, 2.35 µs later. The recording ends when ``keep`` of it is in.
    """
    rate_sps = WIDE_SPS if rate_kbps == 4000 or offset_hz else NATIVE_SPS
    chip_ns = uplink.ACTIVE_CHIP_NS[rate_kbps]
    chips = uplink.active_chips(psdu, rate_kbps, seed_index)
    duration_ns = len(chips) * chip_ns * (1 + ppm * 1e-6)
    total = round((start_ns + keep * duration_ns + (60_000 if keep == 1.0 else 0)) * rate_sps * 1e-9)

    def samples() -> list[complex]:
        keyed = uplink.levels(chips, chip_ns, rate_sps, start_ns=start_ns, ppm=ppm)
        parts = [(0, 1.0, uplink.turning(keyed, offset_hz + cfo_hz, rate_sps, 0.7))]
        if other:
            second = uplink.active_chips(other, rate_kbps, seed_index)
            late = uplink.levels(second, chip_ns, rate_sps, start_ns=start_ns + 2350.0, ppm=-2_000.0)
            parts.append((0, 10 ** (-10 / 20), uplink.turning(late, -317_000.0, rate_sps, 2.0)))
        return noisy(placed(total, *parts), 10 ** (-snr_db / 10), seed)

    per_ns = rate_sps * 1e-9
    sent = [Sent("UL_ACTIVE", 1000 * rate_kbps, psdu, start_ns * per_ns, round(duration_ns * per_ns))]
    if other:
        count = round(len(uplink.active_chips(other, rate_kbps, seed_index)) * chip_ns * per_ns)
        sent.append(Sent("UL_ACTIVE", 1000 * rate_kbps, other, (start_ns + 2350.0) * per_ns, count))
    stop = math.ceil((start_ns + duration_ns + 30_000) * per_ns)
    window = Window("UL_ACTIVE", 1000 * rate_kbps, round(50e-6 * rate_sps), stop, seed_index, offset_hz)
    whole = (psdu,) if keep == 1.0 else ()
    return Recipe(
        name, about, "ap", "active", rate_sps, UNIT, samples, whole, tuple(sent), (window,), ecn0_db=ecn0_db
    )  # fmt: skip


def _at_bar(ecn0_db: float, chip_samples: int) -> dict[str, float]:
    return {"ecn0_db": ecn0_db, "snr_db": ecn0_db - 10 * math.log10(chip_samples)}


def _mono_static(
    name: str, about: str, rate_kbps: int, seed: int, *, ppm: float, reply_db: float, ecn0_db: float | None = None,
    unit: int, noise_db: float,
) -> Recipe:  # fmt: skip
    """Return a Type 3 as the AP hears it: its leak at −20 dB with a moving echo, the reply ``reply_db`` below that."""
    chip_ns = uplink.BACKSCATTER_CHIP_NS[rate_kbps]
    chips = uplink.mono_static_chips(EPC_REPLY)
    t4_ns = len(chips) * chip_ns
    bst_ns = -(-(12 * 16_000 + 11 * t4_ns) // 20_000) * 2_000  # 1.2·T1 + 1.1·T4 in whole 2 µs chips
    ppdu = downlink.type2(COMMAND, bst_ns, multi_txop=0, session=1, station=STATION, wake_up=False)
    data_end_ns = ppdu.starts_ns["BST-Excitation"]
    start_ns = data_end_ns + 16_000 * (1 + ppm * 1e-6)

    def samples() -> list[complex]:
        wave = ppdu.sampled()
        keyed = uplink.levels(chips, chip_ns, NATIVE_SPS, start_ns=start_ns, ppm=ppm)
        still = echoed(wave, (1.0, 0.2j))
        moving = uplink.turning([0, 0, *wave[:-2]], 20.0, NATIVE_SPS, 0.4)
        gain = 10 ** (-(20 + reply_db) / 20) * cmath.exp(1.1j)
        heard = []
        for index, (direct, echo) in enumerate(zip(still, moving, strict=True)):
            on = keyed[index] if index < len(keyed) else 0.0
            heard.append(0.1 * (direct + 0.05 * echo) + gain * on * wave[index])
        return noisy(heard, 10 ** (-noise_db / 10), seed)

    count = round(t4_ns * (1 + ppm * 1e-6) / 50)
    own = Own("DL_TYPE3", COMMAND, 0, ppdu.txtime_ns // 50, bst_ns, False, 1, STATION)
    sent = (
        Sent("DL_TYPE3", 250_000, COMMAND, 0, ppdu.txtime_ns // 50),
        Sent("UL_MONO_STATIC", 1000 * rate_kbps, EPC_REPLY, start_ns / 50, count),
    )
    window = Window("UL_MONO_STATIC", 1000 * rate_kbps, data_end_ns // 50, (data_end_ns + bst_ns) // 50)
    return Recipe(
        name, about, "ap", "mono-static", NATIVE_SPS, unit, samples, (EPC_REPLY,), sent, (window,), own, ecn0_db=ecn0_db
    )  # fmt: skip


def _bistatic(
    name: str, about: str, rate_kbps: int, seed: int, *, ppm: float, upper: bool = False, reply_db: float = 20.0,
    reply_snr_db: float = 20.0,
) -> Recipe:  # fmt: skip
    """Return a Type 4 in one half and the tag's shifted reflection of it in the other, as the AP hears both at 40 MS/s.

    The energizer's carrier is 11 kHz off the AP's and its PPDU begins between the AP's samples.
    """
    chip_ns = uplink.BACKSCATTER_CHIP_NS[rate_kbps]
    chips = uplink.bistatic_chips(SHORT)
    slot_ns = -(-len(chips) * chip_ns // 4_000) * 4_000
    ppdu = downlink.type4(frames.excitation_frame(), 100_000 + slot_ns + 20_000, upper=upper)
    excited_ns = ppdu.starts_ns["Excitation"]
    begin_ns = 20_000.0
    stretch = 1 + ppm * 1e-6
    start_ns = begin_ns + excited_ns + 100_000 * stretch
    upwards = not upper

    def samples() -> list[complex]:
        wave = _wide(ppdu, begin_ns)
        half_hz = downlink.HALF_HZ if upper else -downlink.HALF_HZ
        direct = uplink.turning(wave, half_hz + 11_000.0, WIDE_SPS, 0.3)
        keyed = uplink.levels(chips, chip_ns, WIDE_SPS, start_ns=start_ns, ppm=ppm)
        gamma = uplink.turning(keyed, (1 if upwards else -1) * SHIFT_HZ / stretch, WIDE_SPS, 0.9)
        gain = 10 ** (-reply_db / 20)
        heard = [each + gain * gamma[index] * each if index < len(gamma) else each for index, each in enumerate(direct)]
        return noisy(heard, 10 ** (-(reply_db + reply_snr_db) / 10), seed)

    sent = (
        Sent("DL_TYPE4", 250_000, frames.excitation_frame(), begin_ns * 0.04, ppdu.txtime_ns * 4 // 100),
        Sent("UL_BISTATIC", 1000 * rate_kbps, SHORT, start_ns * 0.04, round(len(chips) * chip_ns * stretch * 0.04)),
    )
    nominal_ns = begin_ns + excited_ns + 100_000
    window = Window(
        "UL_BISTATIC", 1000 * rate_kbps, round((nominal_ns - 10_000) * 0.04),
        round((nominal_ns + slot_ns + 20_000) * 0.04), shift_upwards=upwards,
    )  # fmt: skip
    return Recipe(name, about, "ap", "bistatic", WIDE_SPS, UNIT, samples, (SHORT,), sent, (window,))


def _wide(ppdu: downlink.Downlink, begin_ns: float) -> list[complex]:
    """Return a 20 MHz PPDU sampled at 40 MS/s from ``begin_ns``."""
    lead = [0j] * round(begin_ns * 0.04)
    doubled = downlink.Downlink(ppdu.pieces, ppdu.starts_ns, ppdu.txtime_ns, WIDE_SPS)
    return [*lead, *doubled.sampled(), *[0j] * 400]


def uplink_recipes() -> list[Recipe]:
    """Return every recording of an AP."""
    return [
        _active("ul-active-250k-clean", "a Response in its window", 250, 201),
        _active("ul-active-1m-clean", "a Response in its window", 1000, 202, seed_index=3),
        _active(
            "ul-active-250k-worst", "chips 1 % long, the carrier 1000 ppm below", 250, 203, ppm=10_000.0,
            cfo_hz=-WORST_HZ, seed_index=2,
        ),
        _active(
            "ul-active-1m-worst", "chips 1 % short, the carrier 1000 ppm above", 1000, 204, ppm=-10_000.0,
            cfo_hz=WORST_HZ, seed_index=0,
        ),
        _active(
            "ul-active-250k-threshold", "at the bar + 1 dB", 250, 205, ppm=-3_000.0, cfo_hz=1_200_000.0,
            **_at_bar(6.4, 20),
        ),
        _active(
            "ul-active-1m-threshold", "at the bar + 1 dB", 1000, 212, ppm=3_000.0, cfo_hz=-900_000.0, **_at_bar(6.4, 5),
        ),
        _active("ul-active-250k-collision", "two tags in a slot, the one 10 dB above comes out", 250, 206, other=SHORT),
        _active("ul-active-1m-truncated", "the recording ends in AMP-Data", 1000, 207, keep=0.8),
        _active("ul-active-4m-clean", "uncoded, at 40 MS/s", 4000, 208),
        _active(
            "ul-active-4m-worst", "chips 1 % long, the carrier 1000 ppm above", 4000, 209, ppm=10_000.0,
            cfo_hz=WORST_HZ, seed_index=3,
        ),
        _active(
            "ul-active-4m-threshold", "at the bar + 1 dB", 4000, 213, ppm=2_000.0, cfo_hz=700_000.0,
            **_at_bar(12.1, 5),
        ),
        _active("ul-active-250k-below", "5 MHz below the centre", 250, 210, offset_hz=-5_000_000),
        _active(
            "ul-active-1m-above-worst", "5 MHz above, chips 1 % short, the carrier 1000 ppm above", 1000, 211,
            offset_hz=5_000_000, ppm=-10_000.0, cfo_hz=WORST_HZ,
        ),
        _mono_static(
            "ul-mono-250k-threshold", "the AP's leak 50 dB above the reply, at the bar + 1 dB", 250, 221, ppm=20_000.0,
            reply_db=50.0, ecn0_db=10.6, noise_db=70 + 10.6 - 10 * math.log10(40), unit=100_000,
        ),
        _mono_static(
            "ul-mono-1m-leak-slow", "the leak 50 dB above the reply, chips 10 % long", 1000, 222, ppm=100_000.0,
            reply_db=50.0, noise_db=75.0, unit=100_000,
        ),
        _mono_static(
            "ul-mono-250k-fast", "the leak 20 dB above the reply, chips 10 % short", 250, 223, ppm=-100_000.0,
            reply_db=20.0, noise_db=50.0, unit=100_000,
        ),
        _bistatic("ul-bistatic-250k", "shifted up from the lower half", 250, 231, ppm=0.0),
        _bistatic("ul-bistatic-1m-slow", "a shift clock 1 % slow", 1000, 232, ppm=10_000.0),
        _bistatic(
            "ul-bistatic-1m-down-fast", "shifted down from the upper half, 1 % fast", 1000, 233, ppm=-10_000.0,
            upper=True,
        ),
    ]  # fmt: skip
