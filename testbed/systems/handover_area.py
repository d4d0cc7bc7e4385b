"""Who takes part in S5 beside the tag: two PoSs, the Group Manager and the home; what each was given, their backhaul.

What they say to each other goes over UDP-sized datagrams in this process and is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ampradio.security.handover import (
    Association,
    Datagram,
    DeviceKeys,
    GroupManager,
    HandoverParameters,
    Home,
    HomePoint,
    IdType,
    KeyTree,
    Partner,
    PointOfService,
)
from ampradio.security.handover.profiles import KEY_OCTETS
from ampradio.security.secret import Secret
from ampradio.security.session import EntropySource
from testbed.experiment.plan import Experiment
from testbed.systems.ends import enrolled_secret, entropy_for

NODE, HOME, MANAGER = bytes.fromhex("0101"), bytes.fromhex("0301"), bytes.fromhex("0401")
FIRST, SECOND = bytes.fromhex("0201"), bytes.fromhex("0202")
LEAVES = {NODE: 5, FIRST: 20, SECOND: 70}
HOME_SAID, FIRST_SAID, BACKHAUL_SAID = b"\x09\x09", b"\x01\x02", b"\x77\x01"


class Area:
    """Two PoSs, of which the first serves the tag already, a Group Manager and a home that trust each other.

    ``home`` is what the tag knows of the latter, ``first_key`` its SA with the former; ``backhaul`` counts messages and
    octets, and ``on_datagram`` is called with the time, the source and each of them.
    """

    def __init__(self, experiment: Experiment, parameters: HandoverParameters) -> None:
        mac, tag = experiment.profile.mac, experiment.tags[0]
        self.first_key = Secret(enrolled_secret(tag, "K with the first PoS", KEY_OCTETS))
        tree = KeyTree(parameters.tree_depth, Secret(enrolled_secret(tag, "key tree", KEY_OCTETS)))
        self.manager = GroupManager(parameters, MANAGER, tree, entropy_for(experiment, "gm"))
        keys = {name: self.manager.enroll(name, leaf) for name, leaf in LEAVES.items()}

        def point(name: bytes, kind: type[PointOfService], entropy: EntropySource) -> PointOfService:
            device_keys = DeviceKeys(LEAVES[name], keys[name]) if name in keys else None
            return kind(mac, parameters, name, entropy, group_manager=MANAGER, device_keys=device_keys)

        self.points = {
            FIRST: point(FIRST, PointOfService, entropy_for(experiment, "first")),
            SECOND: point(SECOND, PointOfService, entropy_for(experiment, "second")),
        }
        home_key = Secret(enrolled_secret(tag, "K with the home", KEY_OCTETS))
        self.home_point = point(HOME, HomePoint, entropy_for(experiment, "home"))
        assert isinstance(self.home_point, HomePoint)
        self.home_point.enroll(NODE, HOME_SAID, home_key)
        device_keys = tuple(keys[NODE][depth] for depth in sorted(keys[NODE]))
        self.home = Home(HOME, HOME_SAID, home_key, LEAVES[NODE], device_keys)
        self._everybody = {**self.points, HOME: self.home_point, MANAGER: self.manager}
        self._trust(experiment)
        self.points[FIRST].install(Association(NODE, FIRST_SAID, self.first_key, IdType.EAP))
        self.backhaul: Counter[str] = Counter()
        self.on_datagram: Callable[[int, bytes, Datagram], None] = lambda now_ns, source, datagram: None

    def carry(self, now_ns: int) -> None:
        """Bring what they say to each other to whom it is meant for, until nobody has anything to say."""
        moved = True
        while moved:
            moved = False
            for name, end in self._everybody.items():
                for datagram in end.backhaul_to_send():
                    moved = True
                    self.on_datagram(now_ns, name, datagram)
                    self.backhaul["messages"] += 1
                    self.backhaul["octets"] += len(datagram.octets)
                    if datagram.destination in self._everybody:
                        self._everybody[datagram.destination].backhaul_received(datagram.octets, now_ns)

    def _trust(self, experiment: Experiment) -> None:
        """Configure the SAs between them (R5.26)."""
        tag = experiment.tags[0]
        for one, end in self._everybody.items():
            for other in self._everybody:
                if one != other:
                    name = "PoS " + min(one, other).hex() + max(one, other).hex()
                    key = Secret(enrolled_secret(tag, name, KEY_OCTETS))
                    direction = 1 if one < other else 0
                    end.trust(Association(other, BACKHAUL_SAID, key, IdType.EAP, direction=direction))
        for one, point in self.points.items():
            for number, other in enumerate(self.points):
                if one != other:
                    point.partner(Partner(other, channel=number, position_m=(100.0 * number, 0.0)))
