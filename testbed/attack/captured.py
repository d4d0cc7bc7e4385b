"""Messages that an attacker puts together from the PPDUs it heard."""

from __future__ import annotations

from collections.abc import Sequence

from ampradio.mac.exchange import Transmission
from ampradio.mac.frame import parse_frame
from ampradio.mac.payload import Authentication
from ampradio.mac.reassembly import Reassembler
from ampradio.profile.model import Mac
from ampradio.security.session import Message


def messages_of(mac: Mac, heard: Sequence[Transmission]) -> list[Message]:
    """Return the whole messages in PPDUs, in order; fragments are put together, one way after the other."""
    ways = {True: Reassembler(mac), False: Reassembler(mac)}
    found = []
    for each in heard:
        frame = parse_frame(mac, each.tx.psdu)
        if isinstance(frame, Authentication):
            whole = ways[each.tx.vector.kind.is_downlink].add(frame.station_id, frame.shim, frame.payload)
            if isinstance(whole, Message):
                found.append(whole)
    return found
