"""A node's flowgraph on its own while there is no MAC, or no longer: it can be ended, and ends by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ampradio.profile import load_profile
from ampradio.sap.mac_side import MacSap
from ampradio.sap.messages import AttachRequest
from ampradio.sap.phy_side import PhySap
from flowgraphs.entities import NoWitness, receiver_for
from flowgraphs.lockstep import LockStepPhy
from flowgraphs.pluto_phy import PlutoPhy
from flowgraphs.pluto_stream import PlutoStream
from tests.conftest import ROOT

PROFILE = load_profile()
RATE_SPS = PROFILE.preamble.sample_rate_sps


def _waiting(role: str, folder: Path) -> subprocess.Popen[str]:
    """The role's flowgraph as a program, at the point where it waits."""
    addresses = [f"--{name}=ipc://{folder}/{name}" for name in ("sap", "receive-address", "transmit-address")]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / f"flowgraphs/generated/amp_{role}.py"), *addresses],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None and "waiting for a MAC" in process.stderr.readline()
    return process


@pytest.mark.parametrize(("role", "attached"), [("ap", False), ("tag", True)])
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "term"])
def test_it_can_be_ended_while_it_waits(role: str, attached: bool, by: signal.Signals, tmp_path: Path) -> None:
    """No hang over 10 s: waiting for a MAC, and for the first Grant of one."""
    process = _waiting(role, tmp_path)
    mac = MacSap(f"ipc://{tmp_path}/sap")
    try:
        if attached:
            mac.attach(PROFILE.name, 20.0)
        time.sleep(1.0)  # for GNU Radio to take over the signals
        process.send_signal(by)
        assert process.wait(10) == 0
    finally:
        mac.close()
        process.kill()
        process.communicate()


def test_a_mac_that_falls_silent_ends_it(tmp_path: Path) -> None:
    """A MAC that attaches and never grants: the PHY gives up with the reason, and nobody waits on."""
    sap = PhySap(f"ipc://{tmp_path}/sap", PROFILE.name, patience_s=0.3)
    receiver = receiver_for("tag", PROFILE, RATE_SPS)
    phy = LockStepPhy(sap, receiver, PROFILE, NoWitness(), 1, RATE_SPS)
    waiting = threading.Thread(target=phy.attend, args=(5.0,))
    waiting.start()
    mac = MacSap(sap.endpoint)
    mac.attach(PROFILE.name, 5.0)
    assert phy.stopped.wait(5.0)
    assert phy.failure == "the MAC did not answer TimeIndication within 0.3 s"
    assert phy.transmit(100) is None
    waiting.join(5.0)
    mac.close()
    sap.close()


@pytest.mark.parametrize("fails", [False, True])
def test_streams_that_are_never_aligned_end_it(fails: bool, tmp_path: Path) -> None:
    """A radio that gives no samples, and one that is given up meanwhile: a MAC waits no longer than it has to."""
    sap = PhySap(f"ipc://{tmp_path}/sap", PROFILE.name, patience_s=0.3)
    phy = PlutoPhy(
        sap,
        receiver_for("tag", PROFILE, RATE_SPS),
        PROFILE,
        NoWitness(),
        1,
        RATE_SPS,
        stream=PlutoStream(1.0, 1 << 18),
        set_loopback=lambda close: None,
        has_lost=lambda: (False, False),
        keep=lambda samples: None,
        settle=1000,
    )
    waiting = threading.Thread(target=phy.attend, args=(30.0 if fails else 0.3,))
    waiting.start()
    mac = MacSap(sap.endpoint)
    mac.send(AttachRequest(PROFILE.name))
    if fails:
        phy.fail("the radio is gone")
    assert phy.stopped.wait(5.0)
    assert phy.failure == ("the radio is gone" if fails else "the radio's streams are not aligned after 0.3 s")
    waiting.join(5.0)
    assert not waiting.is_alive()
    mac.close()
    sap.close()


def test_a_flowgraph_whose_phy_failed_is_no_longer_there(tmp_path: Path) -> None:
    """As a program it ends with the reason on standard error and exit code 3."""
    code = (
        "import sys, time\n"
        "from flowgraphs.entities import served_phy\n"
        f"phy = served_phy('ipc://{tmp_path}/sap', 'ap', {PROFILE.name!r})\n"
        "phy.attend(0.2)\n"
        "time.sleep(20)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=15, check=False
    )
    assert done.returncode == 3 and "no MAC attached to" in done.stderr
