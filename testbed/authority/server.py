"""The authority's RADIUS side: whom to believe, what to answer, and what to drop without a word.

A question is believed when its Message-Authenticator is right under the secret of the gateway that it names: so a
gateway can speak for itself alone. What cannot be believed, or not be answered safely, gets no answer (RFC 3579).
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter, OrderedDict

from pyrad.packet import AccessRequest, AuthPacket

from ampradio.profile.model import Mac
from ampradio.security.entropy import SystemEntropy
from ampradio.security.provisioning import ProvisioningServer
from testbed.authority.database import Database, DatabaseError
from testbed.authority.eap_proxy import EapProxy
from testbed.radius.attributes import BAD_PACKET, AttributeMissingError, dictionary
from testbed.radius.client import DATAGRAM_OCTETS_MAX, RadiusError
from testbed.radius.provisioning import answer, asked, asking_gateway

_LOG = logging.getLogger(__name__)
ANSWERS_KEPT = 256
HEADER_OCTETS = 20


class AuthorityServer:
    """Answers datagrams; it keeps nothing of them but its last answers, for those who ask again."""

    def __init__(self, database: Database, mac: Mac, proxy: EapProxy | None = None) -> None:
        """Take the records of a database; raises ``DatabaseError``."""
        self._gateways = database.gateways()
        self._server = ProvisioningServer(
            mac, database.settings.parameters(), database.private, database, self._gateways, SystemEntropy()
        )
        self._proxy = proxy
        self._answers: OrderedDict[bytes, bytes] = OrderedDict()
        self.counters: Counter[str] = Counter()

    def answer(self, datagram: bytes) -> bytes | None:
        """Return the answer to a datagram, None for one that gets none."""
        outcome = self._outcome(datagram)
        if isinstance(outcome, str):
            self.counters[outcome] += 1
            _LOG.info("dropped: %s", outcome)
            return None
        return outcome

    def _outcome(self, datagram: bytes) -> bytes | str:
        if not HEADER_OCTETS <= len(datagram) <= DATAGRAM_OCTETS_MAX:
            return "malformed"
        try:
            packet = AuthPacket(dict=dictionary(), packet=datagram)
            gwid = asking_gateway(packet) if packet.code == AccessRequest else b""
        except BAD_PACKET:
            return "malformed"
        if packet.code != AccessRequest:
            return "other_code"
        secret = self._gateways.get(gwid)
        if secret is None:
            return "unknown_gateway"
        packet.secret = secret.expose()
        if packet.message_authenticator is None or len(packet[80]) != 1 or not packet.verify_message_authenticator():
            return "unverified"
        again = hashlib.sha256(datagram).digest()
        if again in self._answers:
            self.counters["asked_again"] += 1
            return self._answers[again]
        said = self._said(gwid, packet)
        if isinstance(said, bytes):
            self._answers[again] = said
            if len(self._answers) > ANSWERS_KEPT:
                self._answers.popitem(last=False)
        return said

    def _said(self, gwid: bytes, packet: AuthPacket) -> bytes | str:
        reply = packet.CreateReply()
        reply.request_authenticator = packet.authenticator
        reply.add_message_authenticator()
        try:
            if "EAP-Message" in packet:
                if self._proxy is None:
                    return "no_eap_server"
                self._proxy.answer(packet, reply)
                self.counters["eap"] += 1
            else:
                response = self._server.answer(gwid, asked(packet))
                answer(reply, response)
                self.counters[type(response).__name__.lower()] += 1
        except AttributeMissingError:
            return "malformed"
        except RadiusError as error:
            _LOG.warning("%s", error)
            return "eap_server_silent"
        except (DatabaseError, OSError) as error:
            _LOG.warning("%s", error)
            return "database_failed"
        finally:
            for event in self._server.events():
                _LOG.info("%s %s", event.kind, event.detail)
        octets: bytes = reply.ReplyPacket()
        return octets
