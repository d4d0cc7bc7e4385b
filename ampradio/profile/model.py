"""The typed shape of a profile: the draft's numbers, grouped as the draft groups them.

Durations are integer nanoseconds, rates bits per second, frequencies hertz. Chip and bit strings are
text of ``0`` and ``1`` in transmission order. The values live in ``<name>.toml`` beside this module, each
with its provenance; nothing else in the library holds a number of the draft.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One number of the profile with where it comes from."""

    key: str
    value: object
    unit: str
    provenance: str
    source: str


@dataclass(frozen=True)
class Preamble:
    """The non-AMP portion of a downlink PPDU (L-STF to U-SIG)."""

    sample_rate_sps: int
    l_stf_ns: int
    l_ltf_ns: int
    l_sig_ns: int
    rl_sig_ns: int
    u_sig_ns: int
    phy_version: int
    bandwidth_20: int
    bandwidth_40: int
    ul_dl: int
    bss_colour: int
    txop: int
    amp_version: int
    mode_mono_static: int
    mode_bistatic: int
    mode_active: int
    ppdu_type: int
    disregard: int
    validate: int
    u_sig_widths: tuple[int, ...]
    u_sig_crc_polynomial: int
    u_sig_crc_bits: int
    u_sig_tail_bits: int
    multi_txop_bits: int
    session_id_bits: int
    sta_id_lsb_bits: int
    l_sig_rate_bps: int
    l_sig_symbol_ns: int
    l_sig_symbol_octets: int
    l_sig_legacy_ns: int
    extra_carriers: tuple[int, ...]
    extra_values: tuple[int, ...]
    interleaver_columns: int
    interleaver_rows: int
    wide_sample_rate_sps: int
    half_offset_hz: int
    upper_rotation_deg: float


@dataclass(frozen=True)
class Downlink:
    """AMP part of the downlink PPDU, 2.4 GHz and sub-1 GHz."""

    sync_bits: str
    special_bits: str
    sync_chip_ns: int
    mono_sync_bits: str
    chip_250k_ns: int
    chip_1m_ns: int
    rate_low_bps: int
    rate_high_bps: int
    sub1ghz_rate_bps: int
    sub1ghz_chip_ns: int
    sub1ghz_sample_rate_sps: int
    sig_octets: int
    sig_partial_id_bits: int
    sig_version: int
    sig_device_type: int
    broadcast_partial_id: int
    on_carriers: tuple[int, ...]
    on_values: tuple[int, ...]
    on_period_samples: int
    on_prefix_ns: int
    on_fft_points: int
    on_short_samples: int
    phase_taps: tuple[int, ...]
    phase_seed: int
    padding_ns: int
    padding_protected_ns: int
    padding_chip_ns: int
    signal_extension_ns: int
    max_ppdu_ns: int
    wup_excitation_ns: int
    wup_excitation_min_ns: int
    bst_excitation_min_ns: int
    bistatic_lower: tuple[int, ...]
    bistatic_upper: tuple[int, ...]
    bistatic_symbol_ns: int
    bistatic_fft_points: int
    subcarrier_spacing_hz: int


@dataclass(frozen=True)
class Uplink:
    """Uplink PPDU of the three kinds of tag."""

    sync_bits: str
    mono_sync_bits: str
    mono_sync_repeats: int
    rate_low_bps: int
    rate_mid_bps: int
    rate_high_bps: int
    active_chip_low_ns: int
    active_chip_mid_ns: int
    active_chip_high_ns: int
    backscatter_chip_low_ns: int
    backscatter_chip_mid_ns: int
    bcc_constraint: int
    bcc_polynomial_a: int
    bcc_polynomial_b: int
    bcc_tail_bits: int
    scrambler_taps: tuple[int, ...]
    scrambler_seeds: tuple[int, ...]
    unsolicited_seed_index: int
    chip_tolerance_ppm: int
    mono_chip_tolerance_ppm: int
    carrier_tolerance_ppm: int
    carrier_hz: int
    channel_offset_hz: int
    bistatic_shift_hz: int
    sample_rate_sps: int
    wide_sample_rate_sps: int
    two_sided_sample_rate_sps: int
    reflection_loss_db: float
    reflection_off: float


@dataclass(frozen=True)
class Timing:
    """Inter-frame spaces, slots and access."""

    amp_sifs_ns: int
    slot_unit_ns: int
    t1_ns: int
    t1_tolerance: float
    t3_ns: int
    t3_tolerance: float
    t3_tolerance_ns: int
    bst_t1_factor: float
    bst_t3_factor: float
    bst_t4_factor: float
    bst_t3_extra_ns: int
    bistatic_guard_ns: int
    bistatic_clock_fraction: float
    bistatic_delay_ns: int
    shift_clock_start_ns: int
    tsf_unit_ns: int
    tsf_first_bit: int
    tsf_last_bit: int
    sp_clock_ppm: int
    sp_unit_ns: int
    wake_unit_ns: int
    status_unit_ns: int
    slots_max: int
    acwe_max: int
    cts_rate_bps: int
    txs_mode: int


@dataclass(frozen=True)
class Mac:
    """Frame type values and sizes."""

    type_wur_beacon: int
    type_wur_wake_up: int
    type_wur_vendor: int
    type_wur_discovery: int
    type_wur_short_wake_up: int
    type_trigger: int
    type_ack: int
    type_group_ack: int
    type_sp_advert: int
    type_response: int
    type_rfid: int
    type_excitation: int
    type_data: int
    type_authentication: int
    frame_type_bits: int
    protected_bit: int
    body_octets_max: int
    header_octets: int
    fcs_octets: int
    fcs_polynomial: int
    fcs_preset: int
    short_frame_octets: int
    broadcast_id: int
    id_octets: int
    enabled_id_bits: int
    shim_octets: int
    fragments_max: int
    trigger_octets: int
    permanent_id_octets: int
    rfid_bits_max: int
    ul_rate_codes_bps: tuple[int, ...]
    access_random: int
    access_scheduled: int
    access_random_id_only: int
    response_data: int
    response_id_only: int
    response_status: int
    response_permanent_id: int
    ul_channel_centre: int
    ul_channel_below: int
    ul_channel_above: int


@dataclass(frozen=True)
class Power:
    """The tag's energy figures used in TGbp contributions."""

    tx_w: float
    rx_w: float
    sense_w: float
    idle_w: float
    store_f: float
    on_v: float
    off_v: float
    harvester_efficiency: float
    activation_dbm: float
    waveform_hz: tuple[int, ...]


@dataclass(frozen=True)
class Link:
    """Link budget figures used in TGbp contributions."""

    reflection_loss_db: float
    isolation_db: float
    cancellation_dynamic_range_db: float
    charging_excitation_dbm: float
    reply_excitation_dbm: float
    sub1ghz_tag_sensitivity_dbm: float
    sub1ghz_ap_sensitivity_low_dbm: float
    sub1ghz_ap_sensitivity_mid_dbm: float
    bistatic_excitation_dbm: float
    bistatic_distance_m: tuple[float, ...]
    bistatic_snr_db: tuple[float, ...]
    channel_models: tuple[str, ...]


@dataclass(frozen=True)
class Profile:
    """One dated set of the draft's numbers, with the provenance of each."""

    name: str
    preamble: Preamble
    downlink: Downlink
    uplink: Uplink
    timing: Timing
    mac: Mac
    power: Power
    link: Link
    entries: tuple[Entry, ...]

    def placeholders(self) -> tuple[Entry, ...]:
        """Return the entries that are this project's own stand-ins for what the draft does not publish."""
        return tuple(entry for entry in self.entries if entry.provenance == "placeholder")
