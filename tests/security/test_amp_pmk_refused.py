"""Updates of S1's PMK that must not be: too early, changed, replayed, rolled back, forged, without a packet number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security.amp import AmpParameters, PmkRecord, PmkServer, TagCredential
from ampradio.security.entropy import EntropyError, SeededEntropy
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from tests.security import reference_s1
from tests.security.interference import Scripted, lose
from tests.security.pmk_updates import METHODS, order_of, updating, works
from tests.security.two_ends import AA, ID, PSK, TwoEnds, confirmed, flipped, only, reference_for, with_payload


def test_no_update_before_the_ap_has_proved_itself() -> None:
    """Page 2.4: frame 3 lost → the tag must not accept U1, however right its MIC is."""
    ends = updating()
    ends.exchange(downlink=only(1, lose), uplink=only(1, lose))
    assert ends.air[3].msg == 5
    assert ends.heard("tag", "refused", "reason")[0] == "ap_not_authenticated"


@pytest.mark.parametrize("method", METHODS)
def test_every_flipped_bit_of_the_update_is_refused(method: str) -> None:
    """X3: nothing is written; silent, PTK dropped."""
    octets = {"derive": 36, "wrap": 52}[method]
    for bit in range(8 * octets):
        ends = updating(method=method, ap_options={"retries": 0})
        ends.exchange(downlink=only(2, lambda m, bit=bit: [with_payload(m, flipped(m.payload, bit))]))
        assert ends.nvm.commits == 0 and len(ends.air) == 4
        assert bit in range(8, 16) or not ends.tag.holds_transient_key
        assert len(ends.heard("tag", "refused")) == 1


def test_every_flipped_bit_of_the_confirmation_is_refused() -> None:
    """X3: the AP keeps both roots until it knows."""
    for bit in range(8 * 13):
        ends = updating(ap_options={"retries": 0})
        ends.exchange(uplink=only(1, lambda m, bit=bit: [with_payload(m, flipped(m.payload, bit))]))
        assert not ends.heard("ap", "pmk_updated")
        works(ends, 1)


def test_a_replayed_update_is_refused() -> None:
    """X1: by its PN under the same PTK, by its MIC under the next."""
    ends = updating()
    ends.exchange(downlink=lambda m: [m, m] if m.msg == 5 else [m])
    assert ends.heard("tag", "refused", "reason") == ["replayed_pn"]
    recorded = ends.air[3]
    ends.exchange()
    ends.tag.receive(recorded, ends.now_ns)
    assert ends.nvm.commits == 1


def in_session(ends: TwoEnds) -> reference_s1.Reference:
    """Bring the tag to where the AP is authenticated and return somebody who holds its KCK."""
    ends.exchange()
    assert ends.tag.has_keys
    return reference_for(ends)


def told(ends: TwoEnds, payload: bytes) -> list[bytes]:
    ends.tag.receive(Message(1, 5, ends.parameters.prof, ID, payload), ends.now_ns)
    return [message.payload for message in ends.tag.messages_to_send(ends.now_ns)]


def content(ends: TwoEnds, version: int) -> bytes:
    return PmkServer(PmkRecord(Secret(PSK)), ends.parameters, SeededEntropy(4)).derive(version, b"", AA).content


def test_rollback_is_refused_and_the_same_version_confirmed_again() -> None:
    """Rule 9: lower ver refused; ver = stored gets U2 again, under the next PN, without a write."""
    ends = TwoEnds(pmkv=bytes([7]) * 32, version=5)
    ends.exchange()
    holder = reference_for(ends, bytes([7]) * 32)
    assert told(ends, holder.update(1, 4, content(ends, 4))) == [holder.updated(1, 4, status=1)]
    assert told(ends, holder.update(2, 5, content(ends, 5))) == [holder.updated(2, 5)]
    assert told(ends, holder.update(3, 5, bytes(24))) == [holder.updated(3, 5)]
    assert ends.nvm.commits == 0
    assert ends.heard("tag", "pmk_update_refused") == [
        {"side": "tag", "station_id": ID, "version": 4, "status": "stale_version"}
    ]
    assert told(ends, holder.update(9, 6, content(ends, 6))) == [holder.updated(4, 6)]
    assert ends.nvm.commits == 1


def test_an_ap_cannot_forge_an_update_in_the_hardened_variant() -> None:
    """Rule 9: an AP holds KCK but not the PSK, so the server's tag or the key wrap stops it."""
    ends = TwoEnds()
    holder = in_session(ends)
    assert told(ends, holder.update(1, 65535, bytes(24))) == [holder.updated(1, 65535, status=2)]
    assert told(ends, holder.update(2, 65535, bytes(40), flags=0b101)) == [holder.updated(2, 65535, status=2)]
    genuine_content = content(ends, 2)
    assert told(ends, holder.update(3, 3, genuine_content)) == [holder.updated(3, 3, status=2)]
    assert ends.nvm.commits == 0
    works(ends, 0)


def test_an_ap_can_lock_a_tag_in_the_literal_variant() -> None:
    """W1.9: derive without the server's tag; the highest version burns every later update."""
    ends = TwoEnds(AmpParameters(1))
    holder = in_session(ends)
    assert told(ends, holder.update(1, 65535, bytes(16))) == [holder.updated(1, 65535)]
    assert ends.nvm.read().version == 65535
    ends.exchange()
    assert not ends.heard("ap", "authenticated")[1:], "the AP with the old PMK1 no longer understands the tag"


@pytest.mark.parametrize("status", [1, 2, 77])
def test_a_tag_that_refuses_an_update_keeps_the_old_root_at_both_ends(status: int) -> None:
    """Rule 9: the AP drops the order and reports the status."""
    ends = updating()
    ends.begin()
    ends.round(uplink=None)
    ends.round(uplink=lambda m: [with_payload(m, reference_for(ends).updated(1, 1, status))] if m.msg == 6 else [m])
    ends.run()
    assert ends.heard("ap", "pmk_update_refused", "status") == [status]
    assert not ends.heard("ap", "pmk_updated")
    ends.ap.request_update(ID, replace(order_of(ends, "derive", 2), version=2))


def test_a_confirmation_of_another_version_is_refused() -> None:
    """X3/X4: even with a right MIC."""
    ends = updating(ap_options={"retries": 0})
    ends.begin()
    ends.round()
    ends.round(uplink=lambda m: [with_payload(m, reference_for(ends).updated(1, 2))])
    assert ends.heard("ap", "refused", "reason") == ["wrong_version"]
    assert not ends.heard("ap", "pmk_updated") and not ends.ap.has_keys(ID)


def test_an_update_waits_for_a_new_ptk_when_packet_numbers_run_out() -> None:
    """Rule 6: 256 DL messages of one PTK are used up, so U1 goes under the next."""
    ends = updating(flow=4)
    for number in range(256):
        ends.ap.queue_command(ID, number.to_bytes(2, "big"))
    ends.exchange()
    commands = ends.heard("tag", "command", "data_hex")
    assert commands == [number.to_bytes(2, "big").hex() for number in range(256)]
    assert [message.msg for message in ends.air].count(1) == 2
    works(ends, 1)


def test_an_update_waits_when_the_tag_has_no_packet_number_left() -> None:
    """Rule 6: 256 UL messages of one PTK are used up by readings, so U1 goes under the next PTK."""
    readings = [number.to_bytes(2, "big") for number in range(256)]
    ends = updating(flow=4, readings=readings)
    ends.exchange()
    assert ends.heard("ap", "uplink_data", "data_hex") == [reading.hex() for reading in readings]
    assert [message.msg for message in ends.air].count(1) == 2
    works(ends, 1)


def test_a_tag_whose_packet_numbers_ran_out_says_nothing() -> None:
    """Rule 6: PN 255 is the last; no answer under a PN of two octets, no crash."""
    ends = TwoEnds(AmpParameters(flow=4))
    ends.exchange()
    holder = reference_for(ends)
    assert len(confirmed(ends, holder, range(1, 255))) == 254
    assert confirmed(ends, holder, [255]) == [] and not ends.tag.has_keys
    assert ends.heard("tag", "keys_wiped", "reason")[-1] == "pn_exhausted"


def test_an_update_to_a_tag_without_packet_numbers_is_committed_unanswered() -> None:
    """Rule 9: the AP finds out by the next frame 2, as with a lost U2."""
    ends = TwoEnds(AmpParameters(flow=4))
    ends.exchange()
    holder = reference_for(ends)
    confirmed(ends, holder, range(1, 255))
    assert told(ends, holder.update(255, 1, content(ends, 1))) == []
    assert ends.nvm.commits == 1 and not ends.tag.has_keys


def test_what_the_caller_may_not_order() -> None:
    """Ours, not theirs: clear errors before anything is sent."""
    ends = updating()
    with pytest.raises(ValueError, match="update to version 1 is not confirmed yet"):
        ends.ap.request_update(ID, order_of(ends, "derive", 2))
    with pytest.raises(ValueError, match="no tag 0x0777 is enrolled"):
        ends.ap.request_update(0x0777, order_of(ends, "derive", 2))
    with pytest.raises(ValueError, match="0 enrolled tags match 0x1234"):
        ends.ap.request_update(ID, order_of(ends, "derive", 2), spa=AA)
    ends.ap.enroll(TagCredential(ID, AA, Secret(PSK)))
    with pytest.raises(ValueError, match="2 enrolled tags match 0x1234; name one by its SPA"):
        ends.ap.request_update(ID, order_of(ends, "derive", 2))
    ends.ap.request_update(ID, order_of(ends, "derive", 2), spa=AA)
    with pytest.raises(ValueError, match="the order carries 16 octets, PROF 2 needs 24"):
        ends.ap.request_update(ID, order_of(TwoEnds(AmpParameters(1)), "derive", 2))
    two_frames = TwoEnds(AmpParameters(flow=2))
    with pytest.raises(ValueError, match="never authenticates the AP"):
        two_frames.ap.request_update(ID, order_of(two_frames, "derive"))


@pytest.mark.parametrize("version", [0, 3, -1, 65536])
def test_the_server_only_goes_forward(version: int) -> None:
    """Anti-rollback starts at the server; ver is 16 bits."""
    server = PmkServer(PmkRecord(Secret(PSK), Secret(bytes(32)), 3), AmpParameters(), SeededEntropy(1))
    with pytest.raises(ValueError, match=f"version is {version}, must be 4…65535"):
        server.derive(version, b"", AA)
    with pytest.raises(ValueError, match=f"version is {version}, must be 4…65535"):
        server.wrap(version, b"", AA)
    with pytest.raises(ValueError, match="no update to version 4 was ordered"):
        server.confirm(4)


def test_the_server_refuses_a_dead_entropy_source() -> None:
    """W1.6: neither a UNonce nor a PMKv of zeros."""
    server = PmkServer(PmkRecord(Secret(PSK)), AmpParameters(), Scripted(bytes(16), bytes(32)))
    with pytest.raises(EntropyError):
        server.derive(1, b"", AA)
    with pytest.raises(EntropyError):
        server.wrap(1, b"", AA)


def test_the_order_gives_the_ap_nothing_but_pmk1() -> None:
    """Page 2.2: the AP knows neither PSK nor PMKv."""
    ends = TwoEnds()
    order = order_of(ends, "derive")
    pmkv = reference_s1.kdf(PSK, b"AMP PMKv", b"\x00\x01" + order.content[:16], 256)
    assert order.pmk1.expose() == reference_s1.pmk1(pmkv, ends.modifier, AA)
    assert pmkv.hex() not in repr(order) and order.pmk1.expose().hex() not in repr(order)
