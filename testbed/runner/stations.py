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
    work = [_exchange(authenticator, experiment, parameters, number) for number in range(experiment.rounds)]
    access = generator_for(experiment.seed, "mac.tag.access")
    return Stations(
        ApStation(profile, settings, work),
        TagStation(profile, tag.station_id, supplicant, access),
        parameters.report(),
    )


def _exchange(
    authenticator: AmpAuthenticator, experiment: Experiment, parameters: AmpParameters, number: int
) -> SecureExchange:
    """Return one round: a command down (in a two-frame flow as the trigger's data), a reading up."""
    station_id = experiment.tags[0].station_id
    commands = experiment.ap.commands
    command = commands[number] if number < len(commands) else b""
    counters = authenticator.counters

    def begin(trigger: bytes, now_ns: int) -> None:
        authenticator.end_of_slot(station_id, now_ns)
        if experiment.security.flow == 2:
            authenticator.begin(station_id, trigger, dl_data=command)
        else:
            # A command whose SEC-ACK was lost may have been acted on: at most once is what an actuator wants.
            authenticator.begin(station_id, trigger, command=b"" if counters["command_unconfirmed"] else command)

    def outcome() -> bool:
        return counters["completed"] > number

    reply_octets = parameters.response_octets
    return SecureExchange(
        authenticator, station_id, begin, outcome, reply_octets, attempts=experiment.ap.retries + 1
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
