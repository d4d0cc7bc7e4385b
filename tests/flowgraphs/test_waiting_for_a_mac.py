"""A node's flowgraph on its own while there is no MAC, or no longer: it can be ended, and ends by itself."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ampradio.phy.reception import Reception
from ampradio.phy.tag_receiver import TagReceiver
from ampradio.profile import load_profile
from ampradio.radio.errors import RadioGoneError
from ampradio.sap.mac_side import MacSap
from ampradio.sap.messages import NEVER, AttachRequest, Grant
from ampradio.sap.phy_side import PhySap
from flowgraphs import pluto_phy
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


def _hears(process: int, number: signal.Signals) -> bool:
    """Return whether a process has a handler of its own for a signal."""
    caught = re.search(r"^SigCgt:\s*(\w+)$", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
    return caught is not None and bool(int(caught[1], 16) >> (number - 1) & 1)


@pytest.mark.parametrize(("role", "attached"), [("ap", False), ("tag", True)])
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "term"])
def test_it_can_be_ended_while_it_waits(role: str, attached: bool, by: signal.Signals, tmp_path: Path) -> None:
    """No hang over 10 s: waiting for a MAC, and for the first Grant of one."""
    process = _waiting(role, tmp_path)
    mac = MacSap(f"ipc://{tmp_path}/sap")
    try:
        if attached:
            mac.attach(PROFILE.name, 20.0)
        while not _hears(process.pid, signal.SIGTERM):  # as a flowgraph's program does after the other
            assert process.poll() is None
            time.sleep(0.01)
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


def test_a_defect_of_a_receiver_ends_it(tmp_path: Path) -> None:
    """GNU Radio stops the block alone; whoever feeds the radio, or waits for the run, is let go with the reason."""

    class Broken(TagReceiver):
        def feed(self, items: object) -> list[Reception]:
            raise RuntimeError("no such chip")

    sap = PhySap(f"ipc://{tmp_path}/sap", PROFILE.name, patience_s=5.0)
    phy = LockStepPhy(sap, Broken(PROFILE, RATE_SPS, squares=True), PROFILE, NoWitness(), 1, RATE_SPS)
    waiting = threading.Thread(target=phy.attend, args=(5.0,))
    waiting.start()
    mac = MacSap(sap.endpoint)
    try:
        mac.attach(PROFILE.name, 5.0)
        told = mac.receive(5.0)
        assert told is not None
        mac.send(Grant(NEVER, NEVER), told[1])
        waiting.join(5.0)
        with pytest.raises(RuntimeError, match="no such chip"):
            phy.receive(np.zeros(1000, np.complex64))
        assert phy.stopped.is_set() and phy.failure == "the PHY failed: RuntimeError('no such chip')"
        assert phy.transmit(100) is None
    finally:
        mac.close()
        sap.close()


def _pluto(sap: PhySap, has_lost: Callable[[], tuple[bool, bool]]) -> PlutoPhy:
    return PlutoPhy(
        sap,
        receiver_for("tag", PROFILE, RATE_SPS),
        PROFILE,
        NoWitness(),
        1,
        RATE_SPS,
        stream=PlutoStream(1.0, 1 << 18),
        set_loopback=lambda close: None,
        has_lost=has_lost,
        keep=lambda samples: None,
        settle=1000,
    )


def test_a_radio_that_no_longer_answers_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loss register cannot be read: GNU Radio's sink gets no exception, whoever waits is let go with the reason."""
    monkeypatch.setattr(pluto_phy, "SILENT_S", -1.0)
    sap = PhySap(f"ipc://{tmp_path}/sap", PROFILE.name)

    def has_lost() -> tuple[bool, bool]:
        raise RadioGoneError("the connection broke", "plug it in")

    phy = _pluto(sap, has_lost)
    phy.receive(np.zeros(1000, np.complex64))
    assert phy.stopped.is_set() and phy.failure is not None and "the connection broke" in phy.failure
    assert phy.transmit(100) is None
    sap.close()


@pytest.mark.parametrize("fails", [False, True])
def test_streams_that_are_never_aligned_end_it(fails: bool, tmp_path: Path) -> None:
    """A radio that gives no samples, and one that is given up meanwhile: a MAC waits no longer than it has to."""
    sap = PhySap(f"ipc://{tmp_path}/sap", PROFILE.name, patience_s=0.3)
    phy = _pluto(sap, lambda: (False, False))
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
        "time.sleep(90)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 3 and "no MAC attached to" in done.stderr
