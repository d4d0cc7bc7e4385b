"""``frames.pcapng`` of a run: every PPDU as each station sent or received it, with what its radio measured.

Beside that, S4's messages as the 802.11 frames they stand for, and S5's MIS frames between PoSs as UDP. What is
written was on the air, or on the backhaul, or is CCMP under the run's TK: no key, no plaintext that was sealed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

from ampradio.mac.ap import ApStation
from ampradio.mac.station import Station
from ampradio.mac.tag import TagStation
from ampradio.phy.fields import ppdu_fields
from ampradio.profile import Profile
from ampradio.profile.airtime import downlink_type1_ns, uplink_ns
from ampradio.security.handover import UDP_PORT, Datagram
from ampradio.security.rsna import WifiView
from ampradio.security.rsna.profiles import AKMS_PSK
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from ampradio.vectors import PpduKind, RxVector, Tx
from testbed.capture.pcapng import (
    INBOUND,
    LINKTYPE_AMP,
    LINKTYPE_IEEE802_11,
    LINKTYPE_RAW_IP,
    OUTBOUND,
    Interface,
)
from testbed.capture.radio_header import heard, said
from testbed.capture.udp_datagram import ipv4_udp
from testbed.experiment import Experiment
from testbed.runner.frame_file import FrameFile
from testbed.runner.names import FRAMES
from testbed.runner.observed import ObservedAp, ObservedStation, ObservedTag
from testbed.runner.stations import Stations
from testbed.systems.ends import Ends, enrolled_secret
from testbed.systems.handover import Infrastructure
from testbed.systems.rsna import PSK_OCTETS, parameters_of
from testbed.wireshark import parameters

LOOPBACK = b"\x7f\x00"
"""A PoS with the lite ID 0201 speaks from 127.0.2.1."""
AIR_INTERFACES = (Interface(LINKTYPE_AMP, "ap"), Interface(LINKTYPE_AMP, "tag"))
NODES = ("ap", "tag")
BESIDE = {
    "rsna": Interface(LINKTYPE_IEEE802_11, "802.11 view"),
    "handover": Interface(LINKTYPE_RAW_IP, "backhaul"),
}
_BESIDE_INDEX = len(AIR_INTERFACES)


def pmk_of(experiment: Experiment) -> bytes:
    """Return the PMK of S4 with a PSK: what a tool that reads ``frames.pcapng`` needs for the data."""
    return enrolled_secret(experiment.tags[0], "802.11i PSK", PSK_OCTETS)


class Witness:
    """What a run is watched with: ``ends`` are those to build the stations from, ``watched`` the stations to run."""

    def __init__(self, experiment: Experiment, ends: Ends, file: FrameFile) -> None:
        self._profile = experiment.profile
        self._file = file
        self._carrier_hz = experiment.profile.uplink.carrier_hz
        self._lengths = parameters.parameters_of(ends.report)
        self.ends = ends
        if experiment.security.system == "rsna":
            self.ends = _wifi(experiment, ends, file)
        elif experiment.security.system == "handover":
            cast(Infrastructure, ends.work[0].session).area.on_datagram = _mis(file, experiment.slowness)

    def watched(self, stations: Stations) -> Stations:
        """Return the stations, observed."""
        ap, tag = self._observed("ap", stations.ap), self._observed("tag", stations.tag)
        # whoever runs them uses the five calls of a station alone
        return replace(stations, ap=cast(ApStation, ap), tag=cast(TagStation, tag))

    def close(self) -> None:
        """End the file: whoever follows it has all of it before the run says that it is over."""
        self._file.close()

    def _observed(self, node: str, station: Station) -> ObservedStation:
        interface, file, ap = NODES.index(node), self._file, node == "ap"

        def note_heard(psdu: bytes, rx: RxVector) -> None:
            header = heard(node, rx, ap=ap, carrier_hz=self._carrier_hz, parameters=self._lengths)
            file.add(node, max(rx.start_ns, 0), header.encode() + psdu, interface, INBOUND)

        def note_said(tx: Tx) -> None:
            end_ns = tx.start_ns + duration_ns(self._profile, tx)
            placed = node, tx.vector, tx.start_ns, end_ns
            header = said(*placed, ap=ap, carrier_hz=self._carrier_hz, parameters=self._lengths)
            file.add(node, tx.start_ns, header.encode() + tx.psdu, interface, OUTBOUND)

        return ObservedStation(station, note_heard, note_said, lambda now_ns: file.reached(node, now_ns))


@contextmanager
def frames_beside(experiment: Experiment, ends: Ends, folder: Path) -> Iterator[Witness]:
    """Yield what watches a run, whose frames go to ``folder`` as they are said and heard."""
    beside = BESIDE.get(experiment.security.system)
    interfaces = (*AIR_INTERFACES, *([] if beside is None else [beside]))
    with FrameFile(folder / FRAMES, interfaces, NODES) as file:
        yield Witness(experiment, ends, file)


def duration_ns(profile: Profile, tx: Tx) -> int:
    """Return how long a PPDU takes, signal extension included."""
    vector, octets = tx.vector, len(tx.psdu)
    if not vector.kind.is_downlink:
        return uplink_ns(profile, vector.kind, octets, vector.rate_bps)
    if vector.kind in (PpduKind.DL_TYPE1, PpduKind.DL_TYPE5):
        return downlink_type1_ns(profile, octets, vector.rate_bps, vector.protected)
    fields, rate_sps = ppdu_fields(profile, octets, vector), profile.preamble.sample_rate_sps
    extension_ns = 0 if vector.kind is PpduKind.DL_SUB1GHZ else profile.downlink.signal_extension_ns
    return fields[-1].stop_sample * 1_000_000_000 // rate_sps + extension_ns


def _wifi(experiment: Experiment, ends: Ends, file: FrameFile) -> Ends:
    tag = experiment.tags[0]
    pmks = {tag.station_id: Secret(pmk_of(experiment))} if experiment.security.rsna.akm in AKMS_PSK else {}
    stations = {tag.station_id: tag.address}
    view = WifiView(experiment.profile.mac, parameters_of(experiment), experiment.ap.address, stations, pmks)

    def note(node: str) -> Callable[[int, Message], None]:
        def take(now_ns: int, message: Message) -> None:
            mpdu = view.mpdu(message)
            if mpdu is not None:
                # a session's clock is as slow as its timeouts
                file.add(node, now_ns * experiment.slowness, mpdu, _BESIDE_INDEX)

        return take

    ap = ObservedAp(ends.work[0].session, note("ap"))
    return replace(
        ends, work=[replace(item, session=ap) for item in ends.work], tag=ObservedTag(ends.tag, note("tag"))
    )


def _mis(file: FrameFile, slowness: int) -> Callable[[int, bytes, Datagram], None]:
    def note(now_ns: int, source: bytes, datagram: Datagram) -> None:
        sender, receiver = ((LOOPBACK + name, UDP_PORT) for name in (source, datagram.destination))
        file.add("ap", now_ns * slowness, ipv4_udp(sender, receiver, datagram.octets), _BESIDE_INDEX)

    return note
