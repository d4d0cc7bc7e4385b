"""The PoSs that a PoS has roaming agreements with, and how it chooses one for an MN (5.14.1, 5.14.3)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from ampradio.security.handover.pos.air import Asked
from ampradio.security.handover.profiles import LITE_ID_OCTETS

PARTNERS_MAX = 1024
RAT_AMP = "amp"


@dataclass(frozen=True)
class Partner:
    """A PoS that an MN may be sent to: its gateway's AMP channel, where it stands, and what it speaks."""

    pos_id: bytes
    channel: int = 0
    position_m: tuple[float, float] = (0.0, 0.0)
    rats: frozenset[str] = frozenset((RAT_AMP,))

    def __post_init__(self) -> None:
        if len(self.pos_id) != LITE_ID_OCTETS:
            raise ValueError(f"a PoS's lite ID has {LITE_ID_OCTETS} octets, not {len(self.pos_id)}")


@dataclass(frozen=True)
class Whereabouts:
    """What an SPoS knows of an MN: where it is and which radio access technologies it has."""

    position_m: tuple[float, float] = (0.0, 0.0)
    rats: frozenset[str] = frozenset((RAT_AMP,))


class Partners:
    """The partner table of one PoS; ``trusted`` says whether there is a security relationship (R5.50)."""

    def __init__(self, trusted: Callable[[bytes], bool]) -> None:
        self._trusted = trusted
        self._partners: dict[bytes, Partner] = {}
        self._whereabouts: dict[bytes, Whereabouts] = {}

    def add(self, partner: Partner) -> None:
        """Add or replace a partner; raises ``ValueError`` for one too many."""
        if partner.pos_id not in self._partners and len(self._partners) >= PARTNERS_MAX:
            raise ValueError(f"a PoS has at most {PARTNERS_MAX} partners")
        self._partners[partner.pos_id] = partner

    def locate(self, mn: bytes, whereabouts: Whereabouts) -> None:
        """Take note of where an MN is; raises ``ValueError`` for one too many."""
        if mn not in self._whereabouts and len(self._whereabouts) >= PARTNERS_MAX:
            raise ValueError(f"a PoS follows at most {PARTNERS_MAX} MNs")
        self._whereabouts[mn] = whereabouts

    def choose(self, mn: bytes, asked: Asked) -> bytes | None:
        """Return the TPoS for an MN: the one it named, the first of its candidates, or the nearest (R5.49).

        A PoS without a security relationship is never chosen, whoever names it (R5.50); None when there is no other.
        """
        if asked.tpos is not None:
            return asked.tpos if self._usable(asked.tpos) else None
        for candidate in asked.candidates:
            pos_id = candidate.gateway_id.to_bytes(LITE_ID_OCTETS, "big")
            if self._usable(pos_id) and self._partners[pos_id].channel == candidate.channel:
                return pos_id
        return self._nearest(self._whereabouts.get(mn, Whereabouts()))

    def _usable(self, pos_id: bytes) -> bool:
        return pos_id in self._partners and self._trusted(pos_id)

    def _nearest(self, whereabouts: Whereabouts) -> bytes | None:
        usable = [
            partner
            for partner in self._partners.values()
            if self._trusted(partner.pos_id) and partner.rats & whereabouts.rats
        ]
        nearest = min(usable, key=lambda p: math.dist(p.position_m, whereabouts.position_m), default=None)
        return None if nearest is None else nearest.pos_id
