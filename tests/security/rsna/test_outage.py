"""X11: power lost before every primitive and NVM row, torn or whole, and around every message."""

from __future__ import annotations

import pytest

from ampradio.security import meter
from ampradio.security.rsna import Order, Prof, RsnaParameters
from tests.security.nonces import Nonces
from tests.security.rsna.eap_psk_server import EapPskServer
from tests.security.rsna.link import EAP_PSK, ID, IDENTITY, Link

VARIANTS = {
    "lite EAP": RsnaParameters(akms=(5,)),
    "lite EAP, kept PMK": RsnaParameters(akms=(5,), pmk_caching=True),
    "full EAP, rsn": RsnaParameters(Prof.FULL, Order.RSN, (1,)),
    "lite PSK": RsnaParameters(),
}
CALLS_MAX = 400


def link_of(parameters: RsnaParameters, limit: meter.Meter) -> Link:
    readings = iter(range(1000))
    return Link(
        parameters,
        server=EapPskServer({IDENTITY: EAP_PSK}),
        meter=limit,
        tag_options={"application": lambda data: b"%04d" % next(readings)},
    )


def life_of(link: Link) -> None:
    """Connect, talk, renew the group key, lose power, connect, talk; begin again whenever the link is gone."""

    def reconnect() -> None:
        assert link.connect() or link.connect(), link.heard("ap", "failed")

    def talk(data: bytes) -> None:
        for _ in range(2):
            before = len(link.heard("ap", "uplink_data"))
            link.ap.send(ID, data, 4)
            link.run()
            if len(link.heard("ap", "uplink_data")) > before:
                return
            reconnect()
        raise AssertionError("no reading after a new link")

    reconnect()
    talk(b"one")
    link.ap.rekey_group()
    link.run()
    if not link.is_open():
        reconnect()
    link.ap.send_group(b"all")
    link.run()
    link.tag.power_off()
    reconnect()
    talk(b"two")
    assert link.is_open()


@pytest.mark.parametrize("torn", [0, 9])
@pytest.mark.parametrize("name", VARIANTS)
def test_power_cut_at_every_call(name: str, torn: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """X11, W4.7: never a brick, a reused nonce or a half-open port; the link is there again after one more attempt."""
    if torn and not VARIANTS[name].pmk_caching:
        torn = 15
    nonces = Nonces(monkeypatch)
    for call in range(CALLS_MAX):
        fail = meter.FailAt(call, torn)
        link = link_of(VARIANTS[name], fail)
        life_of(link)
        assert link.outages == fail.failed
        assert nonces.reused() == 0
        if not fail.failed:
            break
    assert not fail.failed and call > 20


@pytest.mark.parametrize("name", VARIANTS)
def test_power_cut_around_every_message(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """X11: before each reception, and after each answer was made but before it is out."""
    nonces = Nonces(monkeypatch)
    number = 0
    while True:
        seen = 0
        for when in ("before", "after"):
            link = link_of(VARIANTS[name], meter.Tally())
            original, seen = link.to_tags, 0

            def cut(message, original=original, link=link, when=when, number=number):  # type: ignore[no-untyped-def]
                nonlocal seen
                seen += 1
                if seen - 1 == number and when == "before":
                    link.tag.power_off()
                answers = original(message)
                if seen - 1 == number and when == "after":
                    link.tag.power_off()
                    return []
                return answers

            link.to_tags = cut  # type: ignore[method-assign]
            life_of(link)
            assert nonces.reused() == 0
        if seen <= number:
            break
        number += 1
    assert number > 12


def test_a_torn_commit_leaves_the_old_pmk_or_the_new() -> None:
    """Page 1.3: at every row of the PMK's commit, torn after every octet, whether one was there before or not."""
    parameters = VARIANTS["lite EAP, kept PMK"]
    rows_tried = 0
    for torn in range(0, 17, 4):
        for row in range(12):
            link = link_of(parameters, _FailAtRow(row, torn))
            assert link.connect() or link.connect()
            link.now_ns += parameters.pmk_lifetime_ns
            link.tag.power_off()
            assert link.connect() or link.connect()
            link.tag.power_off()
            assert link.connect()
            assert len(link.heard("ap", "pmk_from_cache")) >= 1
            rows_tried += link.outages
    assert rows_tried >= 5 * 10


class _FailAtRow:
    """Loses power inside one NVM row."""

    def __init__(self, row: int, torn: int) -> None:
        self._left, self._torn = row, torn

    def spend(self, primitive: meter.Primitive, units: int) -> None:
        if primitive is not meter.Primitive.NVM_ROW:
            return
        self._left -= 1
        if self._left == -1:
            raise meter.PowerLost(self._torn)
