"""A PMK that is kept: over a power loss, for as long as it lives, and by its name."""

from __future__ import annotations

from dataclasses import replace

from ampradio.security.nvm import MemoryRows
from ampradio.security.rsna import PmkMemory, RsnaParameters
from ampradio.security.rsna.infrastructure.pmk_cache import ENTRIES_MAX, PmkCache
from ampradio.security.rsna.tag.pmk_memory import KeptPmk
from ampradio.security.secret import Secret
from tests.security.rsna.eap_psk_server import EapPskServer
from tests.security.rsna.link import AA, EAP, EAP_PSK, ENCODINGS, ID, IDENTITY, PMK, SPA, Link, eap_link


def test_a_kept_pmk_survives_the_power_and_skips_eap() -> None:
    """W4.6, page 5.4: PMKSA caching by PMKID, in association and message 1; an old one falls back to EAP."""
    for prof, akm in zip(ENCODINGS, (5, 1), strict=True):
        parameters = RsnaParameters(prof, akms=(akm,), pmk_caching=True, pmk_lifetime_ns=3_600_000_000_000)
        server = EapPskServer({IDENTITY: EAP_PSK})
        link = Link(parameters, server=server)
        assert link.connect()
        link.tag.power_off()
        assert link.connect()
        assert link.heard("ap", "pmk_from_cache") and len(server.asked) == 3
        link.now_ns += 4_000_000_000_000
        link.tag.power_off()
        assert link.connect()
        assert len(server.asked) == 6
        link.ap.deauthenticate(ID)
        link.run()
        assert link.connect()
        assert len(server.asked) == 9


def test_the_server_s_lifetime_counts() -> None:
    """Page 5.2: Session-Timeout overrides the default lifetime of a PMK."""
    server = EapPskServer({IDENTITY: EAP_PSK})
    link = Link(
        RsnaParameters(akms=EAP, pmk_caching=True),
        server=lambda asked: replace(server(asked), lifetime_s=60),
    )
    assert link.connect()
    link.now_ns += 61_000_000_000
    link.tag.power_off()
    assert link.connect() and len(server.asked) == 6


def test_a_pmk_that_the_ap_does_not_have() -> None:
    """W4.6: message 1 must name the kept PMK; another AP's word for it, or none, is refused."""
    parameters = RsnaParameters(akms=EAP, pmk_caching=True)
    link = eap_link(parameters)
    assert link.connect()
    link.tag.power_off()
    link.air.clear()
    bad = lambda m: [replace(m, payload=m.payload[:-1] + bytes([m.payload[-1] ^ 1]))] if m.msg == 13 else [m]  # noqa: E731
    assert not link.connect(downlink=bad)
    assert link.refusals("tag").count("other_pmk") == 4 and link.said(14) == []


def test_pmk_caches_are_bounded() -> None:
    """Architecture, errors: at the AP the oldest goes; at the tag there is one."""
    cache = PmkCache(AA, enabled=True)
    for number in range(ENTRIES_MAX + 1):
        cache.put(number.to_bytes(6, "big"), 5, Secret(PMK), 1000)
    first, last = bytes(6), ENTRIES_MAX.to_bytes(6, "big")
    names = tuple(entry.pmkid for entry in cache._entries.values())
    assert cache.find(first, 5, names, 0) is None and cache.find(last, 5, names, 0) is not None
    assert cache.find(last, 5, names, 1000) is None and cache.find(last, 1, names, 0) is None
    cache.put(last, 5, Secret(PMK), 2000)
    assert len(cache._entries) == ENTRIES_MAX
    memory = PmkMemory(MemoryRows(PmkMemory.rows_needed()))
    assert memory.find(5, AA) is None
    memory.keep(KeptPmk(5, AA, Secret(PMK)))
    assert memory.find(5, AA) == Secret(PMK)
    assert memory.find(1, AA) is None and memory.find(5, SPA) is None
