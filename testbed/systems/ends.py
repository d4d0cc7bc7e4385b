"""Both ends of a security system, ready for the stations; and the secrets and entropy that each of them was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ampradio.mac.sessions import TagSession
from ampradio.mac.work import SecureExchange
from ampradio.security.entropy import SeededEntropy, SystemEntropy
from ampradio.security.primitives import hmac_sha256
from ampradio.security.session import EntropySource
from testbed.experiment.plan import Experiment, TagPlan
from testbed.seeds import seed_for


@dataclass(frozen=True)
class Ends:
    """What a run needs to know of its security system.

    ``report`` are the parameters for the record. A handshake begins with a message named in ``opening`` and is over
    when somebody has ``authenticated`` the peer ``proven``.
    """

    work: list[SecureExchange]
    tag: TagSession
    report: Mapping[str, str | int | bool | float]
    opening: frozenset[str]
    proven: str


class RoundReadings:
    """The sensor behind a tag: one reading a round, the same again if the round has to be repeated."""

    def __init__(self, readings: Sequence[bytes]) -> None:
        self._readings = readings
        self.round = 0

    def current(self, command: bytes = b"") -> bytes:
        """Return the reading of the round under way, whatever the command; empty when there is none."""
        return self._readings[self.round] if self.round < len(self._readings) else b""


def entropy_for(experiment: Experiment, who: str) -> EntropySource:
    """Return the nonces and keys of one end: of a simulated run from its seed, on air the operating system's."""
    if experiment.choice.radiates:
        return SystemEntropy()
    return SeededEntropy(seed_for(experiment.seed, f"security.{experiment.security.system}.entropy.{who}"))


def enrolled_secret(tag: TagPlan, name: str, octets: int) -> bytes:
    """Return a secret of up to 32 octets that the testbed's enrolment makes of the tag's PSK for one purpose.

    So one PSK in an experiment file serves every system, and none sees that of another.
    """
    return hmac_sha256(tag.psk, b"AMP testbed enrolment " + name.encode())[:octets]
