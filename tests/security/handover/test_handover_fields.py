"""What the messages of a handover carry, in each delivery: fields, readings of the text, what is sealed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security.handover import (
    BackhaulKind,
    Candidate,
    Delivery,
    Encoding,
    HandoverParameters,
    Prf,
    Reading,
)
from ampradio.security.handover.pos import mis
from ampradio.security.handover.profiles import Status, Tlv
from tests.security.handover.travels import on_the_wire
from tests.security.handover.variants import (
    LEGACY,
    REMEDY_1,
    REMEDY_2,
    every_variant,
    remedies,
)
from tests.security.handover.world import MN, A, B, World


def test_remedies_use_no_exclusive_or(monkeypatch: pytest.MonkeyPatch) -> None:
    """R5.4: no PRF and no mask is computed in a remedy."""

    def forbidden(*_: object) -> bytes:
        raise AssertionError("a remedy masks a key")

    monkeypatch.setattr("ampradio.security.handover.pos.keys.pseudo_random", forbidden)
    monkeypatch.setattr("ampradio.security.handover.pos.serving.exclusive_or", forbidden)
    monkeypatch.setattr("ampradio.security.handover.tag.asking.unmask", forbidden)
    for parameters in (REMEDY_1, REMEDY_2):
        assert World(parameters).handover(B)


def test_remedies_are_simpler() -> None:
    """R5.6, R5.7, R5.54: fewer TLVs than legacy in Prereg_Xfer and N2N; Remedy 1 has no message that legacy has not."""
    counts, kinds = {}, {}
    for parameters in (LEGACY, replace(REMEDY_1, backhaul=BackhaulKind.EXTERNAL), REMEDY_2):
        world = World(replace(parameters, encoding=Encoding.FULL))
        world.handover(B)
        request = mis.parse(world.air[0].payload)
        n2n = on_the_wire(world, mis.N2N_REQUEST)
        counts[parameters.delivery] = (
            len(mis.decode_tlvs(request.service)),
            len(mis.decode_tlvs(n2n[0].service)) if n2n else 0,
        )
        kinds[parameters.delivery] = {(mis.parse(d.octets).kind) for _, d in world.wire}
        kinds[parameters.delivery] |= {mis.parse(m.payload).kind for m in world.air}
    assert counts[Delivery.LEGACY][1] == 5 > counts[Delivery.REMEDY_1][1] == 4 > counts[Delivery.REMEDY_2][1] == 0
    assert kinds[Delivery.REMEDY_1] == kinds[Delivery.LEGACY]
    new = kinds[Delivery.REMEDY_2] - kinds[Delivery.LEGACY]
    assert {kind.action for kind in new} == {mis.AID_GROUP_KEY_ISSUE, mis.AID_PUSH_GROUP}


@every_variant
def test_a_request_for_an_address_only(parameters: HandoverParameters) -> None:
    """R5.13, R5.14, R5.19: without CiphersuiteCode (legacy: Nonce-T) there is no key, only the TPoS's address."""
    world = World(parameters)
    world.mn.request_handover(0, keyed=False)
    world.run()
    assert len(world.air) == 2
    assert world.wire == []
    named = [event for event in world.collect() if event.kind == "tpos_named"]
    assert named[0].detail["tpos"] == B.hex()
    assert world.mn.moving_to(world.now_ns) is None
    assert world.served_at(A)


@every_variant
def test_fields_of_the_request(parameters: HandoverParameters) -> None:
    """R5.14, R5.15, R5.16, R5.17: suite or Nonce-T first, then TPoSIdentifier and CandidateLinkList where known."""
    world = World(parameters)
    world.mn.request_handover(0, B, (Candidate(1, 0x0202), Candidate(2, 0x0203)))
    (message,) = world.mn.messages_to_send(0)
    site = world.pos[A]._site
    frame = site.air.parse(message)
    assert (frame.source, frame.destination) == (MN, A)
    service = frame.service
    if parameters.hardened:
        security = site.air.security(frame)
        assert security is not None
        service = site.associations[MN].open(security, frame.aad)
    asked = site.air.read_request(frame, service, keyed=True)
    assert asked.tpos == B
    assert asked.candidates == (Candidate(1, 0x0202), Candidate(2, 0x0203))
    assert asked.key_input is not None
    assert len(asked.key_input) == (1 if parameters.hardened else 16)
    if not parameters.hardened:
        world.mn.power_off()
        world.mn.request_handover(0, B)
        other = world.mn.messages_to_send(0)[0].payload
        assert other[-18:-2] != message.payload[7:23]  # Nonce-T is drawn anew


@remedies
def test_what_delivers_a_key_is_sealed(parameters: HandoverParameters) -> None:
    """R5.20, R5.21, R5.24, R5.25, R5.36, R5.45: neither on the air nor on the backhaul is K in the clear."""
    world = World(parameters)
    seen: list[bytes] = []
    drawn = world.manager._nonces.draw if parameters.delivery is Delivery.REMEDY_2 else world.pos[A]._site.nonces.draw

    def watch(octets: int) -> bytes:
        seen.append(drawn(octets))
        return seen[-1]

    owner = world.manager._nonces if parameters.delivery is Delivery.REMEDY_2 else world.pos[A]._site.nonces
    owner.draw = watch  # type: ignore[method-assign]
    assert world.handover(B)
    carried = [m.payload for m in world.air] + [d.octets for _, d in world.wire]
    assert len(seen) == 1
    assert not any(seen[0] in octets for octets in carried)
    for _, datagram in world.wire:
        service = mis.parse(datagram.octets).service
        assert [kind for kind, _ in mis.decode_tlvs(service)] == [Tlv.SECURITY]


def test_fields_of_the_legacy_messages() -> None:
    """R5.21, R5.25, R5.43, R5.44, R5.61: what the SPoS generates and sends to both."""
    world = World(LEGACY)
    world.handover(B)
    (n2n,) = on_the_wire(world, mis.N2N_REQUEST)
    kinds = [kind for kind, _ in mis.decode_tlvs(n2n.service)]
    assert kinds == [Tlv.MN_ID, Tlv.KEY, Tlv.NONCE, Tlv.NONCE, Tlv.KEY_LIFETIME]
    values = dict(mis.decode_tlvs(n2n.service))
    response = world.air[1].payload[7:]
    assert response[:2] == B
    assert response[2:18] == values[Tlv.NONCE]  # Nonce-N, the second of the two
    assert response[34:38] == (3600).to_bytes(4, "big")
    assert response[38] == Status.SUCCESS
    assert response[18:34] != values[Tlv.KEY]


def test_readings_of_the_legacy_text() -> None:
    """R5.44, W5.3: as printed the MN never obtains K; with Nonce-T on both sides, or on neither, it does."""
    for prf in (Prf.HMAC, Prf.CMAC, Prf.LINEAR, Prf.UNKEYED):
        for reading, works in ((Reading.AS_SENT, True), (Reading.AS_PRINTED, False), (Reading.FIXED, True)):
            world = World(replace(LEGACY, prf=prf, reading=reading))
            assert world.handover(B) is works
    assert World(replace(LEGACY, prf=Prf.CONSTANT, reading=Reading.AS_PRINTED)).handover(B)
