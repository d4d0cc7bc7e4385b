"""The tag's end of S2: provisioning mode until a server's proof is committed, normal mode after (R2.30, R2.50).

Protocols page 3.4, rules 10 to 15. What survives a power loss is in ``TagMemory`` and nowhere else.
"""

from __future__ import annotations

from collections import Counter

from ampradio.profile.model import Mac
from ampradio.security.entropy import EntropyError, NonceSource
from ampradio.security.journal import Journal, RefusedError
from ampradio.security.provisioning.profiles import PROTO, ProvisioningParameters
from ampradio.security.provisioning.refusal import Reason
from ampradio.security.provisioning.tag.identity import DeviceIdentity
from ampradio.security.provisioning.tag.introduction import Introduced, introduced
from ampradio.security.provisioning.tag.keys import ProvisionedKeys, provisioned_keys, root_key
from ampradio.security.provisioning.tag.memory import Awaiting, Bound, TagMemory
from ampradio.security.provisioning.tag.messages import Hello, Provision, Reprovision
from ampradio.security.provisioning.tag.normal_mode import NormalMode, Sensor
from ampradio.security.provisioning.tag.proofs import Proofs
from ampradio.security.secret import Secret
from ampradio.security.session import EntropySource, Message, SecurityEvent


class ProvisionedTag:
    """One tag, from the factory on."""

    def __init__(
        self,
        mac: Mac,
        parameters: ProvisioningParameters,
        identity: DeviceIdentity,
        memory: TagMemory,
        entropy: EntropySource,
        sensor: Sensor = lambda command: b"",
    ) -> None:
        """Take the agreed parameters, the factory memory, the NVM, the entropy source and what answers commands.

        Raises ``ValueError`` for an identity that is not one of this variant.
        """
        identity.require_fit(parameters)
        self._mac = mac
        self._parameters = parameters
        self._identity = identity
        self._memory = memory
        self._nonces = NonceSource(entropy)
        self._sensor = sensor
        self._journal = Journal("tag")
        self._short_hash = identity.short_hash(parameters.hash_octets)
        self._proofs = Proofs(mac, parameters)
        self._outbox: list[Message] = []
        self._introduced: Introduced | None = None
        self._normal: NormalMode | None = None
        self._journal.note("parameters", **parameters.report())

    @property
    def counters(self) -> Counter[str]:
        """Counts of events by kind and of refusals by reason."""
        return self._journal.counters

    @property
    def provisioned(self) -> bool:
        """True in normal mode."""
        return isinstance(self._memory.state(), Bound)

    @property
    def has_keys(self) -> bool:
        """True while a session key is installed."""
        return self._normal is not None and self._normal.has_session_key

    @property
    def answers_to(self) -> frozenset[int]:
        """The local address in normal mode, and in S2-B the ID that was drawn for the introduction."""
        state = self._memory.state()
        ids = {state.station_id} if isinstance(state, Bound) else set()
        return frozenset(ids if self._introduced is None else ids | {self._introduced.station_id})

    def power_off(self) -> None:
        """Lose everything volatile; the mode, the address and the counters' mark stay (R2.30)."""
        self._drop_keys()
        self._introduced = None
        self._outbox.clear()
        self._nonces.forget()

    def receive(self, message: Message, now_ns: int) -> None:
        """Take one message from the air; a bad one is counted and dropped."""
        self.handle_deadline(now_ns)
        try:
            self._accept(message, now_ns)
        except RefusedError as refused:
            self._journal.refuse(refused.reason, message)

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the answers that are due."""
        due, self._outbox = self._outbox, []
        for message in due:
            self._journal.message("sent", self._parameters.messages.name(message.msg), message)
        return due

    def next_deadline_ns(self) -> int | None:
        """Return when the session key expires."""
        return None if self._normal is None else self._normal.expires_ns

    def handle_deadline(self, now_ns: int) -> None:
        """Drop an expired session key."""
        if self._normal is not None:
            self._normal.expire(now_ns)

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened since the last call."""
        return self._journal.take()

    def _accept(self, message: Message, now_ns: int) -> None:
        if message.proto != PROTO:
            raise RefusedError(Reason.OTHER_SYSTEM)
        if message.prof != self._parameters.prof:
            raise RefusedError(Reason.OTHER_PROFILE)
        numbers = self._parameters.messages
        if message.msg in (numbers.hello, numbers.prov):
            if message.station_id != self._mac.broadcast_id:
                raise RefusedError(Reason.OTHER_STATION)
            if message.msg == numbers.prov:
                self._take_prov(message, now_ns)
            else:
                self._introduce(message)
            return
        state = self._memory.state()
        if not isinstance(state, Bound):
            raise RefusedError(Reason.PROVISIONING_MODE)
        if message.station_id != state.station_id:
            raise RefusedError(Reason.OTHER_STATION)
        if message.msg == numbers.req:
            response = self._at_work(state, now_ns).answer(message.station_id, message.payload, self._sensor)
            self._send(message.station_id, numbers.res, response)
        elif message.msg == numbers.rekey:
            self._at_work(state, now_ns).rekey(message.station_id, message.payload, now_ns)
        elif message.msg == numbers.reprovision:
            self._take_reprovision(state, message, now_ns)
        else:
            raise RefusedError(Reason.UNEXPECTED)

    def _introduce(self, message: Message) -> None:
        """Answer PROV-B1 with the serial number, sealed to the server; the identical one with the identical octets."""
        hello = Hello.parse(message.payload, self._parameters)
        if hello.short_hash != self._short_hash:
            raise RefusedError(Reason.OTHER_DEVICE)
        if self.provisioned:
            raise RefusedError(Reason.NORMAL_MODE)
        if self._introduced is None or self._introduced.hello != message.payload:
            self._introduced = None
            self._introduced = introduced(hello, message.payload, self._identity, self._draw)
        numbers = self._parameters.messages
        assert numbers.identity is not None
        self._send(self._introduced.station_id, numbers.identity, self._introduced.sealed)

    def _take_prov(self, message: Message, now_ns: int) -> None:
        """Believe a PROV whose proof is right, once (R2.14, R2.29)."""
        prov = Provision.parse(message.payload, self._parameters)
        if prov.short_hash not in (b"", self._short_hash):
            raise RefusedError(Reason.OTHER_DEVICE)
        state = self._memory.state()
        if isinstance(state, Bound) and self._parameters.hardened:
            self._confirm_again(state, prov, now_ns)
            return
        gwid, device_nonce = prov.gwid, b""
        if self._parameters.hides_identity:
            if self._introduced is None:
                raise RefusedError(Reason.UNEXPECTED)
            gwid, device_nonce = self._introduced.gwid, self._introduced.enc
        if self._parameters.hardened and prov.epoch <= state.epoch:
            raise RefusedError(Reason.STALE_EPOCH)
        if prov.seeded and state.seed is None:
            raise RefusedError(Reason.NO_SEED)
        seed = state.seed if prov.seeded else None
        prk = root_key(self._identity, seed)
        self._proofs.require_server(prk, self._short_hash, gwid, prov)
        if self._parameters.device_nonce_octets and not device_nonce:
            device_nonce = self._draw(self._parameters.device_nonce_octets)
        bound = Bound(prov.address, gwid, prov.nonce, device_nonce, seed)
        keys = self._keys(prk, bound)
        self._memory.bind(bound)
        self._introduced = None
        self._journal.note("provisioned", local_address=bound.station_id, gwid=gwid.hex())
        self._drop_keys()
        self._normal = self._normal_mode(bound, keys)
        self._normal.begin(now_ns)
        self._confirm(bound, keys)

    def _confirm_again(self, bound: Bound, prov: Provision, now_ns: int) -> None:
        """Answer the committed PROV with the confirm it had, until the gateway is seen to have that (rule 13)."""
        if (prov.address, prov.nonce) != (bound.address, bound.nonce) or prov.gwid not in (b"", bound.gwid):
            raise RefusedError(Reason.NORMAL_MODE)
        normal = self._at_work(bound, now_ns)
        if normal.asked or self._memory.mark(bound).cntr:
            raise RefusedError(Reason.NORMAL_MODE)
        self._proofs.require_server(root_key(self._identity, bound.seed), self._short_hash, bound.gwid, prov)
        self._confirm(bound, normal.keys)

    def _confirm(self, bound: Bound, keys: ProvisionedKeys) -> None:
        msg = self._parameters.messages.confirm
        self._send(bound.station_id, msg, self._proofs.confirm(bound, keys))

    def _take_reprovision(self, bound: Bound, message: Message, now_ns: int) -> None:
        """Return to provisioning mode: literal on anybody's word (W2.9), hardened on the server's, of a new epoch."""
        order = Reprovision.parse(message.payload)
        epoch = 0
        if self._parameters.hardened:
            if order.epoch <= bound.epoch:
                raise RefusedError(Reason.STALE_EPOCH)
            self._proofs.require_order(root_key(self._identity, None), message, order.tag)
            epoch = order.epoch
        seed = self._at_work(bound, now_ns).seed()
        self._memory.release(Awaiting(epoch, seed))
        self._drop_keys()
        self._journal.note("provisioning_mode", epoch=epoch)

    def _at_work(self, bound: Bound, now_ns: int) -> NormalMode:
        """Return normal mode, its keys derived again after a power loss; only literal then has a session key (W2.4)."""
        if self._normal is None:
            keys = self._keys(root_key(self._identity, bound.seed), bound)
            self._normal = self._normal_mode(bound, keys)
            if not self._parameters.hardened:
                self._normal.begin(now_ns)
        return self._normal

    def _normal_mode(self, bound: Bound, keys: ProvisionedKeys) -> NormalMode:
        return NormalMode(self._mac, self._parameters, bound, keys, self._memory, self._journal)

    def _keys(self, prk: Secret, bound: Bound) -> ProvisionedKeys:
        literal, end_to_end = not self._parameters.hardened, self._parameters.end_to_end
        return provisioned_keys(
            prk, bound.gwid, bound.nonce, bound.address, bound.device_nonce, literal=literal, end_to_end=end_to_end
        )

    def _draw(self, octets: int) -> bytes:
        try:
            return self._nonces.draw(octets)
        except EntropyError:
            raise RefusedError(Reason.NO_ENTROPY) from None

    def _send(self, station_id: int, msg: int, payload: bytes) -> None:
        self._outbox = [Message(PROTO, msg, int(self._parameters.prof), station_id, payload)]

    def _drop_keys(self) -> None:
        if self._normal is not None:
            self._normal.wipe()
            self._normal = None
