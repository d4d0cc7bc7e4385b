"""Link budgets over distance: what of a mono-static reader's carrier comes back, beside what it leaks into itself."""

from __future__ import annotations

import numpy as np

from ampradio.channel.link_budget import at_tag_dbm, leak_over_reply_db, mono_static_reach_m, noise_dbm, reply_dbm
from ampradio.channel.path_loss import PathLoss
from ampradio.profile import load_profile
from testbed.gallery.drawing import SERIES, as_svg, one_axes
from testbed.report.palette import LIGHT

READER_DBM = 20.0
NOISE_FIGURE_DB = 7.0
NEAREST_M, FARTHEST_M, POINTS = 0.2, 10.0, 60


def mono_static() -> str:
    """Return power at the tag, the reply at the reader, the reader's leak and its noise over distance, as SVG."""
    profile = load_profile()
    link, bandwidth_hz = profile.link, float(profile.preamble.sample_rate_sps)
    path = PathLoss(float(profile.uplink.carrier_hz))
    distance_m = np.geomspace(NEAREST_M, FARTHEST_M, POINTS)
    tag_dbm = at_tag_dbm(READER_DBM, path, distance_m)
    back_dbm = reply_dbm(READER_DBM, path, distance_m, distance_m, link.reflection_loss_db)
    leak_dbm = back_dbm + leak_over_reply_db(link, path, distance_m)
    floor_dbm = float(noise_dbm(bandwidth_hz, NOISE_FIGURE_DB))
    reach_m = mono_static_reach_m(link, path)
    figure, axes = one_axes(8.0, 4.2)
    axes.semilogx(distance_m, tag_dbm, color=SERIES[0], label="at the tag's antenna")
    axes.semilogx(distance_m, leak_dbm, color=LIGHT["bad"], linestyle="--", label="the reader's own carrier in itself")
    axes.semilogx(distance_m, back_dbm, color=SERIES[1], linewidth=2, label="the reply at the reader")
    axes.axhline(floor_dbm, color=LIGHT["muted"], linestyle=":", label="its noise in 20 MHz")
    axes.axvline(reach_m, color=LIGHT["ink"], linewidth=0.8)
    axes.text(reach_m * 1.03, -25, f"{reach_m:.1f} m: dynamic range used up", fontsize=8)
    axes.set_xticks([0.2, 0.5, 1, 2, 5, 10], ["0.2", "0.5", "1", "2", "5", "10"])
    axes.set_xlabel("distance between reader and tag, m (free space, isotropic antennas)", fontsize=9)
    axes.set_ylabel("dBm", fontsize=9)
    axes.legend(fontsize=8, frameon=False, loc="upper right", bbox_to_anchor=(1.0, 0.9))
    data = {
        "reach_m": round(float(reach_m), 3),
        "noise_dbm": round(floor_dbm, 2),
        "reply_dbm": [round(float(each), 2) for each in back_dbm],
        "leak_dbm": [round(float(each), 2) for each in leak_dbm],
        "tag_dbm": [round(float(each), 2) for each in tag_dbm],
    }
    return as_svg(figure, data)
