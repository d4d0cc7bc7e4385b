"""The radio header as the dissector shows it: each field with its place in ``testbed.capture.radio_header``."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.vectors import PpduKind
from testbed.capture import radio_header as header
from testbed.wireshark.layout import Values


@dataclass(frozen=True)
class RadioField:
    """One field: its type, offset and octets; ``present`` is the flag without which it says nothing."""

    name: str
    label: str
    type: str
    offset: int
    octets: int
    base: str = "dec"
    values: str = ""
    present: int = 0


KIND_WORDS: Values = {
    PpduKind.DL_TYPE1.value: "DL Type 1",
    PpduKind.DL_TYPE2.value: "DL Type 2 (mono-static, first)",
    PpduKind.DL_TYPE3.value: "DL Type 3 (mono-static, later)",
    PpduKind.DL_TYPE4.value: "DL Type 4 (bistatic excitation)",
    PpduKind.DL_TYPE5.value: "DL Type 5 (bistatic trigger)",
    PpduKind.DL_SUB1GHZ.value: "DL sub-1 GHz",
    PpduKind.UL_ACTIVE.value: "UL active",
    PpduKind.UL_MONO_STATIC.value: "UL mono-static",
    PpduKind.UL_BISTATIC.value: "UL bistatic",
}
FIELDS = (
    RadioField("radio.version", "Version", "uint8", 4, 1),
    RadioField("radio.kind", "PPDU kind", "uint8", 5, 1, values="kind"),
    RadioField("radio.length", "Header length", "uint16", 6, 2),
    RadioField("radio.flags", "Flags", "uint32", 8, 4, "hex"),
    RadioField("radio.rate", "Data rate (b/s)", "uint32", 12, 4),
    RadioField("radio.start_ns", "Start (ns)", "int64", 16, 8),
    RadioField("radio.end_ns", "End (ns)", "int64", 24, 8),
    RadioField("radio.start_sample", "Start sample", "int64", 32, 8, present=header.HAS_SAMPLE),
    RadioField("radio.carrier", "Carrier (Hz)", "uint64", 40, 8),
    RadioField("radio.channel_offset", "Channel offset (Hz)", "int32", 48, 4),
    RadioField("radio.snr", "SNR (dB)", "float", 52, 4, present=header.HAS_SNR),
    RadioField("radio.rssi", "RSSI (dBFS)", "float", 56, 4, present=header.HAS_RSSI),
    RadioField("radio.clock", "Clock offset (ppm)", "float", 60, 4, present=header.HAS_CLOCK),
    RadioField("radio.cfo", "Carrier offset (Hz)", "float", 64, 4, present=header.HAS_CFO),
    RadioField("radio.isolation", "Isolation (dB)", "float", 68, 4, present=header.HAS_ISOLATION),
    RadioField("radio.residual", "Residual (dB)", "float", 72, 4, present=header.HAS_RESIDUAL),
    RadioField("radio.partial_id", "Partial ID (AMP-SIG)", "uint8", 76, 1, present=header.HAS_PARTIAL_ID),
    RadioField("radio.seed_index", "Scrambler seed index", "uint8", 77, 1, values="seed", present=header.HAS_SEED),
    RadioField("radio.sta_id", "STA ID (U-SIG)", "uint16", 78, 2, "hex"),
    RadioField("radio.wup", "WUP-Excitation (ns)", "uint32", 80, 4),
    RadioField("radio.excitation", "Excitation (ns)", "uint32", 84, 4),
    RadioField("radio.cut_off", "Transmitter dies after (ns)", "uint32", 88, 4),
    RadioField("radio.session_id", "Session ID (U-SIG)", "uint8", 92, 1),
)
ONLY_SENT = ("radio.sta_id", "radio.wup", "radio.excitation", "radio.cut_off", "radio.session_id")
"""Settings of a transmission: shown where something was sent and they are not 0."""
FLAGS = (
    ("radio.sent", "Sent (else received)", header.SENT),
    ("radio.downlink", "Downlink", header.DOWNLINK),
    ("radio.ap", "At the AP (else at a tag)", header.AP),
    ("radio.has_sample", "Start sample known", header.HAS_SAMPLE),
    ("radio.has_snr", "SNR known", header.HAS_SNR),
    ("radio.has_rssi", "RSSI known", header.HAS_RSSI),
    ("radio.has_clock", "Clock offset known", header.HAS_CLOCK),
    ("radio.has_cfo", "Carrier offset known", header.HAS_CFO),
    ("radio.has_partial_id", "Partial ID known", header.HAS_PARTIAL_ID),
    ("radio.has_seed", "Seed index known", header.HAS_SEED),
    ("radio.has_isolation", "Isolation known", header.HAS_ISOLATION),
    ("radio.has_residual", "Residual known", header.HAS_RESIDUAL),
    ("radio.long_padding", "Padding of a protected frame", header.PROTECTED),
    ("radio.multi_txop", "Multi-TXOP", header.MULTI_TXOP),
    ("radio.upper_half", "Upper half", header.UPPER_HALF),
    ("radio.shift_up", "Shift upwards", header.SHIFT_UPWARDS),
)
