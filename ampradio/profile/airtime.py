"""How long a PPDU, a slot or an excitation lasts: arithmetic on a profile, in integer nanoseconds.

Air-interface page, sections 2 to 4 and rules 14, 16 to 18, 21, 24 and 25. Octets are those of the whole
PSDU, header and FCS included.
"""

from __future__ import annotations

from fractions import Fraction

from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind

_BITS_PER_OCTET = 8
_CHIPS_PER_BIT = 2  # Manchester
_NS_PER_S = 1_000_000_000


def downlink_chip_ns(profile: Profile, rate_bps: int) -> int:
    """Return the duration of a downlink data chip; ValueError for a rate the draft does not have."""
    down = profile.downlink
    chips = {
        down.rate_low_bps: down.chip_250k_ns,
        down.rate_high_bps: down.chip_1m_ns,
        down.sub1ghz_rate_bps: down.sub1ghz_chip_ns,
    }
    if rate_bps not in chips:
        raise ValueError(f"no downlink at {rate_bps} b/s, only {sorted(chips)}")
    return chips[rate_bps]


def uplink_chip_ns(profile: Profile, kind: PpduKind, rate_bps: int) -> int:
    """Return the chip duration (sync and data) of an uplink PPDU; ValueError for a kind or rate it has not."""
    up = profile.uplink
    if kind is PpduKind.UL_ACTIVE:
        chips = {
            up.rate_low_bps: up.active_chip_low_ns,
            up.rate_mid_bps: up.active_chip_mid_ns,
            up.rate_high_bps: up.active_chip_high_ns,
        }
    elif kind in (PpduKind.UL_MONO_STATIC, PpduKind.UL_BISTATIC):
        chips = {up.rate_low_bps: up.backscatter_chip_low_ns, up.rate_mid_bps: up.backscatter_chip_mid_ns}
    else:
        raise ValueError(f"{kind.name} is not an uplink PPDU")
    if rate_bps not in chips:
        raise ValueError(f"no {kind.name} at {rate_bps} b/s, only {sorted(chips)}")
    return chips[rate_bps]


def uplink_is_coded(profile: Profile, kind: PpduKind, rate_bps: int) -> bool:
    """Return True where the uplink data are convolutionally coded: active Tx below 4 Mb/s (section 3)."""
    return kind is PpduKind.UL_ACTIVE and rate_bps != profile.uplink.rate_high_bps


def non_amp_ns(profile: Profile) -> int:
    """Return the duration of the non-AMP portion, L-STF to U-SIG."""
    pre = profile.preamble
    return pre.l_stf_ns + pre.l_ltf_ns + pre.l_sig_ns + pre.rl_sig_ns + pre.u_sig_ns


def downlink_sync_ns(profile: Profile) -> int:
    """Return the duration of the AMP-Sync of Types 1, 4 and 5, the same at every rate."""
    down = profile.downlink
    return (len(down.sync_bits) + len(down.special_bits)) * down.sync_chip_ns


def padding_ns(profile: Profile, protected: bool) -> int:
    """Return the padding of a Type 1 or 5 PPDU (rule 17)."""
    return profile.downlink.padding_protected_ns if protected else profile.downlink.padding_ns


def downlink_type1_ns(profile: Profile, octets: int, rate_bps: int, protected: bool) -> int:
    """Return TXTIME of a Type 1 or Type 5 PPDU of ``octets``, signal extension included (rule 14).

    ValueError when it is longer than a PPDU may be.
    """
    fields_ns = _downlink_fields_ns(profile, octets, rate_bps) + padding_ns(profile, protected)
    return _txtime_ns(profile, fields_ns)


def downlink_mono_ns(profile: Profile, octets: int, bst_ns: int, *, first: bool) -> int:
    """Return TXTIME of a Type 2 (``first`` of a TXOP, with WUP-Excitation) or Type 3 PPDU of ``octets``.

    ``bst_ns`` is its BST-Excitation, see ``bst_excitation_ns``. ValueError when too long.
    """
    down = profile.downlink
    wup_ns = _whole(down.wup_excitation_ns, down.sync_chip_ns) if first else 0
    sync_ns = len(down.mono_sync_bits) * down.sync_chip_ns
    data_ns = _octets_ns(octets, down.chip_250k_ns)
    return _txtime_ns(profile, non_amp_ns(profile) + wup_ns + sync_ns + data_ns + bst_ns)


def downlink_excited_ns(profile: Profile, excitation_ns: int, rate_bps: int) -> int:
    """Return TXTIME of a Type 4 PPDU whose Excitation lasts ``excitation_ns``; ValueError when too long."""
    fields_ns = _downlink_fields_ns(profile, profile.mac.short_frame_octets, rate_bps)
    return _txtime_ns(profile, fields_ns + excitation_ns)


def l_sig_length(profile: Profile, txtime_ns: int) -> int:
    """Return the LENGTH of L-SIG that covers a PPDU of ``txtime_ns`` (section 2, the EHT formula)."""
    pre = profile.preamble
    covered_ns = txtime_ns - profile.downlink.signal_extension_ns - pre.l_sig_legacy_ns
    return pre.l_sig_symbol_octets * _ceil_div(covered_ns, pre.l_sig_symbol_ns) - pre.l_sig_symbol_octets


def uplink_ns(profile: Profile, kind: PpduKind, octets: int, rate_bps: int) -> int:
    """Return the nominal duration of an uplink PPDU of ``octets`` (rule 21); this is T4 (rule 24)."""
    bits = _BITS_PER_OCTET * octets
    coded_bits = bits
    if uplink_is_coded(profile, kind, rate_bps):
        coded_bits = 2 * (bits + profile.uplink.bcc_tail_bits)
    chips = _uplink_sync_chips(profile, kind) + _CHIPS_PER_BIT * coded_bits
    return chips * uplink_chip_ns(profile, kind, rate_bps)


def uplink_active_ns(profile: Profile, octets: int, rate_bps: int) -> int:
    """Return the duration of an active-Tx uplink PPDU of ``octets``."""
    return uplink_ns(profile, PpduKind.UL_ACTIVE, octets, rate_bps)


def uplink_backscatter_ns(profile: Profile, kind: PpduKind, octets: int, rate_bps: int) -> int:
    """Return the duration of a mono-static or bistatic uplink PPDU of ``octets``."""
    if kind is PpduKind.UL_ACTIVE:
        raise ValueError("UL_ACTIVE is not backscatter")
    return uplink_ns(profile, kind, octets, rate_bps)


def slot_units(profile: Profile, ul_ns: int) -> int:
    """Return the slot duration to announce for an uplink PPDU of ``ul_ns``, in slot units rounded up (rule 7)."""
    return _ceil_div(ul_ns, profile.timing.slot_unit_ns)


def bistatic_guard_ns(profile: Profile, slot_ns: int, slots: int) -> int:
    """Return the guard between bistatic slots: at least 20 µs and what two 1 % clocks drift apart (rule 25)."""
    guard_ns = profile.timing.bistatic_guard_ns
    drift = 2 * _exact(profile.timing.bistatic_clock_fraction) * (slots - 1) * (slot_ns + guard_ns)
    return max(guard_ns, round(drift))


def bistatic_slot_starts_ns(
    profile: Profile, slot_ns: int, slots: int, *, delay_ns: int | None = None
) -> tuple[int, ...]:
    """Return the start of every bistatic slot after the first Excitation sample (section 4)."""
    delay_ns = profile.timing.bistatic_delay_ns if delay_ns is None else delay_ns
    step_ns = slot_ns + bistatic_guard_ns(profile, slot_ns, slots)
    return tuple(delay_ns + index * step_ns for index in range(slots))


def bistatic_excitation_ns(profile: Profile, slot_ns: int, slots: int, *, delay_ns: int | None = None) -> int:
    """Return the Excitation of a Type 4 PPDU: delay and all slots with their guards, in whole symbols (rule 18)."""
    delay_ns = profile.timing.bistatic_delay_ns if delay_ns is None else delay_ns
    needed_ns = delay_ns + slots * (slot_ns + bistatic_guard_ns(profile, slot_ns, slots))
    return _whole(needed_ns, profile.downlink.bistatic_symbol_ns)


def bst_excitation_ns(profile: Profile, reply_ns: int, *, delayed: bool = False) -> int:
    """Return the BST-Excitation for a mono-static reply of ``reply_ns`` (T4), in whole 2 µs chips (rule 16).

    ``reply_ns`` is 0 when no reply is expected; ``delayed`` counts T3 in place of T1.
    """
    timing = profile.timing
    reply = _exact(timing.bst_t4_factor) * reply_ns
    if delayed:
        wait = _exact(timing.bst_t3_factor) * timing.t3_ns + timing.bst_t3_extra_ns
    else:
        wait = _exact(timing.bst_t1_factor) * timing.t1_ns
    needed = max(wait + reply, Fraction(profile.downlink.bst_excitation_min_ns))
    return _whole(needed, profile.downlink.sync_chip_ns)


def samples(duration_ns: int, rate_sps: int) -> int:
    """Return the samples in ``duration_ns`` at ``rate_sps``; ValueError when they are not whole."""
    count, rest = divmod(duration_ns * rate_sps, _NS_PER_S)
    if rest:
        raise ValueError(f"{duration_ns} ns is not a whole number of samples at {rate_sps} S/s")
    return count


def _downlink_fields_ns(profile: Profile, octets: int, rate_bps: int) -> int:
    chip_ns = downlink_chip_ns(profile, rate_bps)
    sig_ns = _octets_ns(profile.downlink.sig_octets, chip_ns)
    return non_amp_ns(profile) + downlink_sync_ns(profile) + sig_ns + _octets_ns(octets, chip_ns)


def _txtime_ns(profile: Profile, fields_ns: int) -> int:
    if fields_ns > profile.downlink.max_ppdu_ns:
        raise ValueError(f"PPDU of {fields_ns} ns is longer than {profile.downlink.max_ppdu_ns} ns (rule 14)")
    return fields_ns + profile.downlink.signal_extension_ns


def _uplink_sync_chips(profile: Profile, kind: PpduKind) -> int:
    if kind is PpduKind.UL_MONO_STATIC:
        return len(profile.uplink.mono_sync_bits) * profile.uplink.mono_sync_repeats
    return len(profile.uplink.sync_bits)


def _octets_ns(octets: int, chip_ns: int) -> int:
    return octets * _BITS_PER_OCTET * _CHIPS_PER_BIT * chip_ns


def _exact(factor: float) -> Fraction:
    # 1.1 of the page is eleven tenths, not the binary float nearest to it
    return Fraction(str(factor))


def _whole(duration: int | Fraction, step_ns: int) -> int:
    return _ceil_div(duration, step_ns) * step_ns


def _ceil_div(value: int | Fraction, step: int) -> int:
    return int(-(-value // step))
