"""Stations joined for tests: S1 between one AP and one tag, plain tags, and links that lose or damage."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ampradio.mac.ap import ApStation
from ampradio.mac.application import Application
from ampradio.mac.events import Event
from ampradio.mac.exchange import Delivery, Exchange, Link, Transmission, perfect_link
from ampradio.mac.rounds import ApSettings
from ampradio.mac.tag import TagStation
from ampradio.mac.work import SecureExchange, WorkItem
from ampradio.profile import load_profile
from ampradio.security.amp import (
    AmpAuthenticator,
    AmpParameters,
    AmpSupplicant,
    PmkRecord,
    PmkServer,
    Readings,
    TagCredential,
    TagIdentity,
    TagMemory,
)
from ampradio.security.entropy import SeededEntropy
from ampradio.security.secret import Secret
from ampradio.vectors import PpduKind

PROFILE = load_profile()
AP_ID, TAG_ID = 0x0BE0, 0x1234
AA, SPA = bytes.fromhex("020000000010"), bytes.fromhex("aa4500000abc")
PSK, MODIFIER = bytes(range(32)), bytes.fromhex("3031323334353637")
SETTINGS = ApSettings(AP_ID, 250_000, 250_000, seed_index=1)
LONG_NS = 10_000_000_000
Told = tuple[str, Event]


@dataclass
class Secured:
    """An AP and a tag that share a PSK."""

    authenticator: AmpAuthenticator
    supplicant: AmpSupplicant
    ap: ApStation
    tag: TagStation
    readings: Readings
    told: list[Told] = field(default_factory=list)

    def run(self, link: Link = perfect_link, until_ns: int = LONG_NS) -> list[Told]:
        """Run to the end and return who told what."""
        self.told = Exchange(PROFILE, {"ap": self.ap}, {"tag": self.tag}, link).run(until_ns)
        return self.told


def secured(
    *,
    flow: int = 3,
    reading: bytes = bytes(8),
    command: bytes = b"",
    attempts: int = 3,
    settings: ApSettings = SETTINGS,
    session_retries: int = 0,
    psk_of_tag: bytes = PSK,
    uplink_data_max: int = 16,
    **parameters: Any,
) -> Secured:
    """Build both ends of S1 with one reading and one command."""
    chosen = AmpParameters(flow=flow, uplink_data_max=uplink_data_max, **parameters)
    server = PmkServer(PmkRecord(Secret(PSK)), chosen, SeededEntropy(3))
    authenticator = AmpAuthenticator(PROFILE.mac, chosen, AA, MODIFIER, SeededEntropy(1), retries=session_retries)
    authenticator.enroll(TagCredential(TAG_ID, SPA, server.pmk1(MODIFIER, AA)))
    nvm = TagMemory.enrolled(PmkRecord(Secret(psk_of_tag)))
    supplicant = AmpSupplicant(PROFILE.mac, chosen, TagIdentity(TAG_ID, SPA, AA), nvm, SeededEntropy(2))
    readings = Readings([reading] if reading else [])
    supplicant.set_uplink_data(readings)
    item = SecureExchange(
        authenticator,
        TAG_ID,
        lambda trigger, now_ns: authenticator.begin(TAG_ID, trigger, command=command),
        lambda: authenticator.counters["completed"] > 0,
        chosen.response_octets,
        attempts=attempts,
    )
    bistatic = settings.uplink is PpduKind.UL_BISTATIC
    tag = TagStation(PROFILE, TAG_ID, supplicant, np.random.default_rng(0), bistatic=bistatic)
    return Secured(authenticator, supplicant, ApStation(PROFILE, settings, [item]), tag, readings)


def secured_group(ids: Sequence[int], *, slots: int, acwe: int, attempts: int = 1) -> tuple[ApStation, dict[str, Any]]:
    """Build an AP that triggers everyone at once, and tags that each have a reading of their own."""
    parameters = AmpParameters(flow=4)
    authenticator = AmpAuthenticator(PROFILE.mac, parameters, AA, MODIFIER, SeededEntropy(1), retries=0)
    tags = {}
    for station_id in ids:
        spa = SPA[:5] + bytes([station_id])
        record = PmkRecord(Secret(PSK[:31] + bytes([station_id])))
        pmk1 = PmkServer(record, parameters, SeededEntropy(3)).pmk1(MODIFIER, AA)
        authenticator.enroll(TagCredential(station_id, spa, pmk1))
        identity, memory = TagIdentity(station_id, spa, AA), TagMemory.enrolled(record)
        supplicant = AmpSupplicant(PROFILE.mac, parameters, identity, memory, SeededEntropy(station_id))
        supplicant.set_uplink_data(Readings([bytes([station_id]) * 8]))
        generator = np.random.default_rng(station_id)
        tags[f"tag{station_id}"] = TagStation(PROFILE, station_id, supplicant, generator)
    item = SecureExchange(
        authenticator,
        PROFILE.mac.broadcast_id,
        lambda trigger, now_ns: authenticator.begin(PROFILE.mac.broadcast_id, trigger),
        lambda: False,  # every round is run: who answers is not known beforehand
        parameters.response_octets,
        slots,
        acwe,
        attempts,
    )
    return ApStation(PROFILE, SETTINGS, [item]), tags


def plain_tag(
    station_id: int, reading: bytes | None = bytes(8), seed: int | None = None, *, bistatic: bool = False
) -> TagStation:
    """Return a tag without security that always has the same reading."""
    generator = np.random.default_rng(station_id if seed is None else seed)
    application = Application(lambda: reading)
    return TagStation(PROFILE, station_id, None, generator, application=application, bistatic=bistatic)


def run_plain(
    work: Sequence[WorkItem], ids: Sequence[int], link: Link = perfect_link, settings: ApSettings = SETTINGS
) -> tuple[ApStation, list[Told]]:
    """Run work with plain tags and return the AP and who told what."""
    ap = ApStation(PROFILE, settings, work)
    bistatic = settings.uplink is PpduKind.UL_BISTATIC
    tags = {f"tag{station_id}": plain_tag(station_id, bistatic=bistatic) for station_id in ids}
    return ap, Exchange(PROFILE, {"ap": ap}, tags, link).run(LONG_NS)


def sent(told: Sequence[Told], who: str | None = None) -> list[dict[str, Any]]:
    """Return the detail of every ``tx`` event."""
    return of_kind(told, "tx", who)


def of_kind(told: Sequence[Told], kind: str, who: str | None = None) -> list[dict[str, Any]]:
    """Return the detail of every event of a kind."""
    return [dict(event.detail) for name, event in told if event.kind == kind and who in (None, name)]


def losing(*indices: int) -> Link:
    """Return a link that loses the PPDUs with these places in the order of sending (0 is the first on the air)."""
    return changing(lambda place, delivery: [] if place in indices else [delivery])


def changing(change: Callable[[int, Delivery], Sequence[Delivery]]) -> Link:
    """Return a link that lets ``change`` replace what arrives, given the PPDU's place in the order of sending."""
    places: dict[int, int] = {}

    def link(transmission: Transmission, receiver: str, others: Sequence[Transmission]) -> Sequence[Delivery]:
        place = places.setdefault(id(transmission), len(places))
        kept.append(transmission)
        return [new for old in perfect_link(transmission, receiver, others) for new in change(place, old)]

    kept: list[Transmission] = []
    return link


def flipped(delivery: Delivery, bit: int) -> Delivery:
    """Return a delivery with one bit of its PSDU inverted."""
    psdu = bytearray(delivery[0])
    psdu[bit // 8] ^= 1 << bit % 8
    return bytes(psdu), dataclasses.replace(delivery[1])
