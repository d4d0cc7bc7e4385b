"""Golden recordings of a tag's receiver: every downlink type, clean, at the threshold, at the worst clock, spoiled."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tests.golden import reference_downlink as downlink
from tests.golden import reference_frames as frames
from tests.golden.recipe import SUB1GHZ_HZ, Recipe, Sent
from tests.golden.reference_air import noisy, placed
from tests.golden.reference_downlink import Downlink
from tests.golden.reference_uplink import levels, turning

UNIT = 2048
CLEAN_DB = 30.0  # ON power over noise power in the sampled band
LEAD, TRAIL = 1500, 1500
STATION = 0x2BAD
SUB1GHZ_SPS = 4_000_000

TRIGGER = frames.trigger(0x5A, 4, 712, seed_index=1)
ACK = frames.ack(STATION)
SECURED = frames.data(STATION, bytes(range(0x40, 0x54)))
QUERY = frames.rfid(STATION, [1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 1, 0])
READ = frames.rfid(STATION, [1, 1, 0, 0, 0, 0, 1, 0, *[0, 1] * 22])
EXCITATION = frames.excitation_frame()


def _partial(station: int) -> int:
    return station & 63


def _one(
    name: str, about: str, device: str, kind: str, rate_kbps: int, psdu: bytes, ppdu: Downlink, *, seed: int,
    ppm: int = 0, snr_db: float = CLEAN_DB, keep: float = 1.0, ecn0_db: float | None = None,
) -> Recipe:  # fmt: skip
    """Return a recording of one PPDU; the last part of it is missing when ``keep`` is below 1."""
    count = round(ppdu.txtime_ns * ppdu.native_sps * (1 + ppm * 1e-6) / 1e9)

    def samples() -> list[complex]:
        heard = ppdu.sampled(ppm)
        heard = heard[: round(keep * len(heard))]
        air = placed(LEAD + len(ppdu.sampled(ppm)) + TRAIL, (LEAD, 1.0, heard))
        return noisy(air, 10 ** (-snr_db / 10), seed)

    whole = (psdu,) if keep == 1.0 else ()
    sent = (Sent(kind, 1000 * rate_kbps, psdu, LEAD, count),)
    return Recipe(name, about, "tag", device, ppdu.native_sps, UNIT, samples, whole, sent, ecn0_db=ecn0_db)


def _at_bar(ecn0_db: float, chip_samples: int) -> dict[str, float]:
    return {"ecn0_db": ecn0_db, "snr_db": ecn0_db - 10 * math.log10(chip_samples)}


def _type1() -> list[Recipe]:
    def one(name: str, about: str, rate: int, psdu: bytes, **more: float) -> Recipe:
        protected = bool(psdu[0] >> 4 & 1)
        broadcast = psdu[1:3] == b"\xff\xff"
        ppdu = downlink.type1(psdu, rate, 63 if broadcast else _partial(STATION), protected=protected)
        return _one(name, about, "active", "DL_TYPE1", rate, psdu, ppdu, **more)  # type: ignore[arg-type]

    return [
        one("dl-type1-250k-clean", "a Trigger to all", 250, TRIGGER, seed=101),
        one("dl-type1-1m-clean", "a Trigger to all", 1000, TRIGGER, seed=102),
        one("dl-type1-250k-protected", "a protected Data frame: 36 µs of padding", 250, SECURED, seed=103),
        one("dl-type1-1m-protected", "a protected Data frame: 36 µs of padding", 1000, SECURED, seed=104),
        one("dl-type1-250k-threshold", "at the bar + 1 dB", 250, TRIGGER, seed=105, **_at_bar(16.64, 40)),
        one("dl-type1-1m-threshold", "at the bar + 1 dB", 1000, TRIGGER, seed=106, **_at_bar(14.53, 10)),
        one("dl-type1-250k-slow", "a tag that sees chips 1 % long", 250, TRIGGER, seed=107, ppm=10_000),
        one("dl-type1-1m-fast", "a tag that sees chips 1 % short", 1000, SECURED, seed=108, ppm=-10_000),
        one("dl-type1-250k-truncated", "the sender stops in the middle of AMP-Data", 250, TRIGGER, seed=109, keep=0.7),
        _back_to_back(),
        _collision(),
    ]


def _back_to_back() -> Recipe:
    parts = [(TRIGGER, 250, 63), (SECURED, 1000, _partial(STATION)), (ACK, 250, _partial(STATION))]
    ppdus = [downlink.type1(psdu, rate, partial, protected=psdu is SECURED) for psdu, rate, partial in parts]
    starts, now = [], LEAD
    for ppdu in ppdus:
        starts.append(now)
        now += ppdu.txtime_ns // 50 + 200  # AMP SIFS

    def samples() -> list[complex]:
        heard = [(start, 1.0, ppdu.sampled()) for start, ppdu in zip(starts, ppdus, strict=True)]
        return noisy(placed(now + TRAIL, *heard), 10 ** (-CLEAN_DB / 10), 110)

    sent = tuple(
        Sent("DL_TYPE1", 1000 * rate, psdu, start, ppdu.txtime_ns // 50)
        for (psdu, rate, _), start, ppdu in zip(parts, starts, ppdus, strict=True)
    )
    about = "three PPDUs of both rates, one AMP SIFS apart"
    psdus = tuple(psdu for psdu, _, _ in parts)
    return Recipe("dl-type1-back-to-back", about, "tag", "active", downlink.NATIVE_SPS, UNIT, samples, psdus, sent)


def _collision() -> Recipe:
    strong, weak = downlink.type1(TRIGGER, 250, 63), downlink.type1(ACK, 250, _partial(STATION))
    first, second = LEAD, LEAD + 746

    def samples() -> list[complex]:
        other = turning(weak.sampled(), 31_000.0, downlink.NATIVE_SPS, 1.0)
        total = second + strong.txtime_ns // 50 + TRAIL
        air = placed(total, (first, 10 ** (-12 / 20), other), (second, 1.0, strong.sampled()))
        return noisy(air, 10 ** (-CLEAN_DB / 10), 111)

    sent = (
        Sent("DL_TYPE1", 250_000, ACK, first, weak.txtime_ns // 50),
        Sent("DL_TYPE1", 250_000, TRIGGER, second, strong.txtime_ns // 50),
    )
    about = "two APs at once, the second 37.3 µs later and 12 dB stronger: it comes out, the other does not"
    return Recipe(
        "dl-type1-collision", about, "tag", "active", downlink.NATIVE_SPS, UNIT, samples, (TRIGGER,), sent
    )  # fmt: skip


def _mono_static() -> list[Recipe]:
    bst_ns = 530_000

    def one(name: str, about: str, psdu: bytes, *, wake_up: bool, **more: float) -> Recipe:
        ppdu = downlink.type2(psdu, bst_ns, multi_txop=1, session=0x5A, station=STATION, wake_up=wake_up)
        kind = "DL_TYPE2" if wake_up else "DL_TYPE3"
        return _one(name, about, "mono-static", kind, 250, psdu, ppdu, **more)  # type: ignore[arg-type]

    return [
        one("dl-type2-clean", "a Query behind 1 ms of WUP-Excitation", QUERY, wake_up=True, seed=121),
        one("dl-type2-fast", "a tag that sees chips 10 % short", QUERY, wake_up=True, seed=122, ppm=-100_000),
        one("dl-type2-truncated", "the sender stops in AMP-Data", READ, wake_up=True, seed=123, keep=0.63),
        one("dl-type3-clean", "a Read", READ, wake_up=False, seed=124),
        one("dl-type3-slow", "a tag that sees chips 10 % long", READ, wake_up=False, seed=125, ppm=100_000),
        one("dl-type3-threshold", "at the bar + 1 dB", READ, wake_up=False, seed=126, **_at_bar(16.7, 40)),
    ]


def _bistatic() -> list[Recipe]:
    def four(name: str, about: str, upper: bool, **more: float) -> Recipe:
        ppdu = downlink.type4(EXCITATION, 100_000 + 372_000, upper=upper)
        return _one(name, about, "active", "DL_TYPE4", 250, EXCITATION, ppdu, **more)  # type: ignore[arg-type]

    def five(name: str, about: str, upper: bool, **more: float) -> Recipe:
        ppdu = downlink.type5(TRIGGER, 63, upper=upper)
        return _one(name, about, "active", "DL_TYPE5", 250, TRIGGER, ppdu, **more)  # type: ignore[arg-type]

    return [
        four("dl-type4-lower", "an Excitation frame and one slot of excitation, lower half", False, seed=131),
        four("dl-type4-upper-slow", "the upper half, a tag that sees chips 1 % long", True, seed=132, ppm=10_000),
        five("dl-type5-lower", "a Trigger to bistatic tags over 40 MHz, primary half the lower", False, seed=133),
        five("dl-type5-upper-fast", "primary half the upper, chips 1 % short", True, seed=134, ppm=-10_000),
    ]


def _sub1ghz() -> list[Recipe]:
    def one(
        name: str, about: str, psdu: bytes, *, seed: int, ppm: float = 0.0, snr_db: float = CLEAN_DB,
        ecn0_db: float | None = None,
    ) -> Recipe:  # fmt: skip
        field = downlink.sub1ghz_chips(psdu)
        start = 600
        count = round(field.duration_ns * (1 + ppm * 1e-6) * SUB1GHZ_SPS / 1e9)

        def samples() -> list[complex]:
            on: Sequence[complex] = levels(field.chips, field.chip_ns, SUB1GHZ_SPS, ppm=ppm)
            return noisy(placed(start + len(on) + 600, (start, 1.0, on)), 10 ** (-snr_db / 10), seed)

        sent = (Sent("DL_SUB1GHZ", 62_500, psdu, start, count),)
        return Recipe(
            name, about, "tag", "sub-1 GHz", SUB1GHZ_SPS, UNIT, samples, (psdu,), sent, center_hz=SUB1GHZ_HZ,
            ecn0_db=ecn0_db,
        )  # fmt: skip

    return [
        one("dl-sub1ghz-clean", "a Trigger on a continuous wave", TRIGGER, seed=141),
        one("dl-sub1ghz-slow", "a tag that sees chips 10 % long", TRIGGER, seed=142, ppm=100_000.0),
        one("dl-sub1ghz-threshold", "at the bar + 1 dB", TRIGGER, seed=143, **_at_bar(16.27, 32)),
    ]


def downlink_recipes() -> list[Recipe]:
    """Return every recording of a tag."""
    return [*_type1(), *_mono_static(), *_bistatic(), *_sub1ghz()]
