"""The messages of S5 as layouts (protocols page 6.4): lite ones field by field, whole ones for Wireshark's own MIH."""

from __future__ import annotations

from ampradio.mac.message_names import message_name
from ampradio.security.handover import UDP_PORT
from ampradio.security.handover import profiles as s5
from testbed.wireshark.layout import REST, Bits, Carried, Field, Layout, MessageLayout, Nested, Values, When, always
from testbed.wireshark.mac_layout import words

HANDOVER_VALUES: dict[str, Values] = {
    "s5_msg": {int(each): message_name(s5.PROTO, each) for each in s5.Msg},
    "s5_status": words(s5.Status),
}
_LEGACY, _REMEDY_1, _REMEDY_2 = (int(prof) for prof in (s5.Prof.LEGACY, s5.Prof.REMEDY_1, s5.Prof.REMEDY_2))
_KEYED, _NO_KEY = (When("s5.no_key", (0,)),), always("s5.no_key")
_S5_HEAD: Layout = (
    Field("s5.code", "MIS message", 1, "uint", values="s5_msg", strict=True),
    Field("s5.tid", "TID", 1, "uint"),
    Field(
        "s5.flags", "Flags", 1, "uint", "hex",
        bits=(
            Bits("s5.has_tpos", "TPoS identifier", 0),
            Bits("s5.has_candidates", "Candidate links", 1),
            Bits("s5.no_key", "No key", 2),
        ),
    ),
)  # fmt: skip
_S5_IDS: Layout = (
    Field("s5.source", "Source", s5.LITE_ID_OCTETS, "uint", "hex"),
    Field("s5.destination", "Destination", s5.LITE_ID_OCTETS, "uint", "hex"),
)
_S5_NONCE_T = Field("s5.nonce_t", "Nonce-T", s5.NONCE_OCTETS)
_S5_NONCE_N = Field("s5.nonce_n", "Nonce-N", s5.NONCE_OCTETS)
_S5_TPOS = Field("s5.tpos", "TPoS identifier", s5.LITE_ID_OCTETS, "uint", "hex")
_S5_LIFE = Field("s5.lifetime", "SALifetime (s)", 4, "uint")
_S5_STATUS = Field("s5.key_status", "Status", 1, "uint", values="s5_status", strict=True)
_S5_CANDIDATE = Field("s5.candidate", "Candidate (channel, gateway)", REST, repeat=s5.CANDIDATE_OCTETS)
_S5_WANTED: Layout = (
    Field(_S5_TPOS.name, _S5_TPOS.label, s5.LITE_ID_OCTETS, "uint", "hex", when=always("s5.has_tpos")),
    Field(_S5_CANDIDATE.name, _S5_CANDIDATE.label, REST, repeat=s5.CANDIDATE_OCTETS, when=always("s5.has_candidates")),
)
S5_SECURITY: Layout = (
    Field("s5.said", "SAID", 2, "uint", "hex"),
    Field("s5.sn", "SN", 2, "uint"),
    Field("s5.sealed", "Sealed TLVs", REST, secret=True),
    Field("s5.icv", "ICV", 8),
)
_S5_CONFIRM_MIC = Field("s5.mic", "MIC", s5.MIC_OCTETS)
S5_ASKED: Layout = (Field("s5.suite", "Ciphersuite", 1, "uint"), *_S5_WANTED)
S5_GIVEN: Layout = (
    _S5_TPOS,
    Field("s5.key", "Key derivation key", s5.KEY_OCTETS, when=_KEYED),
    Field("s5.lifetime", "SALifetime (s)", 4, "uint", when=_KEYED),
    _S5_STATUS,
)
S5_KEY: Layout = (Field("s5.key", "Key derivation key", s5.KEY_OCTETS),)
S5_GROUP_KEY: Layout = (
    Field("s5.key", "Key derivation key", s5.KEY_OCTETS, when=_KEYED),
    Nested("s5_refused", when=_NO_KEY),
)
S5: tuple[MessageLayout, ...] = (
    MessageLayout(s5.PROTO, s5.Msg.PREREG_REQUEST, (_LEGACY,), (
        *_S5_HEAD, *_S5_IDS,
        Field(_S5_NONCE_T.name, _S5_NONCE_T.label, s5.NONCE_OCTETS, when=_KEYED),
        *_S5_WANTED,
    )),
    MessageLayout(s5.PROTO, s5.Msg.PREREG_REQUEST, (_REMEDY_1, _REMEDY_2), (
        *_S5_HEAD, *_S5_IDS, Nested("s5_security", when=_KEYED), Nested("s5_wanted", when=_NO_KEY),
    ), S5_ASKED),
    MessageLayout(s5.PROTO, s5.Msg.PREREG_RESPONSE, (_LEGACY,), (
        *_S5_HEAD, *_S5_IDS, _S5_TPOS,
        Field(_S5_NONCE_N.name, _S5_NONCE_N.label, s5.NONCE_OCTETS, when=_KEYED),
        Field("s5.masked_key", "Key derivation key, masked", s5.KEY_OCTETS, when=_KEYED, secret=True),
        Field(_S5_LIFE.name, _S5_LIFE.label, 4, "uint", when=_KEYED),
        _S5_STATUS,
    ), S5_KEY),
    MessageLayout(s5.PROTO, s5.Msg.PREREG_RESPONSE, (_REMEDY_1,), (*_S5_HEAD, Nested("s5_security")), S5_GIVEN),
    MessageLayout(s5.PROTO, s5.Msg.PREREG_RESPONSE, (_REMEDY_2,), (
        *_S5_HEAD, Nested("s5_group", when=_KEYED), Nested("s5_security", when=_NO_KEY),
    ), S5_GROUP_KEY),
    *(
        MessageLayout(s5.PROTO, msg, profs, (*_S5_HEAD, *_S5_IDS, *nonce, _S5_CONFIRM_MIC))
        for msg, field in ((s5.Msg.CONFIRM_MN, _S5_NONCE_T), (s5.Msg.CONFIRM_POS, _S5_NONCE_N))
        for profs, nonce in (((_LEGACY,), ()), ((_REMEDY_1, _REMEDY_2), (field,)))
    ),
    *(
        MessageLayout(s5.PROTO, msg, (_LEGACY, _REMEDY_1, _REMEDY_2), (*_S5_HEAD, *_S5_IDS, Nested("s5_security")),
                      (Field("s5.signal", "Signalling", REST),))
        for msg in (s5.Msg.SIGNAL_UL, s5.Msg.SIGNAL_DL)
    ),
)  # fmt: skip
S5_GROUP: Layout = (
    Field("s5.group", "Target group", 4, "uint", "hex"),
    Field("s5.sequence", "Sequence", 4, "uint"),
    Field("s5.node", "Complete subtree node", s5.NODE_OCTETS, "uint", "hex",
          bits=(Bits("s5.node_depth", "Depth", 16, 8), Bits("s5.node_index", "Index", 0, 16))),
    _S5_TPOS,
    _S5_LIFE,
    Field("s5.wrapped", "Wrapped group key", s5.WRAPPED_OCTETS, secret=True),
    Field("s5.verify", "Verification code", s5.MIC_OCTETS),
    _S5_STATUS,
)  # fmt: skip
S5_FULL: Layout = (Carried(f"udp.port:{UDP_PORT}", "MIS frame"),)
NESTED: dict[str, Layout] = {
    "s5_security": S5_SECURITY,
    "s5_wanted": _S5_WANTED,
    "s5_group": S5_GROUP,
    "s5_refused": (_S5_TPOS, _S5_STATUS),
}
