"""The SNRs of an experiment: as its file gives them, or from distance and powers."""

from __future__ import annotations

from ampradio.channel.link_budget import at_tag_dbm, snr_db
from ampradio.channel.path_loss import PathLoss, shadowing_db, tgn_path_loss
from ampradio.profile.model import Profile
from testbed.experiment.shape import Channel
from testbed.seeds import generator_for


def snrs_db(channel: Channel, profile: Profile, seed: int) -> tuple[float, float]:
    """Return the SNR of the downlink and of the uplink, of an ON chip over the noise in the sampled band.

    With a distance: isotropic antennas, the path loss of the multipath model (free space without one) at the
    profile's carrier, and noise at 290 K.

    Raises:
        ValueError: the distance is not positive.
    """
    if channel.distance_m is None:
        return channel.downlink_snr_db, channel.uplink_snr_db
    model, carrier_hz = channel.multipath, profile.uplink.carrier_hz
    path = PathLoss(carrier_hz) if model == "none" else tgn_path_loss(model, carrier_hz)
    shadow = 0.0
    if channel.shadowing and model != "none":
        shadow = float(shadowing_db(model, channel.distance_m, generator_for(seed, "air.shadowing")))

    def snr(power_dbm: float) -> float:
        received = at_tag_dbm(power_dbm, path, channel.distance_m) - shadow  # type: ignore[arg-type]
        return float(snr_db(received, profile.preamble.sample_rate_sps, channel.noise_figure_db))

    return snr(channel.ap_power_dbm), snr(channel.tag_power_dbm)
