"""Link budget: from powers, distances and antennas to received power and SNR (air-interface page, section 7).

Powers are those while the carrier is ON; OOK and Manchester are ON half of the time, so a mean SNR is 3 dB less. To
simulate in these units let a sample of unit power be 1 mW: ``Path(gain_db=received, noise_power=10 ** (noise / 10))``
with both in dBm, and the sample rate as the bandwidth of the noise.

The bistatic figures of contributions (11.0, 7.7, 5.0 and 2.6 dB with the tag at 0.7, 1, 1.4 and 2 m) fall by 1.84 dB
for each dB of distance (least squares; 0.23 dB are left). One way growing in free space is 2, both ways 4, so we read
them as the distance from the energizer to the tag. In 20 MHz with a noise figure of 7 dB, and the AP 10 m from the tag,
chosen for the level, free space gives 10.7, 7.6, 4.7 and 1.6 dB: three within 0.4 dB, one 1.0 dB short. Only the sum of
that way's loss, noise figure and bandwidth could be told from the figures (docs/channel.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.channel.path_loss import PathLoss
from ampradio.channel.per_packet import PerPacket
from ampradio.profile.model import Link

THERMAL_DBM_HZ = 10 * math.log10(1.380649e-23 * 290 * 1000)  # kT at 290 K, as noise figures are defined


@dataclass(frozen=True)
class Antennas:
    """Gains in dBi of what sends the carrier, of the tag (passed twice by a reflection) and of what listens."""

    source_dbi: float = 0.0
    tag_dbi: float = 0.0
    receiver_dbi: float = 0.0


ISOTROPIC = Antennas()


def noise_dbm(bandwidth_hz: PerPacket, noise_figure_db: PerPacket) -> npt.NDArray[np.float64]:
    """Return the noise power in dBm in ``bandwidth_hz`` of a receiver at 290 K: -101 dBm + figure in 20 MHz.

    Raises:
        ValueError: the bandwidth is not positive.
    """
    bandwidth = np.asarray(bandwidth_hz, np.float64)
    if not (bandwidth > 0).all():
        raise ValueError(f"bandwidth_hz must be positive, not {bandwidth_hz!r}")
    return np.asarray(THERMAL_DBM_HZ + 10 * np.log10(bandwidth) + noise_figure_db)


def snr_db(received_dbm: PerPacket, bandwidth_hz: PerPacket, noise_figure_db: PerPacket) -> npt.NDArray[np.float64]:
    """Return the SNR in dB over ``bandwidth_hz`` of what is received with ``received_dbm``.

    Raises:
        ValueError: the bandwidth is not positive.
    """
    return np.asarray(received_dbm - noise_dbm(bandwidth_hz, noise_figure_db))


def at_tag_dbm(
    power_dbm: PerPacket, path: PathLoss, distance_m: PerPacket, antennas: Antennas = ISOTROPIC
) -> npt.NDArray[np.float64]:
    """Return the power in dBm that a tag receives from ``distance_m`` away.

    Raises:
        ValueError: a distance is not positive.
    """
    return np.asarray(power_dbm + antennas.source_dbi + antennas.tag_dbi - path.loss_db(distance_m))


def reply_dbm(
    power_dbm: PerPacket,
    path: PathLoss,
    source_to_tag_m: PerPacket,
    tag_to_receiver_m: PerPacket,
    reflection_loss_db: float,
    antennas: Antennas = ISOTROPIC,
) -> npt.NDArray[np.float64]:
    """Return the power in dBm of a tag's reflection at the receiver; mono-static: both distances the same.

    Raises:
        ValueError: a distance is not positive.
    """
    arrived = at_tag_dbm(power_dbm, path, source_to_tag_m, antennas)
    back = antennas.tag_dbi + antennas.receiver_dbi - path.loss_db(tag_to_receiver_m)
    return np.asarray(arrived - reflection_loss_db + back)


def bistatic_snr_db(
    link: Link,
    path: PathLoss,
    energizer_to_tag_m: PerPacket,
    tag_to_ap_m: PerPacket,
    bandwidth_hz: float,
    noise_figure_db: float,
    antennas: Antennas = ISOTROPIC,
) -> npt.NDArray[np.float64]:
    """Return the SNR in dB at the AP of a bistatic reply, with the excitation and reflection loss of the profile.

    Raises:
        ValueError: a distance or the bandwidth is not positive.
    """
    received = reply_dbm(
        link.bistatic_excitation_dbm, path, energizer_to_tag_m, tag_to_ap_m, link.reflection_loss_db, antennas
    )
    return snr_db(received, bandwidth_hz, noise_figure_db)


def leak_over_reply_db(
    link: Link, path: PathLoss, distance_m: PerPacket, antennas: Antennas = ISOTROPIC
) -> npt.NDArray[np.float64]:
    """Return by how much in dB the AP's own carrier is louder than a mono-static reply, whatever the power.

    That is the loss there and back and the reflection loss, less the antennas and the isolation of the profile.

    Raises:
        ValueError: a distance is not positive.
    """
    reply = reply_dbm(0.0, path, distance_m, distance_m, link.reflection_loss_db, antennas)
    return np.asarray(-link.isolation_db - reply)


def mono_static_reach_m(link: Link, path: PathLoss, antennas: Antennas = ISOTROPIC) -> float:
    """Return the distance at which the leak uses up the reader's dynamic range after digital cancellation."""
    gains = antennas.source_dbi + 2 * antennas.tag_dbi + antennas.receiver_dbi
    two_ways = link.cancellation_dynamic_range_db + link.isolation_db - link.reflection_loss_db + gains
    return path.distance_m(two_ways / 2)
