"""X12 where a run's own ends have no such beginning: S5 from the home on, S4 with EAP; recorded, and decrypted."""

from __future__ import annotations

import pytest

from ampradio.security.journal import RefusedError
from ampradio.security.rsna import Prof, RsnaParameters
from ampradio.security.rsna.infrastructure.keys import pairwise_key
from ampradio.security.rsna.infrastructure.protection import FrameAround, unseal
from ampradio.security.rsna.profiles import Msg
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from testbed.attack.decryptors import handover, rsna
from tests.attack.test_matrix import of
from tests.security.handover import world as s5
from tests.security.rsna import link as s4
from tests.security.rsna.eap_psk_server import EapPskServer

ROUTE = (s5.B, s5.C, s5.D, s5.A, s5.B)


@pytest.mark.parametrize(("label", "variant"), [("S5-legacy", "legacy"), ("S5-R1", "remedy-1")])
@pytest.mark.parametrize("served", [False, True])
def test_a_chain_that_begins_at_home(label: str, variant: str, served: bool) -> None:
    """W5.1, page 8.4: the home's key, in the tag's NVM, opens all five hops of a chain that began with it."""
    world = s5.World(s5.of(variant), served=served)
    if not served:
        world.near = ROUTE[0]
    assert all(world.handover(target) for target in ROUTE)
    home = world.memory.home()
    assert home is not None
    opened = handover.read(of(label).experiment(), {"home": home.key.expose()}, world.air)
    assert len(opened) == (0 if served else len(ROUTE))


def session_of(link: s4.Link) -> list[Message]:
    """Establish a link anew, say one thing, and return what was heard."""
    before = len(link.air)
    link.tag.power_off()
    assert link.connect()
    link.ap.send(s4.ID, b"for the tag alone", 0)
    link.run()
    return link.air[before:]


def opened_with(pmk: Secret, heard: list[Message]) -> list[bytes]:
    """Return the data of one recorded session that follow from a PMK."""
    nonces = [rsna.nonce_of(next(one for one in heard if one.msg == msg)) for msg in (Msg.PAIRWISE_1, Msg.PAIRWISE_2)]
    tk = pairwise_key(5, pmk, s4.AA, s4.SPA, *nonces).tk
    found = []
    for message in heard:
        if message.msg == Msg.DATA_DOWN:
            try:
                around = FrameAround(s4.MAC, message.prof, message.station_id, Msg.DATA_DOWN)
                found.append(unseal(tk, s4.AA, message.payload, 0, around)[1])
            except RefusedError:
                continue
    return found


def test_an_ap_that_learns_its_pmk_by_eap_gives_one_session_away() -> None:
    """Page 8.4, X12 on S4: with EAP the AP's memory holds the PMK of that session, which opens no other."""
    server = EapPskServer({s4.IDENTITY: s4.EAP_PSK})
    link = s4.Link(RsnaParameters(Prof.FULL, akms=(5,)), server=server)
    before = session_of(link)
    during = session_of(link)
    stolen = link.ap._stations[s4.ID]._bond.pmk
    assert stolen is not None
    stolen = Secret(stolen.expose())
    after = session_of(link)
    assert [opened_with(stolen, heard) for heard in (before, during, after)] == [[], [b"for the tag alone"], []]
