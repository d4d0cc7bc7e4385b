"""The tag in normal mode: session keys, requests and their answers (R2.42 to R2.50, rules 11 and 12).

Everything here is volatile. After a power loss a hardened tag has no session key until REKEY gives it one above the
mark; the literal one begins at counter zero again (W2.4).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ampradio.profile.model import Mac
from ampradio.security import aead
from ampradio.security.journal import Journal, RefusedError
from ampradio.security.provisioning.profiles import LIFE_MAX, Life, ProvisioningParameters
from ampradio.security.provisioning.refusal import Reason
from ampradio.security.provisioning.tag.keys import ProvisionedKeys, session_key
from ampradio.security.provisioning.tag.memory import Bound, Mark, TagMemory
from ampradio.security.provisioning.tag.messages import Secured, additional_data, data_nonce, inner_nonce
from ampradio.security.secret import Secret

Sensor = Callable[[bytes], bytes]
_SECOND_NS = 1_000_000_000
_REKEY_TAG_OCTETS = 8
_SECONDS_BIT = 1 << 15
_INNER_COUNTER_OCTETS = 4


@dataclass
class SessionKey:
    """EKx_i at work: what it has served already, and until when it lives."""

    x: int
    cntr: int
    key: Secret | None
    requests_left: int | None
    expires_ns: int | None
    seq: int = 0
    request: bytes = b""
    response: bytes = b""


class NormalMode:
    """One binding at work in a tag."""

    def __init__(
        self,
        mac: Mac,
        parameters: ProvisioningParameters,
        bound: Bound,
        keys: ProvisionedKeys,
        memory: TagMemory,
        journal: Journal,
    ) -> None:
        """Take the binding and its keys."""
        self._mac = mac
        self._parameters = parameters
        self._bound = bound
        self.keys = keys
        self._memory = memory
        self._journal = journal
        self._ek: SessionKey | None = None
        self._volatile = Mark()
        self.asked = False

    @property
    def has_session_key(self) -> bool:
        """True while an EK is installed."""
        return self._ek is not None

    @property
    def expires_ns(self) -> int | None:
        """When the EK dies, None for never."""
        return None if self._ek is None else self._ek.expires_ns

    def begin(self, now_ns: int) -> None:
        """Install EK1_0: counters start at zero (R2.44). It is derived when a request needs it, not before."""
        self._install(1, 0, None, self._parameters.first_life, now_ns)

    def expire(self, now_ns: int) -> None:
        """Drop an EK whose time is over (R2.46)."""
        if self._ek is not None and self._ek.expires_ns is not None and now_ns >= self._ek.expires_ns:
            self._drop("expired")

    def answer(self, station_id: int, payload: bytes, sensor: Sensor) -> bytes:
        """Return the RES to a REQ; the identical REQ gets the identical RES and asks the sensor nothing."""
        request = Secured.parse(payload)
        ek = self._ek
        if ek is None:
            raise RefusedError(Reason.NO_SESSION_KEY)
        if (request.x, request.cntr) != (ek.x, ek.cntr):
            raise RefusedError(Reason.OTHER_KEY)
        if request.seq == ek.seq and payload == ek.request:
            return ek.response
        if request.seq <= ek.seq:
            raise RefusedError(Reason.REPLAY)
        if ek.requests_left == 0:
            self._drop("life_used_up")
            raise RefusedError(Reason.EXPIRED)
        command = self._open(station_id, ek, request)
        command, inner = self._open_inner(station_id, command)
        ek.seq, ek.request, ek.response = request.seq, payload, b""
        self.asked = True
        if ek.requests_left is not None:
            ek.requests_left -= 1
        self._journal.note("command", station_id=station_id, data_hex=command.hex(), seq=request.seq)
        data = sensor(command)
        if len(data) > self._parameters.data_octets_max:
            self._journal.note("reading_too_long", octets=len(data))
            data = b""
        ek.response = payload[:4] + self._seal(station_id, ek, self._seal_inner(station_id, data, inner))
        return ek.response

    def rekey(self, station_id: int, payload: bytes, now_ns: int) -> None:
        """Take a new EK: above the mark, genuine, its mark committed before its first use (R2.45, rule 12)."""
        order = Secured.parse(payload)
        highest = self._highest()
        if order.cntr <= highest.cntr:
            raise RefusedError(Reason.REPLAY)
        key = session_key(self.keys.temporal(order.x), order.cntr)
        aad = self._aad(station_id, self._parameters.messages.rekey)
        nonce = data_nonce(False, self._bound.address, order.x, order.cntr, 0)
        opened = None if order.seq else aead.ccm_open(key.expose(), nonce, order.sealed, aad, _REKEY_TAG_OCTETS)
        if opened is None or len(opened) != 2:
            raise RefusedError(Reason.BAD_MIC)
        life = int.from_bytes(opened, "big")
        if not life & LIFE_MAX:
            raise RefusedError(Reason.BAD_LIFE)
        self._set_highest(replace(highest, x=order.x, cntr=order.cntr))
        self._install(order.x, order.cntr, key, Life(life & LIFE_MAX, bool(life & _SECONDS_BIT)), now_ns)

    def seed(self) -> Secret:
        """Return the EK of the highest (x, CNTR), which both ends can name, to seed the next PRK (rule 14)."""
        highest = self._highest()
        return session_key(self.keys.temporal(highest.x), highest.cntr)

    def wipe(self) -> None:
        """Overwrite the keys."""
        self._drop("wiped")
        self.keys.wipe()

    def _highest(self) -> Mark:
        return self._memory.mark(self._bound) if self._parameters.hardened else self._volatile

    def _set_highest(self, mark: Mark) -> None:
        if self._parameters.hardened:
            self._memory.set_mark(self._bound, mark)
        self._volatile = mark

    def _install(self, x: int, cntr: int, key: Secret | None, life: Life, now_ns: int) -> None:
        self._drop("rekeyed")
        expires = now_ns + life.amount * _SECOND_NS if life.in_seconds else None
        self._ek = SessionKey(x, cntr, key, None if life.in_seconds else life.amount, expires)
        self._journal.note("session_key", x=x, cntr=cntr, life=life.amount, in_seconds=life.in_seconds)

    def _drop(self, reason: str) -> None:
        if self._ek is not None:
            if self._ek.key is not None:
                self._ek.key.wipe()
            self._ek = None
            self._journal.note("session_key_wiped", reason=reason)

    def _key(self, ek: SessionKey) -> Secret:
        if ek.key is None:
            ek.key = session_key(self.keys.temporal(ek.x), ek.cntr)
        return ek.key

    def _open(self, station_id: int, ek: SessionKey, request: Secured) -> bytes:
        nonce = data_nonce(False, self._bound.address, ek.x, ek.cntr, request.seq)
        aad = self._aad(station_id, self._parameters.messages.req)
        opened = aead.ccm_open(self._key(ek).expose(), nonce, request.sealed, aad, self._parameters.data_tag_octets)
        if opened is None:
            raise RefusedError(Reason.BAD_MIC)
        return opened

    def _seal(self, station_id: int, ek: SessionKey, data: bytes) -> bytes:
        nonce = data_nonce(True, self._bound.address, ek.x, ek.cntr, ek.seq)
        aad = self._aad(station_id, self._parameters.messages.res)
        return aead.ccm_seal(self._key(ek).expose(), nonce, data, aad, self._parameters.data_tag_octets)

    def _open_inner(self, station_id: int, command: bytes) -> tuple[bytes, int]:
        """Return the server's command and its counter, which may never come twice: a gateway is not trusted with it."""
        if self.keys.end_to_end is None:
            return command, 0
        if len(command) < _INNER_COUNTER_OCTETS:
            raise RefusedError(Reason.MALFORMED)
        counter = int.from_bytes(command[:_INNER_COUNTER_OCTETS], "big")
        highest = self._highest()
        if counter <= highest.inner:
            raise RefusedError(Reason.REPLAY)
        aad = self._aad(station_id, self._parameters.messages.req)
        nonce = inner_nonce(False, self._bound.address, counter)
        sealed = command[_INNER_COUNTER_OCTETS:]
        key, tag_octets = self.keys.end_to_end.expose(), self._parameters.data_tag_octets
        opened = aead.ccm_open(key, nonce, sealed, aad, tag_octets)
        if opened is None:
            raise RefusedError(Reason.BAD_MIC)
        self._set_highest(replace(highest, inner=counter))
        return opened, counter

    def _seal_inner(self, station_id: int, data: bytes, counter: int) -> bytes:
        if self.keys.end_to_end is None:
            return data
        aad = self._aad(station_id, self._parameters.messages.res)
        nonce = inner_nonce(True, self._bound.address, counter)
        return aead.ccm_seal(self.keys.end_to_end.expose(), nonce, data, aad, self._parameters.data_tag_octets)

    def _aad(self, station_id: int, msg: int) -> bytes:
        return additional_data(self._mac, self._parameters.prof, station_id, msg)
