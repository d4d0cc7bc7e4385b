"""Receivers' loops are compiled, or loaded, when they are first used: not while a radio waits for nobody."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.mono_static_window import OwnPpdu
from ampradio.phy.narrow import modulated
from ampradio.profile import Profile
from ampradio.profile.airtime import bst_excitation_ns
from ampradio.vectors import Listen, PpduKind, TxVector
from flowgraphs.entities import compile_loops, receiver_for
from flowgraphs.streams import ROLES
from testbed.experiment import Experiment

_SNR_DB = 40.0
_REPLY_NS = 1_000_000
_SILENCE_NS = 1_000_000


def warm_up(experiment: Experiment) -> None:
    """Receive a PPDU each way with receivers of its own."""
    for role in ROLES:
        compile_loops(role, lambda module: None, mono_static=experiment.ap.mono_static)
    if experiment.ap.mono_static:
        _reflected(experiment)
    else:
        down_bps, up_bps = experiment.ap.downlink_rate_bps, experiment.ap.uplink_rate_bps
        warm_up_tag(experiment.profile, experiment.plutos.rate_sps, down_bps)
        warm_up_ap(experiment.profile, experiment.plutos.rate_sps, up_bps)


def warm_up_tag(profile: Profile, rate_sps: int, rate_bps: int) -> None:
    """Receive a PPDU of the AP with a receiver of an active tag."""
    receiver_for("tag", profile, rate_sps).feed(_heard(profile, TxVector(PpduKind.DL_TYPE1, rate_bps), rate_sps))


def warm_up_ap(profile: Profile, rate_sps: int, rate_bps: int) -> None:
    """Receive a PPDU of an active tag with a receiver of the AP."""
    vector, receiver = TxVector(PpduKind.UL_ACTIVE, rate_bps), receiver_for("ap", profile, rate_sps)
    receiver.listen(Listen(vector.kind, rate_bps, 0, _SILENCE_NS, 3 * _SILENCE_NS))
    receiver.feed(_heard(profile, vector, rate_sps))


def _heard(profile: Profile, vector: TxVector, rate_sps: int) -> npt.NDArray[np.complex64]:
    """Return a short PPDU with silence around it."""
    silence = np.zeros(_SILENCE_NS * rate_sps // 1_000_000_000, np.complex64)
    sent = modulated(profile, bytes(profile.mac.short_frame_octets), vector, rate_sps)
    return _noisy(np.concatenate((silence, sent, silence, silence)))


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
