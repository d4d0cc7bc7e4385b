"""What a gateway says and hears in one onboarding (protocols page 3.4: messages 1 and 2, in S2-B 1 to 4)."""

from __future__ import annotations

import struct

from ampradio.profile.model import Mac
from ampradio.security.entropy import EntropyError, NonceSource
from ampradio.security.journal import Journal, RefusedError
from ampradio.security.primitives import aes_cmac, equal
from ampradio.security.provisioning.backhaul import Accept, Ask, Confirm, Introduce, Reject, Response
from ampradio.security.provisioning.gateway.additional_data import header_data, header_id
from ampradio.security.provisioning.gateway.link import Link
from ampradio.security.provisioning.gateway.onboarding import Onboarding, Stage
from ampradio.security.provisioning.profiles import (
    GW_NONCE_OCTETS,
    MIC_OCTETS,
    PROTO,
    SEALED_SERIAL_OCTETS,
    Life,
    ProvisioningParameters,
    usable_address,
)
from ampradio.security.provisioning.refusal import Reason
from ampradio.security.session import Message

_REQUEST_IDS = 1 << 16


class Procedure:
    """The steps of an onboarding, for one gateway."""

    def __init__(
        self, mac: Mac, parameters: ProvisioningParameters, gwid: bytes, nonces: NonceSource, journal: Journal
    ) -> None:
        self._mac = mac
        self._parameters = parameters
        self._gwid = gwid
        self._nonces = nonces
        self._journal = journal
        self._last_request = 0

    def begin(self, run: Onboarding) -> None:
        """Ask the server before a word is said on the air: an unknown device is not onboarded (R2.8)."""
        run.ask(Ask(self._request_id(), int(self._parameters.prof), run.device_hash, run.seed))

    def hear_server(self, run: Onboarding, response: Response, life: Life) -> Link | None:
        """Take the server's answer to the open request; return the link when the device is provisioned with it.

        An onboarding that is over has neither a request open nor anything due.
        """
        asked = run.request
        run.request, run.deadline_ns = None, None
        run.due = False
        if isinstance(response, Reject):
            self._fail(run, response.reason)
            return None
        if isinstance(response, Accept) and response.given is None:
            if isinstance(asked, Confirm) and usable_address(response.address):
                return self.link(run, response, life, confirmed=True)
            self._fail(run, "server_answered_nonsense")
            return None
        run.forget, run.given = response.forget or run.forget, response.given
        if isinstance(response, Accept):
            run.accepted = response
        if run.given is None and isinstance(asked, Ask) and self._parameters.hides_identity:
            self._greet(run)
        elif run.given is not None and usable_address(run.given.address):
            run.speak(Stage.PROV)
        else:
            self._fail(run, "server_answered_nonsense")
        return None

    def speak(self, run: Onboarding) -> list[Message]:
        """Return the broadcast that is due, behind the orders that free the device from earlier bindings."""
        run.due = False
        messages = [
            self._message(self._parameters.messages.reprovision, order.station_id, order.payload, None)
            for order in run.forget
        ]
        numbers = self._parameters.messages
        short = run.device_hash[: self._parameters.hash_octets]
        if run.stage is Stage.HELLO:
            assert numbers.hello is not None
            payload, reply = short + self._gwid + run.gw_nonce, SEALED_SERIAL_OCTETS
            outstanding = self._message(numbers.hello, self._mac.broadcast_id, payload, reply)
        else:
            assert run.given is not None
            address, given = struct.pack(">H", run.given.address), run.given
            if self._parameters.hides_identity:
                payload = address + given.nonce + given.proof
                messages = []  # they went out before PROV-B1
            else:
                payload = short + self._gwid + given.nonce + address + given.proof
            reply = self._parameters.confirm_octets
            outstanding = self._message(numbers.prov, self._mac.broadcast_id, payload, reply)
        run.outstanding = outstanding
        return [*messages, outstanding]

    def hear_device(self, run: Onboarding, message: Message) -> bool:
        """Take the device's answer; return True when that ends the onboarding here (literal).

        Raises ``RefusedError`` for anything that is not the answer waited for.
        """
        numbers = self._parameters.messages
        if run.outstanding is None:
            raise RefusedError(Reason.UNEXPECTED)
        if run.stage is Stage.HELLO and message.msg == numbers.identity:
            if len(message.payload) != SEALED_SERIAL_OCTETS:
                raise RefusedError(Reason.MALFORMED)
            run.ask(Introduce(self._request_id(), run.device_hash, run.gw_nonce, message.payload))
            return False
        if run.stage is not Stage.PROV or message.msg != numbers.confirm or run.given is None:
            raise RefusedError(Reason.UNEXPECTED)
        if message.station_id != header_id(run.given.address):
            raise RefusedError(Reason.OTHER_STATION)
        if len(message.payload) != self._parameters.confirm_octets:
            raise RefusedError(Reason.MALFORMED)
        if run.accepted is None:
            run.ask(Confirm(self._request_id(), run.device_hash, message.payload))
            return False
        self._require_mic(run.accepted, message)
        run.outstanding, run.deadline_ns = None, None
        return True

    def link(self, run: Onboarding, accepted: Accept, life: Life, *, confirmed: bool) -> Link:
        """Return the link of a device whose keys the server gave."""
        address, tk1, tk2 = accepted.address, accepted.tk1, accepted.tk2
        return Link(self._mac, self._parameters, run.device_hash, address, tk1, tk2, life, confirmed)

    def _greet(self, run: Onboarding) -> None:
        """S2-B: go and find the device before the server gives it anything."""
        try:
            run.gw_nonce = self._nonces.draw(GW_NONCE_OCTETS)
        except EntropyError:
            self._fail(run, Reason.NO_ENTROPY)
        else:
            run.speak(Stage.HELLO)

    def _fail(self, run: Onboarding, reason: str) -> None:
        self._journal.note("failed", device=run.device_hash.hex(), reason=reason)

    def _require_mic(self, accepted: Accept, message: Message) -> None:
        """Literal: the gateway holds TK1 already and judges PROV-CONFIRM itself."""
        fields, mic = message.payload[:-MIC_OCTETS], message.payload[-MIC_OCTETS:]
        aad = header_data(self._mac, self._parameters.prof, message.station_id, message.msg)
        address = struct.pack(">H", accepted.address)
        if not equal(aes_cmac(accepted.tk1.expose(), aad + fields, MIC_OCTETS), mic) or fields[:2] != address:
            raise RefusedError(Reason.BAD_MIC)

    def _message(self, msg: int, station_id: int, payload: bytes, reply_octets: int | None) -> Message:
        return Message(PROTO, msg, int(self._parameters.prof), station_id, payload, reply_octets)

    def _request_id(self) -> int:
        self._last_request = (self._last_request + 1) % _REQUEST_IDS
        return self._last_request
