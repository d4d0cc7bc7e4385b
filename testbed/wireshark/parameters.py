"""Lengths and choices that a dissector cannot read from a frame: TLV 2 of the radio header, else a preference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ampradio.security.aiot.profiles import DEFAULT_POLICY, AiotParameters
from ampradio.security.amp.profiles import AmpParameters
from ampradio.security.handover.profiles import Encoding
from ampradio.security.provisioning.profiles import ProvisioningParameters


@dataclass(frozen=True)
class Parameter:
    """One of them: its number in TLV 2, the preference, the system and the name under which that reports it."""

    number: int
    name: str
    system: str
    reported: str
    default: int
    words: str


_S1, _S2, _S3 = AmpParameters(), ProvisioningParameters(), AiotParameters()

PARAMETERS = (
    Parameter(1, "s1_nonce", "S1", "nonce_octets", _S1.nonce_octets, "S1: octets of ANonce and SNonce"),
    Parameter(2, "s1_modifier", "S1", "modifier_octets", _S1.modifier_octets, "S1: octets of the Modifier"),
    Parameter(3, "s1_mic", "S1", "mic_octets", _S1.mic_octets, "S1: octets of the MIC"),
    Parameter(4, "s2_hash", "S2", "hash_octets", _S2.hash_octets, "S2: octets of H(A_pubk)"),
    Parameter(5, "s2_tag", "S2", "data_tag_octets", _S2.data_tag_octets, "S2: octets of the tag of REQ and RES"),
    Parameter(6, "s3_id_mode", "S3", "id_mode", int(_S3.id_mode), "S3: ID mode (0 to 3)"),
    Parameter(7, "s3_policy", "S3", "policy_floor", DEFAULT_POLICY, "S3: the stored policy octet"),
    Parameter(8, "s5_full", "S5", "encoding", 0, "S5: 1 where MIS frames are whole, 0 for the lite encoding"),
)
DEFAULTS = {each.name: each.default for each in PARAMETERS}
_BY_NUMBER = {each.number: each.name for each in PARAMETERS}


def parameters_of(report: Mapping[str, str | int | bool | float]) -> tuple[tuple[int, int], ...]:
    """Return the pairs of TLV 2 for a system that reports itself so."""
    pairs = []
    for each in PARAMETERS:
        if report.get("system") == each.system and each.reported in report:
            value = _number(report[each.reported])
            if value is not None:
                pairs.append((each.number, value))
    return tuple(pairs)


def named(pairs: tuple[tuple[int, int], ...]) -> dict[str, int]:
    """Return every parameter by name, as the pairs say or as it is by default."""
    return DEFAULTS | {_BY_NUMBER[number]: value for number, value in pairs if number in _BY_NUMBER}


def _number(value: str | int | bool | float) -> int | None:
    if isinstance(value, str):
        if value.startswith("0x"):
            return int(value, 16)
        return {Encoding.LITE.value: 0, Encoding.FULL.value: 1}.get(value)
    return int(value)
