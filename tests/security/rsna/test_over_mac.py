"""S4 between real stations: slots, fragments, the AP's timers, a lossy link, both encodings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from ampradio.mac.ap import ApStation
from ampradio.mac.exchange import Delivery, Exchange, Transmission, perfect_link
from ampradio.mac.tag import TagStation
from ampradio.mac.work import SecureExchange
from ampradio.security.collocated import Collocated
from ampradio.security.rsna import Order, Port, Prof, RsnaParameters
from tests.mac.bench import LONG_NS, PROFILE, SETTINGS
from tests.security.rsna.eap_psk_server import EapPskServer
from tests.security.rsna.link import EAP_PSK, ID, IDENTITY, Link

VARIANTS = [
    RsnaParameters(akms=(5,)),
    RsnaParameters(),
    RsnaParameters(Prof.FULL, akms=(5,)),
    RsnaParameters(Prof.FULL, Order.RSN),
]


def lossy(every: int):  # type: ignore[no-untyped-def]
    count = 0

    def link(sent: Transmission, receiver: str, others: Sequence[Transmission]) -> Sequence[Delivery]:
        nonlocal count
        count += 1
        return [] if every and count % every == 0 else perfect_link(sent, receiver, others)

    return link


@pytest.mark.parametrize("every", [0, 9])
@pytest.mark.parametrize("parameters", VARIANTS, ids=lambda p: f"{p.prof.name}-{p.order.value}-{p.akms[0]}")
def test_a_link_over_the_stations(parameters: RsnaParameters, every: int) -> None:
    """R4.1, R4.9, R4.13, R4.15, R4.16: from the advert to protected data, in fragments where a message needs them."""
    link = Link(parameters, tag_options={"application": lambda data: data[::-1]})
    server = EapPskServer({IDENTITY: EAP_PSK})
    session = Collocated(link.ap, server)
    work = [
        SecureExchange(
            session,
            ID,
            lambda trigger, now_ns: link.ap.begin(ID),
            lambda: link.ap.port(ID) is Port.OPEN,
            6,
            attempts=3,
        ),
        SecureExchange(
            session,
            ID,
            lambda trigger, now_ns: link.ap.send(ID, b"data", 4),
            lambda: link.ap.counters["uplink_data"] > 0,
            19,
            attempts=5,
        ),
    ]
    ap = ApStation(PROFILE, SETTINGS, work)
    tag = TagStation(PROFILE, ID, link.tag, np.random.default_rng(0))
    Exchange(PROFILE, {"ap": ap}, {"tag": tag}, lossy(every)).run(10 * LONG_NS)
    assert ap.succeeded and link.is_open()
    assert link.ap.counters["uplink_data"] >= 1 and link.tag.counters["data"] >= 1
