"""L-SIG and RL-SIG: 6 Mb/s, and the LENGTH that keeps Wi-Fi off the channel for the whole PPDU (rules 13 and 14)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.convolutional import encode
from ampradio.phy.ofdm_symbol import OfdmSymbol, bpsk_symbol, data_tones, interleave
from ampradio.profile.airtime import l_sig_length
from ampradio.profile.model import Preamble, Profile

RATE_6M = (1, 1, 0, 1)
LENGTH_BITS = 12
TAIL_BITS = 6
COLUMNS = 16
TONES = data_tones(26)


def l_length(profile: Profile, txtime_ns: int) -> int:
    """Return LENGTH for a PPDU of ``txtime_ns`` (with signal extension): 3·ceil((TXTIME − SigExt − 20 µs)/4 µs) − 3.

    Of a profile with a longer longest PPDU than the field holds, the largest: Wi-Fi defers for no longer than that.

    Raises ValueError if the PPDU without signal extension is longer than the longest PPDU (rule 14).
    """
    on_air_ns = txtime_ns - profile.downlink.signal_extension_ns
    if on_air_ns > profile.downlink.max_ppdu_ns:
        raise ValueError(f"PPDU of {on_air_ns / 1000:g} µs is longer than {profile.downlink.max_ppdu_ns / 1000:g} µs")
    return min(l_sig_length(profile, txtime_ns), (1 << LENGTH_BITS) - 1)


def l_sig_bits(length: int) -> npt.NDArray[np.uint8]:
    """Return the 24 bits of L-SIG: RATE, reserved, LENGTH LSB first, even parity, tail. Raises ValueError over 4095."""
    if not 0 < length < 1 << LENGTH_BITS:
        raise ValueError(f"L-SIG LENGTH must be 1…{(1 << LENGTH_BITS) - 1}, not {length}")
    head = [*RATE_6M, 0, *(length >> bit & 1 for bit in range(LENGTH_BITS))]
    return np.array([*head, sum(head) % 2, *[0] * TAIL_BITS], np.uint8)


def l_sig(preamble: Preamble, length: int, pilot_index: int) -> OfdmSymbol:
    """Return L-SIG (``pilot_index`` 0) or RL-SIG (1): one BPSK symbol with the extra tones of 802.11be."""
    extra = dict(zip(preamble.extra_carriers, preamble.extra_values, strict=True))
    bits = interleave(encode(l_sig_bits(length)), COLUMNS)
    return bpsk_symbol(bits, TONES, pilot_index, preamble.l_sig_ns, extra)
