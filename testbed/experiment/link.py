"""The SNRs of an experiment: as its file gives them, or from distance and powers."""

from __future__ import annotations

from ampradio.channel.link_budget import at_tag_dbm, leak_over_reply_db, reply_dbm, snr_db
from ampradio.channel.path_loss import PathLoss, shadowing_db, tgn_path_loss
from ampradio.profile.model import Profile
from testbed.experiment.shape import Channel, Energizer
from testbed.seeds import generator_for


def snrs_db(channel: Channel, profile: Profile, seed: int, mono_static: bool = False) -> tuple[float, float]:
    """Return the SNR of the downlink and of the uplink, of an ON chip over the noise in the sampled band.

    What a ``mono_static`` tag sends is what comes back of the AP's power. With a distance: isotropic antennas, the
    path loss of the multipath model (free space without one) at the profile's carrier, and noise at 290 K.

    Raises:
        ValueError: the distance is not positive.
    """
    distance_m = channel.distance_m
    if distance_m is None:
        return channel.downlink_snr_db, channel.uplink_snr_db
    model, path = channel.multipath, _path_of(channel, profile)
    shadow = 0.0
    if channel.shadowing and model != "none":
        shadow = float(shadowing_db(model, distance_m, generator_for(seed, "air.shadowing")))

    def snr(received_dbm: float) -> float:
        return float(snr_db(received_dbm, profile.preamble.sample_rate_sps, channel.noise_figure_db))

    down_dbm = float(at_tag_dbm(channel.ap_power_dbm, path, distance_m)) - shadow
    if not mono_static:
        return snr(down_dbm), snr(float(at_tag_dbm(channel.tag_power_dbm, path, distance_m)) - shadow)
    loss_db = profile.uplink.reflection_loss_db
    back_dbm = float(reply_dbm(channel.ap_power_dbm, path, distance_m, distance_m, loss_db))
    return snr(down_dbm), snr(back_dbm - 2 * shadow)


def lit_snrs_db(channel: Channel, energizer: Energizer, profile: Profile, seed: int) -> tuple[float, float, float]:
    """Return the SNR at a bistatic tag of the energizer, at the AP of the tag's reply, and of the excitation itself.

    With distances as ``snrs_db``, without shadowing: the reply has come from the energizer by way of the tag.

    Raises:
        ValueError: a distance is missing or not positive.
    """
    if channel.distance_m is None:
        direct_db = channel.uplink_snr_db + energizer.direct_db
        return energizer.snr_db, channel.uplink_snr_db, direct_db
    if energizer.tag_distance_m is None or energizer.ap_distance_m is None:
        raise ValueError("a bistatic budget has three distances")
    path, loss_db = _path_of(channel, profile), profile.uplink.reflection_loss_db
    at_tag, at_ap = (
        float(at_tag_dbm(energizer.power_dbm, path, metres))
        for metres in (energizer.tag_distance_m, energizer.ap_distance_m)
    )
    back = float(reply_dbm(energizer.power_dbm, path, energizer.tag_distance_m, channel.distance_m, loss_db))
    rate_sps, figure_db = profile.preamble.sample_rate_sps, channel.noise_figure_db
    at_tag_db, back_db, direct_db = (float(snr_db(each, rate_sps, figure_db)) for each in (at_tag, back, at_ap))
    return at_tag_db, back_db, direct_db


def leak_db(channel: Channel, profile: Profile, mono_static: bool = False) -> float | None:
    """Return what the AP hears of its own transmission over the tag's, None for nothing.

    Beside a distance a mono-static AP that is given no leak has that of the profile's isolation.
    """
    if channel.leak_db is not None or not mono_static or channel.distance_m is None:
        return channel.leak_db
    return float(leak_over_reply_db(profile.link, _path_of(channel, profile), channel.distance_m))


def _path_of(channel: Channel, profile: Profile) -> PathLoss:
    carrier_hz = profile.uplink.carrier_hz
    return PathLoss(carrier_hz) if channel.multipath == "none" else tgn_path_loss(channel.multipath, carrier_hz)
