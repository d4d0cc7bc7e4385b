"""The tag's keys of an association: 4-way and group key handshake, and data under them (R4.12 to R4.19)."""

from __future__ import annotations

from collections.abc import Callable

from ampradio.profile.model import Mac
from ampradio.security.entropy import NonceSource
from ampradio.security.rsna.profiles import AKMS_8021X, Msg, Port, RsnaParameters
from ampradio.security.rsna.tag.credential import Credential
from ampradio.security.rsna.tag.handshake import GroupKeyFound, Handshake
from ampradio.security.rsna.tag.pmk_memory import KeptPmk, PmkMemory
from ampradio.security.rsna.tag.protection import Protection, ReceiveKey
from ampradio.security.rsna.tag.talk import Talk
from ampradio.security.session import Message

Application = Callable[[bytes], bytes | None]


class Keying(Talk):
    """From a PMK to an open port, and what passes it."""

    def __init__(
        self,
        mac: Mac,
        parameters: RsnaParameters,
        credential: Credential,
        nonces: NonceSource,
        memory: PmkMemory | None,
        application: Application,
    ) -> None:
        super().__init__(parameters, credential)
        self._memory = memory if parameters.pmk_caching else None
        self._application = application
        self._nonces = nonces
        self._protection = Protection(mac, parameters.prof, credential.aa, credential.spa)

    def _take_pairwise_1(self, message: Message) -> None:
        handshake = self._bond.handshake
        if handshake is None:
            assert self._bond.pmk is not None
            names = self._credential.aa, self._credential.spa
            elements = self._bond.ap_element, self._bond.element
            handshake = Handshake(self._parameters, self._bond.akm, names, self._bond.pmk, elements, self._nonces.draw)
        answer = handshake.message_2(message.payload, self._bond.pmkid)
        self._bond.handshake = handshake
        self._set_port(Port.EAPOL_ONLY if self.port is not Port.OPEN else Port.OPEN)
        self._send(Msg.PAIRWISE_2, answer)

    def _take_pairwise_3(self, message: Message) -> None:
        handshake = self._bond.handshake
        assert handshake is not None
        answer, group, fresh = handshake.message_4(message.payload)
        if fresh:
            self._journal.note("authenticated", peer="ap")
            if self._memory is not None and self._bond.akm in AKMS_8021X and self._bond.pmk is not None:
                self._memory.keep(KeptPmk(self._bond.akm, self._credential.aa, self._bond.pmk))

        def install() -> None:
            if fresh:
                handshake.install()
                assert handshake.keys is not None
                self._bond.tk = ReceiveKey(handshake.keys.tk)
                self._bond.pn = 0
                self._journal.note("keys_installed")
            if group is not None:
                self._install_group(group)
                self._set_port(Port.OPEN)

        self._send(Msg.PAIRWISE_4, answer, install)

    def _take_group_1(self, message: Message) -> None:
        assert self._bond.handshake is not None
        answer, group = self._bond.handshake.group_2(message.payload)

        def install() -> None:
            self._install_group(group)
            self._set_port(Port.OPEN)

        self._send(Msg.GROUP_2, answer, install)

    def _install_group(self, found: GroupKeyFound) -> None:
        """Install a group key once: the value that is there keeps its packet number (rule 22)."""
        index, key, pn = found
        known = self._bond.groups.get(index)
        if known is None or known.key != key:
            self._bond.groups[index] = ReceiveKey(key, pn)
            self._journal.note("group_key_installed", key_id=index)

    def _take_data(self, message: Message) -> None:
        msg = Msg(message.msg)
        assert self._bond.tk is not None
        keys = self._bond.groups if msg is Msg.DATA_GROUP else {0: self._bond.tk}
        data = self._protection.open(keys, msg, message.payload, message.station_id)
        self._journal.note("data", group=msg is Msg.DATA_GROUP, data_hex=data.hex())
        answer = None if msg is Msg.DATA_GROUP else self._application(data)
        if answer is not None:
            self._bond.pn += 1
            self._send(Msg.DATA_UP, self._protection.seal(self._bond.tk.key, self._bond.pn, answer, message.station_id))
