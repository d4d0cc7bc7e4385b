"""What S5 costs: octets of table 8.1 and 6.4, primitives of table 8.3, NVM rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.mac.shim import message_frame_octets
from ampradio.security import meter
from ampradio.security.handover import Encoding, HandoverParameters, Msg
from ampradio.security.meter import Primitive
from tests.security.handover.test_handover_outage import NodeMeter
from tests.security.handover.world import MAC, B, World, of

LEGACY, REMEDY_1, REMEDY_2 = of("legacy"), of("remedy-1"), of("remedy-2")


def octets(world: World) -> tuple[int, int]:
    """Octets of all AMP frames, downlink and uplink."""
    uplink = (Msg.PREREG_REQUEST, Msg.CONFIRM_MN)
    up = sum(sum(message_frame_octets(MAC, len(m.payload))) for m in world.air if m.msg in uplink)
    return sum(sum(message_frame_octets(MAC, len(m.payload))) for m in world.air) - up, up


@pytest.mark.parametrize(
    ("parameters", "payloads", "total"),
    [
        (LEGACY, [23, 46, 15, 15], (79, 56)),
        (REMEDY_1, [20, 38, 31, 31], (87, 69)),
        (REMEDY_2, [20, 53, 31, 31], (102, 69)),
    ],
)
def test_octets_lite(parameters: HandoverParameters, payloads: list[int], total: tuple[int, int]) -> None:
    """Table 8.1 with the rules of section 11: each message and the sums of both directions."""
    world = World(parameters)
    world.mn.request_handover(0)
    world.run(to=B)
    assert [len(message.payload) for message in world.air] == payloads
    assert octets(world) == total
    assert world.pos[B].uplink_octets_max == max(payloads[0], payloads[2])


@pytest.mark.parametrize(
    ("parameters", "payloads", "total", "frames"),
    [
        (LEGACY, [62, 93, 54, 54], (174, 134), (3, 2)),
        (REMEDY_1, [61, 89, 72, 72], (197, 160), (4, 3)),
        (REMEDY_2, [61, 110, 72, 72], (218, 160), (4, 3)),
    ],
)
def test_octets_full(
    parameters: HandoverParameters, payloads: list[int], total: tuple[int, int], frames: tuple[int, int]
) -> None:
    """Full MIS TLVs, MISF IDs of 16 octets; table 8.1 has 200/168 for Remedy 1 and IDs of unknown length."""
    world = World(replace(parameters, encoding=Encoding.FULL))
    world.mn.request_handover(0)
    world.run(to=B)
    assert [len(message.payload) for message in world.air] == payloads
    assert octets(world) == total
    uplink = (Msg.PREREG_REQUEST, Msg.CONFIRM_MN)
    counts = [len(message_frame_octets(MAC, len(m.payload))) for m in world.air if m.msg in uplink]
    downs = [len(message_frame_octets(MAC, len(m.payload))) for m in world.air if m.msg not in uplink]
    assert (sum(downs), sum(counts)) == frames
    assert world.pos[B].uplink_octets_max == max(payloads[0], payloads[2])


class Tally(NodeMeter):
    """Counts units of the MN alone."""

    def __init__(self) -> None:
        super().__init__(10**9)
        self.tally = meter.Tally()

    def spend(self, primitive: meter.Primitive, units: int) -> None:
        self.tally.spend(primitive, units)


@pytest.mark.parametrize(
    ("parameters", "sha", "aes", "rng", "rows"),
    [
        # one HMAC for the PRF 4, MISK twice (5 and 6) 2 x 2 x 4; CMAC 5 and 6 of 12 octets: 2 each; Nonce-T 16
        (LEGACY, 4 + 16, 4, 16, 0),
        # CNF 4, MISK 2 x 4; CCM 1 octet 5, CCM 23 octets 7; CMAC 28: 3 each
        (REMEDY_1, 4 + 8, 5 + 7 + 6, 16, 0),
        # as Remedy 1, but key wrap 12 and CMAC over 41 octets 4 in place of the second CCM; the block's number: 3 rows
        (REMEDY_2, 4 + 8, 5 + 12 + 4 + 6, 16, 3),
    ],
)
def test_primitives(parameters: HandoverParameters, sha: int, aes: int, rng: int, rows: int) -> None:
    """Table 8.3: MISK 5-10, CCM about 8 or KW 12 + CMAC 3, RNG 16, NVM rows 2-3 (without an SA that survives)."""
    tally = Tally()
    world = World(replace(parameters, persist=False))
    tally.watch(world)
    world.mn.request_handover(0)
    world.run(to=B)
    assert world.served_at(B)
    units = tally.tally.units
    found = tuple(units[p] for p in (Primitive.SHA256, Primitive.AES, Primitive.RNG, Primitive.NVM_ROW))
    assert found == (sha, aes, rng, rows)


@pytest.mark.parametrize(("parameters", "rows"), [(LEGACY, 13), (REMEDY_1, 13), (REMEDY_2, 13)])
def test_what_surviving_costs(parameters: HandoverParameters, rows: int) -> None:
    """Page 8.2: an SA and a delivered key that survive a power loss are two commits: 8 rows and 5."""
    tally = Tally()
    world = World(parameters)
    tally.watch(world)
    assert world.handover(B)
    assert tally.tally.units[Primitive.NVM_ROW] == rows
