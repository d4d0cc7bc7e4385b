"""Local addresses: which there are, and what happens when all are taken."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security.provisioning.server.addresses import free_address
from ampradio.security.provisioning.server.records import Issue
from tests.security.provisioning.world import GWID, PROFS, World, world_of


def test_addresses_are_free_ones_and_never_mean_broadcast() -> None:
    """R2.6, rule 3: never one with 63 in the low six bits, one per tag and gateway, until all are taken."""
    world = World()
    assert free_address(world.store, GWID, 0x23F) == 0x240
    addresses = {world.onboard(world.make()) for _ in range(3)}
    assert addresses == {0x234, 0x235, 0x236}
    assert free_address(world.store, bytes(4), 0x234) == 0x234
    assert free_address(world.store, GWID, 4095) == 0


def test_addresses_run_out() -> None:
    """R2.6: 12 bits less one in 64 are 4032 tags at one gateway; the next is refused."""
    world = World()
    record = world.make().made.record
    issues = tuple(Issue(GWID, address, bytes(16)) for address in range(4096) if address % 64 != 63)
    assert len(issues) == 4032
    world.store.put(replace(record, unconfirmed=issues[1:]))
    assert free_address(world.store, GWID, 0x234) == 0
    world.store.put(replace(record, unconfirmed=issues))
    assert free_address(world.store, GWID, 0x234) is None


def test_no_address_left(monkeypatch: pytest.MonkeyPatch) -> None:
    for prof in PROFS:
        world = world_of(prof)
        device = world.make()
        monkeypatch.setattr("ampradio.security.provisioning.server.server.free_address", lambda *_: None)
        assert world.onboard(device) == 0
        assert world.heard("gateway", "failed", "reason") == ["no_address"]
