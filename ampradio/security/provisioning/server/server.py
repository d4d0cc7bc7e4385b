"""The authentication server's logic in S2: it vets, gives addresses, proves, judges confirms and hands out keys.

Protocols page 3.2 and 3.4, rules 10 to 15. It keeps nothing outside its ``DeviceStore``, so it may be restarted between
any two requests; its RADIUS socket lives elsewhere. It uses two distinct keys (R2.24): towards a gateway that gateway's
own, under which RADIUS hides what it carries; towards a device what follows from the device's serial number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from ampradio.profile.model import Mac
from ampradio.security import primitives
from ampradio.security.agreement import x25519_public
from ampradio.security.entropy import EntropyError, NonceSource
from ampradio.security.hpke import ENC_OCTETS, hpke_open
from ampradio.security.journal import Journal
from ampradio.security.provisioning.backhaul import (
    Accept,
    Ask,
    Challenge,
    Confirm,
    Forget,
    Given,
    Introduce,
    Reject,
    Request,
    Response,
)
from ampradio.security.provisioning.profiles import (
    ADDRESS_OCTETS,
    CNTR_MAX,
    EPOCH_OCTETS,
    GWID_OCTETS,
    MIC_OCTETS,
    SEEDED,
    TK_NONCE_OCTETS,
    ProvisioningParameters,
)
from ampradio.security.provisioning.server.addresses import free_address
from ampradio.security.provisioning.server.inner import InnerChannel
from ampradio.security.provisioning.server.records import DeviceRecord, DeviceStore, Issue
from ampradio.security.provisioning.server.schedule import Schedule
from ampradio.security.secret import Secret
from ampradio.security.session import EntropySource, SecurityEvent


class ProvisioningServer:
    """One authentication server."""

    def __init__(
        self,
        mac: Mac,
        parameters: ProvisioningParameters,
        private: Secret,
        store: DeviceStore,
        gateways: Mapping[bytes, Secret],
        entropy: EntropySource,
        *,
        first_address: int = 1,
    ) -> None:
        """Take the server's X25519 key, its records, and each gateway's identifier and key.

        Raises ``ValueError`` for a GWID of a bad size or a key that two gateways share.
        """
        if any(len(gwid) != GWID_OCTETS for gwid in gateways):
            raise ValueError(f"a GWID has {GWID_OCTETS} octets")
        if len({key.expose() for key in gateways.values()}) != len(gateways):
            raise ValueError("every gateway needs a key of its own")
        self._parameters = parameters
        self._private = private
        self._store = store
        self._gateways = dict(gateways)
        self._nonces = NonceSource(entropy)
        self._first_address = first_address
        self._journal = Journal("server")
        self._schedule = Schedule(mac, parameters, private, x25519_public(private.expose()))
        self.inner = InnerChannel(mac, parameters, store, self._schedule)
        self._journal.note("parameters", **parameters.report())

    @property
    def counters(self) -> Counter[str]:
        """Counts of events by kind and of refusals by reason."""
        return self._journal.counters

    def gateway_key(self, gwid: bytes) -> Secret | None:
        """Return the key towards a gateway, None for an unknown one."""
        return self._gateways.get(gwid)

    def answer(self, gwid: bytes, request: Request) -> Response:
        """Answer a gateway that has shown that it is ``gwid``; a bad request gets a ``Reject`` and changes nothing."""
        outcome = self._outcome(gwid, request)
        if isinstance(outcome, str):
            self._journal.refuse_at(outcome, gwid=gwid.hex(), device=request.device_hash.hex())
            return Reject(request.request_id, outcome)
        return outcome

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened since the last call."""
        return self._journal.take()

    def _outcome(self, gwid: bytes, request: Request) -> Response | str:
        if gwid not in self._gateways:
            return "unknown_gateway"
        record = self._store.find(request.device_hash)
        if record is None:
            return "unknown_device"
        if not record.admitted:
            return "not_admitted"
        if isinstance(request, Ask):
            return self._begin(gwid, record, request)
        if isinstance(request, Introduce):
            return self._meet(gwid, record, request)
        return self._judge(gwid, record, request)

    def _begin(self, gwid: bytes, record: DeviceRecord, ask: Ask) -> Response | str:
        if ask.prof != self._parameters.prof:
            return "other_profile"
        if self._parameters.hides_identity:
            if ask.seed is not None:
                return "no_seed"
            if not record.issues:
                return Challenge(ask.request_id)
            record = replace(record, epoch=record.epoch + 1)
            self._store.put(record)
            return Challenge(ask.request_id, self._forget(record, record.issues, record.epoch))
        seed = self._seed(gwid, record, ask.seed)
        if isinstance(seed, str):
            return seed
        again = next((issue for issue in record.unconfirmed if issue.gwid == gwid), None)
        if again is not None and again.epoch == record.epoch and (again.seed is None or again.seed == seed):
            others = tuple(issue for issue in record.issues if issue is not again)
            return Challenge(ask.request_id, self._forget(record, others, again.epoch - 1), self._given(record, again))
        forget_epoch = record.epoch + bool(record.issues)
        issued = self._issue(gwid, record, forget_epoch + 1, b"", seed)
        if isinstance(issued, str):
            return issued
        forget = self._forget(record, record.issues, forget_epoch)
        record, issue = issued
        if self._parameters.hardened:
            return Challenge(ask.request_id, forget, self._given(record, issue))
        self._store.put(replace(record, current=issue, unconfirmed=()))
        tk1, tk2 = self._schedule.temporal_keys(record, issue)
        return Accept(ask.request_id, issue.address, tk1, tk2, forget, self._given(record, issue))

    def _meet(self, gwid: bytes, record: DeviceRecord, introduced: Introduce) -> Response | str:
        """S2-B: read the serial number that the device sealed, and give it an address under its ephemeral key."""
        if not self._parameters.hides_identity:
            return "unexpected"
        short = record.device_hash[: self._parameters.hash_octets]
        serial = hpke_open(self._private.expose(), short + gwid + introduced.gw_nonce, introduced.sealed)
        if serial is None or not primitives.equal(serial, record.serial.expose()):
            return "not_the_device"
        issued = self._issue(gwid, record, record.epoch + 1, introduced.sealed[:ENC_OCTETS], None)
        if isinstance(issued, str):
            return issued
        return Challenge(introduced.request_id, (), self._given(*issued))

    def _judge(self, gwid: bytes, record: DeviceRecord, confirm: Confirm) -> Response | str:
        """Believe a confirm whose MIC is right, hand out the keys, and forget every other issue (R2.26, R2.39)."""
        if not self._parameters.hardened or len(confirm.payload) != self._parameters.confirm_octets:
            return "unexpected"
        fields, mic = confirm.payload[:-MIC_OCTETS], confirm.payload[-MIC_OCTETS:]
        for issue in record.issues:
            answered = issue
            if not self._parameters.hides_identity:
                nonce = fields[ADDRESS_OCTETS : ADDRESS_OCTETS + self._parameters.device_nonce_octets]
                answered = replace(issue, device_nonce=nonce)
            if issue.gwid != gwid or fields[:ADDRESS_OCTETS] != issue.address.to_bytes(ADDRESS_OCTETS, "big"):
                continue
            if issue is record.current and answered != issue:
                continue
            if primitives.equal(self._schedule.confirm_mic(record, answered, fields), mic):
                return self._believe(record, answered, confirm.request_id)
        return "bad_confirm"

    def _believe(self, record: DeviceRecord, issue: Issue, request_id: int) -> Accept:
        if record.current != issue:
            self._store.put(replace(record, current=issue, unconfirmed=(), inner=0, answered=0))
            self._journal.note("device_authenticated", device=record.device_hash.hex(), local_address=issue.station_id)
        tk1, tk2 = self._schedule.temporal_keys(record, issue)
        return Accept(request_id, issue.address, tk1, tk2)

    def _issue(
        self, gwid: bytes, record: DeviceRecord, epoch: int, device_nonce: bytes, seed: Secret | None
    ) -> tuple[DeviceRecord, Issue] | str:
        """Make an issue and keep it before anything of it leaves the server; an unconfirmed address is used again."""
        earlier = next((issue for issue in record.unconfirmed if issue.gwid == gwid), None)
        address = free_address(self._store, gwid, self._first_address) if earlier is None else earlier.station_id
        if address is None:
            return "no_address"
        hardened = self._parameters.hardened
        try:
            drawn = self._nonces.draw(TK_NONCE_OCTETS - EPOCH_OCTETS if hardened else TK_NONCE_OCTETS)
        except EntropyError:
            return "no_entropy"
        nonce = epoch.to_bytes(EPOCH_OCTETS, "big") + drawn if hardened else drawn
        issue = Issue(gwid, address | (0 if seed is None else SEEDED), nonce, device_nonce, seed)
        unconfirmed = (*(other for other in record.unconfirmed if other is not earlier), issue)
        record = replace(record, epoch=epoch, unconfirmed=unconfirmed)
        self._store.put(record)
        return record, issue

    def _seed(self, gwid: bytes, record: DeviceRecord, named: tuple[int, int] | None) -> Secret | str | None:
        if named is None:
            return None
        x, cntr = named
        if record.current is None or record.current.gwid != gwid or x not in (1, 2) or not 0 <= cntr <= CNTR_MAX:
            return "no_seed"
        return self._schedule.session_key(record, record.current, x, cntr)

    def _given(self, record: DeviceRecord, issue: Issue) -> Given:
        return Given(issue.address, issue.nonce, self._schedule.proof(record, issue))

    def _forget(self, record: DeviceRecord, issues: tuple[Issue, ...], epoch: int) -> tuple[Forget, ...]:
        return tuple(
            Forget(station_id, self._schedule.reprovision(record, station_id, epoch))
            for station_id in dict.fromkeys(issue.station_id for issue in issues)
        )
