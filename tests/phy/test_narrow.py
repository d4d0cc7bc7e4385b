"""PPDUs at 4 MS/s: the AMP part of 20 MS/s, silence where the non-AMP portion belongs, and what does not fit."""

from __future__ import annotations

import numpy as np
import pytest

from ampradio.phy.ap_receiver import ApReceiver
from ampradio.phy.modulate import ppdu
from ampradio.phy.narrow import crest, modulated, narrow_ppdu
from ampradio.phy.tag_receiver import TagReceiver
from ampradio.profile import load_profile
from ampradio.vectors import Listen, PpduKind, TxVector

PROFILE = load_profile("11bp-2026.09")
RATE_SPS = 4_000_000
ACK = bytes.fromhex("063402c5")  # an Ack to 0x0234 with its CRC
DOWN = TxVector(PpduKind.DL_TYPE1, 250_000)
UP = TxVector(PpduKind.UL_ACTIVE, 250_000)


def test_every_fifth_sample_of_the_amp_part_is_that_of_the_wide_ppdu() -> None:
    """A 2 µs ON symbol is a sum of tones below 2 MHz (rule 16): sampled slower it is the same, but for its scale."""
    wide, narrow = ppdu(PROFILE, ACK, DOWN)[::5], narrow_ppdu(PROFILE, ACK, DOWN, RATE_SPS)
    assert wide.size == narrow.size == 330 * 4  # 330 µs, a check figure of the draft's page
    amp = slice(32 * 4, None)
    assert not narrow[: 32 * 4].any()
    on = np.abs(wide[amp]) > 0
    assert np.array_equal(np.abs(narrow[amp]) > 0, on)
    ratio = narrow[amp][on] / wide[amp][on]
    assert np.allclose(ratio, ratio[0], atol=1e-5) and abs(ratio[0] - 1) < 0.05


def test_an_uplink_is_the_same_keying_with_a_fifth_of_the_samples() -> None:
    wide, narrow = ppdu(PROFILE, ACK, UP), narrow_ppdu(PROFILE, ACK, UP, RATE_SPS)
    assert np.array_equal(narrow, wide.reshape(-1, 5).mean(axis=1))


def test_both_receivers_read_them_in_noise() -> None:
    """10 dB over the noise of 4 MHz, as the receivers of 20 MS/s are, without one failure in ten."""
    rng = np.random.default_rng(4)
    for vector, clock_ppm in ((DOWN, 0.0), (UP, 3000.0)):
        sent = modulated(PROFILE, ACK, vector, RATE_SPS, clock_ppm=clock_ppm)
        for _ in range(10):
            heard = np.zeros(4000 + sent.size + 4000, np.complex64)
            heard[4000 : 4000 + sent.size] = sent
            noise = rng.standard_normal((heard.size, 2)).astype(np.float32).view(np.complex64)[:, 0]
            heard += np.float32(10 ** (-10 / 20) / 2**0.5) * noise
            if vector is UP:
                receiver = ApReceiver(PROFILE, RATE_SPS)
                receiver.listen(Listen(UP.kind, UP.rate_bps, 0, 996_000, 1_000_000 + sent.size * 250 + 20_000))
            else:
                receiver = TagReceiver(PROFILE, RATE_SPS, 1, squares=True)
            received = receiver.feed(heard)
            assert [each.psdu for each in received] == [ACK]
            assert abs(received[0].rxvector.start_ns - 1_000_000) <= 1000


def test_no_sample_is_louder_than_crest_says() -> None:
    """At either rate of the downlink, and the louder of them comes up to it."""
    loudest = [
        np.abs(narrow_ppdu(PROFILE, ACK, TxVector(PpduKind.DL_TYPE1, rate_bps), RATE_SPS)).max()
        for rate_bps in (250_000, 1_000_000)
    ]
    assert max(loudest) == pytest.approx(crest(PROFILE, RATE_SPS), rel=1e-6)


@pytest.mark.parametrize(
    ("vector", "rate_sps", "why"),
    [
        (DOWN, 3_000_000, "do not hold"),
        (TxVector(PpduKind.UL_ACTIVE, 1_000_000), RATE_SPS, "chips of 250 ns"),
        (TxVector(PpduKind.DL_TYPE3, 250_000, excitation_ns=16_000), RATE_SPS, "cannot be sent"),
    ],
)
def test_what_does_not_fit_is_refused(vector: TxVector, rate_sps: int, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        narrow_ppdu(PROFILE, ACK, vector, rate_sps)
    with pytest.raises(ValueError, match="at least one octet"):
        narrow_ppdu(PROFILE, b"", vector, RATE_SPS)
