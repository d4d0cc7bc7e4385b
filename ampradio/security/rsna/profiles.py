"""The encodings, orders and suites of S4, and the values both ends take from IEEE 802.11 (page 5, rules 3, 20-23).

Values only: each end has its own encoding and key schedule.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

PROTO = 4

ADDRESS_OCTETS = 6
NONCE_OCTETS = 32
MIC_OCTETS = 16
PMK_OCTETS = 32
PMKID_OCTETS = 16
KEY_OCTETS = 16
RSC_OCTETS = 8
PN_OCTETS = 6
SSID_HASH_OCTETS = 4
KEY_FRAME_OCTETS = 99
IDENTITY_OCTETS_MAX = 255

CCMP_128 = 4
AKMS_8021X = (1, 5)
AKMS_PSK = (2, 6)
AKMS_SHA1 = (1, 2)
RSN_OUI = bytes.fromhex("000fac")
WPA_OUI = bytes.fromhex("0050f2")
RSN_ELEMENT, VENDOR_ELEMENT, SSID_ELEMENT, RATES_ELEMENT, EXTENSION_ELEMENT = 48, 221, 0, 1, 255
SSID_HASH_EXTENSION = 0xFE  # a reserved Element ID Extension: this project's placeholder
DESCRIPTOR_RSN, DESCRIPTOR_WPA = 2, 254
SUPPLICANT_EAPOL, AUTHENTICATOR_EAPOL = 1, 2

VERSION_SHA1_AES, VERSION_CMAC_AES = 2, 3
PAIRWISE, INSTALL, ACK, MIC, SECURE, ENCRYPTED = 0x0008, 0x0040, 0x0080, 0x0100, 0x0200, 0x1000
INDEX_SHIFT = 4

STATUS_OK = 0
STATUS_REFUSED, STATUS_BAD_ELEMENT, STATUS_BAD_GROUP, STATUS_BAD_PAIRWISE, STATUS_BAD_AKM = 1, 40, 41, 42, 43


class Prof(IntEnum):
    """The PROF nibble of the shim: which encoding of the same messages (rule 3)."""

    LITE = 1
    FULL = 2


class Order(str, Enum):
    """When the group key goes out: the seed's order, 802.11i-2004's, or the seed's as WPA version 1 has it."""

    SEED = "seed"
    RSN = "rsn"
    WPA1 = "wpa1"

    @property
    def group_key_in_message_3(self) -> bool:
        """True when the 4-way handshake delivers the group key."""
        return self is Order.RSN


class Msg(IntEnum):
    """MSG of the shim: the row of the page's table; an EAP method with more messages repeats 10 and 11."""

    ADVERT = 1
    AUTH_REQUEST = 2
    AUTH_RESPONSE = 3
    ASSOC_REQUEST = 4
    ASSOC_RESPONSE = 5
    EAP_IDENTITY_REQUEST = 6
    EAP_IDENTITY_RESPONSE = 7
    EAP_FIRST_REQUEST = 8
    EAP_FIRST_RESPONSE = 9
    EAP_REQUEST = 10
    EAP_RESPONSE = 11
    EAP_RESULT = 12
    PAIRWISE_1 = 13
    PAIRWISE_2 = 14
    PAIRWISE_3 = 15
    PAIRWISE_4 = 16
    GROUP_1 = 17
    GROUP_2 = 18
    DATA_DOWN = 19
    DATA_UP = 20
    DATA_GROUP = 21
    DEAUTH = 22


EAP_DOWN = (Msg.EAP_IDENTITY_REQUEST, Msg.EAP_FIRST_REQUEST, Msg.EAP_REQUEST, Msg.EAP_RESULT)
EAP_UP = (Msg.EAP_IDENTITY_RESPONSE, Msg.EAP_FIRST_RESPONSE, Msg.EAP_RESPONSE)


class Port(Enum):
    """The controlled port: what it lets through (R4.8, R4.11, R4.16)."""

    BLOCKED = "blocked"
    EAP_ONLY = "eap_only"
    EAPOL_ONLY = "eapol_only"
    OPEN = "open"


@dataclass(frozen=True)
class RsnaParameters:
    """What both ends of S4 agree on beforehand.

    ``akms`` are those an AP offers, or a tag accepts, best first. ``timeouts_ns``: how long each try of a message waits
    for its answer (rule 22). ``pmk_caching`` keeps the PMK of EAP at both ends (W4.6), at the AP for
    ``pmk_lifetime_ns``. Raises ``ValueError`` for what does not go together.
    """

    prof: Prof = Prof.LITE
    order: Order = Order.SEED
    akms: tuple[int, ...] = (6,)
    ssid: bytes = b"ampt"
    pmk_caching: bool = False
    pmk_lifetime_ns: int = 43_200_000_000_000
    timeouts_ns: tuple[int, ...] = (100_000_000, 1_000_000_000, 1_000_000_000, 1_000_000_000)

    def __post_init__(self) -> None:
        object.__setattr__(self, "prof", Prof(self.prof))
        object.__setattr__(self, "order", Order(self.order))
        if not self.akms or set(self.akms) - {*AKMS_8021X, *AKMS_PSK}:
            raise ValueError(f"akms are {self.akms}, must be some of 1, 2, 5, 6")
        if self.order is Order.WPA1 and (self.prof is Prof.LITE or set(self.akms) - set(AKMS_SHA1)):
            raise ValueError("order wpa1 is that of captures: full encoding, AKM 1 or 2")
        if not 0 < len(self.ssid) <= 32:
            raise ValueError(f"an SSID has 1…32 octets, not {len(self.ssid)}")
        if not self.timeouts_ns or min(self.timeouts_ns) <= 0:
            raise ValueError("timeouts_ns needs a positive time for each try")

    @property
    def lite(self) -> bool:
        """True for the compressed encoding."""
        return self.prof is Prof.LITE

    @property
    def descriptor(self) -> int:
        """The EAPOL-Key descriptor type."""
        return DESCRIPTOR_WPA if self.order is Order.WPA1 else DESCRIPTOR_RSN

    def report(self) -> dict[str, str | int | bool | float]:
        """Return every setting under the name that a result prints it with."""
        return {
            "system": "S4",
            "variant": f"S4-{self.prof.name.lower()}, order={self.order.value}",
            "prof": int(self.prof),
            "akms": ",".join(f"00-0F-AC:{akm}" for akm in self.akms),
            "pairwise": "CCMP-128",
            "group": "CCMP-128",
            "pmk_caching": self.pmk_caching,
            "pmk_lifetime_s": self.pmk_lifetime_ns // 1_000_000_000,
            "tries": len(self.timeouts_ns),
            "placeholder": "carriage, lite encoding, advert and data frames",
        }


def descriptor_version(akm: int) -> int:
    """Return the Key Descriptor Version of an AKM: AKM 1 and 2 HMAC-SHA-1, 5 and 6 AES-CMAC."""
    return VERSION_SHA1_AES if akm in AKMS_SHA1 else VERSION_CMAC_AES
