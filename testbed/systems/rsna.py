"""S4 in an experiment: the link is established once, then protected data goes down and up, a round at a time."""

from __future__ import annotations

from collections.abc import Callable

from ampradio.mac.work import SecureExchange
from ampradio.security.nvm import MemoryRows
from ampradio.security.rsna import Authenticator, Credential, Order, PmkMemory, Port, Prof, RsnaParameters, Supplicant
from ampradio.security.secret import Secret
from ampradio.security.session import SecurityEvent
from testbed.experiment.plan import Experiment
from testbed.experiment.systems import variant_of
from testbed.systems.ends import Ends, RoundReadings, enrolled_secret, entropy_for

ORDERS = {"seed-order": Order.SEED, "rsn-order": Order.RSN}
PSK_OCTETS = 32
SENDS = 2
"""Unanswered data frames after which the link is given up and established anew."""


def ends(experiment: Experiment) -> Ends:
    """Return an authenticator and a supplicant that share a PSK."""
    tag = experiment.tags[0]
    parameters = parameters_of(experiment)
    psk = enrolled_secret(tag, "802.11i PSK", PSK_OCTETS)
    sensor = RoundReadings(tag.readings)
    supplicant = _Sensor(
        experiment.profile.mac,
        parameters,
        Credential(tag.station_id, tag.address, experiment.ap.address, psk=Secret(psk)),
        entropy_for(experiment, "tag"),
        memory=PmkMemory(MemoryRows(PmkMemory.rows_needed())),
        application=sensor.current,
    )
    authenticator = Authenticator(
        experiment.profile.mac, parameters, experiment.ap.address, entropy_for(experiment, "ap")
    )
    authenticator.enroll(tag.station_id, tag.address, Secret(psk))
    work = [_established(authenticator, experiment)]
    work += [_Round(authenticator, experiment, sensor, number).work for number in range(experiment.rounds)]
    return Ends(work, supplicant, parameters.report(), frozenset({"ADVERT"}), "ap")


def parameters_of(experiment: Experiment) -> RsnaParameters:
    """Return the parameters that an experiment gives both ends of S4."""
    settings = experiment.security.rsna
    return RsnaParameters(
        prof=Prof.LITE if settings.encoding == "lite" else Prof.FULL,
        order=ORDERS[variant_of(experiment.security)],
        akms=(settings.akm, *settings.other_akms),
        ssid=settings.ssid.encode(),
    )


class _Sensor(Supplicant):
    """A supplicant that tells of data it acts on in the words that all systems share."""

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened since the last call."""
        return [
            SecurityEvent("command", event.detail) if event.kind == "data" else event for event in super().events()
        ]


def _established(authenticator: Authenticator, experiment: Experiment) -> SecureExchange:
    station_id = experiment.tags[0].station_id

    def begin(trigger: bytes, now_ns: int) -> None:
        authenticator.begin(station_id)

    return _work(authenticator, experiment, begin, lambda: authenticator.port(station_id) is Port.OPEN)


class _Round:
    """One piece of data down and the reading that answers it; a link that does not answer is established anew."""

    def __init__(
        self, authenticator: Authenticator, experiment: Experiment, sensor: RoundReadings, number: int
    ) -> None:
        commands = experiment.ap.commands
        self._authenticator = authenticator
        self._station_id = experiment.tags[0].station_id
        self._sensor, self._number = sensor, number
        self._command = commands[number] if number < len(commands) else b""
        self._reply_octets = max((len(reading) for reading in experiment.tags[0].readings), default=0)
        self._unanswered = 0
        heard = authenticator.counters
        self.work = _work(authenticator, experiment, self._begin, lambda: heard["uplink_data"] > number)

    def _begin(self, trigger: bytes, now_ns: int) -> None:
        self._sensor.round = self._number
        if self._unanswered >= SENDS or self._authenticator.port(self._station_id) is not Port.OPEN:
            self._unanswered = 0
            self._authenticator.deauthenticate(self._station_id)  # a tag whose port is open hears no advert
            self._authenticator.begin(self._station_id)
            return
        self._unanswered += 1
        self._authenticator.send(self._station_id, self._command, self._reply_octets)


def _work(
    authenticator: Authenticator,
    experiment: Experiment,
    begin: Callable[[bytes, int], None],
    outcome: Callable[[], bool],
) -> SecureExchange:
    ap = experiment.ap
    return SecureExchange(
        authenticator,
        experiment.tags[0].station_id,
        begin,
        outcome,
        0,
        attempts=ap.retries + 1,
        pause_ns=ap.retry_pause_ns,
    )
