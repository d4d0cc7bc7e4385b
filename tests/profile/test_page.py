"""The profile file against the tables of the air-interface page, typed in here a second time, from the page."""

from __future__ import annotations

import re

import pytest

from ampradio.profile import load_profile

PROFILE = load_profile("11bp-2026.09")
ENTRIES = {entry.key: entry for entry in PROFILE.entries}

US, MS = 1_000, 1_000_000
KHZ, MHZ = 1_000, 1_000_000
S = "1010 0100 1011 1011 0001 0111 0011 1000".replace(" ", "")
UL_SYNC = "101011 001001 110101 011110 110111 000100 001110 010000".replace(" ", "")

# value and provenance as the page gives them
PAGE: dict[str, tuple[object, str]] = {
    # section 2
    "preamble.l_stf_ns": (8 * US, "adopted"),
    "preamble.l_ltf_ns": (8 * US, "adopted"),
    "preamble.l_sig_ns": (4 * US, "adopted"),
    "preamble.rl_sig_ns": (4 * US, "adopted"),
    "preamble.u_sig_ns": (8 * US, "adopted"),
    "preamble.sample_rate_sps": (20 * MHZ, "baseline"),
    "preamble.l_sig_rate_bps": (6 * MHZ, "poll"),
    "preamble.l_sig_symbol_ns": (4 * US, "baseline"),
    "preamble.l_sig_symbol_octets": (3, "baseline"),
    "preamble.l_sig_legacy_ns": (20 * US, "baseline"),
    "preamble.phy_version": (0, "poll"),
    "preamble.amp_version": (0, "adopted"),
    "preamble.mode_mono_static": (0, "adopted"),
    "preamble.mode_bistatic": (1, "adopted"),
    "preamble.mode_active": (2, "adopted"),
    "preamble.ppdu_type": (3, "placeholder"),
    "preamble.u_sig_widths": ((3, 3, 1, 6, 7, 1, 2, 3, 2, 12, 1, 1, 4, 6), "poll"),
    "preamble.multi_txop_bits": (1, "poll"),
    "preamble.session_id_bits": (2, "poll"),
    "preamble.sta_id_lsb_bits": (12, "poll"),
    "preamble.u_sig_crc_bits": (4, "poll"),
    "preamble.u_sig_tail_bits": (6, "poll"),
    "downlink.sync_bits": (S, "placeholder"),
    "downlink.special_bits": ("01011001", "placeholder"),
    "downlink.sync_chip_ns": (2 * US, "adopted"),
    "downlink.mono_sync_bits": ("01111010", "adopted"),
    "downlink.sig_octets": (2, "adopted"),
    "downlink.sig_partial_id_bits": (6, "poll"),
    "downlink.sig_device_type": (1, "poll"),
    "downlink.broadcast_partial_id": (63, "poll"),
    "downlink.rate_low_bps": (250 * KHZ, "adopted"),
    "downlink.rate_high_bps": (1 * MHZ, "adopted"),
    "downlink.sub1ghz_rate_bps": (62_500, "adopted"),
    "downlink.chip_250k_ns": (2 * US, "adopted"),
    "downlink.chip_1m_ns": (US // 2, "adopted"),
    "downlink.sub1ghz_chip_ns": (8 * US, "adopted"),
    "downlink.phase_taps": ((7, 4), "poll"),
    "downlink.phase_seed": (0b1111111, "poll"),
    "downlink.on_carriers": ((-6, -4, -2, 2, 4, 6), "placeholder"),
    "downlink.on_values": ((1, 1, 1, -1, 1, -1), "placeholder"),
    "downlink.on_fft_points": (64, "placeholder"),
    "downlink.on_period_samples": (32, "placeholder"),
    "downlink.on_prefix_ns": (400, "placeholder"),
    "downlink.on_short_samples": (10, "placeholder"),
    "downlink.bistatic_lower": ((-1, 1, 1, -1, -1, 1, 1, -1, -1, -1, 1, 1, -1, -1, -1, 1), "poll"),
    "downlink.bistatic_upper": ((1, -1, -1, -1, 1, -1, 1, -1, -1, -1, -1, 1, 1, 1, 1, 1), "poll"),
    "downlink.bistatic_fft_points": (64, "poll"),
    "downlink.bistatic_symbol_ns": (3200, "poll"),
    "downlink.subcarrier_spacing_hz": (312_500, "baseline"),
    "downlink.padding_ns": (20 * US, "pdt"),
    "downlink.padding_protected_ns": (36 * US, "pdt"),
    "downlink.signal_extension_ns": (6 * US, "placeholder"),
    "downlink.wup_excitation_min_ns": (1 * MS, "adopted"),
    "downlink.bst_excitation_min_ns": (16 * US, "adopted"),
    "timing.bst_t1_factor": (1.2, "adopted"),
    "timing.bst_t3_factor": (1.1, "adopted"),
    "timing.bst_t3_extra_ns": (1 * US, "adopted"),
    "timing.bst_t4_factor": (1.1, "adopted"),
    # section 3
    "uplink.rate_low_bps": (250 * KHZ, "adopted"),
    "uplink.rate_mid_bps": (1 * MHZ, "adopted"),
    "uplink.rate_high_bps": (4 * MHZ, "adopted"),
    "uplink.active_chip_low_ns": (1 * US, "adopted"),
    "uplink.active_chip_mid_ns": (250, "adopted"),
    "uplink.active_chip_high_ns": (125, "adopted"),
    "uplink.backscatter_chip_low_ns": (2 * US, "adopted"),
    "uplink.backscatter_chip_mid_ns": (500, "adopted"),
    "uplink.mono_sync_bits": ("11010100", "adopted"),
    "uplink.mono_sync_repeats": (3, "adopted"),
    "uplink.sync_bits": (UL_SYNC, "placeholder"),
    "uplink.bcc_constraint": (7, "poll"),
    "uplink.bcc_polynomial_a": (0o133, "poll"),
    "uplink.bcc_polynomial_b": (0o171, "poll"),
    "uplink.bcc_tail_bits": (6, "placeholder"),
    "uplink.scrambler_taps": ((7, 4), "poll"),
    "uplink.scrambler_seeds": ((127, 83, 43, 25), "placeholder"),
    "uplink.chip_tolerance_ppm": (10_000, "adopted"),
    "uplink.mono_chip_tolerance_ppm": (100_000, "adopted"),
    "uplink.carrier_tolerance_ppm": (1_000, "pdt"),
    "uplink.carrier_hz": (2437 * MHZ, "pdt"),
    "uplink.channel_offset_hz": (5 * MHZ, "poll"),
    "uplink.bistatic_shift_hz": (20 * MHZ, "adopted"),
    "timing.shift_clock_start_ns": (100 * US, "poll"),
    # section 4
    "timing.amp_sifs_ns": (10 * US, "adopted"),
    "timing.t1_ns": (16 * US, "adopted"),
    "timing.t1_tolerance": (0.2, "adopted"),
    "timing.t3_ns": (2 * MS, "contribution"),
    "timing.t3_tolerance": (0.1, "adopted"),
    "timing.t3_tolerance_ns": (1 * US, "adopted"),
    "timing.bistatic_guard_ns": (20 * US, "placeholder"),
    "timing.tsf_unit_ns": (2048 * US, "adopted"),
    "timing.tsf_first_bit": (11, "adopted"),
    "timing.tsf_last_bit": (22, "adopted"),
    "timing.sp_clock_ppm": (10_000, "adopted"),
    "timing.cts_rate_bps": (6 * MHZ, "adopted"),
    "timing.txs_mode": (2, "adopted"),
    # section 5
    "mac.frame_type_bits": (4, "adopted"),
    "mac.protected_bit": (4, "placeholder"),
    "mac.type_wur_beacon": (0, "poll"),
    "mac.type_wur_wake_up": (1, "poll"),
    "mac.type_wur_vendor": (2, "poll"),
    "mac.type_wur_discovery": (3, "poll"),
    "mac.type_wur_short_wake_up": (4, "poll"),
    "mac.type_trigger": (5, "placeholder"),
    "mac.type_ack": (6, "placeholder"),
    "mac.type_group_ack": (7, "placeholder"),
    "mac.type_sp_advert": (8, "placeholder"),
    "mac.type_response": (9, "placeholder"),
    "mac.type_rfid": (10, "placeholder"),
    "mac.type_excitation": (11, "placeholder"),
    "mac.type_data": (12, "placeholder"),
    "mac.type_authentication": (13, "placeholder"),
    "mac.id_octets": (2, "adopted"),
    "mac.enabled_id_bits": (12, "adopted"),
    "mac.header_octets": (1 + 2 + 2, "adopted"),
    "mac.ul_rate_codes_bps": ((250 * KHZ, 1 * MHZ, 4 * MHZ), "placeholder"),
    "mac.body_octets_max": (64, "poll"),
    "mac.fcs_octets": (2, "adopted"),
    "mac.fcs_polynomial": (1 << 12 | 1 << 5 | 1, "baseline"),
    "mac.fcs_preset": (0xFFFF, "baseline"),
    "mac.short_frame_octets": (4, "adopted"),
    # section 6
    "power.tx_w": (50e-6, "contribution"),
    "power.rx_w": (10e-6, "contribution"),
    "power.sense_w": (0.1e-6, "contribution"),
    "power.idle_w": (0.01e-6, "contribution"),
    "power.store_f": (1e-6, "contribution"),
    "power.on_v": (1.2, "contribution"),
    "power.off_v": (0.9, "contribution"),
    "power.harvester_efficiency": (0.2, "contribution"),
    "power.activation_dbm": (-20, "contribution"),
    "power.waveform_hz": ((902_500 * KHZ, 915_500 * KHZ, 867_500 * KHZ, 920_625 * KHZ), "adopted"),
    # section 7
    "link.reflection_loss_db": (6, "contribution"),
    "link.isolation_db": (20, "contribution"),
    "link.cancellation_dynamic_range_db": (50, "contribution"),
    "link.charging_excitation_dbm": (10, "contribution"),
    "link.reply_excitation_dbm": (0, "contribution"),
    "link.bistatic_excitation_dbm": (20, "contribution"),
    "link.bistatic_distance_m": ((0.7, 1, 1.4, 2), "contribution"),
    "link.bistatic_snr_db": ((11.0, 7.7, 5.0, 2.6), "contribution"),
    "link.sub1ghz_tag_sensitivity_dbm": (-20, "contribution"),
    "link.sub1ghz_ap_sensitivity_low_dbm": (-75, "contribution"),
    "link.sub1ghz_ap_sensitivity_mid_dbm": (-69, "contribution"),
    "link.channel_models": (("B", "D"), "contribution"),
    # section 8
    "mac.broadcast_id": (65535, "placeholder"),  # rule 4
    "mac.access_random": (0, "placeholder"),  # rule 7
    "mac.access_scheduled": (1, "placeholder"),
    "mac.access_random_id_only": (2, "placeholder"),
    "mac.response_data": (0, "placeholder"),
    "mac.response_id_only": (1, "placeholder"),
    "mac.response_status": (2, "placeholder"),
    "mac.response_permanent_id": (3, "placeholder"),
    "mac.ul_channel_centre": (0, "placeholder"),
    "mac.ul_channel_below": (1, "placeholder"),
    "mac.ul_channel_above": (2, "placeholder"),
    "mac.trigger_octets": (6, "placeholder"),
    "timing.acwe_max": (15, "placeholder"),
    "timing.slots_max": (255, "placeholder"),
    "timing.slot_unit_ns": (4 * US, "placeholder"),
    "timing.sp_unit_ns": (2048 * US, "placeholder"),  # rule 9
    "timing.wake_unit_ns": (1024 * US, "placeholder"),
    "timing.status_unit_ns": (64 * US, "placeholder"),  # rule 10
    "mac.permanent_id_octets": (6, "placeholder"),
    "mac.rfid_bits_max": (255, "placeholder"),
    "mac.shim_octets": (2, "placeholder"),
    "mac.fragments_max": (8, "placeholder"),  # protocols page 1.1
    "preamble.extra_carriers": ((-28, -27, 27, 28), "baseline"),  # rule 13
    "preamble.extra_values": ((-1, -1, -1, 1), "baseline"),
    "preamble.interleaver_columns": (13, "baseline"),
    "preamble.interleaver_rows": (4, "baseline"),
    "preamble.u_sig_crc_polynomial": (0b111, "baseline"),
    "preamble.ul_dl": (0, "placeholder"),
    "preamble.bandwidth_20": (0, "placeholder"),
    "preamble.bandwidth_40": (1, "placeholder"),
    "preamble.bss_colour": (0, "placeholder"),
    "preamble.txop": (127, "placeholder"),
    "preamble.disregard": (1, "placeholder"),
    "preamble.validate": (1, "placeholder"),
    "downlink.max_ppdu_ns": (5484 * US, "baseline"),  # rule 14
    "downlink.sig_version": (0, "placeholder"),  # rule 15
    "downlink.wup_excitation_ns": (1000 * US, "placeholder"),  # rule 16
    "downlink.padding_chip_ns": (2 * US, "placeholder"),  # rule 17
    "preamble.wide_sample_rate_sps": (40 * MHZ, "baseline"),  # rule 18
    "preamble.half_offset_hz": (10 * MHZ, "baseline"),
    "preamble.upper_rotation_deg": (90, "baseline"),
    "downlink.sub1ghz_sample_rate_sps": (4 * MHZ, "placeholder"),  # rule 19
    "uplink.sample_rate_sps": (20 * MHZ, "placeholder"),  # rule 20
    "uplink.wide_sample_rate_sps": (40 * MHZ, "placeholder"),
    "uplink.unsolicited_seed_index": (0, "placeholder"),  # rule 21
    "uplink.reflection_loss_db": (6, "placeholder"),  # rule 22
    "uplink.reflection_off": (0, "placeholder"),
    "uplink.two_sided_sample_rate_sps": (80 * MHZ, "placeholder"),
    "timing.bistatic_clock_fraction": (0.01, "placeholder"),  # rule 25
    "timing.bistatic_delay_ns": (100 * US, "placeholder"),
}


@pytest.mark.parametrize("key", sorted(PAGE))
def test_value_and_provenance_are_those_of_the_page(key: str) -> None:
    """Issue item 2: each number of the air-interface page, with how firm it is."""
    value, provenance = PAGE[key]
    section, _, name = key.partition(".")
    assert ENTRIES[key].value == value
    assert getattr(getattr(PROFILE, section), name) == value
    assert ENTRIES[key].provenance == provenance


def test_no_number_of_the_profile_escapes_the_page() -> None:
    """Issue item 2: nothing in the profile that the page does not have."""
    assert set(ENTRIES) == set(PAGE)


@pytest.mark.parametrize("entry", PROFILE.entries, ids=lambda entry: entry.key)
def test_every_number_says_where_it_comes_from(entry) -> None:  # type: ignore[no-untyped-def]
    """Provenance codes of the page's table, and a source that a reader can look up."""
    assert entry.provenance in {"adopted", "poll", "pdt", "contribution", "baseline", "placeholder"}
    assert re.search(
        r"PM-|FM-|MM-|\d\d-\d\d/\d{4}|40\.3|802\.11|section|rule|table|formula|AMP-SIG|poll|20\d\d", entry.source
    )
    assert entry.unit


def test_placeholders_are_those_marked_on_the_page() -> None:
    """An honest tool says which of its values are placeholders."""
    expected = {key for key, (_, provenance) in PAGE.items() if provenance == "placeholder"}
    assert {entry.key for entry in PROFILE.placeholders()} == expected


def test_sync_words_have_the_properties_the_page_claims() -> None:
    """Section 3: the 48-chip uplink sync is balanced, its longest run 4, its peak sidelobe 4."""
    word = PROFILE.uplink.sync_bits
    signs = [1 if chip == "1" else -1 for chip in word]
    sidelobes = [sum(a * b for a, b in zip(signs, signs[lag:])) for lag in range(1, 48)]  # noqa: B905 – shifted on purpose
    assert len(word) == 48 and sum(signs) == 0
    assert max(len(run) for run in re.findall("1+|0+", word)) == 4
    assert max(map(abs, sidelobes)) == 4
    assert len(PROFILE.downlink.sync_bits) == 32 and len(PROFILE.downlink.special_bits) == 8
