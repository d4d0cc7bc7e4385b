"""Suites, networks and credentials that have to agree, and what happens when they do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security.entropy import SeededEntropy
from ampradio.security.rsna import Authenticator, Credential, Order, Prof, RsnaParameters, Supplicant
from ampradio.security.rsna.infrastructure.elements import Suites, encode_element
from ampradio.security.rsna.profiles import CCMP_128
from ampradio.security.secret import Secret
from tests.security.rsna.link import AA, EAP, ENCODINGS, ID, MAC, PMK, SPA, Link


def test_suites_are_negotiated() -> None:
    """R4.3 to R4.5: the tag takes the best AKM that both have; without one in common it stays away."""
    both = RsnaParameters(Prof.FULL, akms=(2, 6))
    link = Link(both, tag_parameters=RsnaParameters(Prof.FULL, akms=(6, 2)))
    assert link.connect()
    assert link.heard("ap", "associated", "akm") == [6]
    link = Link(RsnaParameters(akms=(6,)), tag_parameters=RsnaParameters(akms=(2,)))
    assert not link.connect()
    assert set(link.refusals("tag")) == {"no_common_suite"} and link.said(2) == []
    assert link.heard("ap", "failed", "reason") == ["no_answer"]


@pytest.mark.parametrize(
    ("suites", "status"),
    [
        (Suites(CCMP_128, (CCMP_128,), (2,)), 43),
        (Suites(CCMP_128, (2,), (6,)), 42),
        (Suites(2, (CCMP_128,), (6,)), 41),
        (Suites(CCMP_128, (CCMP_128,), (6, 2)), 40),
        (Suites(CCMP_128, (CCMP_128,), ()), 40),
    ],
)
def test_what_was_not_offered_is_refused(suites: Suites, status: int) -> None:
    """R4.3 to R4.5: with the status codes of 802.11; no key is derived, and both ends are back in state 1."""
    parameters = RsnaParameters(Prof.FULL)
    link = Link(parameters, tag_options={"element": encode_element(Order.RSN, suites)})
    assert not link.connect()
    assert link.heard("ap", "failed", "reason") == [f"status_{status}"]
    assert link.heard("tag", "association_refused", "status") == [status]
    assert link.said(13) == []


def test_a_station_without_a_psk_is_refused() -> None:
    link = Link()
    link.ap._stations[ID]._psk = None
    assert not link.connect()
    assert link.heard("ap", "failed", "reason") == ["status_1"]


@pytest.mark.parametrize("prof", ENCODINGS)
def test_another_network_is_left_alone(prof: Prof) -> None:
    """R4.7: by the hash of its SSID."""
    link = Link(RsnaParameters(prof), tag_parameters=RsnaParameters(prof, ssid=b"mine"))
    assert not link.connect()
    assert set(link.refusals("tag")) == {"other_network"}


def test_an_association_with_another_network_is_refused() -> None:
    link = Link(RsnaParameters(Prof.FULL), tag_parameters=RsnaParameters(Prof.FULL))
    other = lambda m: [replace(m, payload=m.payload.replace(b"ampt", b"mine"))] if m.msg == 4 else [m]  # noqa: E731
    assert not link.connect(uplink=other)
    assert set(link.refusals("ap")) == {"other_network"}


def test_parameters_and_names_that_cannot_be() -> None:
    for wrong in (
        {"akms": ()},
        {"akms": (8,)},
        {"order": "wpa1"},
        {"order": "wpa1", "prof": 2},
        {"ssid": b""},
        {"timeouts_ns": ()},
        {"timeouts_ns": (0,)},
    ):
        with pytest.raises(ValueError):
            RsnaParameters(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="room for one"):
        Link(RsnaParameters(akms=(6, 2)))
    with pytest.raises(ValueError, match="address"):
        Authenticator(MAC, RsnaParameters(), b"", SeededEntropy(1))
    ap = Link().ap
    with pytest.raises(ValueError, match="enrolled"):
        ap.enroll(ID, SPA)
    with pytest.raises(ValueError, match="SPA"):
        ap.enroll(1, b"")
    with pytest.raises(ValueError, match="SPA"):
        ap.enroll(1, SPA, Secret(b"short"))
    with pytest.raises(ValueError, match="not enrolled"):
        ap.begin(1)
    for wrong in (
        {"spa": b""},
        {"psk": Secret(b"short")},
        {"eap_psk": Secret(b"short")},
        {"eap_psk": Secret(bytes(16))},
    ):
        with pytest.raises(ValueError):
            Credential(**{"station_id": ID, "spa": SPA, "aa": AA, **wrong})  # type: ignore[arg-type]
    credential = Credential(ID, SPA, AA, Secret(PMK))
    with pytest.raises(ValueError, match="credential"):
        Supplicant(MAC, RsnaParameters(akms=EAP), credential, SeededEntropy(1))
    assert PMK.hex() not in repr(credential)
    assert RsnaParameters(Prof.FULL, akms=(5, 6)).report()["akms"] == "00-0F-AC:5,00-0F-AC:6"
