"""What stands behind the blocks of a flowgraph: the receiver of a role, and who takes what it hears.

The runner makes these itself and hands them to the flowgraph; a flowgraph that is started on its own, from GNU Radio
Companion or its command line, makes them with the functions here.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy.ap_receiver import ApReceiver
from ampradio.phy.mono_static_receiver import MonoStaticReceiver
from ampradio.phy.mono_static_window import OwnPpdu
from ampradio.phy.mono_tag_receiver import MonoTagReceiver
from ampradio.phy.reception import Reception
from ampradio.phy.tag_receiver import TagReceiver
from ampradio.profile import Profile, load_profile
from ampradio.sap.phy_side import PhySap
from ampradio.vectors import Listen
from flowgraphs.lockstep import LockStepPhy
from flowgraphs.streams import ROLES, TAG_DECIMATION


def receiver_for(
    role: str, profile: Profile, sample_rate_sps: int, *, blind: bool = False, mono_static: bool = False
) -> Any:
    """Return the streaming receiver of a role for complex samples.

    ``blind`` lets an AP's receiver search all the time for every rate and seed (a foreign recording). ``mono_static``
    is for tags that reflect, and their AP.
    """
    if mono_static:
        if role == "tag":
            return MonoTagReceiver(profile, sample_rate_sps, TAG_DECIMATION, squares=True)
        return MonoStaticReceiver(profile, sample_rate_sps)
    if role == "tag":
        wider = sample_rate_sps // profile.preamble.sample_rate_sps
        return TagReceiver(profile, sample_rate_sps, TAG_DECIMATION * wider or 1, squares=True)
    return ApReceiver(profile, sample_rate_sps, blind=blind)


def compile_loops(role: str, tell: Callable[[str], None], *, mono_static: bool = False) -> None:
    """Have the loops of a role's receiver compiled, or loaded, before anybody waits for it.

    ``tell`` hears of each module that is compiled.
    """
    narrow = {"ap": ApReceiver, "tag": TagReceiver}
    kind = ({"ap": MonoStaticReceiver, "tag": MonoTagReceiver} if mono_static else narrow)[role]
    accelerator.prepare_for(kind.__module__, tell)


class NoWitness:
    """Keeps no record."""

    def reception(self, reception: Reception) -> None:
        """Do nothing."""

    def listen(self, window: Listen) -> None:
        """Do nothing."""

    def blank(self, start: int, stop: int) -> None:
        """Do nothing."""

    def gap(self, sample: int) -> None:
        """Do nothing."""

    def own(self, ppdu: OwnPpdu, samples: int) -> None:
        """Do nothing."""


def served_phy(sap: str, role: str, profile_name: str) -> LockStepPhy:
    """Return a PHY that waits at the ZMQ address ``sap`` for a MAC, in lock-step with the air.

    Its failure ends the process, with the reason on standard error and exit code 3.

    Raises:
        zmq.ZMQError: the address is in use or none.
        ProfileError: no such profile.
    """
    profile = load_profile(profile_name)
    compile_loops(role, compiled_on_stderr)
    rate_sps = profile.preamble.sample_rate_sps
    receiver = receiver_for(role, profile, rate_sps)
    served = PhySap(sap, profile.name)
    sys.stderr.write(f"waiting for a MAC at {served.endpoint} (docs/phy-sap.md)\n")
    phy = LockStepPhy(served, receiver, profile, NoWitness(), ROLES.index(role), rate_sps)
    threading.Thread(target=_end_with, args=(phy,), daemon=True).start()
    return phy


def compiled_on_stderr(module: str) -> None:
    """Say why it takes so long."""
    sys.stderr.write(f"compiled {module}, which was not in the cache\n")


def _end_with(phy: LockStepPhy) -> None:
    """End the process when the PHY fails: GNU Radio's other blocks would wait for ever."""
    phy.stopped.wait()
    if phy.failure:
        sys.stderr.write(f"{phy.failure}\n")
        sys.stderr.flush()
        os._exit(3)


class FramePrinter:
    """Takes a receive stream and prints every PSDU that comes out of it; an AP's is searched at every rate and seed."""

    def __init__(self, role: str, profile_name: str) -> None:
        profile = load_profile(profile_name)
        self._receiver = receiver_for(role, profile, profile.preamble.sample_rate_sps, blind=True)

    def receive(self, items: npt.NDArray[np.generic]) -> None:
        """Take the next items."""
        for reception in self._receiver.feed(items):
            rx = reception.rxvector
            where = f"{rx.start_ns / 1e6:12.4f} ms  {rx.rate_bps // 1000:4d} kb/s  SNR {rx.snr_db:5.1f} dB"
            try:
                print(f"{where}  {reception.psdu.hex()}", flush=True)
            except BrokenPipeError:  # `| head`: an error in a block would hang the flowgraph
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
