"""The tags that a gateway serves: requests to them, their answers, and what becomes of a binding (R2.42 to R2.49)."""

from __future__ import annotations

from ampradio.security.journal import Journal, RefusedError
from ampradio.security.provisioning.gateway.link import Link
from ampradio.security.provisioning.refusal import Reason
from ampradio.security.session import Message


class Links:
    """Links by the ID of the tag's frame headers; at most one per device."""

    def __init__(self, retries: int, reply_timeout_ns: int, journal: Journal) -> None:
        self._retries = retries
        self._reply_timeout_ns = reply_timeout_ns
        self._journal = journal
        self._links: dict[int, Link] = {}

    @property
    def addresses(self) -> frozenset[int]:
        """The IDs of the tags that are served."""
        return frozenset(self._links)

    @property
    def busy(self) -> bool:
        """True while a request waits for its answer, or to go out."""
        return any(link.commands for link in self._links.values())

    def at(self, station_id: int) -> Link:
        """Return the link of an address; raises ``ValueError`` for one that is not provisioned here."""
        link = self._links.get(station_id)
        if link is None:
            raise ValueError(f"0x{station_id:04x} is not provisioned here")
        return link

    def of(self, device_hash: bytes) -> Link | None:
        """Return the link of a device, None where it has none."""
        return next((link for link in self._links.values() if link.device_hash == device_hash), None)

    def adopt(self, link: Link) -> None:
        """Serve a tag under its new address; an older binding of the same device is over."""
        for station_id, other in list(self._links.items()):
            if other.device_hash == link.device_hash or station_id == link.station_id:
                self._drop(station_id)
        self._links[link.station_id] = link
        if link.confirmed:
            self._note_provisioned(link, "explicit")

    def due(self, now_ns: int) -> list[Message]:
        """Return what is to be sent now."""
        due = []
        for link in self._links.values():
            if link.stuck(now_ns):
                self._journal.note("request_failed", station_id=link.station_id, reason="no counter left")
                link.commands.popleft()
            spoken = link.due(now_ns)
            if link.outstanding in spoken:
                link.deadline_ns = now_ns + self._reply_timeout_ns
            due += spoken
        return due

    def take_response(self, message: Message) -> None:
        """Take a RES; raises ``RefusedError`` for one that is not the answer waited for."""
        link = self._links.get(message.station_id)
        if link is None:
            raise RefusedError(Reason.OTHER_STATION)
        data = link.take_response(message.payload)
        if not link.confirmed:
            link.confirmed = True
            self._note_provisioned(link, "implicit")
        self._journal.note("reading", station_id=link.station_id, data_hex=data.hex(), x=link.x, cntr=link.cntr)

    def end_of_slot(self, station_id: int, message: Message | None) -> None:
        """Give up the answer to ``message``, or to the last one, unless it came."""
        link = self._links.get(station_id)
        if link is not None and link.outstanding is not None and message in (None, link.outstanding):
            self._lose_response(link)

    @property
    def deadlines_ns(self) -> list[int]:
        """When answers are overdue."""
        return [link.deadline_ns for link in self._links.values() if link.deadline_ns is not None]

    def handle_deadline(self, now_ns: int) -> None:
        """Give up the answers that are overdue."""
        for link in list(self._links.values()):
            if link.deadline_ns is not None and now_ns >= link.deadline_ns:
                self._lose_response(link)

    def _lose_response(self, link: Link) -> None:
        if link.lose_response(self._retries):
            return
        self._journal.note("request_failed", station_id=link.station_id, reason="no_answer")
        if not link.confirmed:
            self._journal.note("failed", device=link.device_hash.hex(), reason="no_answer")
            self._drop(link.station_id)

    def _note_provisioned(self, link: Link, confirmed: str) -> None:
        device = link.device_hash.hex()
        self._journal.note("provisioned", station_id=link.station_id, device=device, confirmed=confirmed)

    def _drop(self, station_id: int) -> None:
        self._links.pop(station_id).wipe()
