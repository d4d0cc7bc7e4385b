"""S2 in an experiment: the tag's QR code is scanned, the server vets it, then one request and one reading a round.

The server is collocated with the gateway here (R2.22): it answers between two PPDUs, and what it says is counted.
"""

from __future__ import annotations

from collections.abc import Callable

from ampradio.mac.work import SecureExchange
from ampradio.security.agreement import KEY_OCTETS, x25519_public
from ampradio.security.nvm import MemoryRows
from ampradio.security.provisioning import (
    Gateway,
    Life,
    MemoryDeviceStore,
    Prof,
    ProvisionedTag,
    ProvisioningParameters,
    ProvisioningServer,
    TagMemory,
    manufacture,
)
from ampradio.security.provisioning.profiles import GWID_OCTETS, HASH_OCTETS
from ampradio.security.provisioning.server.inner import InnerChannel
from ampradio.security.secret import Secret
from ampradio.security.session import Message, SecurityEvent
from testbed.experiment.plan import Experiment
from testbed.experiment.systems import variant_of
from testbed.radius.remote_server import RemoteServer
from testbed.systems.elsewhere import server_elsewhere
from testbed.systems.ends import Ends, RoundReadings, enrolled_secret, entropy_for

REPETITIONS = 2
"""By the gateway itself, back to back: the second goes under a new session key, for a tag that lost its own."""

PROF = {"hardened": Prof.HARDENED, "literal": Prof.LITERAL, "identity-hiding": Prof.IDENTITY_HIDING}


def ends(experiment: Experiment) -> Ends:
    """Return a gateway with its server and a tag as it left the factory."""
    tag = experiment.tags[0]
    parameters = parameters_of(experiment)
    private = enrolled_secret(tag, "AS private key", KEY_OCTETS)
    made = manufacture(
        parameters,
        x25519_public(private),
        entropy_for(experiment, "factory"),
        serial=enrolled_secret(tag, "A_SN", parameters.serial_octets),
        private=enrolled_secret(tag, "A_privk", KEY_OCTETS),
    )
    identity = made.identity if tag.made is None else tag.made.identity
    sensor = RoundReadings(tag.readings)
    device = ProvisionedTag(
        experiment.profile.mac,
        parameters,
        identity,
        TagMemory(MemoryRows(TagMemory.rows_needed())),
        entropy_for(experiment, "tag"),
        sensor.current,
    )
    gateway = ServedGateway(experiment, parameters, Secret(private), server_elsewhere(experiment, parameters))
    gateway.store.add(made.record)
    scanned = experiment.scanned or identity.short_hash(HASH_OCTETS)
    work = [gateway.onboarding(scanned)]
    work += [gateway.round(scanned, sensor, number) for number in range(experiment.rounds)]
    opening = frozenset({"PROV"})
    return Ends(work, device, parameters.report(), opening, "device")


def parameters_of(experiment: Experiment) -> ProvisioningParameters:
    """Return the parameters that an experiment gives all ends of S2."""
    tag, settings = experiment.tags[0], experiment.security.provisioning
    return ProvisioningParameters(
        prof=PROF[variant_of(experiment.security)],
        hash_octets=settings.hash_octets,
        data_tag_octets=settings.data_tag_octets,
        end_to_end=settings.end_to_end,
        data_octets_max=max((len(data) for data in (*tag.readings, *experiment.ap.commands)), default=0),
    )


class ServedGateway(Gateway):
    """A gateway whose server answers at once; it tells what it heard in the words that all systems share."""

    def __init__(
        self,
        experiment: Experiment,
        parameters: ProvisioningParameters,
        private: Secret,
        server: ProvisioningServer | RemoteServer | None = None,
    ) -> None:
        """Take a server of another place, or make one that knows whom ``store`` holds."""
        mac = experiment.profile.mac
        self.gwid = experiment.ap.address[-GWID_OCTETS:]
        super().__init__(
            mac,
            parameters,
            self.gwid,
            entropy_for(experiment, "gateway"),
            life=Life(experiment.security.provisioning.session_key_requests),
            retries=REPETITIONS,
        )
        self.store = MemoryDeviceStore()
        keys = {self.gwid: Secret(enrolled_secret(experiment.tags[0], "gateway key", KEY_OCTETS))}
        self._server = server or ProvisioningServer(
            mac, parameters, private, self.store, keys, entropy_for(experiment, "server")
        )
        self._experiment = experiment
        self._end_to_end = parameters.end_to_end
        self.hides_identity = parameters.hides_identity
        self._asked: bytes = b""

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the messages that are due, once the server has said what it has to say."""
        while requests := self.backhaul_to_send(now_ns):
            for request in requests:
                self.backhaul_received(self._server.answer(self.gwid, request), now_ns)
        return super().messages_to_send(now_ns)

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened since the last call, here and at the server."""
        told = []
        for event in (*super().events(), *self._server.events()):
            told.append(SecurityEvent("uplink_data", self._read(event)) if event.kind == "reading" else event)
            if event.kind == "provisioned":
                told.append(SecurityEvent("authenticated", {**event.detail, "peer": "device"}))
        return told

    def onboarding(self, device_hash: bytes) -> SecureExchange:
        """Return the work of provisioning the device whose QR code was scanned."""

        def begin(trigger: bytes, now_ns: int) -> None:
            self.scan(device_hash)

        return self._work(begin, lambda: self.counters["provisioned"] > 0)

    def seeded_onboarding(self, device_hash: bytes) -> SecureExchange:
        """Return the work of provisioning a device again, its session key being the seed of its next PRK (R2.47)."""
        before: list[int] = []

        def begin(trigger: bytes, now_ns: int) -> None:
            before[:] = [self.counters["provisioned"]]
            self.scan(device_hash, seed=True)

        return self._work(begin, lambda: bool(before) and self.counters["provisioned"] > before[0])

    def round(self, device_hash: bytes, sensor: RoundReadings, number: int) -> SecureExchange:
        """Return the work of one request with its reading."""
        commands, readings = self._experiment.ap.commands, self._experiment.tags[0].readings
        command = commands[number] if number < len(commands) else b""
        longest = max((len(reading) for reading in readings), default=0)

        def begin(trigger: bytes, now_ns: int) -> None:
            sensor.round = number
            for address in self.local_addresses:
                said = self._inner.seal_command(device_hash, command) if self._end_to_end else command
                self._asked = device_hash
                self.request(address, said, longest)

        return self._work(begin, lambda: self.counters["reading"] > number)

    @property
    def _inner(self) -> InnerChannel:
        assert isinstance(self._server, ProvisioningServer)  # an experiment with a remote one has no end_to_end
        return self._server.inner

    def _work(self, begin: Callable[[bytes, int], None], outcome: Callable[[], bool]) -> SecureExchange:
        ap, broadcast = self._experiment.ap, self._experiment.profile.mac.broadcast_id
        return SecureExchange(
            self, broadcast, begin, outcome, 0, attempts=ap.retries + 1, pause_ns=ap.retry_pause_ns
        )

    def _read(self, event: SecurityEvent) -> dict[str, str | int | bool | float]:
        if not self._end_to_end:
            return event.detail
        data = self._inner.open_reading(self._asked, bytes.fromhex(str(event.detail["data_hex"])))
        return {**event.detail, "side": "server", "data_hex": (data or b"").hex()}
