"""The role of TPoS: takes a key for an MN over the backhaul and confirms it with the MN over the air (5.14.2)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security import primitives
from ampradio.security.handover.pos import mis
from ampradio.security.handover.pos.air import AirFrame
from ampradio.security.handover.pos.association import Association, expiry_ns
from ampradio.security.handover.pos.backhaul import Arrived
from ampradio.security.handover.pos.device_keys import DeviceKeys, GroupEntry
from ampradio.security.handover.pos.keys import (
    Misk,
    confirm_key,
    exclusive_or,
    mask_for_tpos,
    session_keys,
)
from ampradio.security.handover.pos.site import Site, required, service_fields
from ampradio.security.handover.profiles import (
    KEY_OCTETS,
    MIC_OCTETS,
    NONCE_OCTETS,
    Delivery,
    IdType,
    Msg,
    Prf,
    Status,
    Tlv,
)
from ampradio.security.handover.refusal import Reason
from ampradio.security.journal import RefusedError
from ampradio.security.secret import Secret
from ampradio.security.session import Message

EXPECTED_MAX = 1024
_UNUSED_KEY = Secret(bytes(KEY_OCTETS))


@dataclass
class Expected:
    """An MN that may come: the key that was delivered for it, and once it came, what it sent and was answered."""

    key: Secret | None
    id_type: IdType
    expires_ns: int
    nonce_t: bytes = b""
    nonce_n: bytes = b""
    confirm: bytes = b""
    answer: Message | None = None


class TargetRole:
    """What a PoS does for MNs that are about to arrive."""

    def __init__(self, site: Site, device_keys: DeviceKeys | None) -> None:
        """Take the PoS and, for Remedy 2, its device keys."""
        self._site = site
        self._device_keys = device_keys
        self._expected: dict[bytes, Expected] = {}
        self._last_seq = 0

    def expects(self, mn: bytes) -> bool:
        """Return whether a key for this MN is there and not yet confirmed."""
        expected = self._expected.get(mn)
        return expected is not None and expected.key is not None

    def take_key(self, arrived: Arrived, now_ns: int) -> None:
        """Take K out of MIS_N2N_Prereg_Xfer request and answer with a Status (R5.23 to R5.25, R5.43)."""
        fields = service_fields(arrived)
        parameters = self._site.parameters
        mn = mis.lite_id(fields.get(Tlv.MN_ID, b""))
        masked = required(fields, Tlv.KEY, KEY_OCTETS)
        life = int.from_bytes(required(fields, Tlv.KEY_LIFETIME, 4), "big")
        if parameters.delivery is Delivery.REMEDY_1:
            if required(fields, Tlv.CIPHERSUITE, 1)[0] != parameters.suite:
                raise RefusedError(Reason.WRONG_SUITE.value)
            expected = Expected(Secret(masked), IdType.PREREG, expiry_ns(now_ns, life))
        elif parameters.delivery is Delivery.LEGACY:
            nonces = required(fields, Tlv.NONCE, 2 * NONCE_OCTETS)
            nonce_t, nonce_n = nonces[:NONCE_OCTETS], nonces[NONCE_OCTETS:]
            mask = mask_for_tpos(parameters, self._pair_key(arrived.frame.source), mn, nonce_t, nonce_n)
            key = Secret(exclusive_or(masked, mask))
            expected = Expected(key, IdType.PREREG, expiry_ns(now_ns, life), nonce_t, nonce_n)
        else:
            raise RefusedError(Reason.SWITCHED_OFF.value)
        self._expect(mn, expected)
        self._site.backhaul.answer(arrived, mis.N2N_RESPONSE, [(Tlv.STATUS, bytes([Status.SUCCESS]))])

    def take_push(self, arrived: Arrived, now_ns: int) -> None:
        """Open the own entry of MIS_Push_Group_Manipulate (R5.58); raises ``RefusedError`` for a bad one."""
        fields = service_fields(arrived)
        mn = mis.lite_id(fields.get(Tlv.MN_ID, b""))
        entry = GroupEntry.read(fields)
        if self._device_keys is None or entry.tpos != self._site.own_id:
            raise RefusedError(Reason.UNEXPECTED.value)
        if int.from_bytes(entry.seq, "big") <= self._last_seq:
            raise RefusedError(Reason.REPLAY.value)
        key = self._device_keys.open(entry)
        self._last_seq = int.from_bytes(entry.seq, "big")
        self._expect(mn, Expected(key, IdType.GKB, expiry_ns(now_ns, int.from_bytes(entry.life, "big"))))
        self._site.backhaul.answer(arrived, mis.PUSH_RESPONSE, [(Tlv.STATUS, bytes([Status.SUCCESS]))])

    def take_confirm(self, message: Message, frame: AirFrame, via: bytes | None, now_ns: int) -> None:
        """Verify MIC5, install the SA and answer with MIC6; a repetition gets the same answer (rules 24 and 27)."""
        self.drop_expired(now_ns)
        expected = self._expected.get(frame.source)
        if expected is None:
            raise RefusedError(Reason.UNEXPECTED.value)
        if expected.answer is not None and expected.confirm == message.payload:
            self._site.journal.note("repeated", msg=int(Msg.CONFIRM_POS))
            self._site.say(expected.answer, via)
            return
        if expected.key is None:
            raise RefusedError(Reason.REPLAY.value)
        nonce_t, covered, mic = self._site.air.read_confirm(frame)
        misk = self._verify(frame, expected, expected.key, nonce_t, frame.aad + covered, mic)
        self._site.journal.message("received", Msg.CONFIRM_MN.name, message)
        hardened = self._site.parameters.hardened
        key = misk.miek if hardened else misk.miak
        suite = self._site.parameters.suite
        said = expected.nonce_n[:2]
        association = Association(
            frame.source, said, key, expected.id_type, expires_ns=expected.expires_ns, suite=suite
        )
        self._site.install(association)
        expected.confirm, expected.key = message.payload, None
        expected.answer = self._answer(frame, misk, expected.nonce_n)
        self._site.say(expected.answer, via)
        if not hardened:  # MIC5 is under MIAK already
            self._site.open_port(association)

    def drop_expired(self, now_ns: int) -> None:
        """Forget keys whose lifetime is over (R5.60)."""
        for mn in [mn for mn, expected in self._expected.items() if now_ns >= expected.expires_ns]:
            del self._expected[mn]
            self._site.journal.note("key_expired", mn=mn.hex())

    def _expect(self, mn: bytes, expected: Expected) -> None:
        if mn not in self._expected and len(self._expected) >= EXPECTED_MAX:
            raise RefusedError(Reason.FULL.value)
        self._expected[mn] = expected
        self._site.journal.note("key_received", mn=mn.hex(), id_type=int(expected.id_type))

    def _pair_key(self, source: bytes) -> Secret:
        """Return K_stpos; a stranger is refused, unless the PRF takes no key and nobody checks (R5.28, W5.7)."""
        association = self._site.backhaul.associations.get(source)
        if association is not None:
            return association.key
        parameters = self._site.parameters
        if parameters.check_source or parameters.prf not in (Prf.UNKEYED, Prf.CONSTANT):
            raise RefusedError(Reason.UNKNOWN_PEER.value)
        return _UNUSED_KEY

    def _verify(
        self, frame: AirFrame, expected: Expected, key: Secret, nonce_t: bytes, covered: bytes, mic: bytes
    ) -> Misk:
        """Return MISK if MIC5 is right; else drop K, as page 6.4 says, and raise ``RefusedError``."""
        parameters = self._site.parameters
        if parameters.hardened:
            confirming = confirm_key(parameters, key, nonce_t)
            self._require(frame.source, confirming, covered, mic)
            expected.nonce_t, expected.nonce_n = nonce_t, self._site.nonces.draw(NONCE_OCTETS)
        nonces = (expected.nonce_t, expected.nonce_n)
        misk = session_keys(parameters, key, nonces, frame.source, self._site.own_id)
        if not parameters.hardened:
            self._require(frame.source, misk.miak, covered, mic)
        return misk

    def _require(self, mn: bytes, key: Secret, covered: bytes, mic: bytes) -> None:
        if not primitives.equal(primitives.aes_cmac(key.expose(), covered, MIC_OCTETS), mic):
            del self._expected[mn]
            self._site.journal.note("key_dropped", mn=mn.hex(), reason=Reason.BAD_MIC.value)
            raise RefusedError(Reason.BAD_MIC.value)

    def _answer(self, frame: AirFrame, misk: Misk, nonce_n: bytes) -> Message:
        air = self._site.air
        nonce = air.pack([(Tlv.NONCE, nonce_n)]) if self._site.parameters.hardened else b""
        octets = len(nonce) + len(air.pack([(Tlv.VERIFY_CODE, bytes(MIC_OCTETS))]))
        head, aad = air.head(frame, Msg.CONFIRM_POS, 0, octets)
        mic = primitives.aes_cmac(misk.miak.expose(), aad + nonce, MIC_OCTETS)
        return air.message(frame, Msg.CONFIRM_POS, head + nonce + air.pack([(Tlv.VERIFY_CODE, mic)]))
