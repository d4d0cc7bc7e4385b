"""One station of a run over radios: its radio's blocks go through its receiver, its PPDUs to their places."""

from __future__ import annotations

import os
from pathlib import Path

from ampradio.mac.events import Event
from ampradio.mac.station import Station
from ampradio.radio.interface import Radio, SampleBlock
from flowgraphs.entities import receiver_for
from flowgraphs.radio_phy import RadioPhy
from flowgraphs.reradiated import ExcitationReceiver
from flowgraphs.streams import ROLES
from testbed.experiment import Experiment
from testbed.live.address import watched
from testbed.recorder import NodeRecorder
from testbed.runner.joined_sap import JoinedSap
from testbed.runner.radio_bursts import BurstsOf
from testbed.runner.reradiated import ReradiatedBursts, reradiation_facts

CLOSING_PATIENCE_S = 1.0


class RadioStation:
    """A station with its PHY on ``radio``; ``phy.stopped`` tells that it has come to the end of the run.

    Args:
        role: ``ap`` or ``tag``.
        station: its MAC.
        radio: configured, and started before ``begin``.
        scale: from a PPDU's samples to full scale.
        experiment: what is run.
        recorder: keeps what is received; its file is written here.
    """

    def __init__(
        self, role: str, station: Station, radio: Radio, scale: float, experiment: Experiment, recorder: NodeRecorder
    ) -> None:
        self._sap = JoinedSap(role, station)
        self.host = self._sap.host
        rate_sps = experiment.plutos.rate_sps
        self._rate_sps = rate_sps
        tag = experiment.tags[0]
        receiver = receiver_for(role, experiment.profile, rate_sps, mono_static=experiment.ap.mono_static)
        self._bursts = BurstsOf(radio, scale)
        self._excitation: ExcitationReceiver | None = None
        if experiment.ap.mono_static and role == "tag":
            receiver = self._excitation = ExcitationReceiver(receiver, experiment.profile, rate_sps)
            self._bursts = ReradiatedBursts(radio, scale, experiment, self._excitation)
        self.phy = RadioPhy(
            self._sap,
            receiver,
            experiment.profile,
            recorder,
            ROLES.index(role),
            rate_sps,
            bursts=self._bursts,
            chip_clock_ppm=tag.chip_clock_ppm if role == "tag" else 0.0,
            carrier_offset_hz=tag.carrier_offset_hz if role == "tag" else 0.0,
        )
        self._seen = watched(self.phy, receiver, role, rate_sps, os.getpid())
        self._recorder = recorder
        self._file = Path(recorder.data_path).open("wb") if recorder.data_path else None  # noqa: SIM115 – close ends it
        self._codes = experiment.record.format == "ci16_le"

    @property
    def reradiated(self) -> dict[str, object] | None:
        """What was made of the AP's excitation; None for a station that does not send in its place."""
        return None if self._excitation is None else reradiation_facts(self._excitation, self._rate_sps)

    def begin(self) -> list[Event]:
        """Let the station make its first requests and return what it has to tell; the radio streams by now."""
        self.phy.start(0.0)
        return self._sap.take_events()

    def take(self, block: SampleBlock) -> list[Event]:
        """Receive a block and return what came of it."""
        samples = block.samples
        if self._file is not None:
            self._file.write((block.codes.astype("<i2") if self._codes else samples.astype("<c8")).tobytes())
        origin = self.phy.received - block.first
        if block.lost or origin != self._bursts.origin:  # what aligns the streams again is nobody's, but is counted
            self._missing()
        self._bursts.origin = origin
        self._seen.receive(samples)
        return self._sap.take_events()

    def resumed(self) -> None:
        """Take note that the radio has begun to count anew, after nobody knows how long."""
        self._bursts.origin = self.phy.received
        self._missing()

    def _missing(self) -> None:
        """Take note that samples are missing before the next."""
        self._recorder.gap(self.phy.received)
        if self._excitation is not None:
            self._excitation.forget()

    def close(self) -> None:
        """Cut the recording to what belongs to the run."""
        end = self.phy.stop_sample if self.host.stopped else self.phy.received
        self._recorder.finish(self._end_file, end, CLOSING_PATIENCE_S)

    def _end_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
