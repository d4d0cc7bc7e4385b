"""S2 between real stations: triggers, slots, fragments, addresses that a tag did not have before, a lossy link."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from ampradio.mac.ap import ApStation
from ampradio.mac.exchange import Delivery, Exchange, Transmission, perfect_link
from ampradio.mac.tag import TagStation
from ampradio.mac.work import SecureExchange
from ampradio.security.collocated import Collocated
from ampradio.security.provisioning import Prof, ProvisioningParameters
from tests.mac.bench import LONG_NS, PROFILE, SETTINGS
from tests.security.provisioning.world import GWID, Device, World

TAG_ID = 0x0555


def stations(world: World, device: Device) -> tuple[ApStation, TagStation]:
    """Return an AP whose work is to provision the tag, with the server beside it, and to ask it once."""
    gateway = world.gateway
    session = Collocated(gateway, lambda request: world.server.answer(GWID, request))

    def ask(trigger: bytes, now_ns: int) -> None:
        for address in gateway.local_addresses:
            gateway.request(address, b"ABCD", 5)

    work = [
        SecureExchange(
            session,
            PROFILE.mac.broadcast_id,
            lambda trigger, now_ns: gateway.scan(device.made.qr),
            lambda: gateway.counters["provisioned"] > 0,
            world.parameters.confirm_octets,
            attempts=3,
        ),
        SecureExchange(session, 0x234, ask, lambda: gateway.counters["reading"] > 0, 40, attempts=3),
    ]
    tag = TagStation(PROFILE, TAG_ID, device.tag, np.random.default_rng(0))
    return ApStation(PROFILE, SETTINGS, work), tag


@pytest.mark.parametrize("prof", list(Prof))
def test_provisioned_and_asked_over_the_stations(prof: Prof) -> None:
    """R2.9, R2.22, R2.28, R2.48, R2.49: from the scan to a reading, the tag under its new address."""
    world = World(ProvisioningParameters(prof))
    device = world.make()
    ap, tag = stations(world, device)
    Exchange(PROFILE, {"ap": ap}, {"tag": tag}).run(LONG_NS)
    assert ap.succeeded and device.tag.provisioned
    assert world.gateway.counters["reading"] == 1 and device.tag.counters["command"] == 1


def test_over_a_link_that_loses_every_third_frame() -> None:
    """X4: repetitions end in the same state."""
    count = 0

    def lossy(sent: Transmission, receiver: str, others: Sequence[Transmission]) -> Sequence[Delivery]:
        nonlocal count
        count += 1
        return [] if count % 3 == 0 else perfect_link(sent, receiver, others)

    world = World()
    device = world.make()
    ap, tag = stations(world, device)
    Exchange(PROFILE, {"ap": ap}, {"tag": tag}, lossy).run(LONG_NS)
    assert device.tag.provisioned and ap.succeeded


def test_a_silent_server_ends_in_a_clear_failure() -> None:
    """AS down: failed, the tag still in provisioning mode."""
    world = World()
    device = world.make()
    silent = Collocated(world.gateway, lambda request: None)
    scan = SecureExchange(
        silent,
        PROFILE.mac.broadcast_id,
        lambda trigger, now_ns: world.gateway.scan(device.made.qr),
        lambda: world.gateway.counters["provisioned"] > 0,
        19,
        attempts=1,
    )
    tag = TagStation(PROFILE, TAG_ID, device.tag, np.random.default_rng(0))
    ap = ApStation(PROFILE, SETTINGS, [scan])
    Exchange(PROFILE, {"ap": ap}, {"tag": tag}).run(10 * LONG_NS)
    assert not ap.succeeded and not device.tag.provisioned
    assert world.gateway.counters["failed"] == 1
