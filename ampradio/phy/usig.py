"""U-SIG: two BPSK symbols that identify an AMP PPDU to stations of 802.11be and later (rule 13)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.convolutional import encode
from ampradio.phy.ofdm_symbol import OfdmSymbol, bpsk_symbol, data_tones, interleave
from ampradio.profile.model import Preamble

TONES = data_tones(28)
FIRST_PILOT = 2


@dataclass(frozen=True)
class USig:
    """The fields of U-SIG that are not the same in every AMP PPDU.

    ``wide`` marks a PPDU of a 40 MHz channel. ``part1`` (3 bits) and ``part2`` (12 bits) depend on the AMP mode.
    ``bss_colour`` and ``txop`` take the profile's default when None.
    """

    mode: int
    wide: bool = False
    part1: int = 0
    part2: int = 0
    bss_colour: int | None = None
    txop: int | None = None


def mono_static_parts(preamble: Preamble, multi_txop: bool, session_id: int, sta_id: int) -> tuple[int, int]:
    """Return parts 1 and 2 of mono-static mode: Multi-TXOP and the LSBs of the Session ID; the LSBs of the STA ID."""
    session = session_id & (1 << preamble.session_id_bits) - 1
    return int(multi_txop) | session << preamble.multi_txop_bits, sta_id & (1 << preamble.sta_id_lsb_bits) - 1


def crc(preamble: Preamble, bits: npt.NDArray[np.uint8]) -> list[int]:
    """Return the highest bits, c7 first, of the HE-SIG-A CRC over ``bits`` (n,): preset ones, complemented."""
    register = 0xFF
    for bit in bits:
        feedback = register >> 7 ^ int(bit)
        register = (register << 1 & 0xFF) ^ (preamble.u_sig_crc_polynomial if feedback else 0)
    return [(register ^ 0xFF) >> 7 - index & 1 for index in range(preamble.u_sig_crc_bits)]


def u_sig_bits(preamble: Preamble, fields: USig) -> npt.NDArray[np.uint8]:
    """Return the 52 bits of U-SIG, shape (52,). Raises ValueError for a value that does not fit its subfield."""
    values = (
        preamble.phy_version,
        preamble.bandwidth_40 if fields.wide else preamble.bandwidth_20,
        preamble.ul_dl,
        preamble.bss_colour if fields.bss_colour is None else fields.bss_colour,
        preamble.txop if fields.txop is None else fields.txop,
        preamble.amp_version,
        fields.mode,
        fields.part1,
        preamble.ppdu_type,
        fields.part2,
        preamble.disregard,
        preamble.validate,
    )
    content: list[int] = []
    for position, (value, width) in enumerate(zip(values, preamble.u_sig_widths, strict=False)):
        if not 0 <= value < 1 << width:
            raise ValueError(f"U-SIG subfield {position} must fit {width} bits, not {value}")
        content.extend(value >> bit & 1 for bit in range(width))
    check = crc(preamble, np.array(content, np.uint8))
    return np.array([*content, *check, *[0] * preamble.u_sig_tail_bits], np.uint8)


def u_sig(preamble: Preamble, fields: USig) -> tuple[OfdmSymbol, OfdmSymbol]:
    """Return the two symbols of U-SIG: coded in one run, each half interleaved alone, on 52 data tones."""
    coded = encode(u_sig_bits(preamble, fields)).reshape(2, len(TONES))
    first, second = (
        bpsk_symbol(
            interleave(half, preamble.interleaver_columns), TONES, FIRST_PILOT + index, preamble.u_sig_ns // 2, {}
        )
        for index, half in enumerate(coded)
    )
    return first, second
