"""What the processes of a ZMQ run are told: the ways of the air, and what each node is."""

from __future__ import annotations

import msgspec

from testbed.runner.impairments import Impairments


class Streams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """ZMQ addresses of the four sample streams."""

    ap_transmit: str
    ap_receive: str
    tag_transmit: str
    tag_receive: str
    energizer_transmit: str = ""


class PathConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One direction of the air."""

    gain_db: float = 0.0
    delay_samples: int = 0
    taps: tuple[tuple[float, float], ...] = ()
    cfo_hz: float = 0.0
    clock_ppm: float = 0.0
    noise: float = 0.0
    seed: int = 1
    impairments: Impairments = Impairments()


class BistaticPaths(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ways between AP, bistatic tag and energizer.

    Attributes:
        downlink: from the AP to the tag, with what the tag's receiver adds.
        lit: from the energizer to the tag's receiver.
        incident: from the energizer to the tag's reflection.
        uplink: from the tag to the AP, with what the AP's receiver adds.
        direct: from the energizer to the AP.
    """

    downlink: PathConfig
    lit: PathConfig
    incident: PathConfig
    uplink: PathConfig
    direct: PathConfig


class EnergizerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an energizer's radio differs from its AP's."""

    carrier_offset_hz: float = 0.0
    clock_ppm: float = 0.0
    oscillator: Impairments = Impairments()


class NodeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one process needs to know; ``role`` is ``air``, ``ap`` or ``tag``.

    ``incident`` is the way from the AP to a tag that only reflects: its stream is then a reflection coefficient.
    ``bistatic`` are the ways of a 40 MHz channel with an ``energizer``, which take the place of the others.
    ``attach_patience_s`` is how long its MAC may take to come, ``patience_s`` how long that may take to answer then.
    """

    role: str
    profile: str
    sample_rate_sps: int
    streams: Streams
    sap: str = ""
    record_base: str = ""
    record_datatype: str = "cf32_le"
    description: str = ""
    chip_clock_ppm: float = 0.0
    attach_patience_s: float = 180.0  # the other processes of a run may be compiling loops
    patience_s: float = 30.0
    downlink: PathConfig = PathConfig()
    uplink: PathConfig = PathConfig()
    incident: PathConfig | None = None
    mono_static: bool = False
    own_delay_samples: int = 0
    bistatic: BistaticPaths | None = None
    energizer: EnergizerConfig | None = None
