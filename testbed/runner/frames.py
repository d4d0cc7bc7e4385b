"""``frames.pcapng`` of a run: S4's messages as the 802.11 frames they stand for, S5's MIS frames between PoSs as UDP.

What is written was on the air, or on the backhaul, or is CCMP under the run's TK: no key, no plaintext that was sealed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

from ampradio.mac.sessions import ApSession, TagSession
from ampradio.security.handover import UDP_PORT, Datagram
from ampradio.security.rsna import WifiView
from ampradio.security.rsna.profiles import AKMS_PSK
from ampradio.security.secret import Secret
from ampradio.security.session import Message, SecurityEvent
from testbed.capture.pcapng import LINKTYPE_IEEE802_11, LINKTYPE_RAW_IP, PcapngWriter
from testbed.capture.udp_datagram import ipv4_udp
from testbed.experiment import Experiment
from testbed.systems.ends import Ends, enrolled_secret
from testbed.systems.handover import Infrastructure
from testbed.systems.rsna import PSK_OCTETS, parameters_of

FRAMES = "frames.pcapng"
LOOPBACK = b"\x7f\x00"
"""A PoS with the lite ID 0201 speaks from 127.0.2.1."""

Note = Callable[[int, Message], None]


def pmk_of(experiment: Experiment) -> bytes:
    """Return the PMK of S4 with a PSK: what a tool that reads ``frames.pcapng`` needs for the data."""
    return enrolled_secret(experiment.tags[0], "802.11i PSK", PSK_OCTETS)


@contextmanager
def frames_beside(experiment: Experiment, ends: Ends, folder: Path) -> Iterator[Ends]:
    """Yield the ends of a run whose frames go to ``folder`` as they are said; only S4 and S5 have such frames."""
    path = folder / FRAMES
    if experiment.security.system == "rsna":
        with PcapngWriter(path, LINKTYPE_IEEE802_11, "AMP air") as writer:
            yield _wifi(experiment, ends, writer)
    elif experiment.security.system == "handover":
        with PcapngWriter(path, LINKTYPE_RAW_IP, "backhaul") as writer:
            cast(Infrastructure, ends.work[0].session).on_datagram = _mis(writer)
            yield ends
    else:
        yield ends


def _wifi(experiment: Experiment, ends: Ends, writer: PcapngWriter) -> Ends:
    tag = experiment.tags[0]
    pmks = {tag.station_id: Secret(pmk_of(experiment))} if experiment.security.rsna.akm in AKMS_PSK else {}
    stations = {tag.station_id: tag.address}
    view = WifiView(experiment.profile.mac, parameters_of(experiment), experiment.ap.address, stations, pmks)

    def note(now_ns: int, message: Message) -> None:
        mpdu = view.mpdu(message)
        if mpdu is not None:
            writer.write(now_ns, mpdu)

    ap = ObservedAp(ends.work[0].session, note)
    return replace(ends, work=[replace(item, session=ap) for item in ends.work], tag=ObservedTag(ends.tag, note))


def _mis(writer: PcapngWriter) -> Callable[[int, bytes, Datagram], None]:
    def note(now_ns: int, source: bytes, datagram: Datagram) -> None:
        sender, receiver = ((LOOPBACK + name, UDP_PORT) for name in (source, datagram.destination))
        writer.write(now_ns, ipv4_udp(sender, receiver, datagram.octets))

    return note


class ObservedAp:
    """An AP's session that tells of each message as it hands it over."""

    def __init__(self, session: ApSession, note: Note) -> None:
        self._session = session
        self._note = note

    def receive(self, message: Message, now_ns: int) -> None:
        """Pass a message on."""
        self._session.receive(message, now_ns)

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the messages that are due, and tell of them."""
        messages = self._session.messages_to_send(now_ns)
        for message in messages:
            self._note(now_ns, message)
        return messages

    def end_of_slot(self, station_id: int, now_ns: int, message: Message | None = None) -> None:
        """Pass the end of a slot on."""
        self._session.end_of_slot(station_id, now_ns, message)

    def next_deadline_ns(self) -> int | None:
        """Return the session's."""
        return self._session.next_deadline_ns()

    def handle_deadline(self, now_ns: int) -> None:
        """Let the session act."""
        self._session.handle_deadline(now_ns)

    def events(self) -> list[SecurityEvent]:
        """Return the session's."""
        return self._session.events()


class ObservedTag:
    """A tag's session that tells of each message as it hands it over; what it raises passes through."""

    def __init__(self, session: TagSession, note: Note) -> None:
        self._session = session
        self._note = note

    @property
    def answers_to(self) -> frozenset[int]:
        """The session's further IDs."""
        return self._session.answers_to

    def power_off(self) -> None:
        """Lose everything volatile."""
        self._session.power_off()

    def receive(self, message: Message, now_ns: int) -> None:
        """Pass a message on."""
        self._session.receive(message, now_ns)

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the messages that are due, and tell of them."""
        messages = self._session.messages_to_send(now_ns)
        for message in messages:
            self._note(now_ns, message)
        return messages

    def next_deadline_ns(self) -> int | None:
        """Return the session's."""
        return self._session.next_deadline_ns()

    def handle_deadline(self, now_ns: int) -> None:
        """Let the session act."""
        self._session.handle_deadline(now_ns)

    def events(self) -> list[SecurityEvent]:
        """Return the session's."""
        return self._session.events()
