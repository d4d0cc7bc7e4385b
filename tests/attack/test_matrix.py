"""Cells of the outcome matrix, each by running the attack; what is expected is the protocols page's, section 8.4."""

from __future__ import annotations

import pytest

from testbed.attack import drain, impostor, linkage, outage, replay, tamper
from testbed.attack.suspects import SUSPECTS, Suspect

BY_LABEL = {suspect.label: suspect for suspect in SUSPECTS}
LABELS = list(BY_LABEL)


def of(label: str) -> Suspect:
    return BY_LABEL[label]


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("S1-2f", "acts again"),
        ("S1-3f", "answers, no action"),
        ("S2-L", "acts again, keys installed again"),
        ("S2-A", "answers, no action"),
        ("S3-L", "acts again; after a reboot answers, no action"),
        ("S3-H", "answers, no action"),
        ("S4", "answers, no action"),
        ("S5-legacy", "answers, no action"),
        ("S5-R1", "answers, no action"),
        ("S5-R2", "answers, no action"),
    ],
)
def test_x1_replay_of_downlink_frames(label: str, text: str) -> None:
    """S1-2f and S3-L act (W1.1, W3.1), S2-L installs its keys again (W2.2); the hardened ones do not act.

    The page has S2-A and S3-H reject every frame; both still answer: S2-A repeats its last RES to its identical REQ,
    S3-H answers a paging that was said before (W3.3). S5's legacy MN takes a stale K while it waits for one after a
    reboot: tests/security/handover/test_handover_attacks.py does that; here it is served, and acts on nothing.
    """
    outcome = replay.downlink(of(label))
    assert outcome.text == text
    assert outcome.broken == ("again" in text)


@pytest.mark.parametrize("label", LABELS)
def test_x2_replay_of_uplink_frames(label: str) -> None:
    """Rejected by every infrastructure with a fresh nonce; W1.6: with the nonce of old, any of them is taken in.

    The page has S5 legacy accept: an SPoS does serve a recorded request again once its cache has forgotten it
    (tests/security/handover/test_handover_attacks.py), but no key is confirmed, and so nobody is believed.
    """
    outcome = replay.uplink(of(label))
    assert not outcome.broken
    assert outcome.text == "accepted if same nonce"


@pytest.mark.parametrize("label", LABELS)
def test_x3_changed_octets(label: str) -> None:
    """Detected, each octet of each message (FCS repaired); but DL data of a two-frame flow is acted on unread (c).

    The page has a silent key split for S5 legacy (W5.5): the flipped key is taken, and message 5 finds out (rule 24).
    """
    outcome = tamper.octets(of(label), step=3)
    assert outcome.broken == (label == "S1-2f")
    assert dict(outcome.figures)["tried"] > 40


@pytest.mark.parametrize(("policy", "broken"), [(0x01, True), (0x25, False)])
def test_x3_on_s3_l_depends_on_the_policy(policy: int, broken: bool) -> None:
    """W3.8: with encryption alone a changed octet of the ciphertext is a changed command; with a MAC it is found."""
    suspect = Suspect("S3-L", "aiot", "literal", (f"security.aiot.policy={policy}",))
    outcome = tamper.octets(suspect, step=3)
    assert outcome.broken == broken
    assert outcome.text.startswith("changed data accepted" if broken else "detected")


@pytest.mark.parametrize("label", LABELS)
def test_x4_lost_doubled_held_back(label: str) -> None:
    """Nobody is stuck."""
    assert tamper.order(of(label)).text == "recovers"


@pytest.mark.parametrize("label", LABELS)
def test_x5_rogue_gateway(label: str) -> None:
    """Accepted by the two-frame flow alone (W1.1)."""
    assert impostor.gateway(of(label)).broken == (label == "S1-2f")


@pytest.mark.parametrize("label", LABELS)
def test_x6_rogue_tag(label: str) -> None:
    """Rejected by all."""
    assert not impostor.tag(of(label)).broken


@pytest.mark.parametrize("label", LABELS)
def test_x7_a_relay_always_succeeds(label: str) -> None:
    """Only distance bounding would stop it; here a slot's listening window limits how late it may be."""
    outcome = drain.relay(of(label))
    assert outcome.broken
    assert 1_000 <= dict(outcome.figures)["longest_delay_ns"] <= 20_000


@pytest.mark.parametrize("label", LABELS)
def test_x9_linkability(label: str) -> None:
    """Static ID in S1, static H in S2; temporary IDs in S3."""
    assert linkage.linkability(of(label)).broken == (not label.startswith("S3"))


@pytest.mark.parametrize("label", LABELS)
def test_x10_what_a_frame_costs(label: str) -> None:
    """Whoever answers pays for its transmission: tens of nanojoules; a tag of S2-A or S4 that is provisioned or
    open refuses a beginning unread."""
    outcome = drain.drain(of(label))
    joules = dict(outcome.figures)["joules_per_frame"]
    assert (joules < 1e-9) if label in ("S2-A", "S4") else (10e-9 < joules < 200e-9)


@pytest.mark.parametrize("label", LABELS)
def test_x11_power_fails_at_every_point(label: str) -> None:
    """R1.38, R2.30, and no brick in S3: every point survived."""
    outcome = outage.outages(of(label))
    assert not outcome.broken
    assert dict(outcome.figures)["points"] >= 20
