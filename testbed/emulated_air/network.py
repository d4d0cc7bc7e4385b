"""Emulated PlutoSDRs under an air of this package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ampradio.radio.emulator import EmulatedNetwork
from ampradio.radio.emulator.front_end import Board
from testbed.emulated_air.converter import NumberedConverter
from testbed.emulated_air.imperfection import Imperfection
from testbed.emulated_air.indoor import IndoorAir


@dataclass(frozen=True)
class AirPlan:
    """Boards, the air between them, the seed of their noise, and what the receivers of some of them do badly."""

    boards: list[Board]
    air: IndoorAir
    seed: int
    imperfections: Mapping[int, Imperfection] = field(default_factory=dict)


def emulated_network(plan: AirPlan, *, elastic: bool = False, port: int = 0) -> EmulatedNetwork:
    """Return radios that answer, with the boards, the air and the noise of ``plan``; see EmulatedNetwork."""
    return EmulatedNetwork(
        plan.boards,
        plan.air,
        elastic=elastic,
        port=port,
        converter=lambda index: NumberedConverter(plan.seed, index, plan.imperfections.get(index)),
    )
