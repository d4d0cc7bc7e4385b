"""The slow reference knows nothing of the code under test, agrees with the page's vectors, and the code with it."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from ampradio.phy.modulate import ppdu
from ampradio.profile import load_profile
from ampradio.vectors import PpduKind, TxVector
from tests.conftest import SHARED
from tests.golden import make, reference_downlink, reference_frames, reference_uplink

VECTORS = json.loads((SHARED / "vectors" / "amp_phy.json").read_text())["vectors"]
PROFILE = load_profile()
GAMMA_ON = 10 ** (-6 / 20)  # section 7
PSDU = bytes.fromhex("09fe7f030000102030a663")


def test_the_reference_imports_nothing_of_ours() -> None:
    """Everything that the recordings are made by: only the standard library, numpy, and each other."""
    for path in Path(make.__file__).parent.glob("*.py"):
        if path.name.startswith("test_"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                top = name.split(".")[0]
                assert top not in ("ampradio", "testbed", "flowgraphs", "gnuradio", "scipy"), f"{path.name}: {name}"
                assert top != "tests" or name.startswith("tests.golden"), f"{path.name}: {name}"


def assert_vector(samples: Any, expected: dict[str, Any]) -> None:
    """Hold samples against the places, the count and the energy that a vector gives."""
    made = np.array(samples)
    assert made.size == expected["samples"]
    assert np.max(np.abs(made[expected["sample_at"]] - np.array(expected["sample_values"]) @ (1, 1j))) < 1e-6
    assert np.sum(np.abs(made) ** 2) == pytest.approx(expected["total_energy"], rel=1e-6)


@pytest.mark.parametrize("vector", VECTORS["dl_type1"], ids=lambda vector: vector["id"])
def test_type1(vector: dict[str, Any]) -> None:
    psdu, protected = bytes.fromhex(vector["psdu"]), bool(vector["protected"])
    made = reference_downlink.type1(psdu, vector["rate"] // 1000, vector["partial_id"], protected=protected)
    assert_vector(made.sampled(), vector["iq"])


@pytest.mark.parametrize("vector", VECTORS["dl_mono"], ids=lambda vector: vector["id"])
def test_types_2_and_3(vector: dict[str, Any]) -> None:
    made = reference_downlink.type2(
        bytes.fromhex(vector["psdu"]),
        vector["bst_us"] * 1000,
        multi_txop=vector["multi_txop"],
        session=vector["session"],
        station=vector["sta_id_12"],
        wake_up=vector["type"] == 2,
    )
    assert_vector(made.sampled(), vector["iq"])


def test_type4() -> None:
    vector = VECTORS["dl_type4"][0]
    made = reference_downlink.type4(bytes.fromhex(vector["psdu"]), int(vector["excitation_us"] * 1000))
    assert_vector(made.sampled(), vector["iq"])


def test_type5() -> None:
    vector = VECTORS["dl_type5"][0]
    made = reference_downlink.type5(bytes.fromhex(vector["psdu"]), vector["partial_id"])
    assert_vector(made.sampled(), vector["iq"])


def test_sub1ghz() -> None:
    (vector,) = VECTORS["dl_sub1ghz"]
    field = reference_downlink.sub1ghz_chips(bytes.fromhex(vector["psdu"]))
    assert "".join(map(str, field.chips)) == vector["sync"] + vector["data"]
    assert field.duration_ns == vector["us"] * 1000


@pytest.mark.parametrize("vector", VECTORS["ul"], ids=lambda vector: vector["id"])
def test_uplink(vector: dict[str, Any]) -> None:
    psdu, rate = bytes.fromhex(vector["psdu"]), vector["rate"] // 1000
    chips = {
        "active": lambda: reference_uplink.active_chips(psdu, rate, vector["seed_index"]),
        "mono": lambda: reference_uplink.mono_static_chips(psdu),
        "bistatic": lambda: reference_uplink.bistatic_chips(psdu),
    }[vector["kind"]]()
    active = vector["kind"] == "active"
    chip_ns = (reference_uplink.ACTIVE_CHIP_NS if active else reference_uplink.BACKSCATTER_CHIP_NS)[rate]
    on = np.array(reference_uplink.levels(chips, chip_ns, vector["sample_rate"]))
    assert_vector(on if active else GAMMA_ON * on, vector["iq"])


@pytest.mark.parametrize("vector", VECTORS["frames"], ids=lambda vector: vector["id"])
def test_frames_check(vector: dict[str, Any]) -> None:
    """The reference's FCS, over frames that somebody else made."""
    psdu = bytes.fromhex(vector["psdu"])
    if vector["type"] in (6, 11):
        assert reference_frames.crc8(psdu[:-1]) == psdu[-1]
    else:
        check = reference_frames.crc16(psdu[:-2])
        assert bytes((check & 0xFF, check >> 8)) == psdu[-2:]


def sampled(vector: TxVector) -> npt.NDArray[np.complex128]:
    """Return what the reference makes of ``PSDU`` and a TXVECTOR."""
    rate, up = vector.rate_bps // 1000, vector.upper_half
    if vector.kind is PpduKind.DL_TYPE1:
        ppdu = reference_downlink.type1(PSDU, rate, vector.partial_id, protected=vector.protected)
    elif vector.kind in (PpduKind.DL_TYPE2, PpduKind.DL_TYPE3):
        ppdu = reference_downlink.type2(
            PSDU, vector.excitation_ns, multi_txop=vector.multi_txop, session=vector.session_id,
            station=vector.sta_id, wake_up=vector.kind is PpduKind.DL_TYPE2,
        )  # fmt: skip
    elif vector.kind is PpduKind.DL_TYPE4:
        ppdu = reference_downlink.type4(PSDU, vector.excitation_ns, upper=up)
    else:
        ppdu = reference_downlink.type5(PSDU, vector.partial_id, upper=up)
    return np.array(ppdu.sampled())


@pytest.mark.parametrize(
    "vector",
    [
        TxVector(PpduKind.DL_TYPE1, 250_000, 9),
        TxVector(PpduKind.DL_TYPE1, 1_000_000, 41, protected=True),
        TxVector(PpduKind.DL_TYPE2, 250_000, multi_txop=True, session_id=3, sta_id=0xFFF, excitation_ns=16_000),
        TxVector(PpduKind.DL_TYPE3, 250_000, session_id=1, sta_id=1, excitation_ns=131_000),
        TxVector(PpduKind.DL_TYPE4, 250_000, excitation_ns=320_000, upper_half=True),
        TxVector(PpduKind.DL_TYPE5, 250_000, 12, upper_half=True),
    ],
    ids=lambda vector: f"{vector.kind.name}-{vector.rate_bps}",
)
def test_the_modulator_makes_every_sample_of_the_reference(vector: TxVector) -> None:
    """Rules 12 to 18, and not only at the places that the vectors give."""
    made, expected = ppdu(PROFILE, PSDU, vector), sampled(vector)
    assert made.size == expected.size
    assert np.max(np.abs(made - expected)) < 2e-5
