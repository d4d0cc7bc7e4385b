"""The limits against the figures that the performance page tabulates, textbook values and simulation from scratch."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ampradio.phy import theory

BITS = 128


def bar(ber, target=0.1, bits=BITS):
    return theory.required_ebn0_db(target, lambda gamma: float(theory.per(ber(gamma), bits)))


def energy(dof):
    return lambda gamma: theory.ber_energy(gamma, dof)


@pytest.mark.parametrize(
    ("ber", "ten_percent", "one_percent"),
    [
        (theory.ber_antipodal, 6.95, 8.54),
        (theory.ber_coherent, 9.96, 11.55),
        (theory.ber_noncoherent, 11.08, 12.43),
        (energy(1), 11.08, 12.43),
        (energy(2), 11.74, 13.02),
        (energy(4), 12.49, 13.69),
        (energy(5), 12.76, 13.94),
        (energy(8), 13.35, 14.48),
        (energy(10), 13.65, 14.76),
        (energy(20), 14.65, 15.70),
        (energy(40), 15.74, 16.74),
    ],
)
def test_bars_of_16_octets(ber, ten_percent, one_percent):
    """performance.md section 1, SNR bars: Eb/N0 at PER 10 % and 1 % for 128 bits."""
    assert bar(ber) == pytest.approx(ten_percent, abs=0.006)
    assert bar(ber, 0.01) == pytest.approx(one_percent, abs=0.006)


@pytest.mark.parametrize(
    ("octets", "coherent", "noncoherent"),
    [(2, 7.89, 9.38), (4, 8.68, 10.02), (8, 9.36, 10.58), (32, 10.49, 11.52), (64, 10.96, 11.93)],
)
def test_bars_of_other_lengths(octets, coherent, noncoherent):
    """performance.md section 1, other lengths, PER 10 %."""
    assert bar(theory.ber_coherent, bits=8 * octets) == pytest.approx(coherent, abs=0.006)
    assert bar(theory.ber_noncoherent, bits=8 * octets) == pytest.approx(noncoherent, abs=0.006)


@pytest.mark.parametrize(
    ("ber", "target", "expected"),
    [
        (theory.ber_noncoherent, 0.1, 19.52),
        (theory.ber_noncoherent, 0.01, 29.74),
        (theory.ber_coherent, 0.1, 18.14),
        (theory.ber_coherent, 0.01, 28.37),
    ],
)
def test_rayleigh_bars(ber, target, expected):
    """performance.md section 1, flat Rayleigh block fading."""
    found = theory.required_ebn0_db(target, lambda gamma: theory.per_rayleigh(ber, gamma, BITS))
    assert found == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize(
    ("ebn0_db", "rate_bps", "bandwidth_hz", "expected"),
    [
        (9.96, 250e3, 4e6, -2.08),
        (9.96, 1e6, 20e6, -3.05),
        (11.08, 250e3, 10e6, -4.94),
        (11.08, 1e6, 4e6, 5.06),
        (13.35, 250e3, 4e6, 1.31),
        (15.74, 250e3, 20e6, -3.29),
    ],
)
def test_mean_snr(ebn0_db, rate_bps, bandwidth_hz, expected):
    """performance.md section 1: mean SNR in 4, 10 and 20 MHz."""
    assert theory.mean_snr_db(ebn0_db, rate_bps, bandwidth_hz) == pytest.approx(expected, abs=0.006)


def test_on_sample_snr():
    """performance.md section 1: per-sample ON SNR = γ/(fs·Tc), and ON power is twice the mean."""
    assert theory.on_snr_db(11.08, 20e6, 2e-6) == pytest.approx(theory.mean_snr_db(11.08, 250e3, 20e6) + 3.01, abs=0.01)
    assert theory.ebn0_db(theory.on_snr_db(7.3, 20e6, 1e-6), 20e6, 1e-6) == pytest.approx(7.3)


def test_tabulated_error_rates():
    """performance.md section 1, first table: the value of each formula at its checked point."""
    from_db = theory.from_db
    assert theory.ber_coherent(from_db(6)) == pytest.approx(2.301e-2, rel=1e-3)
    assert theory.ber_coherent(from_db(8)) == pytest.approx(6.004e-3, rel=1e-3)
    assert theory.ber_antipodal(from_db(8)) == pytest.approx(1.909e-4, rel=1e-3)
    assert theory.ber_noncoherent(from_db(10)) == pytest.approx(3.369e-3, rel=1e-3)
    assert theory.ber_energy_random(from_db(14), 8) == pytest.approx(3.540e-3, rel=1e-3)
    assert theory.ber_rayleigh(from_db(15)) == pytest.approx(2.974e-2, rel=1e-3)
    assert theory.ber_fm0(theory.ber_antipodal(from_db(5))) == pytest.approx(1.184e-2, rel=1e-3)
    assert theory.ber_fm0(theory.ber_noncoherent(from_db(10))) == pytest.approx(6.715e-3, rel=1e-3)


def test_energy_formula_as_printed():
    """performance.md section 1: 2^−(2M−1) e^(−γ/2) Σ (γ/2)^n/n! Σ C(2M−1, k), term by term, and any real M."""
    for dof in (1, 2, 5, 10):
        for gamma in (0.5, 5.0, 20.0):
            total = sum(
                (gamma / 2) ** n / math.factorial(n) * sum(math.comb(2 * dof - 1, k) for k in range(dof - n))
                for n in range(dof)
            )
            expected = 2.0 ** -(2 * dof - 1) * math.exp(-gamma / 2) * total
            assert theory.ber_energy(gamma, dof) == pytest.approx(expected, rel=1e-9)
            assert theory.ber_energy(gamma, dof + 1e-7) == pytest.approx(expected, rel=1e-4)


def test_energy_formula_by_simulation():
    """The formula for M = 3 against 400 000 simulated bits."""
    rng = np.random.default_rng(7)
    dof, gamma, trials = 3, 10.0, 400_000
    noise = rng.standard_normal((2, trials, 2 * dof)) * math.sqrt(0.5)
    noise[0, :, 0] += math.sqrt(gamma)
    on, off = np.sum(noise**2, axis=2)
    low, high = theory.wilson_interval(int(np.sum(on < off)), trials, 0.9999)
    assert low < theory.ber_energy(gamma, dof) < high


KNOWN = {
    1e-6: {1: (5.49, 6.21), 4: (7.78, 8.41), 8: (9.07, 9.66), 40: (12.26, 12.78)},
    1e-8: {1: (6.09, 6.75), 4: (8.32, 8.89), 8: (9.59, 10.13), 40: (12.76, 13.24)},
    1e-10: {1: (6.59, 7.20), 4: (8.75, 9.29), 8: (10.00, 10.50), 40: (13.16, 13.60)},
}
RATIO = {
    1e-6: {1: (9.88, 10.68), 4: (9.70, 10.35)},
    1e-8: {1: (11.55, 12.31), 4: (10.62, 11.21)},
    1e-10: {1: (13.08, 13.82), 4: (11.39, 11.95)},
}
COHERENT = {1e-6: (2.45, 3.30), 1e-8: (3.36, 4.12), 1e-10: (4.08, 4.79)}


@pytest.mark.parametrize("p_fa", [1e-6, 1e-8, 1e-10])
def test_sync_table(p_fa):
    """performance.md section 1, Sync: required sync-chip Ec/N0 for P_MD of 1 % and 0.1 %."""
    for dof, row in KNOWN[p_fa].items():
        level = theory.threshold(p_fa, dof)
        for p_md, expected in zip((0.01, 0.001), row, strict=True):
            found = theory.required_ecn0_db(p_md, lambda gamma, at=level, m=dof: theory.p_missed(at, gamma, m))
            assert found == pytest.approx(expected, abs=0.006)
    for dof, row in RATIO[p_fa].items():
        level = theory.threshold_ratio(p_fa, dof)
        for p_md, expected in zip((0.01, 0.001), row, strict=True):
            found = theory.required_ecn0_db(p_md, lambda gamma, at=level, m=dof: theory.p_missed_ratio(at, gamma, m))
            assert found == pytest.approx(expected, abs=0.006)
    for p_md, expected in zip((0.01, 0.001), COHERENT[p_fa], strict=True):
        found = theory.required_ecn0_db(p_md, lambda gamma: theory.p_missed_coherent(p_fa, gamma))
        assert found == pytest.approx(expected, abs=0.006)


def test_sync_probabilities_by_simulation():
    """P_FA and P_MD of both detectors against simulated chip energies, M = 2."""
    rng = np.random.default_rng(8)
    trials, dof, gamma = 200_000, 2, 2.0
    off = rng.gamma(16 * dof, size=trials)
    noise = rng.gamma(16 * dof, size=trials)
    present = rng.noncentral_chisquare(2 * 16 * dof, 2 * 16 * gamma, size=trials) / 2
    for seen, expected in (
        (noise - off > 15.0, theory.p_false_alarm(15.0, dof)),
        (present - off < 15.0, theory.p_missed(15.0, gamma, dof)),
        (noise / off > 1.6, theory.p_false_alarm_ratio(1.6, dof)),
        (present / off < 1.6, theory.p_missed_ratio(1.6, gamma, dof)),
    ):
        low, high = theory.wilson_interval(int(np.sum(seen)), trials, 0.9999)
        assert low < expected < high and 1e-4 < expected < 0.99


def test_false_alarm_rate():
    """performance.md section 1: 1.75e6·P_FA a second for 2 µs chips; 1.7 a second at 1e-6."""
    assert theory.false_alarms_per_s(1e-6, 2e-6) == pytest.approx(1.75)


@pytest.mark.parametrize(
    ("offset_hz", "chip_s", "loss_db"),
    [(50e3, 2e-6, 0.14), (100e3, 2e-6, 0.58), (200e3, 2e-6, 2.42), (200e3, 5e-7, 0.14)],
)
def test_carrier_offset_inside_a_chip(offset_hz, chip_s, loss_db):
    """performance.md section 1: −20 log10 sinc(Δf·Tc)."""
    assert theory.cfo_loss_db(offset_hz, chip_s) == pytest.approx(loss_db, abs=0.006)


def test_weight_spectrum_of_the_802_11_code():
    """Textbook spectrum of (133, 171): free distance 10, 11 paths with 36 bit errors, then 38/211, 193/1404, …."""
    expected = ((10, 11, 36), (12, 38, 211), (14, 193, 1404), (16, 1331, 11633), (18, 7275, 77433), (20, 40406, 502690))
    assert theory.weight_spectrum(20) == expected


def test_pairwise_error_of_the_code_by_simulation():
    """A path at distance 10: ten chip pairs combined by their energies, simulated, against the term of the bound."""
    rng = np.random.default_rng(9)
    trials, distance, gamma = 300_000, 10, 1.2
    noise = rng.standard_normal((2, trials, distance, 2)) * math.sqrt(0.5)
    noise[0, ..., 0] += math.sqrt(gamma)
    on, off = np.sum(noise**2, axis=(2, 3))
    low, high = theory.wilson_interval(int(np.sum(on < off)), trials, 0.9999)
    assert low < theory.ber_energy(distance * gamma, distance) < high


def test_union_bound_is_led_by_the_free_distance():
    """At high energy the bound is a_10 = 11 paths a bit (36 bit errors); it never exceeds 1 (1/2) and it falls."""
    gamma = float(theory.from_db(9.0))
    lead = float(theory.ber_energy(10 * gamma, 10))
    assert theory.per_coded(gamma, 128) == pytest.approx(128 * 11 * lead, rel=0.02)
    assert theory.ber_coded(gamma) == pytest.approx(36 * lead, rel=0.02)
    rates = theory.per_coded(theory.from_db(np.linspace(-5, 9, 30)), 128)
    assert rates[0] == 1.0 and np.all(np.diff(rates) <= 0)
    assert theory.per_coded(gamma, 128, dof=20) > theory.per_coded(gamma, 128)


def test_wilson_interval():
    """Textbook values (Wilson 1927, 95 %): 10 of 100 gives 5.52 % to 17.44 %, none of 100 gives 0 to 3.70 %."""
    assert theory.wilson_interval(10, 100) == pytest.approx((0.0552, 0.1744), abs=1e-4)
    assert theory.wilson_interval(0, 100) == pytest.approx((0.0, 0.0370), abs=1e-4)
    assert theory.wilson_interval(100, 100) == pytest.approx((0.9630, 1.0), abs=1e-4)
    for errors, trials in ((1, 0), (5, 4), (-1, 4)):
        with pytest.raises(ValueError, match="errors"):
            theory.wilson_interval(errors, trials)
