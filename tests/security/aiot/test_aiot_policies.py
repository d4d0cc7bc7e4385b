"""Every one of the policy octets, at both ends, against the reference (R3.28, R3.32, R3.42, W3.8)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security.aiot import AiotParameters, Msg, Process, Prof
from ampradio.security.session import Message
from tests.security.aiot import reference_s3 as reference
from tests.security.aiot.area import COMMAND, DEVICE_ID, KD, PROFILE, Area

LITERAL = AiotParameters(Prof.LITERAL)
FLOOR = AiotParameters(Prof.FLOOR)
WELL_FORMED = [octet for octet in range(0x40) if not octet & 0x06 or octet & 0x30]


@pytest.mark.parametrize("policy", range(0x40), ids=lambda octet: f"0x{octet:02x}")
def test_every_policy(policy: int) -> None:
    """R3.28, R3.32, R3.36, R3.42: all 64 combinations of b0 to b5; integrity without a MAC is malformed (rule 16)."""
    area = Area(LITERAL)
    answer = area.operate(policy=policy)
    if policy not in WELL_FORMED:
        assert answer.cause is not None
        assert area.air == []
        return
    assert answer.payload == b"DONE\0\0\0\1"
    command, response = area.air[2], area.air[3]
    nn, dn = command.payload[1:17], response.payload[1:17]
    head = bytes([policy]) + nn + reference.temporary_id(KD, nn)
    extra = reference.aad(command.station_id, 5, 1)
    assert command.payload == reference.guarded(policy, reference.kdf(KD, b"CM", nn), nn, head, COMMAND, extra)
    extra = reference.aad(response.station_id, 6, 1)
    keys = reference.kdf(KD, b"CR", nn, dn)
    assert response.payload == reference.guarded(policy, keys, dn, bytes([policy]) + dn, b"DONE\0\0\0\1", extra)
    assert answer.authenticated is bool(policy & 0x06)  # W3.8: "successful" without integrity means nothing


@pytest.mark.parametrize("policy", range(0x100), ids=lambda octet: f"0x{octet:02x}")
def test_a_device_takes_every_policy_octet(policy: int) -> None:
    """A command under any policy octet, made by the reference: S3-L executes a well-formed one, S3-F from 0x25 up."""
    floor_met = bool(policy & 0x40) or (bool(policy & 0x04 and policy & 0x09) and (policy >> 4 & 3) >= 2)
    for parameters, allowed in ((LITERAL, True), (FLOOR, floor_met)):
        area = Area(parameters)
        nn, prof = bytes(range(16)), int(parameters.prof)
        in_force = 0x25 if policy & 0x40 else policy
        head = bytes([policy]) + nn + reference.temporary_id(KD, nn)
        extra = reference.aad(0xFFFF, 5, prof)
        payload = reference.guarded(in_force, reference.kdf(KD, b"CM", nn), nn, head, COMMAND, extra)
        said = area.tell(Message(3, Msg.COMMAND, prof, 0xFFFF, payload))
        well_formed = not policy & 0x80 and (bool(policy & 0x40) or policy in WELL_FORMED)
        assert area.done == ([COMMAND] if well_formed and allowed else [])
        assert len(said) == len(area.done)
        if not well_formed:
            assert area.tag.counters["malformed"] == 1
        elif not allowed:
            assert area.tag.counters["policy_below_floor"] == 1


@pytest.mark.parametrize("policy", range(0x100), ids=lambda octet: f"0x{octet:02x}")
def test_the_aiotf_takes_every_policy_octet(policy: int) -> None:
    """The same for CMD-RSP at the AIoTF: S3-L believes the octet, S3-F nothing below its floor (R3.38)."""
    floor_met = bool(policy & 0x40) or (bool(policy & 0x04 and policy & 0x09) and (policy >> 4 & 3) >= 2)
    for parameters, allowed in ((LITERAL, True), (FLOOR, floor_met)):
        area = Area(parameters, options={"retries": 0})

        def answer(message: Message, prof: int = int(parameters.prof), area: Area = area) -> list[Message]:
            nn, dn = message.payload[1:17], bytes(range(16, 32))
            in_force = 0x25 if policy & 0x40 else policy
            keys = reference.kdf(KD, b"CR", nn, dn)
            extra = reference.aad(0x1234, 6, prof)
            payload = reference.guarded(in_force, keys, dn, bytes([policy]) + dn, b"made", extra)
            area.function.receive(Message(3, Msg.CMD_RSP, prof, 0x1234, payload), 0)
            return []

        result = area.operate(Process.COMMAND, downlink=answer)
        well_formed = not policy & 0x80 and (bool(policy & 0x40) or policy in WELL_FORMED)
        assert result.payload == (b"made" if well_formed and allowed else None)


def test_floor_is_a_floor_not_a_value() -> None:
    """S3-F accepts more protection than asked for, at either end."""
    for policy in (0x25, 0x2D, 0x27, 0x35, 0x3F):
        assert Area(FLOOR).operate(policy=policy).cause is None
    lower = replace(FLOOR, policy_floor=0x14)
    for policy in (0x14, 0x15, 0x24, 0x36):
        assert Area(lower).operate(policy=policy).cause is None
    assert Area(lower).operate(policy=0x12).cause is not None


def test_device_id_is_clear_in_no_mode() -> None:
    """R3.2: the ID itself is on the air in no mode."""
    for mode in (0, 1, 2):
        area = Area(AiotParameters(Prof.LITERAL, mode))
        area.operate()
        assert all(DEVICE_ID not in message.payload for message in area.air)
        assert PROFILE.mac.broadcast_id == area.air[0].station_id
