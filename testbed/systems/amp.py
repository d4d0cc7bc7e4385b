"""S1 in an experiment: one exchange a round, a command down (in a two-frame flow with the trigger), a reading up.

The PMK is updated at the end of the first round, if at all: all later rounds run under the new root.
"""

from __future__ import annotations

from collections import Counter

from ampradio.mac.work import SecureExchange
from ampradio.security.amp import (
    AmpAuthenticator,
    AmpParameters,
    PmkRecord,
    PmkServer,
    Prof,
    TagCredential,
    TagIdentity,
    TagMemory,
)
from ampradio.security.secret import Secret
from testbed.experiment.plan import Experiment
from testbed.experiment.systems import variant_of
from testbed.seeds import generator_for
from testbed.systems.ends import Ends, entropy_for
from testbed.systems.sensor import SensorSupplicant

PROF = {"literal": Prof.LITERAL, "hardened": Prof.HARDENED}
FIRST_VERSION = 1


def ends(experiment: Experiment) -> Ends:
    """Return an authenticator and a supplicant that share the tag's PSK."""
    profile, tag = experiment.profile, experiment.tags[0]
    parameters = parameters_of(experiment)
    modifier = generator_for(experiment.seed, "security.amp.modifier").bytes(parameters.modifier_octets)
    record = PmkRecord(Secret(tag.psk))
    server = PmkServer(record, parameters, entropy_for(experiment, "server"))
    authenticator = AmpAuthenticator(
        profile.mac,
        parameters,
        experiment.ap.address,
        modifier,
        entropy_for(experiment, "ap"),
        retries=0,
    )
    authenticator.enroll(TagCredential(tag.station_id, tag.address, server.pmk1(modifier, experiment.ap.address)))
    supplicant = SensorSupplicant(
        profile.mac,
        parameters,
        TagIdentity(tag.station_id, tag.address, experiment.ap.address),
        TagMemory.enrolled(record),
        entropy_for(experiment, "tag"),
    )
    supplicant.report(tag.readings)
    _order_update(authenticator, server, experiment, modifier)
    work = [_Round(authenticator, experiment, parameters, number).work for number in range(experiment.rounds)]
    report = {**parameters.report(), "pmk_update": experiment.security.amp.pmk_update}
    proven = "ap" if parameters.flow > 2 else "tag"
    return Ends(work, supplicant, report, frozenset({"SEC-TRIGGER"}), proven)


def _order_update(
    authenticator: AmpAuthenticator, server: PmkServer, experiment: Experiment, modifier: bytes
) -> None:
    """Let the server order the PMK update that the experiment wants; it goes out at the end of the first round."""
    method = experiment.security.amp.pmk_update
    if method == "none":
        return
    make = server.derive if method == "derive" else server.wrap
    order = make(FIRST_VERSION, modifier, experiment.ap.address)
    authenticator.request_update(experiment.tags[0].station_id, order)


class _Round:
    """One exchange."""

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
            pause_ns=experiment.ap.retry_pause_ns,
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


def parameters_of(experiment: Experiment) -> AmpParameters:
    """Return the parameters that an experiment gives both ends of S1."""
    amp = experiment.security.amp
    readings = experiment.tags[0].readings
    return AmpParameters(
        prof=PROF[variant_of(experiment.security)],
        nonce_octets=amp.nonce_octets,
        modifier_octets=amp.modifier_octets,
        mic_octets=amp.mic_octets,
        encrypt=amp.encrypt,
        flow=amp.flow,
        uplink_data_max=max((len(reading) for reading in readings), default=0),
    )
