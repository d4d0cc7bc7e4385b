"""What an experiment file comes to once it is read: resolved values that the runner can use as they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ampradio.power.costs import CostTable
from ampradio.power.store import Store
from ampradio.profile.model import Profile
from ampradio.security.rsna.tag.eap_tls import TlsCredential
from ampradio.security.secret import Secret
from testbed.authority.tag_file import TagFile
from testbed.experiment.radio_choice import RadioChoice, radio_choice
from testbed.experiment.shape import Channel, Compare, Energizer, Plutos, Record, Security, Table
from testbed.experiment.systems import variant_of

ENERGIZER_PLACEHOLDER = (
    "the AP decides what its energizer sends: the MU-RTS TXS and CTS that share its TXOP, and the CTS-to-self that"
    " protects 40 MHz, are not on this air"
)


@dataclass(frozen=True)
class ApPlan:
    """The AMP AP: identity, announced rates, the DL data of each round, and how tags answer.

    ``mono_static`` ones reflect what it sends, ``bistatic`` ones shift what an energizer does.
    """

    address: bytes
    station_id: int
    downlink_rate_bps: int
    uplink_rate_bps: int
    seed_index: int
    retries: int
    retry_pause_ns: int
    commands: tuple[bytes, ...]
    mono_static: bool = False
    bistatic: bool = False


@dataclass(frozen=True)
class PowerPlan:
    """What the tag lives on: RF power at its antenna, a cost table, and the store that both meet."""

    incident_dbm: float
    costs: CostTable
    store: Store


@dataclass(frozen=True)
class EapPlan:
    """What a tag of S4 shows an EAP server: its name, and an EAP-PSK key or the files of EAP-TLS."""

    identity: bytes
    psk: Secret | None = None
    tls: TlsCredential | None = field(default=None, repr=False)


@dataclass(frozen=True)
class ServerPlan:
    """An authentication server elsewhere, or in a database here, and the secret that opens it."""

    uri: str
    secret: Secret


@dataclass(frozen=True)
class TagPlan:
    """One tag: identity, secret, the UL data of each round, and its clock errors; ``made`` by `amp tag make`."""

    name: str
    station_id: int
    address: bytes
    psk: bytes = field(repr=False)
    readings: tuple[bytes, ...]
    carrier_offset_hz: float
    chip_clock_ppm: float
    made: TagFile | None = field(default=None, repr=False)
    eap: EapPlan | None = None


@dataclass(frozen=True)
class Experiment:
    """One experiment, validated and complete; see docs/experiments.md for each value.

    ``profile_source`` is what ``load_profile`` was given: a name, or the path of a profile of one's own.
    ``text`` is the experiment file with its secrets replaced, ``sha256`` the hash of the file as it was given,
    ``overrides`` the ``--set`` texts, redacted. ``scanned`` is what a tag's label says, if a label is named.
    ``profile`` has its interframe space stretched by ``time_scale`` already; timeouts are stretched by ``slowness``.
    """

    name: str
    seed: int
    profile: Profile = field(repr=False)
    profile_source: str
    radio: str
    max_air_time_s: float
    security: Security
    ap: ApPlan
    tags: tuple[TagPlan, ...]
    channel: Channel
    power: PowerPlan | None
    record: Record
    compare: Compare
    path: Path | None
    text: str = field(repr=False)
    sha256: str
    overrides: tuple[str, ...] = ()
    server: ServerPlan | None = None
    scanned: bytes | None = None
    time_scale: int = 1
    slowness: int = 1
    plutos: Plutos = field(default_factory=Plutos)
    energizer: Energizer = field(default_factory=Energizer)

    @property
    def choice(self) -> RadioChoice:
        """The run's radio, taken apart."""
        return radio_choice(self.radio)

    @property
    def rounds(self) -> int:
        """How many exchanges it takes to say every command and hear every reading, at least one."""
        return max(1, len(self.ap.commands), *(len(tag.readings) for tag in self.tags))

    @property
    def max_air_time_ns(self) -> int:
        """The limit on air time in nanoseconds, stretched as every timeout."""
        return round(self.max_air_time_s * 1e9) * self.slowness

    def to_manifest(self) -> dict[str, object]:
        """Return every value in JSON's types, without a PSK."""
        return {
            "name": self.name,
            "seed": self.seed,
            "profile": self.profile.name,
            "radio": self.radio,
            "time_scale": self.time_scale,
            "max_air_time_s": self.max_air_time_s,
            "security": {
                "system": self.security.system,
                "variant": variant_of(self.security),
                "server": "" if self.server is None else self.server.uri,
                self.security.system: _table(getattr(self.security, self.security.system)),
            },
            "ap": {
                "address": self.ap.address.hex(":"),
                "station_id": self.ap.station_id,
                "downlink_rate_bps": self.ap.downlink_rate_bps,
                "uplink_rate_bps": self.ap.uplink_rate_bps,
                "seed_index": self.ap.seed_index,
                "retries": self.ap.retries,
                "retry_pause_ns": self.ap.retry_pause_ns,
                "commands": [command.decode(errors="replace") for command in self.ap.commands],
            },
            "tags": [
                {
                    "name": tag.name,
                    "station_id": tag.station_id,
                    "address": tag.address.hex(":"),
                    "psk": "redacted",
                    "readings": [reading.decode(errors="replace") for reading in tag.readings],
                    "carrier_offset_hz": tag.carrier_offset_hz,
                    "chip_clock_ppm": tag.chip_clock_ppm,
                }
                for tag in self.tags
            ],
            "energizer": _energizer(self.energizer) if self.ap.bistatic else None,
            "channel": _table(self.channel),
            "power": None if self.power is None else _power(self.power),
            "plutos": _table(self.plutos) if self.choice.plutos else None,
            "record": _table(self.record),
            "overrides": list(self.overrides),
        }


def _energizer(energizer: Energizer) -> dict[str, object]:
    return {**_table(energizer), "placeholders": [ENERGIZER_PLACEHOLDER]}


def _power(power: PowerPlan) -> dict[str, object]:
    store = power.store
    volts = {"on_v": store.on_v, "off_v": store.off_v, "full_v": store.full_v}
    return {
        "incident_dbm": power.incident_dbm,
        "costs": power.costs.name,
        "placeholders": list(power.costs.placeholders),
        "store": {"capacitance_f": store.capacitance_f, **volts},
    }


def _table(table: Table) -> dict[str, object]:
    return {key: getattr(table, key) for key in table.__struct_fields__}
