"""S1 with every bit of every message flipped, one at a time: refused, and where it is not, said so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from ampradio.mac.frame import encode_frame, parse_frame
from ampradio.mac.payload import Authentication
from ampradio.mac.reassembly import Reassembler
from ampradio.mac.shim import fragments
from ampradio.psdu import fcs
from ampradio.security.amp import AmpParameters
from ampradio.security.session import Message
from tests.security.two_ends import MAC, TwoEnds, flipped, only, with_payload

NO_RETRY = {"retries": 0}
LITERAL, HARDENED = AmpParameters(1), AmpParameters(2)
TRIGGER_BITS, NONCE_BITS, MODIFIER_BITS = 6 * 8, 16 * 8, 8 * 8
DL_DATA = b"set 21.5"
FRAME1_BITS = TRIGGER_BITS + NONCE_BITS + MODIFIER_BITS + 8 * len(DL_DATA)
FRAME2_BITS = 8 * (1 + 16 + 8 + 8)
FRAME3_BITS = 8 * (2 + 4 + 8)


def ends_under_attack(parameters: AmpParameters) -> TwoEnds:
    return TwoEnds(parameters, readings=[b"23.5 deg"], ap_options=dict(NO_RETRY))


def flip_payload(bit: int) -> Callable[[Message], Iterable[Message]]:
    return lambda message: [with_payload(message, flipped(message.payload, bit))]


def attacked(parameters: AmpParameters, which: int, bit: int) -> TwoEnds:
    """Return both ends after an exchange in which one bit of message ``which`` (1, 2 or 3) was flipped."""
    ends = ends_under_attack(parameters)
    downlink = only(which // 2, flip_payload(bit)) if which != 2 else None
    uplink = flip_payload(bit) if which == 2 else None
    ends.exchange(downlink, uplink, dl_data=DL_DATA, command=b"open")
    return ends


@pytest.mark.parametrize("bit", range(FRAME1_BITS))
def test_hardened_refuses_any_flipped_bit_of_frame_1(bit: int) -> None:
    """R1.16, rule 5, X3: the AP finds out by the MIC of frame 2; no key installed, nothing released at either end."""
    ends = attacked(HARDENED, 1, bit)
    assert ends.nobody_believes()
    assert ends.heard("ap", "refused", "reason") == ["bad_mic"]
    assert ends.heard("ap", "failed", "reason") == ["no SEC-RESPONSE"]


@pytest.mark.parametrize("bit", range(TRIGGER_BITS, TRIGGER_BITS + NONCE_BITS + MODIFIER_BITS))
def test_literal_refuses_a_flipped_bit_of_anonce_or_modifier(bit: int) -> None:
    """R1.16, X3: what goes into the PTK is protected in the literal variant too."""
    ends = attacked(LITERAL, 1, bit)
    assert ends.nobody_believes()
    assert ends.heard("ap", "refused", "reason") == ["bad_mic"]


@pytest.mark.parametrize("bit", [*range(TRIGGER_BITS), *range(FRAME1_BITS - 8 * len(DL_DATA), FRAME1_BITS)])
def test_literal_does_not_notice_changed_trigger_fields_or_downlink_data(bit: int) -> None:
    """Rule 5: the documented weakness of the literal variant; its event says that the data is not authenticated."""
    ends = attacked(LITERAL, 1, bit)
    assert ends.heard("ap", "authenticated", "peer") == ["tag"] and ends.heard("tag", "authenticated", "peer") == ["ap"]
    released = ends.heard("tag", "downlink_data")
    assert [detail["authenticated"] for detail in released] == [False]
    assert (released[0]["data_hex"] == DL_DATA.hex()) == (bit < TRIGGER_BITS)


@pytest.mark.parametrize("parameters", [LITERAL, HARDENED], ids=["literal", "hardened"])
@pytest.mark.parametrize("bit", range(FRAME2_BITS))
def test_any_flipped_bit_of_frame_2_is_refused(parameters: AmpParameters, bit: int) -> None:
    """R1.16, X3, X6: silent at the AP, no key, no data, no answer that would be an oracle."""
    ends = attacked(parameters, 2, bit)
    assert ends.nobody_believes()
    assert len(ends.air) == 2
    assert len(ends.heard("ap", "refused")) == 1


@pytest.mark.parametrize("parameters", [LITERAL, HARDENED], ids=["literal", "hardened"])
@pytest.mark.parametrize("bit", range(FRAME3_BITS))
def test_any_flipped_bit_of_frame_3_is_refused(parameters: AmpParameters, bit: int) -> None:
    """R1.32, X3, X5, page 2.4: the tag drops it and its PTK, says nothing, acts on nothing."""
    ends = attacked(parameters, 3, bit)
    assert not ends.heard("tag", "authenticated") and not ends.heard("tag", "command")
    assert not ends.heard("tag", "downlink_data") and not ends.heard("tag", "keys_installed")
    assert not ends.tag.has_keys and not ends.tag.holds_transient_key
    assert len(ends.heard("tag", "refused")) == 1 and len(ends.air) == 3


@pytest.mark.parametrize("which", [1, 2, 3])
@pytest.mark.parametrize("prof", [1, 2])
def test_any_flipped_bit_of_id_and_shim_is_refused(prof: int, which: int) -> None:
    """Rule 2, X3, X8: ID, PROTO, MSG and PROF are in the AAD or lead nowhere; profiles cannot be downgraded."""
    for name, bits in (("station_id", 16), ("proto", 3), ("msg", 5), ("prof", 4)):
        for bit in range(bits):

            def change(message: Message, name: str = name, bit: int = bit) -> Iterable[Message]:
                return [replace(message, **{name: getattr(message, name) ^ 1 << bit})]

            ends = ends_under_attack(AmpParameters(prof))
            downlink = only(which // 2, change) if which != 2 else None
            ends.exchange(downlink, change if which == 2 else None, command=b"open")
            assert not ends.heard("tag", "authenticated") and not ends.tag.has_keys
            assert not ends.heard("tag", "command")
            assert which == 3 or ends.nobody_believes()


def over_the_air(message: Message, bit: int | None = None) -> list[Message]:
    """Return what a receiver makes of the message's PSDUs when one bit of the first is flipped and the FCS repaired."""
    reassembler = Reassembler(MAC)
    received: list[Message] = []
    for number, (shim, piece) in enumerate(fragments(MAC, message)):
        psdu = encode_frame(MAC, Authentication(message.station_id, shim, piece))
        if bit is not None and number == 0:
            psdu = flipped(psdu[:-2], bit)
            psdu += fcs(psdu)
        frame = parse_frame(MAC, psdu)
        if isinstance(frame, Authentication) and frame.protected:
            whole = reassembler.add(frame.station_id, frame.shim, frame.payload)
            received += [whole] if isinstance(whole, Message) else []
    return received


TYPE_DEPENDENT_CONTROL_WITHOUT_LENGTH = set(range(24 + 6, 24 + 16))


@pytest.mark.parametrize("which", [1, 2, 3])
def test_any_flipped_bit_of_a_whole_frame_is_refused(which: int) -> None:
    """X3 with the FCS repaired: everything but Type Dependent Control, which rule 2 leaves outside the AAD."""
    ends = ends_under_attack(HARDENED)
    ends.exchange(command=b"open")
    octets = len(ends.air[which - 1].payload) + MAC.header_octets + MAC.shim_octets
    for bit in range(8 * octets):

        def change(message: Message, bit: int = bit) -> Iterable[Message]:
            return over_the_air(message, bit)

        ends = ends_under_attack(HARDENED)
        downlink = only(which // 2, change) if which != 2 else over_the_air
        ends.exchange(downlink, change if which == 2 else over_the_air, command=b"open")
        harmless = bit in TYPE_DEPENDENT_CONTROL_WITHOUT_LENGTH
        assert bool(ends.heard("tag", "command")) is harmless, f"bit {bit}"
        assert ends.tag.has_keys is harmless
        assert harmless or which == 3 or ends.nobody_believes()
