"""Tours of an MN from PoS to PoS: every key that it came to hold, and what went over the backhaul."""

from __future__ import annotations

from ampradio.security.handover import HandoverParameters
from ampradio.security.handover.pos import mis
from tests.security.handover.world import A, B, C, D, World

ROUTE = [B, C, D, A, B]


def delivered(world: World) -> list[bytes]:
    """Have the world note every K that an MN comes to hold."""
    found: list[bytes] = []
    node = world.mn._awake(0)
    accept = node.holdings.accept

    def watch(pending: object, *rest: object) -> None:
        found.append(pending.key.expose())  # type: ignore[attr-defined]
        accept(pending, *rest)  # type: ignore[arg-type]

    node.holdings.accept = watch  # type: ignore[method-assign]
    return found


def travelled(parameters: HandoverParameters, served: bool = True) -> tuple[World, list[bytes]]:
    world = World(parameters, served=served)
    keys = delivered(world)
    for target in ROUTE:
        if not served and target == ROUTE[0]:
            world.near = target
        assert world.handover(target)
    return world, keys


def on_the_wire(world: World, kind: mis.Kind) -> list[mis.MisFrame]:
    """Return the frames of one kind that went over the backhaul."""
    return [frame for frame in (mis.parse(d.octets) for _, d in world.wire) if frame.kind == kind]
