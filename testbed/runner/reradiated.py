"""What the radio of a tag that reflects sends, and what a run says of it: no reflection, but what one would be."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.on_symbol import ones, waveform
from ampradio.phy.reflection import gamma_on
from ampradio.profile import Profile
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


def as_reradiated(profile: Profile, coefficient: npt.NDArray[np.complex64], rate_sps: int) -> npt.NDArray[np.complex64]:
    """Return what a radio sends for ``coefficient`` (n,) over some stretch of an excitation; ON has mean power 1."""
    chip_ns = profile.downlink.sync_chip_ns
    lasts_ns = -(-coefficient.size * 1_000_000_000 // rate_sps)
    excitation = waveform(profile.downlink, [ones("BST-Excitation", lasts_ns, chip_ns)], rate_sps)
    sent: npt.NDArray[np.complex64] = coefficient * excitation[: coefficient.size] / np.float32(gamma_on(profile))
    return sent


def reradiation_facts(heard: ExcitationReceiver, rate_sps: int) -> dict[str, object]:
    """Return what the tag's radio made of the AP's excitation, in JSON's types: its own carrier, corrected by this."""
    return {
        "excitations_learnt": heard.learnt,
        "excitations_missed": heard.missed,
        "carrier_corrected_hz": round(heard.clocks.turn * rate_sps, 1),
        "clock_corrected_ppm": round((heard.clocks.stretch - 1) * 1e6, 2),
    }
