"""A capture of ours once more, with the clear text of every message that a key of the log opens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ampradio.mac.frame import parse_frame
from ampradio.mac.payload import Authentication, Data
from ampradio.mac.reassembly import Reassembler
from ampradio.profile.model import Mac
from ampradio.security.session import Message
from testbed.capture.pcapng import LINKTYPE_AMP, Packet, PcapngWriter, read_pcapng
from testbed.capture.radio_header import RadioHeaderError, Seen, decode
from testbed.wireshark.decryption.aiot import AiotOpener
from testbed.wireshark.decryption.amp import AmpOpener
from testbed.wireshark.decryption.handover import HandoverOpener
from testbed.wireshark.decryption.opened import Around, Opener
from testbed.wireshark.decryption.provisioning import ProvisioningOpener
from testbed.wireshark.decryption.rsna import RsnaOpener
from testbed.wireshark.key_file import Keys
from testbed.wireshark.parameters import named

OPENERS: dict[int, Callable[[], Opener]] = {
    1: AmpOpener,
    2: ProvisioningOpener,
    3: AiotOpener,
    4: RsnaOpener,
    5: HandoverOpener,
}


@dataclass
class Decrypted:
    """How many packets, messages and opened messages there were."""

    packets: int = 0
    messages: int = 0
    opened: int = 0


class StationView:
    """The conversation as one station has seen it: fragments put together, an opener for each system."""

    def __init__(self, mac: Mac, keys: Keys) -> None:
        self._mac, self._keys = mac, keys
        self._ways = {True: Reassembler(mac), False: Reassembler(mac)}
        self._openers: dict[int, Opener] = {}

    def take(self, seen: Seen, psdu: bytes, counts: Decrypted) -> Seen:
        """Return the header, with the clear text of the message that this frame completes."""
        frame = parse_frame(self._mac, psdu)
        if not isinstance(frame, (Authentication, Data)) or frame.shim.proto not in OPENERS:
            return seen
        downlink = seen.kind.is_downlink
        whole = self._ways[downlink].add(frame.station_id, frame.shim, frame.payload)
        if not isinstance(whole, Message):
            return seen
        counts.messages += 1
        opener = self._openers.setdefault(whole.proto, OPENERS[whole.proto]())
        opened = opener.open(whole, Around(self._mac, self._keys, named(seen.parameters), downlink))
        if opened is None:
            return seen
        counts.opened += 1
        return replace(seen, decrypted=(*seen.decrypted, opened.encode()))


def decrypt_capture(source: Path, keys: Keys, mac: Mac, target: Path) -> Decrypted:
    """Write ``source`` to ``target``, readable for its owner alone, with what the keys open; raises CaptureError."""
    interfaces, packets = read_pcapng(source)
    counts = Decrypted()
    with PcapngWriter(target, *interfaces, private=True) as writer:
        for packet, octets in _rewritten(packets, [each.linktype for each in interfaces], keys, mac, counts):
            writer.write(packet.time_ns, octets, packet.interface, packet.direction)
    return counts


def _rewritten(
    packets: Iterator[Packet], linktypes: list[int], keys: Keys, mac: Mac, counts: Decrypted
) -> Iterator[tuple[Packet, bytes]]:
    views: dict[int, StationView] = {}
    for packet in packets:
        counts.packets += 1
        octets = packet.octets
        if packet.interface < len(linktypes) and linktypes[packet.interface] == LINKTYPE_AMP:
            view = views.setdefault(packet.interface, StationView(mac, keys))
            try:
                seen, psdu = decode(octets)
                octets = view.take(seen, psdu, counts).encode() + psdu
            except RadioHeaderError:
                pass  # it goes on as it is
        yield packet, octets
