"""The messages of S4 as layouts: lite ones field by field, whole ones as Wireshark's own EAPOL and EAP have them."""

from __future__ import annotations

from ampradio.security.rsna import profiles as s4
from ampradio.security.rsna.profiles import Msg, Prof
from testbed.wireshark.layout import REST, Bits, Carried, Elements, Field, Layout, MessageLayout, Values, always

RSNA_VALUES: dict[str, Values] = {
    "akm": {1: "802.1X", 2: "PSK", 5: "802.1X SHA-256", 6: "PSK SHA-256"},
    "cipher": {s4.CCMP_128: "CCMP-128"},
    "auth_algorithm": {0: "open system"},
    "assoc_status": {
        s4.STATUS_OK: "success",
        s4.STATUS_REFUSED: "refused",
        s4.STATUS_BAD_ELEMENT: "invalid element",
        s4.STATUS_BAD_GROUP: "invalid group cipher",
        s4.STATUS_BAD_PAIRWISE: "invalid pairwise cipher",
        s4.STATUS_BAD_AKM: "invalid AKM",
    },
    "element": {s4.SSID_ELEMENT: "SSID", s4.RATES_ELEMENT: "rates", s4.RSN_ELEMENT: "RSN",
                s4.VENDOR_ELEMENT: "vendor specific", s4.EXTENSION_ELEMENT: "extension"},
}  # fmt: skip
_RSNE: Layout = (
    Field("s4.akm", "AKM suite", 1, "uint", values="akm", strict=True),
    Field("s4.pairwise", "Pairwise cipher", 1, "uint", values="cipher", strict=True),
    Field("s4.group", "Group cipher", 1, "uint", values="cipher", strict=True),
    Field("s4.capabilities", "RSN capabilities, low octet", 1, "uint", "hex"),
)
_KEY_INFO: Layout = (
    Field(
        "s4.key_info", "Key information", 1, "uint", "hex",
        bits=(
            Bits("s4.key_index", "Key index", 0, 2),
            Bits("s4.key_pairwise", "Pairwise", 2),
            Bits("s4.key_install", "Install", 3),
            Bits("s4.key_ack", "Ack", 4),
            Bits("s4.key_mic", "MIC", 5),
            Bits("s4.key_secure", "Secure", 6),
            Bits("s4.key_encrypted", "Encrypted key data", 7),
        ),
    ),
    Field("s4.replay", "Replay counter, low octet", 1, "uint"),
)  # fmt: skip
_NONCE_A = Field("s4.anonce", "ANonce", s4.NONCE_OCTETS)
_NONCE_S = Field("s4.snonce", "SNonce", s4.NONCE_OCTETS)
_MIC = Field("s4.mic", "MIC", s4.MIC_OCTETS)
_PMKID = Field("s4.pmkid", "PMKID", s4.PMKID_OCTETS, when=always("s4.pmkids"))
_WRAPPED = Field("s4.wrapped", "Wrapped key data", REST, secret=True)
_STATUS_LE = Field("s4.status", "Status", 2, "uint_le", values="assoc_status")
_AID = Field("s4.aid", "AID", 2, "uint_le", "hex")
_SSID_HASH = Field("s4.ssid_hash", "SSID hash", s4.SSID_HASH_OCTETS)
_EAP: Layout = (Carried("eap", "EAP"),)
_EAPOL: Layout = (Carried("eapol", "EAPOL"),)
DATA: Layout = (
    Field("s4.key_id", "KeyID", 1, "uint"),
    Field("s4.pn", "PN", s4.PN_OCTETS, "uint"),
    Field("s4.data", "Data", REST, secret=True),
    Field("s4.ccm_mic", "CCM MIC", 8),
)
DEAUTH: Layout = (Field("s4.reason", "Reason", 2, "uint_le"),)
_OPEN: Layout = (
    Field("s4.algorithm", "Authentication algorithm", 2, "uint_le", values="auth_algorithm", strict=True),
    Field("s4.transaction", "Transaction", 2, "uint_le"),
    _STATUS_LE,
)
_EAP_MESSAGES = range(Msg.EAP_IDENTITY_REQUEST, Msg.EAP_RESULT + 1)
_KEY_MESSAGES = range(Msg.PAIRWISE_1, Msg.GROUP_2 + 1)
_DATA_MESSAGES = (Msg.DATA_DOWN, Msg.DATA_UP, Msg.DATA_GROUP)
LITE: dict[int, Layout] = {
    Msg.ADVERT: (*_RSNE, _SSID_HASH),
    Msg.AUTH_REQUEST: (
        Field("s4.algorithm", "Authentication algorithm", 1, "uint", values="auth_algorithm", strict=True),
    ),
    Msg.AUTH_RESPONSE: (
        Field("s4.algorithm", "Authentication algorithm", 1, "uint", values="auth_algorithm", strict=True),
        Field("s4.status", "Status", 1, "uint", values="assoc_status"),
    ),
    Msg.ASSOC_REQUEST: (Field("s4.pmkids", "PMKIDs", 1, "uint"), *_RSNE, _PMKID),
    Msg.ASSOC_RESPONSE: (Field("s4.status", "Status", 1, "uint", values="assoc_status"), _AID),
    **{int(msg): _EAP for msg in _EAP_MESSAGES},
    Msg.PAIRWISE_1: (*_KEY_INFO, _NONCE_A, Field("s4.pmkid", "PMKID", REST)),
    Msg.PAIRWISE_2: (*_KEY_INFO, _NONCE_S, _MIC, *_RSNE),
    Msg.PAIRWISE_3: (
        *_KEY_INFO,
        _MIC,
        Field("s4.wrapped", "Wrapped key data", REST, when=always("s4.key_encrypted"), secret=True),
        Field("s4.lite_element", "RSN element: AKM, pairwise, group, capabilities", REST),
    ),
    Msg.PAIRWISE_4: (*_KEY_INFO, _MIC),
    Msg.GROUP_1: (*_KEY_INFO, Field("s4.rsc", "RSC", s4.PN_OCTETS), _MIC, _WRAPPED),
    Msg.GROUP_2: (*_KEY_INFO, _MIC),
}
FULL: dict[int, Layout] = {
    Msg.ADVERT: (Elements(),),
    Msg.AUTH_REQUEST: _OPEN,
    Msg.AUTH_RESPONSE: _OPEN,
    Msg.ASSOC_REQUEST: (
        Field("s4.capability", "Capability", 2, "uint_le", "hex"),
        Field("s4.listen_interval", "Listen interval", 2, "uint_le"),
        Elements(),
    ),
    Msg.ASSOC_RESPONSE: (Field("s4.capability", "Capability", 2, "uint_le", "hex"), _STATUS_LE, _AID),
    **{int(msg): _EAPOL for msg in (*_EAP_MESSAGES, *_KEY_MESSAGES)},
}
CLEAR: Layout = (Field("s4.clear", "Data in clear", REST),)
KEY_DATA: Layout = (Field("s4.key_data", "Key data in clear", REST),)
RSN_ELEMENT: Layout = (
    Field("s4.rsn_version", "RSN version", 2, "uint_le"),
    Field("s4.rsn_group", "Group suite", 4),
    Field("s4.rsn_pairwise_count", "Pairwise suites", 2, "uint_le"),
    Field("s4.rsn_pairwise", "Pairwise suite", "suites_pairwise", repeat=4),
    Field("s4.rsn_akm_count", "AKM suites", 2, "uint_le"),
    Field("s4.rsn_akm", "AKM suite", "suites_akm", repeat=4),
    Field("s4.rsn_capabilities", "RSN capabilities", 2, "uint_le", "hex"),
    Field("s4.rsn_pmkids", "PMKID list and group management suite", REST),
)


def rsna_messages() -> list[MessageLayout]:
    """Return the messages of S4 in both encodings."""
    both = {**{int(msg): DATA for msg in _DATA_MESSAGES}, int(Msg.DEAUTH): DEAUTH}
    return [
        MessageLayout(s4.PROTO, int(msg), (int(prof),), parts, CLEAR if msg in _DATA_MESSAGES else KEY_DATA)
        for prof, layouts in ((Prof.LITE, LITE | both), (Prof.FULL, FULL | both))
        for msg, parts in layouts.items()
    ]
