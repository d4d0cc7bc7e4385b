"""The tag's end of S4: supplicant with a controlled port, everything volatile but its credential and a PMK.

Protocols page 5.4, rules 20 to 23. It speaks when spoken to; the AP begins, repeats and gives up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ampradio.profile.model import Mac
from ampradio.security.entropy import EntropyError, NonceSource
from ampradio.security.journal import RefusedError
from ampradio.security.rsna.profiles import (
    AKMS_8021X,
    AKMS_PSK,
    EAP_DOWN,
    PROTO,
    STATUS_OK,
    Msg,
    Port,
    RsnaParameters,
)
from ampradio.security.rsna.refusal import Reason
from ampradio.security.rsna.tag.credential import Credential
from ampradio.security.rsna.tag.elements import chosen_element
from ampradio.security.rsna.tag.keying import Application, Keying
from ampradio.security.rsna.tag.keys import pmk_name
from ampradio.security.rsna.tag.management import Management
from ampradio.security.rsna.tag.pmk_memory import PmkMemory
from ampradio.security.session import EntropySource, Message, SecurityEvent

_EAPOL_HEADER = 4


class Supplicant(Keying):
    """One tag."""

    def __init__(
        self,
        mac: Mac,
        parameters: RsnaParameters,
        credential: Credential,
        entropy: EntropySource,
        *,
        memory: PmkMemory | None = None,
        element: bytes | None = None,
        application: Application = lambda data: None,
    ) -> None:
        """Take the credential, where a PMK may be kept, an element in place of the default choice, and who gets data.

        ``application`` may answer unicast data. Raises ``ValueError`` for AKMs without their credential.
        """
        for akms, present in ((AKMS_PSK, credential.psk is not None), (AKMS_8021X, credential.has_eap)):
            if set(akms) & set(parameters.akms) and not present:
                raise ValueError(f"AKM {akms[0]} and {akms[1]} need their credential")
        super().__init__(mac, parameters, credential, NonceSource(entropy), memory, application)
        self._mac = mac
        self._element_given = element
        self._management = Management(parameters)

    @property
    def counters(self) -> Counter[str]:
        """Counts of events by kind and of refusals by reason."""
        return self._journal.counters

    @property
    def answers_to(self) -> frozenset[int]:
        """None: S4 knows a tag by its station ID alone."""
        return frozenset()

    @property
    def has_keys(self) -> bool:
        """True while a TK is installed."""
        return self._bond.tk is not None

    def power_off(self) -> None:
        """Lose everything volatile: the next contact starts at the advert (page 5.4)."""
        self._close()
        self._nonces.forget()

    def receive(self, message: Message, now_ns: int) -> None:
        """Take one message from the air; a bad one is counted and dropped."""
        try:
            self._accept(message)
        except RefusedError as refused:
            self._journal.refuse(refused.reason, message)

    def next_deadline_ns(self) -> int | None:
        """Never: a tag waits for its AP."""
        return None

    def handle_deadline(self, now_ns: int) -> None:
        """Nothing."""

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened since the last call."""
        return self._journal.take()

    def _accept(self, message: Message) -> None:
        if message.proto != PROTO:
            raise RefusedError(Reason.OTHER_SYSTEM)
        if message.prof != self._parameters.prof:
            raise RefusedError(Reason.OTHER_PROFILE)
        group = message.msg == Msg.DATA_GROUP
        if message.station_id != (self._mac.broadcast_id if group else self._credential.station_id):
            raise RefusedError(Reason.OTHER_STATION)
        take = self._taker(message.msg)
        try:
            take(message)
        except EntropyError:
            raise RefusedError(Reason.NO_ENTROPY) from None

    def _taker(self, msg: int) -> Callable[[Message], None]:
        """Return who takes a message, if the port lets it through (R4.8, R4.11, R4.17)."""
        management = {
            Msg.ADVERT: (self._take_advert, self.port is not Port.OPEN),
            Msg.AUTH_RESPONSE: (self._take_auth, self._bond.ap_element != b"" and not self._bond.associated),
            Msg.ASSOC_RESPONSE: (self._take_association, self._bond.authenticated and not self._bond.associated),
            Msg.DEAUTH: (self._take_deauth, True),
            Msg.PAIRWISE_1: (self._take_pairwise_1, self._bond.associated and self._may_begin_handshake),
            Msg.PAIRWISE_3: (self._take_pairwise_3, self._bond.handshake is not None),
            Msg.GROUP_1: (self._take_group_1, self._bond.tk is not None),
            Msg.DATA_DOWN: (self._take_data, self.port is Port.OPEN),
            Msg.DATA_GROUP: (self._take_data, self.port is Port.OPEN),
        }
        for eap in EAP_DOWN:
            management[eap] = (self._take_eap, self.port is Port.EAP_ONLY)
        if msg not in Msg.__members__.values() or Msg(msg) not in management:
            raise RefusedError(Reason.UNEXPECTED)
        take, permitted = management[Msg(msg)]
        if not permitted:
            raise RefusedError(Reason.PORT)
        return take

    @property
    def _may_begin_handshake(self) -> bool:
        """True after EAP, with a PSK, or while a kept PMK is proposed."""
        return self.port in (Port.EAPOL_ONLY, Port.OPEN) or self._bond.pmkid != b""

    def _take_advert(self, message: Message) -> None:
        """Begin anew with an AP of this network: state 1 (R4.1, R4.7)."""
        element, akm = self._management.advert(message.payload)
        self._close()
        self._bond.ap_element, self._bond.akm = element, akm
        kept = None
        if self._memory is not None and akm in AKMS_8021X:
            kept = self._memory.find(akm, self._credential.aa)
        if kept is not None:
            self._bond.pmk = kept
            self._bond.pmkid = pmk_name(akm, kept, self._credential.aa, self._credential.spa)
        self._bond.element = self._element_given or chosen_element(self._parameters.order, akm, self._bond.pmkid)
        self._send(Msg.AUTH_REQUEST, self._management.auth_request())

    def _take_auth(self, message: Message) -> None:
        self._management.auth_response(message.payload)
        self._bond.authenticated = True
        self._send(Msg.ASSOC_REQUEST, self._management.association_request(self._bond.element, self._bond.pmkid))

    def _take_association(self, message: Message) -> None:
        status, aid = self._management.association_response(message.payload)
        if status != STATUS_OK:
            self._journal.note("association_refused", status=status)
            self._close()
            return
        self._bond.associated = True
        self._journal.note("associated", akm=self._bond.akm, aid=aid)
        if self._bond.akm in AKMS_PSK:
            self._bond.pmk = self._credential.psk
            self._set_port(Port.EAPOL_ONLY)
        else:
            self._bond.peer = self._credential.peer(self._nonces)
            self._set_port(Port.EAP_ONLY)

    def _take_eap(self, message: Message) -> None:
        """Answer the server; with its success, and only after it has authenticated itself, go on to the AP (R4.10)."""
        packet = message.payload
        if not self._parameters.lite:
            if len(packet) < _EAPOL_HEADER or packet[1] or int.from_bytes(packet[2:4], "big") + 4 != len(packet):
                raise RefusedError(Reason.MALFORMED)
            packet = packet[_EAPOL_HEADER:]
        assert self._bond.peer is not None
        response = self._bond.peer.receive(packet)
        if response is not None:
            self._bond.pmkid = b""
            header = b"" if self._parameters.lite else b"\x01\x00" + len(response).to_bytes(2, "big")
            self._send(Msg(message.msg + 1), header + response)
        elif self._bond.peer.ended:
            self._bond.pmk = self._bond.peer.pmk
            self._journal.note("authenticated", peer="server")
            self._set_port(Port.EAPOL_ONLY)
        else:
            self._journal.note("eap_failed")
            self._close()

    def _take_deauth(self, message: Message) -> None:
        """Believe a deauthentication, as 802.11 does without management frame protection (W4.2)."""
        if len(message.payload) != 2:
            raise RefusedError(Reason.MALFORMED)
        if self._bond.associated:
            self._journal.note("deauthenticated", reason=int.from_bytes(message.payload, "little"))
        self._close()
