"""Emulated PlutoSDRs under an air of this package."""

from __future__ import annotations

from ampradio.radio.emulator import EmulatedNetwork
from testbed.emulated_air.converter import NumberedConverter
from testbed.emulated_air.plan import AirPlan


def emulated_network(plan: AirPlan, *, elastic: bool = False, port: int = 0) -> EmulatedNetwork:
    """Return radios that answer, with the boards, the air and the noise of ``plan``; see EmulatedNetwork."""
    return EmulatedNetwork(
        plan.boards,
        plan.air,
        elastic=elastic,
        port=port,
        converter=lambda index: NumberedConverter(plan.seed, index, plan.imperfections.get(index)),
    )
