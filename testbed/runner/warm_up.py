"""Receivers' loops are compiled, or loaded, when they are first used: not while a radio waits for nobody."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.mono_static_window import OwnPpdu
from ampradio.phy.narrow import modulated
from ampradio.profile.airtime import bst_excitation_ns
from ampradio.vectors import Listen, PpduKind, TxVector
from flowgraphs.entities import receiver_for
from testbed.experiment import Experiment

_SNR_DB = 40.0
_REPLY_NS = 1_000_000


def warm_up(experiment: Experiment) -> None:
    """Receive a PPDU each way with receivers of its own."""
    if experiment.ap.mono_static:
        _reflected(experiment)
    else:
        _active(experiment)


def _active(experiment: Experiment) -> None:
    rate_sps = experiment.plutos.rate_sps
    psdu = bytes(experiment.profile.mac.short_frame_octets)
    down = TxVector(PpduKind.DL_TYPE1, experiment.ap.downlink_rate_bps)
    up = TxVector(PpduKind.UL_ACTIVE, experiment.ap.uplink_rate_bps)
    silence = np.zeros(rate_sps // 1000, np.complex64)
    for role, vector in (("tag", down), ("ap", up)):
        receiver = receiver_for(role, experiment.profile, rate_sps)
        if role == "ap":
            receiver.listen(Listen(vector.kind, vector.rate_bps, 0, 1_000_000, 3_000_000))
        heard = np.concatenate((silence, modulated(experiment.profile, psdu, vector, rate_sps), silence, silence))
        receiver.feed(_noisy(heard))


def _reflected(experiment: Experiment) -> None:
    """The AP's PPDU falls on the tag's receiver, and with a reply after T3 on the AP's own."""
    profile, rate_sps = experiment.profile, experiment.plutos.rate_sps
    psdu = bytes(profile.mac.short_frame_octets)
    excitation_ns = bst_excitation_ns(profile, _REPLY_NS, delayed=True)
    vector = TxVector(PpduKind.DL_TYPE2, experiment.ap.downlink_rate_bps, excitation_ns=excitation_ns)
    own = modulated(profile, psdu, vector, rate_sps)
    reply = modulated(profile, psdu, TxVector(PpduKind.UL_MONO_STATIC, experiment.ap.uplink_rate_bps), rate_sps)
    begin = own.size - _REPLY_NS * rate_sps // 10**9
    heard = own.copy()
    heard[begin : begin + reply.size] *= 1 + 0.1 * reply
    receiver_for("tag", profile, rate_sps, mono_static=True).feed(_noisy(own))
    receiver = receiver_for("ap", profile, rate_sps, mono_static=True)
    receiver.own(OwnPpdu(psdu, vector, 0))
    opens_ns = begin * 10**9 // rate_sps
    receiver.listen(Listen(PpduKind.UL_MONO_STATIC, experiment.ap.uplink_rate_bps, 0, opens_ns, opens_ns + _REPLY_NS))
    receiver.feed(_noisy(heard))


def _noisy(samples: npt.NDArray[np.complex64]) -> npt.NDArray[np.complex64]:
    noise = np.random.default_rng(0).standard_normal(samples.size).astype(np.float32)
    noisy: npt.NDArray[np.complex64] = (samples + np.float32(10 ** (-_SNR_DB / 20)) * noise).astype(np.complex64)
    return noisy
