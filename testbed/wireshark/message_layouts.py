"""The messages of S1, S2 and S3 as layouts (protocols page, sections 2 to 4), sizes from their own profiles."""

from __future__ import annotations

from ampradio.security.aiot import profiles as s3
from ampradio.security.amp import profiles as s1
from ampradio.security.handover import profiles as s5
from ampradio.security.provisioning import profiles as s2
from ampradio.security.rsna import profiles as s4
from testbed.wireshark.layout import REST, Bits, Field, Layout, MessageLayout, Nested, Values, When, always
from testbed.wireshark.mac_layout import words

PROTO_WORDS: Values = {
    0: "clear",
    s1.PROTO: "S1 802.11bp secure communication",
    s2.PROTO: "S2 provisioning 11-25/0263",
    s3.PROTO: "S3 Ambient IoT solution #9",
    s4.PROTO: "S4 802.11i",
    s5.PROTO: "S5 802.21 handover",
}
PROF_WORDS = {
    s1.PROTO: words(s1.Prof),
    s2.PROTO: {1: "S2-L literal", 2: "S2-A hardened", 3: "S2-B identity-hiding"},
    s3.PROTO: {1: "S3-L literal", 2: "S3-F policy floor", 3: "S3-H hardened"},
    s4.PROTO: words(s4.Prof),
    s5.PROTO: words(s5.Prof),
}
SYSTEM_VALUES: dict[str, Values] = {
    "proto": PROTO_WORDS,
    "s1_status": words(s1.UpdateStatus),
    "s2_x": {0: "TK1", 1: "TK2"},
    "s3_mac_length": dict(enumerate(f"{octets} octets" for octets in s3.MIC_LENGTHS)),
}


def _only(*profs: int) -> tuple[When, ...]:
    return (When("prof", tuple(int(prof) for prof in profs)),)


# S1
def _s1_flags(*, more: bool = False, wrap: bool = False) -> Field:
    bits = [Bits("s1.encrypted", "Encrypted", 0)]
    bits += [Bits("s1.more", "More data", 1)] * more + [Bits("s1.wrap", "Wrapped key", 2)] * wrap
    return Field("s1.flags", "Flags", 1, "uint", "hex", bits=tuple(bits))


_S1_MIC = Field("s1.mic", "MIC", "s1_mic")
_S1_PN = Field("s1.pn", "PN", 1, "uint")
_S1_VERSION = Field("s1.version", "Version", 2, "uint")
_S1_DATA = Field("s1.data", "Data", REST, secret=True)
_S1_PROFS = (int(s1.Prof.LITERAL), int(s1.Prof.HARDENED))
_UNWRAPPED, _WRAPPED = (When("s1.wrap", (0,)),), always("s1.wrap")
S1: dict[int, Layout] = {
    s1.Msg.SEC_TRIGGER: (
        Nested("parameters"),
        Field("s1.anonce", "ANonce", "s1_nonce"),
        Field("s1.modifier", "Modifier", "s1_modifier"),
        Field("s1.trigger_data", "DL data", REST),
    ),
    s1.Msg.SEC_RESPONSE: (_s1_flags(more=True), Field("s1.snonce", "SNonce", "s1_nonce"), _S1_DATA, _S1_MIC),
    s1.Msg.SEC_CONFIRM: (_s1_flags(more=True), _S1_PN, _S1_DATA, _S1_MIC),
    s1.Msg.SEC_ACK: (_s1_flags(more=True), _S1_PN, _S1_DATA, _S1_MIC),
    s1.Msg.PMK_UPDATE: (
        _s1_flags(wrap=True),
        _S1_PN,
        _S1_VERSION,
        Field("s1.wrapped", "Wrapped key", s1.WRAPPED_OCTETS, when=_WRAPPED),
        Field("s1.unonce", "UNonce", s1.UNONCE_OCTETS, when=_UNWRAPPED),
        Field("s1.server_tag", "Server's tag", s1.SERVER_TAG_OCTETS, when=(*_UNWRAPPED, *_only(s1.Prof.HARDENED))),
        _S1_MIC,
    ),
    s1.Msg.PMK_UPDATED: (
        _s1_flags(),
        _S1_PN,
        _S1_VERSION,
        Field("s1.status", "Status", 1, "uint", values="s1_status", strict=True),
        _S1_MIC,
    ),
}

# S2
_S2_HASH = Field("s2.hash", "H(A_pubk)", "s2_hash")
_S2_GWID = Field("s2.gwid", "GWID", s2.GWID_OCTETS)
_S2_EPOCHS = _only(s2.Prof.HARDENED, s2.Prof.IDENTITY_HIDING)
_S2_NONCE = (
    Field("s2.tk_nonce", "TK_NONCE", s2.TK_NONCE_OCTETS, when=_only(s2.Prof.LITERAL)),
    Field("s2.epoch", "TK_NONCE: epoch", s2.EPOCH_OCTETS, "uint", when=_S2_EPOCHS),
    Field("s2.random", "TK_NONCE: random", s2.TK_NONCE_OCTETS - s2.EPOCH_OCTETS, when=_S2_EPOCHS),
)  # fmt: skip
_S2_ADDRESS = Field(
    "s2.address_field", "LOCAL_ADDR", s2.ADDRESS_OCTETS, "uint", "hex",
    bits=(
        Bits("s2.seeded", "Seeded by the last session key", 15),
        Bits("s2.address", "Local address", 0, s2.ADDRESS_BITS),
    ),
)  # fmt: skip
_S2_PROOF = Field("s2.proof", "PROOF", s2.PROOF_OCTETS)
_S2_MIC = Field("s2.mic", "MIC", s2.MIC_OCTETS)
_S2_KEY = Field(
    "s2.which", "Session key", 3, "uint", "hex",
    bits=(Bits("s2.x", "TKx", 23, 1, "s2_x"), Bits("s2.cntr", "CNTR", 0, 23)),
)  # fmt: skip
_S2_SEQ = Field("s2.seq", "SEQ", 1, "uint")
_S2_DATA: Layout = (_S2_KEY, _S2_SEQ, Field("s2.data", "Data", REST, secret=True), Field("s2.tag", "Tag", "s2_tag"))
_S2_REKEY: Layout = (_S2_KEY, _S2_SEQ, Field("s2.life_sealed", "Life (sealed)", 2, secret=True), _S2_MIC)
S2_LIFE: Layout = (
    Field("s2.life", "Life", 2, "uint", "hex",
          bits=(Bits("s2.life_seconds", "In seconds", 15), Bits("s2.life_amount", "Amount", 0, 15))),
)  # fmt: skip
_S2_REPROVISION: Layout = (Field("s2.epoch", "EPOCH", s2.EPOCH_OCTETS, "uint"), _S2_MIC)
_S2_ONE = (int(s2.Prof.LITERAL), int(s2.Prof.HARDENED))
_S2_NORMAL = (_S2_DATA, _S2_DATA, _S2_REKEY, _S2_REPROVISION)
S2_ONE: tuple[Layout, ...] = (
    (_S2_HASH, _S2_GWID, *_S2_NONCE, _S2_ADDRESS, _S2_PROOF),
    (
        _S2_ADDRESS,
        Field("s2.device_nonce", "DEV_NONCE", 8, when=_only(s2.Prof.HARDENED)),
        Field("s2.status", "STATUS", 1, "uint"),
        _S2_MIC,
    ),
    *_S2_NORMAL,
)
S2_TWO: tuple[Layout, ...] = (
    (_S2_HASH, _S2_GWID, Field("s2.gw_nonce", "GW nonce", s2.GW_NONCE_OCTETS)),
    (Field("s2.hpke_enc", "HPKE enc", 32), Field("s2.sealed_serial", "Sealed serial number", 28, secret=True)),
    (_S2_ADDRESS, *_S2_NONCE, _S2_PROOF),
    (_S2_ADDRESS, _S2_MIC),
    *_S2_NORMAL,
)

# S3
_S3_POLICY = Field(
    "s3.policy", "Security Policy", 1, "uint", "hex",
    bits=(
        Bits("s3.payload_confidentiality", "Payload confidentiality", 0),
        Bits("s3.payload_integrity", "Payload integrity", 1),
        Bits("s3.message_integrity", "Whole-message integrity", 2),
        Bits("s3.message_confidentiality", "Whole-message confidentiality", 3),
        Bits("s3.mac_length", "MAC length", s3.MIC_CODE_SHIFT, 2, "s3_mac_length"),
        Bits("s3.use_stored", "Use the stored policy", 6),
        Bits("s3.policy_reserved", "Reserved", 7),
    ),
)  # fmt: skip
_S3_COUNTER = Field("s3.counter", "Counter", 1, "uint", when=_only(s3.Prof.HARDENED))
_S3_NN = Field("s3.network_nonce", "Network nonce", s3.NONCE_OCTETS)
_S3_DN = Field("s3.device_nonce", "Device nonce", s3.NONCE_OCTETS)
_S3_PAYLOAD = Field("s3.payload", "Payload", REST, secret=True)
_S3_MAC = Field("s3.mac", "MAC", "policy_mac")
S3: dict[int, Layout] = {
    s3.Msg.PAGING: (_S3_NN, Field("s3.paging_id", "Protected Device ID", REST)),
    s3.Msg.AUTH_RSP: (
        _S3_DN,
        Field("s3.protected_id", "Protected Device ID", REST),
        Field("s3.capability", "Capability", 1, "uint", "hex"),
    ),
    s3.Msg.COMMAND: (
        _S3_POLICY, _S3_COUNTER, _S3_NN, Field("s3.protected_id", "Protected Device ID", "s3_id"), _S3_PAYLOAD, _S3_MAC,
    ),
    s3.Msg.CMD_RSP: (_S3_POLICY, _S3_COUNTER, _S3_DN, _S3_PAYLOAD, _S3_MAC),
}  # fmt: skip


def system_messages() -> list[MessageLayout]:
    """Return the messages of S1, S2 and S3."""
    found = [
        MessageLayout(s1.PROTO, int(msg), _S1_PROFS, parts, (Field("s1.clear", "Data in clear", REST),))
        for msg, parts in S1.items()
    ]
    data, life = (Field("s2.clear", "Data in clear", REST),), S2_LIFE
    for profs, layouts in ((_S2_ONE, S2_ONE), ((int(s2.Prof.IDENTITY_HIDING),), S2_TWO)):
        rekey = len(layouts) - 1
        found += [
            MessageLayout(s2.PROTO, msg, profs, parts, life if msg == rekey else data)
            for msg, parts in enumerate(layouts, start=1)
        ]
    every = tuple(int(prof) for prof in s3.Prof)
    found += [
        MessageLayout(s3.PROTO, int(msg), every, parts, (Field("s3.clear", "Payload in clear", REST),))
        for msg, parts in S3.items()
    ]
    return found
