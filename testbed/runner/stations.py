"""The stations of an experiment: an AP with its work, a tag with its readings, and the security system they share."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.mac.ap import ApStation
from ampradio.mac.rounds import ApSettings
from ampradio.mac.secure import secure_trigger
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
        trigger_for=lambda station_id, reply_octets: secure_trigger(profile, settings, station_id, reply_octets),
        retries=experiment.ap.retries,
    )
    authenticator.enroll(TagCredential(tag.station_id, tag.address, server.pmk1(modifier, experiment.ap.address)))
    supplicant = AmpSupplicant(
        profile.mac,
        parameters,
        TagIdentity(tag.station_id, tag.address, experiment.ap.address),
        MemoryNvm(record),
        _entropy(experiment, "tag"),
    )
    supplicant.set_uplink_data(OneReading(tag.readings))
    work = [_exchange(authenticator, experiment, number) for number in range(experiment.rounds)]
    access = generator_for(experiment.seed, "mac.tag.access")
    return Stations(
        ApStation(profile, settings, work),
        TagStation(profile, tag.station_id, access, session=supplicant),
        parameters.report(),
    )


def _exchange(authenticator: AmpAuthenticator, experiment: Experiment, number: int) -> SecureExchange:
    """Return one round: a command down (in a two-frame flow as the trigger's data), a reading up."""
    station_id = experiment.tags[0].station_id
    commands = experiment.ap.commands
    command = commands[number] if number < len(commands) else b""

    def begin(now_ns: int) -> None:
        if experiment.security.flow == 2:
            authenticator.begin(station_id, dl_data=command)
        else:
            authenticator.begin(station_id, command=command)

    return SecureExchange(authenticator, station_id, begin)


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
