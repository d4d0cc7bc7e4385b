"""S4 over an air that loses, repeats, reorders and replays: no deadlock, nothing believed that was not said."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ampradio.security.rsna import Order, Port, Prof, RsnaParameters
from tests.security.fates import FATES, Fates
from tests.security.rsna.eap_psk_server import EapPskServer
from tests.security.rsna.link import EAP_PSK, ID, IDENTITY, Link

VARIANTS = [
    RsnaParameters(akms=(5,)),
    RsnaParameters(akms=(1,), pmk_caching=True),
    RsnaParameters(),
    RsnaParameters(Prof.FULL, Order.RSN),
    RsnaParameters(Prof.FULL, Order.WPA1, (2,)),
]
DATA = [b"one", b"two", b"three"]


@settings(max_examples=120, deadline=None)
@given(FATES, FATES, st.sampled_from(VARIANTS), st.booleans())
def test_loss_repetition_and_replay(down: list[str], up: list[str], parameters: RsnaParameters, reboot: bool) -> None:
    """X1 to X4, W4.1, W4.7: data at most once and in order, no half-open port, and a clean attempt then works."""
    link = Link(
        parameters,
        server=EapPskServer({IDENTITY: EAP_PSK}),
        tag_options={"application": lambda data: data + b"!"},
    )
    downlink, uplink = Fates(down), Fates(up)
    link.connect(downlink, uplink)
    if reboot:
        link.tag.power_off()
    if link.ap.port(ID) is Port.OPEN:
        assert reboot or link.tag.port is Port.OPEN, "the AP's port is open towards a tag that is not there"
        for data in DATA:
            link.ap.send(ID, data, 6)
            link.ap.send_group(data)
            link.run(downlink, uplink)
        link.ap.rekey_group()
        link.run(downlink, uplink)
    said = {data.hex() for data in DATA}
    for group in (False, True):
        heard = [note["data_hex"] for note in link.heard("tag", "data") if note["group"] is group]
        assert len(set(heard)) == len(heard) and set(heard) <= said
        assert heard == [data.hex() for data in DATA if data.hex() in heard]
    answers = link.heard("ap", "uplink_data", "data_hex")
    assert len(set(answers)) == len(answers) and set(answers) <= {(data + b"!").hex() for data in DATA}
    link.tag.power_off()
    assert link.connect() or link.connect()
    link.ap.send(ID, b"works", 6)
    link.run()
    assert link.heard("ap", "uplink_data", "data_hex")[-1] == b"works!".hex()
