"""The receivers decode every golden recording byte for byte, and nothing else that passes its check sequence."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from ampradio.phy.reception import Reception
from ampradio.profile import load_profile
from testbed.capture import open_capture
from testbed.replay_receivers import replay_receiver
from tests.conftest import ROOT
from tests.golden.make import FOLDER, recipes
from tests.golden.recipe import Recipe
from tests.golden.reference_frames import crc8, crc16

PROFILE = load_profile()
RECIPES = recipes()
HEARD_AS = {"DL_TYPE5": "DL_TYPE1"}  # an envelope does not tell what lies in the other half
DATA_FROM_US = {"DL_TYPE2": 32 + 1000 + 16, "DL_TYPE3": 32 + 16, "DL_TYPE4": 32 + 80 + 64}  # excitation follows


def passes(psdu: bytes) -> bool:
    """Whether a check sequence holds, by the reference."""
    if len(psdu) == 4:
        return crc8(psdu[:-1]) == psdu[-1]
    return crc16(psdu[:-2]).to_bytes(2, "little") == psdu[-2:]


def received(recipe: Recipe, piece: int) -> list[Reception]:
    """Return what comes out of a recording that is fed ``piece`` samples at a time."""
    recording = open_capture(FOLDER / recipe.name)
    receiver = replay_receiver(recording, PROFILE, recording.role)
    samples, out = recording.read(), []
    for begin in range(0, samples.size, piece):
        out += receiver.feed(samples[begin : begin + piece])
    return out


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_byte_for_byte(recipe: Recipe) -> None:
    """PSDUs, and of each the kind, the rate and where it was: within a sample per thousand of noise and clock."""
    good = [each for each in received(recipe, 1 << 20) if passes(each.psdu)]
    assert [each.psdu for each in good] == list(recipe.frames)
    for each in good:
        (sent,) = (sent for sent in recipe.sent if sent.psdu == each.psdu)
        rx = each.rxvector
        assert (rx.kind.name, rx.rate_bps) == (HEARD_AS.get(sent.kind, sent.kind), sent.rate_bps)
        assert abs(rx.start_sample - sent.start) <= 2.5
        if sent.kind in DATA_FROM_US and not recipe.name.endswith(("-slow", "-fast")):
            data_end_us = sent.start / 20 + DATA_FROM_US[sent.kind] + 32 * len(sent.psdu)
            assert rx.end_ns == pytest.approx(1000 * data_end_us, abs=100)


@pytest.mark.parametrize(
    "recipe",
    [each for each in RECIPES if each.rate_sps == 20_000_000 and each.name.startswith("ul-active")],
    ids=lambda recipe: recipe.name,
)
def test_coded_uplinks_are_read_by_a_receiver_that_is_told_no_window(recipe: Recipe) -> None:
    """Every clock and carrier, and in a collision the stronger."""
    recording = replace(open_capture(FOLDER / recipe.name), windows=())
    receiver = replay_receiver(recording, PROFILE, "ap")
    good = [each for each in receiver.feed(recording.read()) if passes(each.psdu)]
    assert [each.psdu for each in good] == list(recipe.frames)
    for each, sent in zip(good, recipe.sent, strict=False):
        assert abs(each.rxvector.start_sample - sent.start) <= 2.5


@pytest.mark.parametrize("recipe", RECIPES[::3], ids=lambda recipe: recipe.name)
def test_however_it_is_cut(recipe: Recipe) -> None:
    whole, cut = received(recipe, 1 << 20), received(recipe, 613)
    assert [(each.psdu, each.rxvector) for each in whole] == [(each.psdu, each.rxvector) for each in cut]


@pytest.mark.parametrize(
    "recipe", [recipe for recipe in RECIPES if recipe.rate_sps == 20_000_000], ids=lambda recipe: recipe.name
)
def test_what_is_for_others_is_not_heard(recipe: Recipe) -> None:
    """A mono-static tag hears no Type 1 or 4, an active one no Type 2 or 3, and neither an uplink.

    In the AP's recording of a mono-static reply there is, as its leak, the command itself.
    """
    recording = open_capture(FOLDER / recipe.name)
    for device in {"active", "mono-static"} - ({recipe.device} if recipe.role == "tag" else set()):
        receiver = replay_receiver(replace(recording, device=device), PROFILE, "tag")
        commands = [recipe.own.psdu] if recipe.own and device == "mono-static" else []
        assert [each.psdu for each in receiver.feed(recording.read()) if passes(each.psdu)] == commands


def test_the_command_replays_and_checks_them() -> None:
    """`amp replay --check` on the folder: every expected PSDU, through GNU Radio's replay flowgraph."""
    command = [sys.executable, "-m", "testbed.cli", "replay", "--check", "--json", str(FOLDER)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    document = json.loads(done.stdout)
    assert document["differences"] == []
    wanted = {psdu.hex() for recipe in RECIPES for psdu in recipe.frames}
    assert wanted <= {frame["psdu"] for frame in document["frames"]}
    assert {frame["channel_offset_hz"] for frame in document["frames"]} == {-5_000_000, 0, 5_000_000}
    reflected = [frame for frame in document["frames"] if frame["kind"] == "UL_MONO_STATIC"]
    assert len(reflected) == 3 and all(frame["isolation_db"] > 19 > frame["residual_db"] for frame in reflected)


def test_leaks_are_reported() -> None:
    """Isolation 20 dB, as the recordings were made, less what the echoes carry; the residual is under the reply."""
    for recipe in RECIPES:
        if recipe.own is None:
            continue
        (reply,) = received(recipe, 1 << 20)
        taps = 10 * np.log10(1 + 0.2**2 + 0.05**2)
        assert reply.rxvector.isolation_db == pytest.approx(20 - taps, abs=0.5)
        assert reply.rxvector.residual_db is not None and reply.rxvector.residual_db < 0
