"""What the radio of a tag that reflects sends, and what a run says of it: no reflection, but what one would be."""

from __future__ import annotations

from ampradio.phy.reflection import gamma_on
from ampradio.radio.interface import Radio
from flowgraphs.burst_schedule import Burst
from flowgraphs.reradiated import ExcitationReceiver
from testbed.experiment import Experiment
from testbed.runner.radio_bursts import BurstsOf


class ReradiatedBursts(BurstsOf):
    """Bursts that are reflection coefficients: each is sent times the excitation that ``heard`` has learnt.

    ``scale`` is that of an ON chip of the excitation at the reflection coefficient of ON.
    """

    def __init__(self, radio: Radio, scale: float, experiment: Experiment, heard: ExcitationReceiver) -> None:
        super().__init__(radio, scale / gamma_on(experiment.profile))
        self._heard = heard

    def add(self, burst: Burst) -> bool:
        """Hand a reply over; False when it is too late for that, or nothing tells its excitation: it is not sent."""
        reply = self._heard.reradiated(burst)
        return reply is not None and super().add(reply)


def reradiation_facts(heard: ExcitationReceiver, rate_sps: int) -> dict[str, object]:
    """Return what the tag's radio made of the AP's excitation, in JSON's types: its own carrier, corrected by this."""
    return {
        "excitations_learnt": heard.learnt,
        "excitations_missed": heard.missed,
        "carrier_corrected_hz": round(heard.clocks.turn * rate_sps, 1),
        "clock_corrected_ppm": round((heard.clocks.stretch - 1) * 1e6, 2),
    }
