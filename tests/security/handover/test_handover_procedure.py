"""Clauses 5.13.3 and 5.14 and their remedies, one test for each requirement that can be run (protocols page 6.1)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security.handover import (
    Association,
    BackhaulKind,
    Candidate,
    Delivery,
    Encoding,
    HandoverParameters,
    IdType,
    Link,
    Msg,
    Prf,
    Reading,
    Whereabouts,
)
from ampradio.security.handover.pos import mis
from ampradio.security.handover.pos.partners import Partner
from ampradio.security.handover.profiles import Status, Tlv
from ampradio.security.secret import Secret
from tests.security.handover.world import FIRST_KEY, FIRST_SAID, GM, HOME, MN, S_NS, A, B, C, D, World, losing, of

LEGACY, REMEDY_1, REMEDY_2 = of("legacy"), of("remedy-1"), of("remedy-2")
VARIANTS = [replace(p, encoding=encoding) for encoding in Encoding for p in (LEGACY, REMEDY_1, REMEDY_2)]


def name_of(parameters: HandoverParameters) -> str:
    return f"{parameters.delivery.value}-{parameters.encoding.value}"


every_variant = pytest.mark.parametrize("parameters", VARIANTS, ids=name_of)
remedies = pytest.mark.parametrize("parameters", [p for p in VARIANTS if p.hardened], ids=name_of)


def on_the_wire(world: World, kind: mis.Kind) -> list[mis.MisFrame]:
    return [frame for frame in (mis.parse(d.octets) for _, d in world.wire) if frame.kind == kind]


@every_variant
def test_several_handovers_in_a_row(parameters: HandoverParameters) -> None:
    """R5.1, R5.31, R5.33, R5.34, R5.35, R5.38: the TPoS becomes the SPoS, and the cycle begins anew."""
    world = World(parameters)
    for target in (B, C, D, A, B):
        assert world.handover(target)
        assert world.same_keys(target)
    assert len({message.payload for message in world.air}) == len(world.air) == 4 * 5
    assert [m.msg for m in world.air[:4]] == [1, 4, 5, 6]


def test_no_delivery() -> None:
    """R5.1, R5.62: option 1 sends nothing: the hook says that full authentication is what is left."""
    world = World(of("none"))
    assert not world.mn.request_handover(0, B)
    world.run()
    assert world.mn.counters["full_authentication_needed"] == 1
    assert world.air == []
    assert world.wire == []
    world.serve(B)  # what S4's full EAP authentication through the TPoS comes to
    assert world.served_at(B)
    stray = World(REMEDY_1)
    stray.mn.request_handover(0, B)
    (request,) = stray.mn.messages_to_send(0)
    world.pos[A].receive(replace(request, prof=1), 0)
    assert world.pos[A].counters["delivery_off"] == 1


def test_the_parameters_say_what_runs() -> None:
    """R5.2, R5.9, R5.30, R5.48, R5.63, R5.64: variant, encoding, PRF, kind of backhaul and what is a placeholder."""
    world = World(REMEDY_1)
    for events in (world.mn.events(), world.pos[A].events(), world.manager.events()):
        assert events[0].kind == "parameters"
        detail = events[0].detail
        assert (detail["variant"], detail["prf"], detail["backhaul"]) == ("remedy-1", "none", "eap")
        assert detail["target_description"] == "AMP channel and gateway ID"
        assert "placeholder" in detail
    assert of("legacy").report()["prf"] == "hmac"


def test_the_domino_effect_is_announced() -> None:
    """R5.8, R5.53: a warning in legacy and Remedy 1, none in Remedy 2."""
    for parameters, warned in ((LEGACY, 1), (REMEDY_1, 1), (REMEDY_2, 0)):
        assert World(parameters).pos[A].counters["domino_effect_remains"] == warned


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


def test_the_delivered_sa_has_a_type_of_its_own() -> None:
    """R5.10, R5.5, R5.52: ID_TYPE 3 for a key that was delivered, 2 where a group key block generated it."""
    for parameters, id_type in ((LEGACY, IdType.PREREG), (REMEDY_1, IdType.PREREG), (REMEDY_2, IdType.GKB)):
        world = World(parameters)
        world.handover(B)
        assert world.pos[B]._site.associations[MN].id_type is id_type
        assert world.mn.events()[-1].detail["id_type"] == id_type


@remedies
def test_without_an_sa_with_the_mn_nothing_is_delivered(parameters: HandoverParameters) -> None:
    """R5.11, R5.19: an SPoS that shares no SA with the MN stays silent."""
    world = World(parameters)
    world.pos[A]._site.associations.clear()
    assert not world.handover(B)
    assert world.pos[A].counters["no_association"] == 4
    assert world.wire == []
    assert world.mn.counters["handover_failed"] == 1


def test_legacy_without_an_sa_answers_without_a_key() -> None:
    """R5.19: the response then has neither key nor lifetime, and a Status that says why."""
    world = World(LEGACY)
    world.pos[A]._site.associations.clear()
    assert not world.handover(B)
    assert len(world.air[1].payload) == 3 + 4 + 2 + 1
    assert world.air[1].payload[-1] == Status.AUTHORIZATION_FAILURE
    failed = [event for event in world.collect() if event.kind == "handover_failed"]
    assert failed[0].detail["status"] == Status.AUTHORIZATION_FAILURE


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


def test_key_is_absent_without_an_sa_between_the_pos() -> None:
    """R5.12, R5.23, R5.26: no SA with the TPoS, no key for it; it is not even chosen (R5.50)."""
    for parameters in (LEGACY, REMEDY_1, REMEDY_2):
        world = World(parameters)
        del world.pos[A]._site.backhaul.associations[B]
        assert not world.handover(B)
        assert world.wire == []
        assert world.pos[A].counters["delivery_failed"] == 1


def test_the_tpos_refuses_strangers() -> None:
    """R5.27, R5.28: an N2N request from a PoS without an SA gets a Status and plants nothing."""
    for parameters in (LEGACY, REMEDY_1):
        world = World(parameters)
        del world.pos[B]._site.backhaul.associations[A]
        assert not world.handover(B)
        assert world.pos[B].counters["unknown_peer"] >= 1
        assert world.pos[B].counters["turned_away"] >= 1
        assert not world.pos[B]._target.expects(MN)
        (answer, *_) = on_the_wire(world, mis.N2N_RESPONSE)
        assert mis.decode_tlvs(answer.service) == [(Tlv.STATUS, bytes([Status.AUTHORIZATION_FAILURE]))]
        assert world.mn.counters["handover_failed"] == 1


@pytest.mark.parametrize("kind", [BackhaulKind.TLS, BackhaulKind.EAP, BackhaulKind.EXTERNAL])
@pytest.mark.parametrize("parameters", [REMEDY_1, REMEDY_2], ids=name_of)
def test_kinds_of_backhaul(parameters: HandoverParameters, kind: BackhaulKind) -> None:
    """R5.9, R5.26, R5.29, R5.30: (D)TLS or EAP over MIS mean Security TLVs, IPsec and the like none of ours."""
    world = World(replace(parameters, backhaul=kind))
    assert world.handover(B)
    sealed = all(mis.parse(d.octets).service[0] == Tlv.SECURITY for _, d in world.wire)
    assert sealed is (kind is not BackhaulKind.EXTERNAL)


@every_variant
def test_first_attachment_in_a_visited_network(parameters: HandoverParameters) -> None:
    """R5.22, R5.31, R5.32, R5.41, R5.42: the home vouches for the MN; the visited PoS relays the frames."""
    world = World(parameters, served=False)
    assert world.mn.served_by(0) is None
    world.near = B
    assert world.handover(B)
    assert world.same_keys(B)
    assert world.pos[B].counters["relayed"] == 1
    assert world.home_point.counters["relayed"] == 1
    assert world.handover(C)
    assert world.pos[B].counters["relayed"] == 1


def test_the_home_has_no_radio() -> None:
    """R5.31: an HPoS is reached over the backhaul only."""
    world = World(REMEDY_1)
    world.mn.request_handover(0, B)
    with pytest.raises(ValueError, match="no radio"):
        world.home_point.receive(world.mn.messages_to_send(0)[0], 0)


@every_variant
def test_signalling_through_the_spos(parameters: HandoverParameters) -> None:
    """R5.46, R5.47: until it goes over, the MN may confirm through the SPoS, which forwards and counts."""
    world = World(parameters)
    world.mn.request_handover(0, B)
    world.run()  # stays near A
    assert world.served_at(B)
    assert world.pos[A].counters["relayed"] == 1
    assert world.pos[B].counters["relayed"] == 1
    direct = World(parameters)
    direct.handover(B)
    assert direct.pos[A].counters["relayed"] == 0


@remedies
def test_signalling_under_the_new_sa(parameters: HandoverParameters) -> None:
    """R5.36, R5.39, R5.40, R5.46: the MN–TPoS channel works both ways, and opens the port with its first frame."""
    world = World(parameters)
    world.handover(B)
    assert not world.pos[B].port_open(MN, world.now_ns)
    world.mn.signal(b"candidate links, please", world.now_ns)
    world.run()
    assert world.pos[B].port_open(MN, world.now_ns)
    world.pos[B].signal(0x1234, MN, b"none", world.now_ns)
    world.run()
    signals = [
        event.detail["data_hex"] for event in world.pos[B].events() + world.mn.events() if event.kind == "signal"
    ]
    assert signals == [b"candidate links, please".hex(), b"none".hex()]
    assert all(b"candidate" not in message.payload for message in world.air)
    with pytest.raises(ValueError, match="no security association"):
        world.pos[C].signal(0x1234, MN, b"x", world.now_ns)


def test_legacy_opens_the_port_with_the_confirmation() -> None:
    """R5.40, rule 24: MIC5 is under MIAK already; there is no Security TLV to signal with."""
    world = World(LEGACY)
    world.handover(B)
    assert world.pos[B].port_open(MN, world.now_ns)
    for end in (lambda: world.mn.signal(b"x", 0), lambda: world.pos[B].signal(1, MN, b"x", 0)):
        with pytest.raises(ValueError, match="no security association"):
            end()


def test_the_spos_selects() -> None:
    """R5.49, R5.50, R5.51: by name, by candidate link, or by place and radio; only PoSs that it trusts."""
    world = World(REMEDY_1)
    site = world.pos[A]._site
    for number, target in enumerate((C, D), 2):
        world.mn.request_handover(world.now_ns, None, (Candidate(9, 0x9999), Candidate(number, int(target.hex(), 16))))
        world.run(to=target)
        assert world.served_at(target)
        world.serve(A)
    world.pos[A].locate(MN, Whereabouts((290.0, 10.0)))
    assert world.handover(D, named=False)
    world.serve(A)
    world.pos[A].partner(Partner(D, 3, (300.0, 0.0), frozenset(("wifi",))))
    assert world.handover(C, named=False)
    world.serve(A)
    site.backhaul.associations.pop(C)
    assert world.handover(B, named=False)
    world.serve(A)
    site.backhaul.associations.clear()
    assert not world.handover(B, named=False)
    assert world.pos[A].counters["delivery_failed"] == 1
    assert world.mn.counters["handover_failed"] == 1
    with pytest.raises(ValueError, match="2 octets"):
        Partner(b"1")


def test_a_wrong_channel_is_no_match() -> None:
    """R5.15, R5.63: a candidate names channel and gateway; both have to be the partner's."""
    world = World(REMEDY_1)
    world.mn.request_handover(0, None, (Candidate(7, 0x0203), Candidate(3, 0x0204)))
    world.run(to=D)
    assert world.served_at(D)


def test_remedy_2_flow() -> None:
    """R5.52, R5.55, R5.56, R5.57, R5.58: the SPoS asks the GM, which pushes to TPoS and, for the MN, to the SPoS."""
    world = World(REMEDY_2)
    drawn = []
    world.pos[A]._site.nonces.draw = lambda octets: drawn.append(octets) or b""  # type: ignore[assignment,func-returns-value]
    assert world.handover(B)
    assert drawn == []  # the SPoS generates no key
    legs = [(source, datagram.destination, mis.parse(datagram.octets).kind) for source, datagram in world.wire]
    assert legs == [
        (A, GM, mis.ISSUE_REQUEST),
        (GM, B, mis.PUSH_REQUEST),
        (B, GM, mis.PUSH_RESPONSE),
        (GM, A, mis.PUSH_REQUEST),
    ]
    assert world.manager.counters["group_key_issued"] == 1


def test_remedy_2_siblings_share_a_node() -> None:
    """R5.52: the cover of two siblings is their parent, of two strangers both leaves."""
    for leaf, depth in ((4, 7), (20, 8)):
        world = World(REMEDY_2, leaves={MN: 5, A: 100, B: leaf})
        assert world.handover(B)
        assert world.air[1].payload[11] == depth


@pytest.mark.parametrize("missing", [MN, B], ids=["MN", "TPoS"])
def test_remedy_2_is_for_members_only(missing: bytes) -> None:
    """R5.55: without device keys there is no group key; the MN gets a Status that it can believe."""
    leaves = {MN: 5, A: 20, B: 70}
    del leaves[missing]
    world = World(REMEDY_2, leaves=leaves)
    assert not world.handover(B)
    assert world.manager.counters["issue_failed"] == 1
    assert world.mn.counters["handover_failed"] == 1
    assert world.served_at(A)


def test_remedy_2_needs_a_group_manager() -> None:
    """R5.55: an SPoS that knows none says so; one that it has no SA with cannot be asked."""
    world = World(REMEDY_2)
    world.pos[A]._serving._group_manager = None
    assert not world.handover(B)
    world = World(REMEDY_2)
    del world.pos[A]._site.backhaul.associations[GM]
    assert not world.handover(B)
    assert world.pos[A].counters["unknown_peer"] == 1
    world = World(replace(REMEDY_2, backhaul=BackhaulKind.EXTERNAL))
    del world.manager._backhaul.associations[A]
    assert not world.handover(B)
    assert world.manager.counters["unknown_peer"] == 4


@every_variant
def test_lifetime(parameters: HandoverParameters) -> None:
    """R5.60: SALifeTime is delivered and enforced at both ends; then full authentication, or home, is what is left."""
    world = World(replace(parameters, key_lifetime_s=50))
    world.handover(B)
    start = world.now_ns
    expires = world.mn.next_deadline_ns()
    assert expires is not None
    assert start < expires <= start + 50 * S_NS
    world.now_ns = expires - 1
    world.mn.handle_deadline(world.now_ns)
    assert world.mn.served_by(world.now_ns) == B
    world.now_ns = expires + 1
    world.mn.handle_deadline(world.now_ns)
    world.pos[B].handle_deadline(world.now_ns)
    assert world.mn.served_by(world.now_ns) is None
    assert not world.pos[B].serves(MN, world.now_ns)
    assert not world.pos[B].port_open(MN, world.now_ns)
    assert world.mn.counters["association_deleted"] == world.pos[B].counters["association_deleted"] == 1


def test_a_key_that_nobody_fetches_expires() -> None:
    """R5.60: the TPoS forgets a delivered key after its lifetime."""
    world = World(replace(REMEDY_1, key_lifetime_s=5))
    world.mn.request_handover(0, B)
    world.run(uplink=losing(Msg.CONFIRM_MN), to=B)
    assert world.pos[B]._target.expects(MN)
    world.now_ns += 6 * S_NS
    world.pos[B].handle_deadline(world.now_ns)
    assert not world.pos[B]._target.expects(MN)
    assert world.pos[B].counters["key_expired"] == 1


@every_variant
def test_every_lost_message_is_made_up_for(parameters: HandoverParameters) -> None:
    """Page 6.4, rule 27: one lost message of any kind costs a repetition of the same octets, not a key."""
    for msg in (1, 4, 5, 6):
        world = World(parameters)
        assert world.handover(B, uplink=losing(msg, 1), downlink=losing(msg, 1)), msg
        assert world.same_keys(B)
        again = [m.payload for m in world.air if m.msg == (1 if msg in (1, 4) else 5)]
        assert len(again) == 2
        assert again[0] == again[1]
        assert world.mn.counters["repeated"] == 1
        assert world.pos[A].counters["key_delivered"] == (0 if parameters.delivery is Delivery.REMEDY_2 else 1)


@every_variant
def test_every_lost_datagram_is_made_up_for(parameters: HandoverParameters) -> None:
    """Page 6.4: the same on the backhaul; no second key is made."""
    legs = 4 if parameters.delivery is Delivery.REMEDY_2 else 2
    for lost in range(legs):
        world = World(parameters)
        seen = []

        def lose(source: bytes, datagram: object, lost: int = lost, seen: list[int] = seen) -> list[object]:
            seen.append(0)
            return [] if len(seen) - 1 == lost else [datagram]

        assert world.handover(B, on_wire=lose), lost  # type: ignore[arg-type]
        assert world.same_keys(B)
        assert world.manager.counters["group_key_issued"] == (1 if parameters.delivery is Delivery.REMEDY_2 else 0)


@every_variant
def test_confirmation_that_never_comes(parameters: HandoverParameters) -> None:
    """Rule 27: message 5 is repeated three times at 1 s, then K is dropped; the SA with the SPoS stays."""
    world = World(parameters)
    assert not world.handover(B, downlink=losing(Msg.CONFIRM_POS))
    sent = [m for m in world.air if m.msg == Msg.CONFIRM_MN]
    assert len(sent) == 4
    assert len({m.payload for m in sent}) == 1
    assert len({m.payload for m in world.air if m.msg == Msg.CONFIRM_POS}) == 1  # the cached one
    assert world.mn.counters["key_dropped"] == 1
    assert world.served_at(A)
    world.near = A
    assert world.handover(C)


@every_variant
def test_the_backhaul_is_down(parameters: HandoverParameters) -> None:
    """Everything repeated in vain ends with a Status at the MN, which is still served where it was."""
    world = World(parameters)
    assert not world.handover(B, on_wire=lambda source, datagram: [])
    assert world.pos[A].counters["delivery_failed"] == 1
    assert world.mn.counters["handover_failed"] == 1
    assert world.served_at(A)
    assert world.handover(C)


def test_the_tpos_does_not_answer_the_group_manager() -> None:
    """Remedy 2: a push in vain is reported to the SPoS, and by it to the MN."""
    world = World(REMEDY_2)
    assert not world.handover(B, on_wire=lambda source, datagram: [] if source == B else [datagram])
    assert world.manager.counters["issue_failed"] == 1
    assert world.mn.counters["handover_failed"] == 1


def test_readings_of_the_legacy_text() -> None:
    """R5.44, W5.3: as printed the MN never obtains K; with Nonce-T on both sides, or on neither, it does."""
    for prf in (Prf.HMAC, Prf.CMAC, Prf.LINEAR, Prf.UNKEYED):
        for reading, works in ((Reading.AS_SENT, True), (Reading.AS_PRINTED, False), (Reading.FIXED, True)):
            world = World(replace(LEGACY, prf=prf, reading=reading))
            assert world.handover(B) is works
    assert World(replace(LEGACY, prf=Prf.CONSTANT, reading=Reading.AS_PRINTED)).handover(B)


def test_option_1_costs_more_frames() -> None:
    """R5.37, R5.62: a delivered key takes 4 messages on the air; full authentication (S4) takes 18."""
    for parameters in (LEGACY, REMEDY_1, REMEDY_2):
        world = World(parameters)
        world.handover(B)
        assert len(world.air) == 4


def test_a_second_sa_replaces_the_first() -> None:
    """R5.34: an SA is renewed by another delivery to the same PoS."""
    world = World(REMEDY_1)
    world.handover(B)
    first = world.mn._awake(0).holdings.serving
    world.handover(C)
    world.handover(B)
    second = world.mn._awake(0).holdings.serving
    assert first is not None
    assert second is not None
    assert first.key != second.key


def test_callers_mistakes() -> None:
    """A handover under way, candidates that no request can hold, names of a wrong size: a clear ValueError."""
    world = World(REMEDY_1)
    with pytest.raises(ValueError, match="at most 8 candidates"):
        world.mn.request_handover(0, None, (Candidate(0, 1),) * 9)
    with pytest.raises(ValueError, match="2 octets"):
        world.mn.request_handover(0, b"B")
    world.mn.request_handover(0, B)
    assert world.mn.busy(0)
    with pytest.raises(ValueError, match="under way"):
        world.mn.request_handover(0, B)
    with pytest.raises(ValueError, match="SAID"):
        Association(MN, b"1", Secret(FIRST_KEY), IdType.EAP)
    with pytest.raises(ValueError, match="2 octets"):
        type(world.mn)(None, REMEDY_1, 1, b"1", world.memory, world.mn_entropy)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"suite": 256}, "suite"),
        ({"key_lifetime_s": 0}, "key_lifetime_s"),
        ({"tree_depth": 17}, "tree_depth"),
        ({"tries": 0}, "tries"),
        ({"backhaul": BackhaulKind.NONE}, "SA between PoSs"),
        ({"delivery": "remedy-3"}, "remedy-3"),
    ],
)
def test_parameters_that_cannot_be(wanted: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        HandoverParameters(**wanted)  # type: ignore[arg-type]


def test_installed_by_full_authentication() -> None:
    """R5.34, R5.62: the hook of option 1: both ends take an SA from outside, with its lifetime."""
    world = World(REMEDY_1, first_life_s=30)
    assert world.served_at(A)
    assert world.mn.next_deadline_ns() == 30 * S_NS
    link = Link(B, FIRST_SAID, Secret(FIRST_KEY), IdType.TLS, 10, expires_ns=5)
    world.mn.install(link, 0)
    assert world.mn.next_deadline_ns() == 5
    assert HOME in world.pos
