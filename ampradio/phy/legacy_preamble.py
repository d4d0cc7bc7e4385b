"""L-STF and L-LTF of 802.11 clause 17: what every Wi-Fi receiver synchronises on."""

from __future__ import annotations

from ampradio.phy.ofdm_symbol import OfdmSymbol
from ampradio.profile.model import Preamble

L_LTF_GUARD_NS = 1600

_STF_SIGNS = {-24: 1, -20: -1, -16: 1, -12: -1, -8: -1, -4: 1, 4: -1, 8: -1, 12: 1, 16: 1, 20: 1, 24: 1}
_LTF_LOWER = (1, 1, -1, -1, 1, 1, -1, 1, -1, 1, 1, 1, 1, 1, 1, -1, -1, 1, 1, -1, 1, -1, 1, 1, 1, 1)
_LTF_UPPER = (1, -1, -1, 1, 1, -1, 1, -1, 1, -1, -1, -1, -1, -1, 1, 1, -1, -1, 1, -1, 1, -1, 1, 1, 1, 1)


def l_stf(preamble: Preamble) -> OfdmSymbol:
    """Return L-STF (802.11 17.3.3), ten repetitions of 0.8 µs."""
    return OfdmSymbol({k: sign * (1 + 1j) for k, sign in _STF_SIGNS.items()}, preamble.l_stf_ns, guard_ns=0)


def l_ltf(preamble: Preamble) -> OfdmSymbol:
    """Return L-LTF (802.11 17.3.3), a 1.6 µs prefix and two 3.2 µs symbols."""
    carriers: dict[int, complex] = {k: complex(sign) for k, sign in zip(range(-26, 0), _LTF_LOWER, strict=True)}
    carriers.update({k: complex(sign) for k, sign in zip(range(1, 27), _LTF_UPPER, strict=True)})
    return OfdmSymbol(carriers, preamble.l_ltf_ns, L_LTF_GUARD_NS)
