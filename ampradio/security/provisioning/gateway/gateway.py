"""The gateway's end of S2: it has the radio, and no key of a device before the server hands one out (R2.18, R2.24).

Protocols page 3.4, rules 10 to 15. Onboardings are done one after the other; provisioned tags are served beside them.
"""

from __future__ import annotations

from collections import Counter, deque

from ampradio.profile.model import Mac
from ampradio.security.entropy import NonceSource
from ampradio.security.journal import Journal, RefusedError
from ampradio.security.provisioning.backhaul import Request, Response
from ampradio.security.provisioning.gateway.link import Command, Rekey
from ampradio.security.provisioning.gateway.links import Links
from ampradio.security.provisioning.gateway.onboarding import Onboarding, Stage
from ampradio.security.provisioning.gateway.procedure import Procedure
from ampradio.security.provisioning.profiles import (
    CNTR_MAX,
    GWID_OCTETS,
    HASH_OCTETS,
    PROTO,
    Life,
    ProvisioningParameters,
)
from ampradio.security.provisioning.refusal import Reason
from ampradio.security.session import EntropySource, Message, SecurityEvent

WAITING_MAX = 64
COMMANDS_MAX = 64


class Gateway:
    """One gateway with the tags that it provisioned."""

    def __init__(
        self,
        mac: Mac,
        parameters: ProvisioningParameters,
        gwid: bytes,
        entropy: EntropySource,
        *,
        life: Life = Life(64),  # noqa: B008 - frozen
        retries: int = 3,
        reply_timeout_ns: int = 1_000_000_000,
        server_timeout_ns: int = 2_000_000_000,
    ) -> None:
        """Take the agreed parameters, the gateway's identifier and how long the session keys it orders live.

        ``reply_timeout_ns`` only matters to a MAC that never calls ``end_of_slot``.
        Raises ``ValueError`` for a bad GWID.
        """
        if len(gwid) != GWID_OCTETS:
            raise ValueError(f"a GWID has {GWID_OCTETS} octets, not {len(gwid)}")
        self._mac = mac
        self._parameters = parameters
        self._life = life
        self._retries = retries
        self._reply_timeout_ns = reply_timeout_ns
        self._server_timeout_ns = server_timeout_ns
        self._journal = Journal("gateway")
        self._procedure = Procedure(mac, parameters, gwid, NonceSource(entropy), self._journal)
        self._waiting: deque[Onboarding] = deque()
        self._active: Onboarding | None = None
        self._links = Links(retries, reply_timeout_ns, self._journal)
        self._journal.note("parameters", **parameters.report())

    @property
    def counters(self) -> Counter[str]:
        """Counts of events by kind and of refusals by reason."""
        return self._journal.counters

    @property
    def busy(self) -> bool:
        """True while an onboarding or a request is under way."""
        return self._active is not None or bool(self._waiting) or self._links.busy

    @property
    def local_addresses(self) -> frozenset[int]:
        """The IDs of the tags that are provisioned here."""
        return self._links.addresses

    def scan(self, device_hash: bytes, *, seed: bool = False) -> None:
        """Onboard the device whose QR code says ``device_hash``; nothing more is asked of a person (R2.9, R2.32).

        With ``seed`` the session key in force with that device is to seed its next PRK (R2.47).
        Raises ``ValueError`` for a hash of another size, too many waiting, or a seed without a binding here.
        """
        if len(device_hash) != HASH_OCTETS:
            raise ValueError(f"H(A_pubk) has {HASH_OCTETS} octets, not {len(device_hash)}")
        if len(self._waiting) >= WAITING_MAX:
            raise ValueError(f"{WAITING_MAX} devices wait already")
        named = None
        if seed:
            link = self._links.of(device_hash)
            if link is None:
                raise ValueError("this device has no session key here that could be a seed")
            named = (link.x, link.cntr)
        self._waiting.append(Onboarding(device_hash, named))

    def request(self, station_id: int, command: bytes, reply_octets: int) -> None:
        """Queue REQ_SENSOR_DATA to a provisioned tag; ``reply_octets`` of data may come back.

        Raises ``ValueError`` for an address that is not provisioned here or too many requests.
        """
        link = self._links.at(station_id)
        if len(link.commands) >= COMMANDS_MAX:
            raise ValueError(f"{COMMANDS_MAX} requests wait already")
        down, up = self._parameters.inner_octets
        if len(command) < down:
            raise ValueError("with end-to-end protection the server makes the command")
        link.commands.append(Command(command, reply_octets + up))

    def rekey(self, station_id: int, x: int = 1, cntr: int | None = None, life: Life | None = None) -> None:
        """Send REKEY before the next request: TKx, a CNTR above the last (None for the next), and the key's life.

        Raises ``ValueError`` for an unknown address, an x or CNTR that cannot be, or no counter left.
        """
        link = self._links.at(station_id)
        if x not in (1, 2) or link.exhausted or (cntr is not None and not link.cntr < cntr <= CNTR_MAX):
            raise ValueError(f"REKEY to TK{x}, CNTR {cntr} is not possible after {link.cntr}")
        link.order = Rekey(x, cntr, life or self._life)

    def receive(self, message: Message, now_ns: int) -> None:
        """Take one message from the air; a bad one is counted and dropped."""
        try:
            self._accept(message)
        except RefusedError as refused:
            self._journal.refuse(refused.reason, message)

    def backhaul_to_send(self, now_ns: int) -> list[Request]:
        """Return what the server is to be asked."""
        self._start()
        run = self._active
        if run is None or run.request is None or not run.due:
            return []
        run.due = False
        run.deadline_ns = now_ns + self._server_timeout_ns
        return [run.request]

    def backhaul_received(self, response: Response, now_ns: int) -> None:
        """Take the server's answer; one to no open request is counted and dropped."""
        run = self._active
        if run is None or run.request is None or response.request_id != run.request.request_id:
            self._journal.refuse_at(Reason.UNEXPECTED, backhaul=type(response).__name__)
            return
        accepted = self._procedure.hear_server(run, response, self._life)
        if accepted is not None:
            self._links.adopt(accepted)
        if run.request is None and not run.due:
            self._active = None

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the messages that are due; one whose ``reply_octets`` is set wants a slot of that payload size."""
        self._start()
        due = []
        if self._active is not None and self._active.request is None and self._active.due:
            due += self._procedure.speak(self._active)
            self._active.deadline_ns = now_ns + self._reply_timeout_ns
        due += self._links.due(now_ns)
        for message in due:
            self._journal.message("sent", self._parameters.messages.name(message.msg), message)
        return due

    def end_of_slot(self, station_id: int, now_ns: int, message: Message | None = None) -> None:
        """Give up the reply to the last message sent to this station, unless it came."""
        run = self._active
        if station_id == self._mac.broadcast_id:
            if run is not None and run.outstanding is not None and message in (None, run.outstanding):
                self._lose_onboarding(run)
        else:
            self._links.end_of_slot(station_id, message)

    def next_deadline_ns(self) -> int | None:
        """Return when the first answer, from the air or the server, is overdue."""
        onboarding_ns = None if self._active is None else self._active.deadline_ns
        deadlines = self._links.deadlines_ns
        return min(deadlines if onboarding_ns is None else [*deadlines, onboarding_ns], default=None)

    def handle_deadline(self, now_ns: int) -> None:
        """Give up the answers that are overdue."""
        self._links.handle_deadline(now_ns)
        run = self._active
        if run is None or run.deadline_ns is None or now_ns < run.deadline_ns:
            return
        if run.request is None:
            self._lose_onboarding(run)
        elif run.server_attempts < self._retries:
            run.server_attempts, run.due, run.deadline_ns = run.server_attempts + 1, True, None
        else:
            self._end(run, "server_silent")

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened since the last call."""
        return self._journal.take()

    def _accept(self, message: Message) -> None:
        if message.proto != PROTO:
            raise RefusedError(Reason.OTHER_SYSTEM)
        if message.prof != self._parameters.prof:
            raise RefusedError(Reason.OTHER_PROFILE)
        numbers = self._parameters.messages
        if message.msg == numbers.res:
            self._links.take_response(message)
        elif message.msg in (numbers.identity, numbers.confirm) and self._active is not None:
            if self._procedure.hear_device(self._active, message):
                accepted = self._active.accepted
                assert accepted is not None
                self._links.adopt(self._procedure.link(self._active, accepted, self._life, confirmed=True))
                self._active = None
        else:
            raise RefusedError(Reason.UNEXPECTED)

    def _lose_onboarding(self, run: Onboarding) -> None:
        run.outstanding, run.deadline_ns = None, None
        run.attempts += 1
        if run.attempts <= self._retries:
            run.due = True
        elif run.accepted is not None:
            # literal: a valid RES will tell whether the tag is there (rule 13)
            self._links.adopt(self._procedure.link(run, run.accepted, self._life, confirmed=False))
            self._active = None
        elif run.stage is Stage.PROV and self._parameters.hides_identity and run.restarts < self._retries:
            # the tag may have lost the ephemeral key that its serial number went under
            run.restarts += 1
            self._procedure.begin(run)
        else:
            self._end(run, "no_answer")

    def _start(self) -> None:
        if self._active is None and self._waiting:
            self._active = self._waiting.popleft()
            self._procedure.begin(self._active)

    def _end(self, run: Onboarding, reason: str) -> None:
        self._journal.note("failed", device=run.device_hash.hex(), reason=reason)
        self._active = None
