"""S5: key delivery between points of service of IEEE 802.21.1 clause 5.14, and its remedies, over AMP frames."""

from ampradio.security.handover.pos.association import Association
from ampradio.security.handover.pos.backhaul import UDP_PORT, Datagram
from ampradio.security.handover.pos.device_keys import DeviceKeys
from ampradio.security.handover.pos.group_manager import GroupManager
from ampradio.security.handover.pos.home import HomePoint
from ampradio.security.handover.pos.key_tree import KeyTree
from ampradio.security.handover.pos.partners import Partner, Whereabouts
from ampradio.security.handover.pos.point_of_service import PointOfService
from ampradio.security.handover.profiles import (
    PROTO,
    BackhaulKind,
    Candidate,
    Delivery,
    Encoding,
    HandoverParameters,
    IdType,
    Msg,
    Prf,
    Prof,
    Reading,
    Status,
)
from ampradio.security.handover.tag.link import Link
from ampradio.security.handover.tag.memory import Home, NodeMemory
from ampradio.security.handover.tag.mobile_node import MobileNode

__all__ = [
    "PROTO",
    "UDP_PORT",
    "Association",
    "BackhaulKind",
    "Candidate",
    "Datagram",
    "Delivery",
    "DeviceKeys",
    "Encoding",
    "GroupManager",
    "HandoverParameters",
    "Home",
    "HomePoint",
    "IdType",
    "KeyTree",
    "Link",
    "MobileNode",
    "Msg",
    "NodeMemory",
    "Partner",
    "PointOfService",
    "Prf",
    "Prof",
    "Reading",
    "Status",
    "Whereabouts",
]
