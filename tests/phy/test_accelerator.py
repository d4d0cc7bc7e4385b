"""With the accelerator and without: the same PSDUs, accepted and dropped alike, the same estimates but for rounding."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ampradio import accelerator
from ampradio.channel.clock import sample_clock_offset
from ampradio.channel.noise import awgn
from ampradio.channel.offset import carrier_offset
from ampradio.phy.ap_batch import ApBatch
from ampradio.phy.ap_receiver import ApReceiver
from ampradio.phy.convolutional import encode
from ampradio.phy.frame_check import check_holds
from ampradio.phy.modulate import ppdus
from ampradio.phy.noise_floor import NoiseFloor
from ampradio.phy.running_sum import integral_to, running_sum
from ampradio.phy.tag_batch import TagBatch
from ampradio.phy.tag_receiver import TagReceiver
from ampradio.phy.uncoded_batch import UncodedBatch
from ampradio.phy.uncoded_frame import Detector
from ampradio.phy.viterbi import decode
from ampradio.profile import airtime
from ampradio.psdu import crc8, fcs
from ampradio.vectors import Listen, PpduKind, TxVector
from tests.phy.streams import PROFILE

RATE_SPS = 20_000_000
AT_ONCE = 32
CLOCKS_PPM = (0.0, 1000.0, 10_000.0)
CARRIER_HZ = 200_000.0


def frames(octets: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Random Data frames with a right FCS; of four octets, short frames with a right CRC-8 (rules 2 and 6)."""
    mac = PROFILE.mac
    plain = rng.integers(0, 256, (count, octets), np.uint8)
    plain[:, 0] = mac.type_ack if octets == mac.short_frame_octets else mac.type_data
    if octets > mac.short_frame_octets:
        plain[:, 3:5] = (octets - mac.header_octets - mac.fcs_octets - 1, 0)
    for each in plain:
        check = bytes([crc8(each[:-1].tobytes())]) if octets == mac.short_frame_octets else fcs(each[:-2].tobytes())
        each[-len(check) :] = tuple(check)
    return plain


def heard(vector: TxVector, octets: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Samples of PPDUs under every clock and carrier, from what cannot be read to what can, and their noise power."""
    rng = np.random.default_rng((seed, vector.rate_bps, octets))
    sent = frames(octets, AT_ONCE, rng)
    clock = rng.choice(CLOCKS_PPM, AT_ONCE) * rng.choice((-1, 1), AT_ONCE)
    if vector.kind.is_downlink:
        samples = sample_clock_offset(ppdus(PROFILE, sent, vector), clock)
    else:
        samples = ppdus(PROFILE, sent, vector, clock_ppm=clock)
        carrier_hz = rng.uniform(-CARRIER_HZ, CARRIER_HZ, AT_ONCE)
        samples = carrier_offset(samples, carrier_hz, RATE_SPS, rng.uniform(0, 6, AT_ONCE))
    samples = np.pad(samples, ((0, 0), (400, 320 + samples.shape[1] % 2)))
    least, decades = (0.05, 1.4) if vector.kind.is_downlink else (0.03, 2.8)  # clear uplinks too
    power = least * 10 ** rng.uniform(0, decades, AT_ONCE) * (1_000_000 / vector.rate_bps)
    return awgn(samples, power, rng), power


def power_of(samples: np.ndarray) -> np.ndarray:
    """|x|² summed over pairs of samples, what a tag's detector gives."""
    parts = samples.view(np.float32).reshape(samples.shape[0], -1, 4)
    return np.einsum("pnk,pnk->pn", parts, parts)


def both(receive: object) -> tuple[object, object]:
    """What it gives with the accelerator, and without."""
    assert accelerator.is_on() and callable(receive)
    compiled = receive()
    with accelerator.off():
        assert not accelerator.is_on()
        return compiled, receive()


def accepted(psdus: list[bytes | None]) -> list[bytes | None]:
    """Those whose check holds, None in place of others."""
    return [psdu if psdu is not None and check_holds(PROFILE.mac, psdu) else None for psdu in psdus]


@pytest.mark.parametrize("octets", [4, 16, 40])
@pytest.mark.parametrize("rate_bps", [250_000, 1_000_000])
def test_downlinks_are_read_alike(rate_bps: int, octets: int) -> None:
    """1536 frames in noise, some lost and some not: every decision the same."""
    receiver = TagBatch(PROFILE, RATE_SPS, 2)
    read = 0
    for seed in range(8):
        samples, power = heard(TxVector(PpduKind.DL_TYPE1, rate_bps), octets, seed)
        fast, slow = both(lambda: receiver.receive(power_of(samples), 2 * power))  # noqa: B023
        assert fast.psdus == slow.psdus
        assert np.array_equal(fast.found, slow.found) and np.array_equal(fast.rate_bps, slow.rate_bps)
        assert np.allclose(fast.start_sample, slow.start_sample, rtol=0, atol=1e-6)
        assert np.allclose(fast.stretch, slow.stretch, rtol=0, atol=1e-10)
        read += sum(psdu is not None for psdu in fast.psdus)
    assert 0 < read < 8 * AT_ONCE


@pytest.mark.parametrize("octets", [4, 16, 40])
@pytest.mark.parametrize("rate_bps", [250_000, 1_000_000])
def test_uplinks_are_read_alike(rate_bps: int, octets: int) -> None:
    """768 frames in noise, some lost and some not: every one that is accepted is the same, and all but a few dropped.

    Where noise is taken for a sync, what follows is decided bit by bit; two clocks may then be as likely to six digits.
    """
    receiver = ApBatch(PROFILE, rate_bps, RATE_SPS)
    read, other = 0, 0
    for seed in range(4):
        samples, power = heard(TxVector(PpduKind.UL_ACTIVE, rate_bps, seed_index=1), octets, seed)
        fast, slow = both(lambda: receiver.receive(samples, power, 1))  # noqa: B023
        assert accepted(fast.psdus) == accepted(slow.psdus)
        assert np.array_equal(fast.found, slow.found)
        same = np.array([one == two for one, two in zip(fast.psdus, slow.psdus, strict=True)])
        assert np.allclose(fast.start_sample[same], slow.start_sample[same], rtol=0, atol=1e-3)
        assert np.allclose(fast.stretch[same], slow.stretch[same], rtol=0, atol=1e-6)
        assert np.allclose(fast.cfo_hz[same], slow.cfo_hz[same], rtol=0, atol=1.0)
        read += sum(psdu is not None for psdu in fast.psdus)
        other += AT_ONCE - int(np.count_nonzero(same))
    assert 0 < read < 4 * AT_ONCE
    assert other <= 1


@pytest.mark.parametrize("detector", Detector, ids=lambda detector: detector.name)
@pytest.mark.parametrize(("kind", "rate_bps"), [(PpduKind.UL_ACTIVE, 4_000_000), (PpduKind.UL_BISTATIC, 250_000)])
def test_uncoded_uplinks_are_read_alike(kind: PpduKind, rate_bps: int, detector: Detector) -> None:
    """512 frames in noise, some lost and some not: every decision the same."""
    vector, wide_sps = TxVector(kind, rate_bps, seed_index=1), 2 * RATE_SPS
    receiver = UncodedBatch(PROFILE, vector, wide_sps, detector)
    right = 0
    for seed in range(4):
        rng = np.random.default_rng((seed, rate_bps))
        sent = frames(16, AT_ONCE, rng)
        clock = rng.choice(CLOCKS_PPM, AT_ONCE) * rng.choice((-1, 1), AT_ONCE)
        samples = np.pad(ppdus(PROFILE, sent, vector, clock_ppm=clock), ((0, 0), (400, 400)))
        samples = carrier_offset(samples, rng.uniform(-CARRIER_HZ, CARRIER_HZ, AT_ONCE), wide_sps)
        energy = float(np.abs(samples).max()) ** 2 * airtime.uplink_chip_ns(PROFILE, kind, rate_bps) * 0.04
        power = energy / 10 ** rng.uniform(0.9, 2.0, AT_ONCE)
        noisy = awgn(samples, power, rng)
        fast, slow = both(lambda: receiver.receive(noisy, power))  # noqa: B023
        assert list(fast.psdus) == list(slow.psdus)
        assert np.array_equal(fast.found, slow.found)
        assert np.allclose(fast.start_sample, slow.start_sample, rtol=0, atol=1e-3)
        assert np.allclose(fast.stretch, slow.stretch, rtol=0, atol=1e-6)
        right += sum(psdu == each.tobytes() for psdu, each in zip(fast.psdus, sent, strict=True))
    assert 0 < right < 4 * AT_ONCE


@pytest.mark.parametrize("kind", [PpduKind.DL_TYPE1, PpduKind.UL_ACTIVE], ids=lambda kind: kind.name)
@pytest.mark.parametrize("rate_bps", [250_000, 1_000_000])
def test_streams_are_read_alike(kind: PpduKind, rate_bps: int) -> None:
    """32 frames one after the other through the streaming receivers: the same receptions, counters and promises."""
    samples, power = heard(TxVector(kind, rate_bps, seed_index=1), 16, 77)
    samples = samples * np.sqrt(0.3 / power).astype(np.float32)[:, np.newaxis]
    quiet = awgn(np.zeros((1, 100_000), np.complex64), 0.3, np.random.default_rng(1))

    def received() -> list[object]:
        uplink = kind is PpduKind.UL_ACTIVE
        receiver = ApReceiver(PROFILE, RATE_SPS) if uplink else TagReceiver(PROFILE, RATE_SPS, 2)
        out: list[object] = []
        receiver.feed(quiet[0] if uplink else power_of(quiet)[0])
        position = quiet.size
        for row in samples:
            if uplink:
                window_ns = (position * 50, (position + row.size) * 50)
                receiver.listen(Listen(kind, rate_bps, 1, *window_ns))
            for each in receiver.feed(row if uplink else power_of(row[np.newaxis])[0]):
                vector = each.rxvector
                out.append((each.psdu, each.fields, vector.start_sample, vector.rate_bps, round(vector.snr_db, 3)))
            out.append(receiver.earliest_end())
            position += row.size
        return [*out, receiver.counters]

    fast, slow = both(received)
    assert fast == slow
    assert sum(isinstance(each, tuple) for each in fast) > AT_ONCE // 3


def test_integrals_and_sums_are_the_same() -> None:
    """Between samples, at them, before the first and after the last, for one row and several."""
    rng = np.random.default_rng(3)
    for kind, wide in ((np.float32, np.float64), (np.complex64, np.complex128)):
        for rows, shape in ((1, (1, 50)), (3, (3, 4, 9))):
            samples = rng.standard_normal((rows, 40)).astype(kind)
            fast, slow = both(lambda: running_sum(samples, wide))  # noqa: B023
            assert np.allclose(fast, slow, rtol=1e-12, atol=1e-12)
            position = rng.uniform(-5, 45, shape)
            position.flat[:4] = (0, 40, 7, -0.0)
            fast, slow = both(lambda: integral_to(slow, position))  # noqa: B023
            assert np.allclose(fast, slow, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("terminated", [True, False])
@pytest.mark.parametrize("bits", [1, 2, 5, 6, 7, 40, 333])
def test_the_trellis_is_decided_alike(bits: int, terminated: bool) -> None:
    """Random soft values, short and long, single and double precision."""
    soft = np.random.default_rng(bits).standard_normal((300, bits, 2))
    for given in (soft, soft.astype(np.float32)):
        fast, slow = both(lambda: decode(PROFILE.uplink, given, terminated=terminated))  # noqa: B023
        assert np.array_equal(fast, slow)


@pytest.mark.parametrize("terminated", [True, False])
@pytest.mark.parametrize("bits", [1, 6, 7, 40, 333])
def test_a_codeword_is_read_without_the_trellis(bits: int, terminated: bool) -> None:
    """Codewords of any sizes give their bits; with a sign turned, a value of nothing or an open end they are none."""
    loops, up = importlib.import_module("ampradio.phy.viterbi_loop"), PROFILE.uplink
    code = (up.bcc_polynomial_a, up.bcc_polynomial_b, up.bcc_constraint, loops.parities(up.bcc_constraint))
    rng = np.random.default_rng(bits)
    for _ in range(50):
        sent, read = rng.integers(0, 2, bits, np.uint8), np.zeros(bits, np.uint8)
        soft = (2.0 * encode(sent) - 1) * rng.uniform(0.01, 1, 2 * bits)
        ends = not (terminated and sent[-up.bcc_tail_bits :].any())
        assert loops.decode_codeword(soft, *code, terminated, read) == ends
        assert not ends or np.array_equal(read, sent)
        wrong = rng.integers(0, 2 * bits - 1)
        for factor in (-1, 0):
            other = soft.copy()
            other[wrong] *= factor
            told = loops.decode_codeword(other, *code, terminated, read)
            assert not told or (factor and np.array_equal(encode(read) > 0, other > 0))
            assert not told or not terminated or not read[-up.bcc_tail_bits :].any()


@pytest.mark.parametrize("bits", [0, 1, 6, 7, 150])
def test_bits_are_coded_alike(bits: int) -> None:
    """Rows of random bits, as packets and one by one."""
    given = np.random.default_rng(bits).integers(0, 2, (20, bits), np.uint8)
    fast, slow = both(lambda: encode(given))
    assert isinstance(fast, np.ndarray) and np.array_equal(fast, slow)
    assert np.array_equal(fast, [encode(each) for each in given])


def test_the_floor_is_tracked_alike() -> None:
    """Over more blocks than are remembered, in pieces, silence among them: the same floor after each."""
    rng = np.random.default_rng(5)
    pieces = [awgn(np.zeros((1, 64 * blocks), np.complex64), 0.3, rng)[0] for blocks in (1, 3, 200, 80, 1, 300)]
    pieces[2][640:1280] = 0
    pieces.insert(0, np.zeros(64, np.complex64))

    def tracked() -> list[float]:
        floor, out = NoiseFloor(64.0), []
        for piece in pieces:
            floor.add_blocks(piece, 64)
            out += [floor.power, float(floor.settled), *floor.before_each(np.ones(4))[0]]
        return out

    fast, slow = both(tracked)
    assert np.allclose(fast, slow, rtol=1e-6, atol=0)


@pytest.mark.parametrize(("choice", "printed"), [("none", "False"), ("numba", "True"), ("", "True")])
def test_the_environment_chooses(choice: str, printed: str) -> None:
    """Switched off, insisted on, or left to what is installed; switched off, numba is not even imported."""
    code = (
        "import sys; from ampradio import accelerator; from ampradio.phy.tag_receiver import TagReceiver;"
        "from ampradio.profile import load_profile; TagReceiver(load_profile(), 20_000_000);"
        "print(accelerator.is_on(), 'numba' in sys.modules)"
    )
    environment = {**os.environ, "AMP_ACCELERATOR": choice}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [printed, printed]


def test_what_was_compiled_from_other_loops_is_forgotten(tmp_path: Path) -> None:
    """Once, and what calls a loop that was changed with it; what has nothing to do with the change stays."""
    changed, calls_it, apart = (
        tmp_path / f"{name}.each-1.py311.nbi" for name in ("viterbi_loop", "coded_frame_loops", "envelope_loops")
    )
    stamp = tmp_path / "loops.digest"

    def left(known: str) -> set[Path]:
        stamp.write_text(known)
        for path in (changed, calls_it, apart):
            path.touch()
        accelerator._forget_stale.cache_clear()
        accelerator._forget_stale(tmp_path)
        return {path for path in (changed, calls_it, apart) if path.exists()}

    for of_others in ("", "{}", "[]", "not one digest"):
        assert left(of_others) == set()
    now = stamp.read_text()
    assert left(now) == {changed, calls_it, apart}
    assert left(json.dumps(json.loads(now) | {"viterbi_loop": "another"})) == {calls_it, apart}
    sources = {path.stem: path.read_bytes() for path in accelerator._loop_files()}
    other = sources | {"viterbi_loop": sources["viterbi_loop"] + b"# changed"}
    before, after = accelerator._digests(sources), accelerator._digests(other)
    differ = {name for name in before if before[name] != after[name]}
    assert {"viterbi_loop", "coded_frame_loops"} <= differ and "envelope_loops" not in differ


def test_an_unknown_choice_is_refused() -> None:
    """ValueError that names the variable and the choices."""
    code = "from ampradio import accelerator; accelerator.is_on()"
    environment = {**os.environ, "AMP_ACCELERATOR": "gpu"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "AMP_ACCELERATOR must be 'none' or 'numba', not 'gpu'" in done.stderr


def test_compiling_leaves_subnormal_numbers_alone() -> None:
    """No flushing to zero in this process, compiled loops loaded: performance page, section 4."""
    assert accelerator.is_on()
    TagReceiver(PROFILE, RATE_SPS)
    least = np.nextafter(np.float32(0), np.float32(1))
    assert np.float32(2) * least > least > 0
    assert np.float64(5e-324) * 3 > 0


def test_everything_can_be_prepared() -> None:
    """Every module of loops is found and loads; switched off, none does."""
    modules = accelerator.prepare_everything()
    assert {"ampradio.phy.viterbi_loop", "ampradio.channel.quick_noise_loops"} <= set(modules)
    assert set(modules) <= sys.modules.keys()
    with accelerator.off():
        assert accelerator.prepare_everything() == []


def test_every_loop_can_be_imported_without_numba() -> None:
    """Where numba is not installed the modules of loops import, as what they are: plain functions."""
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "import importlib.util; importlib.util.find_spec = lambda name, package=None: None\n"
        "from ampradio import accelerator; from ampradio.phy import viterbi_loop\n"
        "print(accelerator.is_on(), type(viterbi_loop.decode_each).__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "function"]
