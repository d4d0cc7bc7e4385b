"""X12, X13 and X14: rows of the outcome matrix (protocols page 8.4); what is opened is opened by decrypting."""

from __future__ import annotations

import pytest

from testbed.attack import compromise, forgery, guess
from testbed.attack.suspects import Suspect, suspect_of
from testbed.experiment import load_experiment
from tests.attack.test_matrix import LABELS, of
from tests.conftest import ROOT

ALL, NONE = 1.0, 0.0
S2_E2E = Suspect("S2-A e2e", "provisioning", "hardened", ("security.provisioning.end_to_end=true",))
S2_L_E2E = Suspect("S2-L e2e", "provisioning", "literal", ("security.provisioning.end_to_end=true",))


@pytest.mark.parametrize("label", LABELS)
def test_x12_past_after_tag_compromise(label: str) -> None:
    """W1.3, W2.3, W3.6, W4.3, W5.9: no forward secrecy anywhere; who opens a tag reads all that was recorded.

    The page says so of S5 legacy and Remedy 1 too. There the tag keeps no key that leads back: K of a hop follows from
    the SA before it, never from the one after. Only a chain that begins at the home is open, see the next test.
    """
    figures = dict(compromise.memory(of(label)).figures)
    assert figures["tag_past"] == (NONE if label in ("S5-legacy", "S5-R1") else ALL)
    assert figures["tag_future"] == ALL


@pytest.mark.parametrize(
    ("label", "future"),
    [
        ("S1-2f", ALL),
        ("S1-3f", ALL),
        ("S2-L", ALL),
        ("S2-A", NONE),
        ("S3-L", NONE),
        ("S3-H", NONE),
        ("S4", ALL),
        ("S5-legacy", ALL),
        ("S5-R1", ALL),
        ("S5-R2", NONE),
    ],
)
def test_x12_future_after_gateway_compromise(label: str, future: float) -> None:
    """W2.6, W5.1: a session key as the seed gives S2-L's next PRK away; one SPoS opens five of five hops, or none.

    S3's reader knows no key. S4's AP holds the PSK itself here, so all sessions with it are open; with EAP it is that
    session's PMK alone (tests/security/rsna).
    """
    outcome = compromise.memory(of(label))
    assert dict(outcome.figures)["gateway_future"] == future
    assert outcome.broken


@pytest.mark.parametrize("label", ["S1-2f", "S1-3f"])
def test_x12_a_gateway_of_s1_opens_what_it_hears_itself(label: str) -> None:
    """Page 2.4: PMK1 is of one AP; what the same tag says to another one stays closed."""
    assert dict(compromise.memory(of(label)).figures)["gateway_other_ap"] == NONE


def test_x12_end_to_end_keys_stay_from_the_gateway() -> None:
    """W2.8, R2.10: under K_e2e a gateway reads nothing; in S2-L its session key gives the next K_e2e away as well."""
    figures = dict(compromise.memory(S2_E2E).figures)
    assert (figures["gateway_past"], figures["gateway_future"], figures["server_past"]) == (NONE, NONE, ALL)
    figures = dict(compromise.memory(S2_L_E2E).figures)
    assert (figures["gateway_past"], figures["gateway_future"]) == (NONE, ALL)


@pytest.mark.parametrize("label", ["S2-L", "S2-A", "S3-L", "S3-H", "S5-R2"])
def test_x12_a_server_knows_everything(label: str) -> None:
    """W5.9: and in Remedy 2 the Group Manager."""
    figures = dict(compromise.memory(of(label)).figures)
    assert (figures["server_past"], figures["server_future"]) == (ALL, ALL)


@pytest.mark.parametrize("label", ["S5-legacy", "S5-R1"])
def test_x12_group_manager_and_home_know_nothing_of_a_chain_that_begins_elsewhere(label: str) -> None:
    figures = dict(compromise.memory(of(label)).figures)
    assert (figures["server_past"], figures["server_future"]) == (NONE, NONE)


@pytest.mark.parametrize("label", LABELS)
def test_x13_offline_guess(label: str) -> None:
    """W1.4, W2.1, W4.3: a key from few values is found, a random one is not; Z and random device keys are not tried."""
    outcome = guess.offline(of(label), space=600)
    assert outcome.broken == (label in ("S1-2f", "S1-3f", "S2-L", "S4"))
    figures = dict(outcome.figures)
    assert figures["guesses"] == (guess.CHOSEN % 600 + 1 if outcome.broken else 600)


@pytest.mark.parametrize("label", ["S3-L", "S3-H", "S5-legacy", "S5-R1", "S5-R2"])
def test_x13_only_their_randomness_protects_s3_and_s5(label: str) -> None:
    """The same search finds their keys as soon as somebody chooses them among few: it looks in the right place."""
    assert guess.found(of(label), guess.candidate(7), 20) == 7


def test_x13_z_protects_a_guessable_serial_number() -> None:
    """W2.1, R2.14: the same serial number, and the same search, with Z in the PRK."""
    assert guess.found(of("S2-L"), guess.candidate(7), 20) == 7
    assert guess.found(of("S2-A"), guess.candidate(7), 20) is None


def test_x14_forgery_of_a_short_mic() -> None:
    """W1.5: with MICs of two octets the measured rate is 2^-16 within its 95 % interval, and not zero."""
    outcome = forgery.online(of("S1-3f"))
    figures = dict(outcome.figures)
    assert outcome.broken
    assert figures["low"] <= 2**-16 <= figures["high"]
    assert figures["trials"] == 1 << 18


@pytest.mark.parametrize("label", [label for label in LABELS if not label.startswith("S1")])
def test_x14_forgery_of_the_others(label: str) -> None:
    """None of 2000; and in S5's legacy delivery there is one try, as a wrong MIC5 costs the key."""
    outcome = forgery.online(of(label), trials_long=2000)
    figures = dict(outcome.figures)
    assert not outcome.broken
    assert figures["mic_octets"] == (4 if label.startswith("S2") else 8)
    assert figures["trials"] == (1 if label == "S5-legacy" else 2000)


@pytest.mark.parametrize("label", [label for label in LABELS if not label.startswith("S1")])
def test_x14_the_genuine_message_would_have_been_believed(label: str) -> None:
    """What is forged is one MIC away from success: with the right one it is taken."""
    assert forgery.with_the_right_mic(of(label))


def test_x12_without_a_modifier_every_ap_holds_root() -> None:
    """Page 2.4: MOD = 0 makes PMK1 = ROOT, so one AP's memory opens what the tag says to all of them."""
    suspect = Suspect("S1 MOD 0", "amp", "hardened", ("security.amp.flow=3", "security.amp.modifier_octets=0"))
    assert dict(compromise.memory(suspect).figures)["gateway_other_ap"] == ALL


def test_x14_where_nothing_has_a_mic() -> None:
    """W3.8: under a policy without integrity any reply is believed; a reply that is an ID has none to forge."""
    bare = Suspect("S3 bare", "aiot", "literal", ("security.aiot.policy=0",))
    assert forgery.online(bare).text.startswith("MIC of 0: 1 of 1 accepted")
    alone = Suspect("S3 alone", "aiot", "literal", ('security.aiot.process="authentication"',))
    assert forgery.online(alone).text == "the last reply has no MIC of its own"


@pytest.mark.parametrize(
    ("setting", "found"),
    [('security.aiot.id_mode="encrypted"', 7), ('security.aiot.id_mode="encrypted-unprotected"', None)],
)
def test_x13_what_an_id_tells_a_guesser(setting: str, found: int | None) -> None:
    """W3.5: an encrypted ID with a MAC confirms a guess; without one it tells nothing to who does not know the ID."""
    assert guess.found(Suspect("S3", "aiot", "literal", (setting,)), guess.candidate(7), 20) == found


def test_an_experiment_without_its_optional_files_is_attacked() -> None:
    """Keys that are not set in a file are not set in the suspect either."""
    suspect = suspect_of(load_experiment(ROOT / "examples/provisioning.toml", radio="sim:"))
    assert guess.offline(suspect, space=20).text == "not found in 20 guesses"
