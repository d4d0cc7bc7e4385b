"""The stations of an experiment: an AP with its work, a tag with its readings, and the security system they share."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ampradio.mac.ap import ApStation
from ampradio.mac.rounds import ApSettings
from ampradio.mac.tag import TagStation
from ampradio.mac.work import SecureExchange
from ampradio.security.amp.ap import AmpAuthenticator
from ampradio.security.amp.enrolment import TagCredential, TagIdentity
from ampradio.security.amp.pmk_update import MemoryNvm, PmkRecord, PmkServer
from ampradio.security.amp.profiles import AmpParameters, Prof
from ampradio.security.entropy import SeededEntropy
from ampradio.security.secret import Secret
from testbed.experiment import Experiment
from testbed.runner.sensor import SensorSupplicant
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
    profile, tag = experiment.profile, experiment.tags[0]
    parameters = _parameters(experiment)
    settings = ApSettings(
        experiment.ap.station_id,
        experiment.ap.downlink_rate_bps,
        experiment.ap.uplink_rate_bps,
        seed_index=experiment.ap.seed_index,
    )
    modifier = generator_for(experiment.seed, "security.amp.modifier").bytes(parameters.modifier_octets)
    record = PmkRecord(Secret(tag.psk))
    server = PmkServer(record, parameters, _entropy(experiment, "server"))
    authenticator = AmpAuthenticator(
        profile.mac,
        parameters,
        experiment.ap.address,
        modifier,
        _entropy(experiment, "ap"),
        retries=0,
    )
    authenticator.enroll(TagCredential(tag.station_id, tag.address, server.pmk1(modifier, experiment.ap.address)))
    supplicant = SensorSupplicant(
        profile.mac,
        parameters,
        TagIdentity(tag.station_id, tag.address, experiment.ap.address),
        MemoryNvm(record),
        _entropy(experiment, "tag"),
    )
    supplicant.report(tag.readings)
    work = [_Round(authenticator, experiment, parameters, number).work for number in range(experiment.rounds)]
    access = generator_for(experiment.seed, "mac.tag.access")
    return Stations(
        ApStation(profile, settings, work),
        TagStation(profile, tag.station_id, supplicant, access),
        parameters.report(),
    )


class _Round:
    """One exchange: a command down (in a two-frame flow as the trigger's data), a reading up."""

    def __init__(
        self, authenticator: AmpAuthenticator, experiment: Experiment, parameters: AmpParameters, number: int
    ) -> None:
        commands = experiment.ap.commands
        self._authenticator = authenticator
        self._station_id = experiment.tags[0].station_id
        self._flow = parameters.flow
        self._command = commands[number] if number < len(commands) else b""
        self._before: Counter[str] | None = None
        self.work = SecureExchange(
            authenticator,
            self._station_id,
            self._begin,
            lambda: self._since("completed") > 0,
            parameters.response_octets,
            attempts=experiment.ap.retries + 1,
        )

    def _begin(self, trigger: bytes, now_ns: int) -> None:
        if self._before is None:
            self._before = self._authenticator.counters.copy()
        if self._flow == 2:
            self._authenticator.begin(self._station_id, trigger, dl_data=self._command)
            return
        # A command whose SEC-ACK was lost may have been acted on: at most once is what an actuator wants.
        command = b"" if self._since("command_unconfirmed") else self._command
        self._authenticator.begin(self._station_id, trigger, command=command)

    def _since(self, kind: str) -> int:
        """Return how often ``kind`` was counted since this round began."""
        return 0 if self._before is None else self._authenticator.counters[kind] - self._before[kind]


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
