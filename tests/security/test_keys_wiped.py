"""Keys that an end lets go of are overwritten, not just dropped: all that it held before and does not hold after."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import pytest

from ampradio.security.aiot import AiotParameters
from ampradio.security.aiot import Prof as AiotProf
from ampradio.security.provisioning import Prof as ProvisioningProf
from ampradio.security.rsna import Order, RsnaParameters
from ampradio.security.rsna import Prof as RsnaProf
from ampradio.security.secret import Secret
from tests.security.aiot.area import Area
from tests.security.provisioning.world import world_of
from tests.security.rsna.link import ID, eap_link


def secrets_of(end: object) -> dict[int, Secret]:
    """Every key that can be reached from an object of ours, by its identity."""
    found: dict[int, Secret] = {}
    seen: set[int] = set()
    waiting: deque[object] = deque([end])
    while waiting:
        one = waiting.popleft()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Secret):
            found[id(one)] = one
        elif isinstance(one, Mapping):
            waiting.extend(one.values())
        elif isinstance(one, (list, tuple, set, frozenset, deque)):
            waiting.extend(one)
        elif type(one).__module__.startswith("ampradio."):
            waiting.extend(vars(one).values() if hasattr(one, "__dict__") else ())
    return found


def let_go_of(before: dict[int, Secret], end: object) -> list[Secret]:
    after = secrets_of(end)
    return [secret for key, secret in before.items() if key not in after]


@pytest.mark.parametrize("prof", list(ProvisioningProf))
def test_s2_a_tag_without_power_and_a_gateway_that_gives_a_binding_up(prof: ProvisioningProf) -> None:
    """Temporal and session keys: the tag's with its power, the gateway's when the tag is provisioned anew."""
    world = world_of(prof)
    device = world.make()
    world.ask(world.onboard(device))
    at_tag, at_gateway = secrets_of(device.tag), secrets_of(world.gateway)
    device.tag.power_off()
    gone = let_go_of(at_tag, device.tag)
    assert len(gone) >= 3 and not any(len(key) for key in gone)
    world.onboard(device)
    gone = let_go_of(at_gateway, world.gateway)
    assert len(gone) == 3 and not any(len(key) for key in gone)


def test_s3_a_session_key_at_both_ends() -> None:
    """Hardened: the device's with its power, the AIoTF's when the operation is over."""
    area = Area(AiotParameters(AiotProf.HARDENED))
    area.request()
    for _ in range(2):
        held = secrets_of(area.tag), secrets_of(area.function)
        area.round()
    assert area.done and held[1]
    at_tag = {**held[0], **secrets_of(area.tag)}
    area.tag.power_off()
    gone = let_go_of(at_tag, area.tag)
    assert gone and not any(len(key) for key in gone)
    gone = let_go_of(held[1], area.function)
    assert gone and not any(len(key) for key in gone)


@pytest.mark.parametrize("order", [Order.SEED, Order.RSN])
@pytest.mark.parametrize("prof", list(RsnaProf))
def test_s4_transient_keys_of_an_association_that_ends(prof: RsnaProf, order: Order) -> None:
    """KCK, KEK and TK at either end."""
    link = eap_link(RsnaParameters(prof, order))
    assert link.connect()
    station, bond = link.ap._stations[ID], link.tag._bond
    assert bond.handshake is not None and station._bond.handshake is not None
    held = [*secrets_of(bond.handshake.keys).values(), *secrets_of(station._bond.handshake.installed).values()]
    assert len(held) == 6 and all(len(key) == 16 for key in held)
    link.tag.power_off()
    link.ap.deauthenticate(ID)
    assert not any(len(key) for key in held)
