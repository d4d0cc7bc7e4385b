"""The shape of an experiment file: tables, keys, types and defaults (docs/experiments.md).

Keys carry their unit. An empty value that an enrolment would have given (an address, a station ID, a PSK)
is drawn from the seed when the file is loaded.
"""

from __future__ import annotations

from typing import Literal

import msgspec

RateKbps = Literal[250, 1000]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of an experiment file: frozen, and closed to keys it does not know."""


class Amp(Table, frozen=True):
    """``[security.amp]``: S1, the lengths that the draft leaves open (R1.5)."""

    flow: Literal[2, 3, 4] = 4
    nonce_octets: Literal[8, 16, 32] = 16
    modifier_octets: Literal[0, 4, 8, 16] = 8
    mic_octets: Literal[2, 4, 8, 16] = 8
    encrypt: bool = True
    pmk_update: Literal["none", "derive", "wrap"] = "none"


class Aiot(Table, frozen=True):
    """``[security.aiot]``: S3, how IDs and messages are protected, and which of its two processes run."""

    process: Literal["authentication", "command", "both"] = "both"
    id_mode: Literal["encrypted", "temporary", "encrypted-unprotected"] = "temporary"
    policy: int = 0x25
    response_policy: Literal["request", "stored"] = "request"


class Provisioning(Table, frozen=True):
    """``[security.provisioning]``: S2, lengths and lifetimes that the contribution leaves open."""

    hash_octets: Literal[8, 16, 32] = 8
    data_tag_octets: Literal[4, 8] = 4
    end_to_end: bool = False
    session_key_requests: int = 64
    qr_file: str | None = None


class Rsna(Table, frozen=True):
    """``[security.rsna]``: S4, the encoding of its messages and the suite that the AP offers."""

    encoding: Literal["lite", "full"] = "lite"
    akm: Literal[1, 2, 5, 6] = 6
    other_akms: tuple[Literal[2, 6], ...] = ()
    ssid: str = "amp"


class Handover(Table, frozen=True):
    """``[security.handover]``: S5, what the legacy text leaves to its users, and how MIS is written on the air."""

    prf: Literal["hmac", "cmac", "linear", "unkeyed", "constant"] = "hmac"
    reading: Literal["as-sent", "as-printed", "fixed"] = "as-sent"
    encoding: Literal["lite", "full"] = "lite"


class Security(Table, frozen=True):
    """``[security]``: which system and variant; a system's own settings stand in a table of its name."""

    system: str = "amp"
    variant: str = ""
    server: str = ""
    server_secret_file: str | None = None
    amp: Amp = Amp()
    provisioning: Provisioning = Provisioning()
    aiot: Aiot = Aiot()
    rsna: Rsna = Rsna()
    handover: Handover = Handover()


class Ap(Table, frozen=True):
    """``[ap]``: the AMP AP, the rates it announces and the commands it has for the tag."""

    address: str | None = None
    station_id: int | None = None
    downlink_rate_kbps: RateKbps = 250
    uplink_rate_kbps: RateKbps = 250
    uplink: Literal["active", "mono-static", "bistatic"] = "active"
    seed_index: int = 0
    retries: int = 3
    retry_pause_ms: float = 0.0
    commands: tuple[str, ...] | None = None
    commands_csv: str | None = None
    commands_column: str | None = None


class Tag(Table, frozen=True):
    """``[[tags]]``: one tag, its identity, what it has to report and how far off its clocks are."""

    name: str = ""
    station_id: int | None = None
    address: str | None = None
    permanent_id: str | None = None
    psk_hex: str | None = None
    psk_file: str | None = None
    identity_file: str | None = None
    eap_identity: str = ""
    eap_psk_file: str | None = None
    eap_certificates: str | None = None
    eap_server_name: str = ""
    readings: tuple[str, ...] | None = None
    readings_csv: str | None = None
    readings_column: str | None = None
    readings_stdin: bool = False
    carrier_offset_hz: float = 0.0
    chip_clock_ppm: float = 0.0

    def __repr__(self) -> str:
        return f"Tag(name={self.name!r}, station_id={self.station_id!r})"


class Energizer(Table, frozen=True):
    """``[energizer]``: whoever radiates what a bistatic tag shifts; other uplinks do not look at it."""

    half: Literal["lower", "upper"] = "lower"
    snr_db: float = 30.0
    direct_db: float = 40.0
    power_dbm: float = 20.0
    tag_distance_m: float | None = None
    ap_distance_m: float | None = None
    delay_ns: float = 0.0
    carrier_offset_hz: float = 0.0
    clock_ppm: float = 0.0


class Channel(Table, frozen=True):
    """``[channel]``: the simulated air; the SNRs are mean ON power over noise power in the sampled 20 MHz."""

    downlink_snr_db: float = 30.0
    uplink_snr_db: float = 30.0
    distance_m: float | None = None
    ap_power_dbm: float = 20.0
    tag_power_dbm: float = 0.0
    noise_figure_db: float = 7.0
    shadowing: bool = False
    gain_db: float = 0.0
    delay_ns: float = 0.0
    multipath: Literal["none", "B", "D"] = "none"
    uplink_ways: Literal["one-way", "bistatic", "mono-static"] = "one-way"
    doppler_hz: float = 0.0
    carrier_offset_hz: float = 0.0
    clock_ppm: float = 0.0
    phase_noise_hz: float = 0.0
    wifi_duty_percent: float = 0.0
    wifi_power_db: float = 0.0
    wifi_offset_hz: float = 0.0
    leak_db: float | None = None
    leak_drift_db: float = 0.0
    leak_drift_rad: float = 0.0
    agc_step_db: float = 0.0
    agc_period_us: float = 500.0
    iq_gain_db: float = 0.0
    iq_phase_deg: float = 0.0
    dc_offset_percent: float = 0.0
    adc_bits: int = 0
    adc_full_scale_db: float = 12.0


class Power(Table, frozen=True):
    """``[power]``: what the tag harvests and what everything costs it; without ``incident_dbm`` it never runs dry."""

    incident_dbm: float | None = None
    costs: str = "accelerator"
    full_v: float | None = None


class Compare(Table, frozen=True):
    """``[compare]``: what `amp compare` varies; an empty ``systems`` means all of them."""

    systems: tuple[str, ...] = ()
    snr_db: tuple[float, ...] = (-3.0, -2.5, -2.0, -1.5, -1.0, -0.5, 0.0)
    incident_dbm: tuple[float, ...] = (-19.0, -18.0, -17.0, -16.0, -15.0, -14.0)
    runs: int = 40
    attacks: bool = True


class Plutos(Table, frozen=True):
    """``[plutos]``: how the PlutoSDRs of a run over ``emu:`` or ``pluto:`` are set; other radios do not look at it."""

    rate_sps: int = 4_000_000
    centre_hz: float | None = None
    block_samples: int | None = None
    ap_rx_gain_db: float | None = None
    ap_tx_attenuation_db: float | None = None
    tag_rx_gain_db: float | None = None
    tag_tx_attenuation_db: float | None = None
    antenna_gain_dbi: float = 2.0
    region: str = "strictest"
    calibration: Literal["refuse", "warn", "ignore"] = "warn"
    reconnect_s: float = 0.0


class Record(Table, frozen=True):
    """``[record]``: whether every receiver's IQ is kept, and in which SigMF sample format."""

    iq: bool = True
    format: Literal["cf32_le", "ci16_le"] = "cf32_le"


class ExperimentFile(Table, frozen=True):
    """A whole experiment file."""

    name: str = ""
    seed: int = 1
    profile: str = "11bp-2026.09"
    radio: str = "zmq:"
    time_scale: int | None = None
    max_air_time_s: float = 5.0
    security: Security = Security()
    ap: Ap = Ap()
    tags: tuple[Tag, ...] = (Tag(),)
    energizer: Energizer = Energizer()
    channel: Channel = Channel()
    power: Power = Power()
    plutos: Plutos = Plutos()
    record: Record = Record()
    compare: Compare = Compare()
