"""The key hierarchy of S1 as server and AP go down it: ROOT → PMK1 → PTK → KCK, TK (page 2.4, R1.9, R1.35)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security import key_log, primitives
from ampradio.security.secret import Secret

_KEY_OCTETS = 16


@dataclass(frozen=True)
class TransientKey:
    """A PTK: the key confirmation key for MICs and the temporal key for data."""

    kck: Secret
    tk: Secret

    def wipe(self) -> None:
        """Overwrite both keys."""
        self.kck.wipe()
        self.tk.wipe()


def pmk1_of(root: Secret, modifier: bytes, aa: bytes) -> Secret:
    """Return PMK1 = KDF(ROOT, "AMP PMK1", Modifier ‖ AA, 256), or ROOT itself without a Modifier.

    This is how a PMK is generated (R1.25): the AP holds PMK1 and never sees ROOT.
    """
    if not modifier:
        return Secret(root.expose())
    return Secret(primitives.kdf(root.expose(), b"AMP PMK1", modifier + aa, 256))


def pairwise_key(pmk: Secret, aa: bytes, spa: bytes, anonce: bytes, snonce: bytes, bits: int) -> bytes:
    """Return the PTK octets of IEEE 802.11 12.7.1.3; addresses and nonces are compared as octet strings (rule 4).

    With 32-octet nonces and 384 bits this is the PTK of AKM 00-0F-AC:6.
    """
    context = min(aa, spa) + max(aa, spa) + min(anonce, snonce) + max(anonce, snonce)
    return primitives.kdf(pmk.expose(), b"Pairwise key expansion", context, bits)


def transient_key(pmk1: Secret, aa: bytes, spa: bytes, anonce: bytes, snonce: bytes) -> TransientKey:
    """Return KCK = PTK[0:16] and TK = PTK[16:32]."""
    ptk = pairwise_key(pmk1, aa, spa, anonce, snonce, 16 * _KEY_OCTETS)
    key = TransientKey(Secret(ptk[:_KEY_OCTETS]), Secret(ptk[_KEY_OCTETS:]))
    key_log.keep(key_log.S1_PTK, spa + anonce + snonce, key.kck, key.tk)
    return key
