"""X9: do two captures show the same tag? The attacker looks for octets that come again and are not everybody's."""

from __future__ import annotations

from testbed.attack.outcome import Outcome
from testbed.attack.scene import Scene
from testbed.attack.suspects import Suspect

WINDOW_OCTETS = 4
TRIALS = 8
BROKEN_ADVANTAGE = 0.1
_TAGS = tuple(bytes([number]) * 32 for number in range(1, TRIALS + 2))


def linkability(suspect: Suspect) -> Outcome:
    """Guess for pairs of captures whether they show one tag; broken when the advantage over guessing exceeds 0.1."""
    common = set.intersection(*(_tokens(suspect, psk, index, seed=50 + index) for index, psk in enumerate(_TAGS)))
    said_same = {True: 0, False: 0}
    for index in range(TRIALS):
        first = _tokens(suspect, _TAGS[index], index, seed=100 + index) - common
        for same in (True, False):
            other = index if same else index + 1
            second = _tokens(suspect, _TAGS[other], other, seed=200 + index) - common
            said_same[same] += bool(first & second)
    advantage = abs(said_same[True] - said_same[False]) / TRIALS
    text = f"linkable, advantage {advantage:.2f}" if advantage > BROKEN_ADVANTAGE else "no"
    return Outcome("X9", suspect.label, advantage > BROKEN_ADVANTAGE, text, (("advantage", advantage),))


def _tokens(suspect: Suspect, psk: bytes, number: int, seed: int) -> set[bytes]:
    """Return the header ID of every PPDU but broadcasts, and every run of ``WINDOW_OCTETS`` octets behind the shim."""
    identity = (f"tags[0].station_id={0x0400 + number}", f'tags[0].address="02:a4:50:00:20:{number:02x}"')
    scene = Scene(suspect.experiment(seed=seed, psk=psk, more=identity))
    scene.run()
    tokens: set[bytes] = set()
    for each in scene.tap.heard:
        psdu = each.tx.psdu
        if psdu[1:3] != b"\xff\xff":
            tokens.add(psdu[1:3])
        payload = psdu[7:-2]
        tokens |= {payload[at : at + WINDOW_OCTETS] for at in range(len(payload) - WINDOW_OCTETS + 1)}
    return tokens
