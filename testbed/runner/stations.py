"""The stations of an experiment: an AP with its work, a tag with its readings, and the security system they share."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.mac.ap import ApStation
from ampradio.mac.rounds import ApSettings
from ampradio.mac.tag import TagStation
from ampradio.mac.work import SecureExchange
from ampradio.security.amp.ap import AmpAuthenticator
from ampradio.security.amp.enrolment import TagCredential, TagIdentity
from ampradio.security.amp.pmk_update import MemoryNvm, PmkRecord, PmkServer
from ampradio.security.amp.profiles import AmpParameters, Prof
from ampradio.security.amp.tag import AmpSupplicant
from ampradio.security.entropy import SeededEntropy
from ampradio.security.secret import Secret
from testbed.experiment import Experiment
from testbed.runner.one_reading import OneReading
from testbed.seeds import generator_for, seed_for

PROF = {"literal": Prof.LITERAL, "hardened": Prof.HARDENED}


@dataclass(frozen=True)
class Stations:
    """Both ends, and the parameters of the security system for the record."""

    ap: ApStation
    tag: TagStation
    security: dict[str, str | int | bool | float]


def stations_of(experiment: Experiment) -> Stations:
    """Return the stations of a simulated run; every nonce comes from the run's seed."""
    parameters = _parameters(experiment)
    tag = experiment.tags[0]
    modifier = generator_for(experiment.seed, "security.amp.modifier").bytes(parameters.modifier_octets)
    record = PmkRecord(Secret(tag.psk))
    server = PmkServer(record, parameters, _entropy(experiment, "server"))
    authenticator = AmpAuthenticator(
        experiment.profile.mac, parameters, experiment.ap.address, modifier, _entropy(experiment, "ap"), retries=0
    )
    authenticator.enroll(TagCredential(tag.station_id, tag.address, server.pmk1(modifier, experiment.ap.address)))
    supplicant = AmpSupplicant(
        experiment.profile.mac,
        parameters,
        TagIdentity(tag.station_id, tag.address, experiment.ap.address),
        MemoryNvm(record),
        _entropy(experiment, "tag"),
    )
    supplicant.set_uplink_data(OneReading(tag.readings))
    settings = ApSettings(
        experiment.ap.station_id,
        experiment.ap.downlink_rate_bps,
        experiment.ap.uplink_rate_bps,
        seed_index=experiment.ap.seed_index,
    )
    work = [_Contact(authenticator, experiment, parameters, number).work() for number in range(experiment.rounds)]
    return Stations(
        ApStation(experiment.profile, settings, work),
        TagStation(experiment.profile, tag.station_id, supplicant, generator_for(experiment.seed, "mac.tag.access")),
        parameters.report(),
    )


def _parameters(experiment: Experiment) -> AmpParameters:
    security = experiment.security
    readings = experiment.tags[0].readings
    return AmpParameters(
        prof=PROF[security.variant],
        nonce_octets=security.nonce_octets,
        modifier_octets=security.modifier_octets,
        mic_octets=security.mic_octets,
        encrypt=security.encrypt,
        flow=security.flow,
        uplink_data_max=max((len(reading) for reading in readings), default=0),
    )


def _entropy(experiment: Experiment, who: str) -> SeededEntropy:
    return SeededEntropy(seed_for(experiment.seed, f"security.amp.entropy.{who}"))


class _Contact:
    """One exchange with the tag: its command, and whether the tag may have it already."""

    def __init__(
        self, authenticator: AmpAuthenticator, experiment: Experiment, parameters: AmpParameters, number: int
    ) -> None:
        self._authenticator = authenticator
        self._parameters = parameters
        self._station_id = experiment.tags[0].station_id
        self._attempts = experiment.ap.retries + 1
        commands = experiment.ap.commands
        self._command = commands[number] if number < len(commands) else b""
        self._completed_before = 0
        self._unconfirmed_before: int | None = None

    def work(self) -> SecureExchange:
        """Return the work item for the AP."""
        return SecureExchange(
            self._authenticator,
            self._station_id,
            self._begin,
            self._outcome,
            self._parameters.response_octets,
            attempts=self._attempts,
        )

    def _begin(self, trigger: bytes, now_ns: int) -> None:
        counters = self._authenticator.counters
        if self._unconfirmed_before is None:
            self._unconfirmed_before = counters["command_unconfirmed"]
            self._completed_before = counters["completed"]
        self._authenticator.end_of_slot(self._station_id, now_ns)
        if counters["command_unconfirmed"] > self._unconfirmed_before:
            # The tag may have acted on it: at most once is what an actuator wants.
            self._command = b""
        if self._parameters.flow == 2:
            self._authenticator.begin(self._station_id, trigger, dl_data=self._command)
        else:
            self._authenticator.begin(self._station_id, trigger, command=self._command)

    def _outcome(self) -> bool:
        return self._authenticator.counters["completed"] > self._completed_before
