"""What S1 costs: messages and octets of the page's table 8.1, primitive counts of 8.3 with rule 5's correction."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from ampradio.security import primitives
from ampradio.security.amp import AmpParameters
from tests.security.two_ends import AA, ID, MAC, TwoEnds

OVERHEAD = MAC.header_octets + MAC.shim_octets + MAC.fcs_octets
TABLE_8_1 = [
    ("two-frame", AmpParameters(flow=2), 39, 42),
    ("three-frame", AmpParameters(), 58, 42),
    ("four-frame", AmpParameters(flow=4), 66, 61),
    ("compact 8/4/4", AmpParameters(nonce_octets=8, modifier_octets=4, mic_octets=4), 42, 30),
    ("baseline 32/-/16", AmpParameters(nonce_octets=32, modifier_octets=0, mic_octets=16), 74, 66),
]


@pytest.mark.parametrize(
    ("parameters", "downlink", "uplink"), [row[1:] for row in TABLE_8_1], ids=[row[0] for row in TABLE_8_1]
)
def test_octets_on_the_air(parameters: AmpParameters, downlink: int, uplink: int) -> None:
    """R1.27, table 8.1: 8 octets of UL data; four-frame has 8 octets in frames 2 and 3 and none in 4 (66/61)."""
    ends = TwoEnds(parameters, readings=[b"8 octets"])
    ends.exchange(command=b"8 octets" if parameters.flow == 4 else b"")
    octets = {1: 0, 0: 0}
    for message in ends.air:
        octets[message.msg % 2] += len(message.payload) + OVERHEAD
    assert (octets[1], octets[0]) == (downlink, uplink)
    assert len(ends.air) == parameters.flow


@pytest.mark.parametrize(
    ("prof", "method", "downlink"), [(1, "derive", 37), (2, "derive", 45), (1, "wrap", 61), (2, "wrap", 61)]
)
def test_octets_of_an_update(prof: int, method: str, downlink: int) -> None:
    """R1.27, table 8.1 and the note under rule 27: on top of the exchange, one message each way."""
    ends = TwoEnds(AmpParameters(prof))
    ends.ap.request_update(ID, getattr(ends.server, method)(1, ends.modifier, AA))
    ends.exchange()
    assert [len(message.payload) + OVERHEAD for message in ends.air[3:]] == [downlink, 22]


class Tally:
    """Counts SHA-256 compressions and AES blocks from the lengths that the primitives are called with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count: Counter[str] = Counter()
        self.calls: list[tuple[str, int]] = []
        for name in ("hmac_sha256", "aes_cmac", "aes_ctr"):
            self.wrap(monkeypatch, name)

    def wrap(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        original = getattr(primitives, name)

        def counted(*arguments: Any) -> bytes:
            octets = len(arguments[-1] if name != "aes_cmac" else arguments[1])
            blocks = {
                "hmac_sha256": 1 + -(-(octets + 9) // 64) + 2,  # key pad and data inside, key pad and digest outside
                "aes_cmac": max(1, -(-octets // 16)),
                "aes_ctr": -(-octets // 16),
            }[name]
            self.calls.append((name, blocks))
            result = original(*arguments)
            assert isinstance(result, bytes)
            return result

        monkeypatch.setattr(primitives, name, counted)

    def blocks(self, name: str) -> list[int]:
        return [blocks for called, blocks in self.calls if called == name and blocks]


@pytest.mark.parametrize(("prof", "cmac"), [(1, [4, 3]), (2, [5, 4])])
def test_primitive_calls_of_a_tag(monkeypatch: pytest.MonkeyPatch, prof: int, cmac: list[int]) -> None:
    """R1.27, table 8.3: PMK1 4 + PTK 5 SHA-256 compressions, CMAC 4 + 3 (hardened 5 + 4), CTR 1, 16 octets of RNG."""
    ends = TwoEnds(AmpParameters(prof), readings=[b"8 octets"])
    ends.begin()
    tally: Tally | None = None
    drawn = 0
    entropy = vars(ends.tag)["_nonces"]
    original = entropy.draw

    def draw(octets: int) -> bytes:
        nonlocal drawn
        drawn += octets
        result = original(octets)
        assert isinstance(result, bytes)
        return result

    entropy.draw = draw
    trigger = ends.ap.messages_to_send(0)[0]
    with monkeypatch.context() as patched:
        tally = Tally(patched)
        ends.tag.receive(trigger, 0)
        answer = ends.tag.messages_to_send(0)[0]
    first = tally
    ends.ap.receive(answer, 0)
    confirm = ends.ap.messages_to_send(0)[0]
    with monkeypatch.context() as patched:
        tally = Tally(patched)
        ends.tag.receive(confirm, 0)
    assert ends.tag.has_keys
    assert first.blocks("hmac_sha256") == [4, 5] and tally.blocks("hmac_sha256") == []
    assert first.blocks("aes_cmac") + tally.blocks("aes_cmac") == cmac
    assert first.blocks("aes_ctr") + tally.blocks("aes_ctr") == [1]
    assert drawn == 16 and ends.nvm.commits == 0
