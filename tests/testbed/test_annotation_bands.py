"""The box that a viewer draws about a PPDU: a downlink's channel, the main lobe of an uplink's chips."""

from __future__ import annotations

import pytest

from ampradio.profile import load_profile
from ampradio.profile.airtime import uplink_chip_ns
from ampradio.vectors import PpduKind, RxVector
from testbed.capture.annotations import HIGH, LOW, band

PROFILE = load_profile()
CENTRE_HZ = 2_437_000_000.0


def seen(kind: PpduKind, rate_bps: int, offset_hz: int = 0, cfo_hz: float | None = None) -> RxVector:
    return RxVector(kind, rate_bps, 0, 1, 0, 20.0, 0.0, 0.0, cfo_hz, channel_offset_hz=offset_hz)


@pytest.mark.parametrize(
    ("kind", "rates"),
    [
        (PpduKind.UL_ACTIVE, (250_000, 1_000_000, 4_000_000)),
        (PpduKind.UL_MONO_STATIC, (250_000, 1_000_000)),
        (PpduKind.UL_BISTATIC, (250_000, 1_000_000)),
    ],
)
def test_an_uplink_is_the_main_lobe_of_its_chips(kind: PpduKind, rates: tuple[int, ...]) -> None:
    """A rectangular chip of length T has its first nulls at ± 1/T."""
    for rate_bps in rates:
        edges = band(PROFILE, seen(kind, rate_bps), CENTRE_HZ)
        null_hz = 1e9 / uplink_chip_ns(PROFILE, kind, rate_bps)
        assert edges == {LOW: pytest.approx(CENTRE_HZ - null_hz), HIGH: pytest.approx(CENTRE_HZ + null_hz)}


def test_a_downlink_is_its_channel_of_20_mhz() -> None:
    edges = band(PROFILE, seen(PpduKind.DL_TYPE1, 250_000), CENTRE_HZ)
    assert edges == {LOW: CENTRE_HZ - 10e6, HIGH: CENTRE_HZ + 10e6}


def test_the_box_goes_where_the_ppdu_is() -> None:
    """Its place in the channel and its carrier's error, which may not be known."""
    for cfo_hz, moved_hz in ((None, -5e6), (30e3, -5e6 + 30e3)):
        edges = band(PROFILE, seen(PpduKind.UL_ACTIVE, 250_000, -5_000_000, cfo_hz), CENTRE_HZ)
        assert (edges[LOW] + edges[HIGH]) / 2 == pytest.approx(CENTRE_HZ + moved_hz)  # type: ignore[operator]
