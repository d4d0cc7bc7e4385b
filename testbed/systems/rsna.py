"""S4 in an experiment: the link is established once, then protected data goes down and up, a round at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ampradio.mac.work import SecureExchange
from ampradio.security.nvm import MemoryRows
from ampradio.security.rsna import Authenticator, Credential, Order, PmkMemory, Port, Prof, RsnaParameters, Supplicant
from ampradio.security.rsna.tag.eap_tls import FRAGMENT_OCTETS
from ampradio.security.secret import Secret
from ampradio.security.session import Message, SecurityEvent
from testbed.experiment.plan import Experiment
from testbed.experiment.systems import variant_of
from testbed.radius.eap_relay import EapRelay
from testbed.systems.elsewhere import eap_server_elsewhere
from testbed.systems.ends import Ends, RoundReadings, enrolled_secret, entropy_for

ORDERS = {"seed-order": Order.SEED, "rsn-order": Order.RSN}
PSK_OCTETS = 32
EAP_PSK_REPLY_OCTETS = 4 + 54  # 802.1X header; EAP-PSK's second message but for the identity
EAP_TLS_REPLY_OCTETS = 4 + 10 + FRAGMENT_OCTETS
SENDS = 2
"""Unanswered data frames after which the link is given up and established anew."""


def ends(experiment: Experiment) -> Ends:
    """Return an authenticator and a supplicant that share a PSK."""
    tag = experiment.tags[0]
    parameters = parameters_of(experiment)
    psk = Secret(enrolled_secret(tag, "802.11i PSK", PSK_OCTETS))
    sensor = RoundReadings(tag.readings)
    credential = Credential(tag.station_id, tag.address, experiment.ap.address, psk=psk)
    if tag.eap is not None:
        eap = tag.eap
        credential = replace(credential, psk=None, identity=eap.identity, eap_psk=eap.psk, eap_tls=eap.tls)
    supplicant = _Sensor(
        experiment.profile.mac,
        parameters,
        credential,
        entropy_for(experiment, "tag"),
        memory=PmkMemory(MemoryRows(PmkMemory.rows_needed())),
        application=sensor.current,
    )
    relay = eap_server_elsewhere(experiment)
    reply = EAP_TLS_REPLY_OCTETS if credential.eap_tls is not None else EAP_PSK_REPLY_OCTETS + len(credential.identity)
    authenticator = _RelayingAuthenticator(
        experiment.profile.mac,
        parameters,
        experiment.ap.address,
        entropy_for(experiment, "ap"),
        eap_reply_octets=reply,
    )
    authenticator.relay = relay
    authenticator.enroll(tag.station_id, tag.address, credential.psk)
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


class _RelayingAuthenticator(Authenticator):
    """An authenticator whose EAP server, if it has one, answers between two PPDUs."""

    relay: EapRelay | None = None

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the messages that are due, once the server has said what it has to say."""
        while self.relay is not None and (questions := self.backhaul_to_send(now_ns)):
            for asked in questions:
                self.backhaul_received(self.relay(asked), now_ns)
        return super().messages_to_send(now_ns)


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
