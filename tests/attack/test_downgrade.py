"""X8: the row of the outcome matrix (protocols page 8.4), each cell by running the attack."""

from __future__ import annotations

import pytest

from testbed.attack import downgrade
from testbed.attack.scene import Scene
from testbed.attack.suspects import Suspect
from tests.attack.test_matrix import LABELS, of


@pytest.mark.parametrize(
    ("label", "broken", "text"),
    [
        ("S1-2f", False, "rejected, nothing is negotiated"),
        ("S1-3f", False, "rejected, nothing is negotiated"),
        ("S2-L", False, "rejected, nothing is negotiated"),
        ("S2-A", False, "rejected, nothing is negotiated"),
        ("S3-L", True, "accepted: policy none, a command of the attacker's"),
        ("S3-H", False, "rejected"),
        ("S4", False, "detected by message 3"),
        ("S5-legacy", True, "PRF choice: K is everybody's with unkeyed, constant"),
        ("S5-R1", False, "rejected, no PRF to choose"),
        ("S5-R2", False, "rejected, no PRF to choose"),
    ],
)
def test_x8_downgrade(label: str, broken: bool, text: str) -> None:
    """W3.2, W4.4, W5.2: the literal policy, the tampered advert, the PRF that legacy leaves to its users.

    The page has a dash for S1 and S2, where nothing is negotiated; a message under another PROF is refused there too.
    """
    outcome = downgrade.downgrade(of(label))
    assert (outcome.broken, outcome.text) == (broken, text)
    figures = dict(outcome.figures)
    assert figures["profiles_accepted"] == 0
    assert figures["profiles_tried"] >= 16


def test_a_floor_under_the_policy_is_enough() -> None:
    """W3.2, R3.42: S3-F differs from S3-L in that alone."""
    assert not downgrade.downgrade(Suspect("S3-F", "aiot", "floor")).broken


def test_with_two_akms_the_better_one_is_taken() -> None:
    """W4.4: without an attacker both ends use AKM 6 of 6 and 2: there is something to take away."""
    more = ('security.rsna.encoding="full"', "security.rsna.other_akms=[2]")
    scene = Scene(of("S4").experiment(more=more))
    told = scene.run()
    assert scene.succeeded
    assert {event.detail["akm"] for _, event in told if event.kind == "security.associated"} == {6}


def test_every_system_is_attacked() -> None:
    assert len(LABELS) == 10
