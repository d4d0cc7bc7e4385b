"""S5 in an experiment: the tag moves from one point of service to the other and back, a handover and data each round.

Both PoSs, the Group Manager and the home stand behind one AMP AP, which lends its radio to whichever PoS the tag is
near to.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ampradio.mac.work import SecureExchange
from ampradio.security.handover import (
    Delivery,
    Encoding,
    HandoverParameters,
    IdType,
    Link,
    MobileNode,
    Msg,
    NodeMemory,
    Prf,
    Reading,
)
from ampradio.security.nvm import MemoryRows
from ampradio.security.session import Message, SecurityEvent
from testbed.experiment.plan import Experiment
from testbed.experiment.systems import variant_of
from testbed.systems.ends import Ends, RoundReadings, entropy_for
from testbed.systems.handover_area import FIRST, FIRST_SAID, NODE, SECOND, Area

DELIVERED = (IdType.PREREG, IdType.GKB)
SOLICITED = 0
POLL_SLACK_NS = 20_000_000
SIGNAL_OVERHEAD_OCTETS = 64  # of MIS and its Security TLV around signalling, at the most


def ends(experiment: Experiment) -> Ends:
    """Return the infrastructure, and a tag that the first PoS serves already."""
    tag = experiment.tags[0]
    parameters = parameters_of(experiment)
    sensor = RoundReadings(tag.readings)
    infrastructure = Infrastructure(experiment, parameters)
    memory = NodeMemory(MemoryRows(NodeMemory.rows_needed))
    memory.provision(infrastructure.area.home)
    node = _Node(experiment, parameters, memory, sensor)
    node.install(Link(FIRST, FIRST_SAID, infrastructure.area.first_key, IdType.EAP), 0)
    infrastructure.node = node
    rounds = experiment.rounds
    work = [infrastructure.round(sensor, number) for number in range(rounds)]
    return Ends(work, node, parameters.report(), frozenset({"PREREG-REQ"}), "mn")


def parameters_of(experiment: Experiment) -> HandoverParameters:
    """Return the parameters that an experiment gives all ends of S5."""
    settings = experiment.security.handover
    return HandoverParameters(
        delivery=Delivery(variant_of(experiment.security)),
        encoding=Encoding(settings.encoding),
        prf=Prf(settings.prf),
        reading=Reading(settings.reading),
    )


class _Node(MobileNode):
    """An MN whose signalling answers what it is told with the reading of the round."""

    def __init__(
        self, experiment: Experiment, parameters: HandoverParameters, memory: NodeMemory, sensor: RoundReadings
    ) -> None:
        station_id = experiment.tags[0].station_id
        super().__init__(
            experiment.profile.mac, parameters, station_id, NODE, memory, entropy_for(experiment, "tag")
        )
        self._sensor = sensor

    def receive(self, message: Message, now_ns: int) -> None:
        """Take one message from the air; answer signalling."""
        before = self.counters["signal"]
        super().receive(message, now_ns)
        if self.counters["signal"] > before:
            self.signal(self._sensor.current(), now_ns)

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened since the last call, in the words that all systems share."""
        return [SecurityEvent("command", each.detail) if each.kind == "signal" else each for each in super().events()]


class Infrastructure:
    """What stands behind the AP as one session; ``near`` is the PoS whose radio the tag hears."""

    def __init__(self, experiment: Experiment, parameters: HandoverParameters) -> None:
        self.node: MobileNode | None = None
        self.area = Area(experiment, parameters)
        self.near = FIRST
        self._experiment = experiment
        self._station_id = experiment.tags[0].station_id
        self._parameters = parameters
        self._due: list[Message] = []
        self._polls_left = 0
        self._heard = False
        self._poll_ns: int | None = None

    @property
    def counters(self) -> Counter[str]:
        """Counts of both PoSs together."""
        return sum((each.counters for each in self.area.points.values()), Counter())

    def receive(self, message: Message, now_ns: int) -> None:
        """Take one message from the air, at the PoS whose radio it is."""
        self._tune(now_ns)
        self._poll_ns, self._heard = None, True
        if self.near in self.area.points:  # a tag that was steered elsewhere (W5.6) is heard by nobody
            self.area.points[self.near].receive(message, now_ns)
        self.area.carry(now_ns)

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return what the PoSs say, with a slot behind what the MN answers."""
        self.area.carry(now_ns)
        due, self._due = self._due, []
        for point in self.area.points.values():
            for message in point.messages_to_send(now_ns):
                answered = message.msg in (Msg.PREREG_RESPONSE, Msg.SIGNAL_DL)
                due.append(replace(message, reply_octets=self._answer_octets()) if answered else message)
        return due

    def end_of_slot(self, station_id: int, now_ns: int, message: Message | None = None) -> None:
        """Ask again when the MN, which repeats by its own clock, will have something to say (rule 27)."""
        assert self.node is not None
        heard, self._heard = self._heard, False
        under_way = not heard and (self.node.busy(now_ns) or self.node.moving_to(now_ns) is not None)
        if under_way and self._polls_left:
            self._polls_left -= 1
            self._poll_ns = now_ns + self._parameters.retry_ns + POLL_SLACK_NS

    def next_deadline_ns(self) -> int | None:
        """Return when a question, to the MN or over the backhaul, is repeated."""
        due = [each.next_deadline_ns() for each in (*self.area.points.values(), self.area.manager)]
        due.append(self._poll_ns)
        return min((at for at in due if at is not None), default=None)

    def handle_deadline(self, now_ns: int) -> None:
        """Repeat or give up."""
        for each in (*self.area.points.values(), self.area.manager):
            each.handle_deadline(now_ns)
        if self._poll_ns is not None and now_ns >= self._poll_ns:
            self._poll_ns = None
            self._due.append(self._question())
        self.area.carry(now_ns)

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened since the last call, in the words that all systems share."""
        told = []
        for point in self.area.points.values():
            for event in point.events():
                told.append(SecurityEvent("uplink_data", event.detail) if event.kind == "signal" else event)
                if event.kind == "keys_installed" and event.detail["id_type"] in DELIVERED:
                    told.append(SecurityEvent("authenticated", {**event.detail, "peer": "mn"}))
        return [*told, *self.area.manager.events()]

    def round(self, sensor: RoundReadings, number: int) -> SecureExchange:
        """Return the work of one handover, and of the round's data where the new SA encrypts."""
        target = SECOND if number % 2 == 0 else FIRST
        commands = self._experiment.ap.commands
        command = commands[number] if number < len(commands) else b""

        def begin(trigger: bytes, now_ns: int) -> None:
            sensor.round = number
            if self._served_at(target, now_ns):
                self.area.points[target].signal(self._station_id, NODE, command, now_ns)
                return
            assert self.node is not None
            if not self.node.busy(now_ns) and self.node.moving_to(now_ns) is None:
                self.node.request_handover(now_ns, target)
            self._polls_left, self._poll_ns = self._parameters.tries, None
            self._due.append(self._question())

        def over() -> bool:
            if self._parameters.hardened:
                return self.counters["signal"] > number
            return self.counters["port_opened"] > number

        ap = self._experiment.ap
        # a handover, then the data: each is an attempt of its own
        attempts = 2 * (ap.retries + 1)
        return SecureExchange(self, self._station_id, begin, over, 0, attempts=attempts, pause_ns=ap.retry_pause_ns)

    def _served_at(self, target: bytes, now_ns: int) -> bool:
        assert self.node is not None
        # served there, or about to be: the confirmation is on its way
        there = target in (self.node.served_by(now_ns), self.node.moving_to(now_ns))
        return self._parameters.hardened and there and self.area.points[target].serves(NODE, now_ns)

    def _tune(self, now_ns: int) -> None:
        """Follow the tag's radio: it goes over as soon as it holds a key for the other PoS."""
        assert self.node is not None
        self.near = self.node.moving_to(now_ns) or self.node.served_by(now_ns) or self.near

    def _question(self) -> Message:
        return Message(SOLICITED, 0, 0, self._station_id, b"", self._answer_octets())

    def _answer_octets(self) -> int:
        longest = max((len(reading) for reading in self._experiment.tags[0].readings), default=0)
        return max(self.area.points[FIRST].uplink_octets_max, SIGNAL_OVERHEAD_OCTETS + longest)
