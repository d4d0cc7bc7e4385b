"""The steps of Solution #9, one test for each requirement that can be run (protocols page 4.1)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security.aiot import (
    AiotParameters,
    CommandOperationRequest,
    DeviceMemory,
    DeviceRecord,
    FailureCause,
    IdMode,
    Msg,
    Process,
    Prof,
    ResponsePolicy,
)
from ampradio.security.nvm import MemoryRows
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from tests.security.aiot import reference_s3 as reference
from tests.security.aiot.area import COMMAND, DEVICE_ID, KD, PROFILE, Area, identity, losing_all, make_tag, nothing
from tests.security.interference import losing

EVERYONE = PROFILE.mac.broadcast_id
LITERAL = AiotParameters(Prof.LITERAL)
FLOOR = AiotParameters(Prof.FLOOR)
HARDENED = AiotParameters(Prof.HARDENED)
VARIANTS = [LITERAL, FLOOR, HARDENED]
MODES = [
    AiotParameters(prof, mode)
    for prof in Prof
    for mode in (IdMode.ENCRYPTED, IdMode.TEMPORARY, IdMode.ENCRYPTED_UNPROTECTED)
    if not (prof is Prof.HARDENED and mode is IdMode.ENCRYPTED_UNPROTECTED)
]


def name_of(parameters: AiotParameters) -> str:
    return f"{parameters.report()['variant']}-mode{int(parameters.id_mode)}"


every_mode = pytest.mark.parametrize("parameters", MODES, ids=name_of)
every_variant = pytest.mark.parametrize("parameters", VARIANTS, ids=name_of)


@every_mode
def test_authentication_alone(parameters: AiotParameters) -> None:
    """R3.1, R3.2, R3.14, R3.21, R3.23, R3.24: the authentication process is usable alone in every ID mode."""
    area = Area(parameters, devices=3)
    answer = area.operate(Process.AUTHENTICATION)
    assert answer.cause is None
    assert answer.authenticated
    assert answer.payload is None
    assert [message.msg for message in area.air] == [Msg.PAGING, Msg.AUTH_RSP]
    assert area.done == []


@pytest.mark.parametrize("parameters", [p for p in MODES if not p.hardened], ids=name_of)
def test_command_alone(parameters: AiotParameters) -> None:
    """R3.1, R3.45: the command process works without prior authentication; the device nonce is generated in it."""
    area = Area(parameters, devices=3)
    answer = area.operate(Process.COMMAND)
    assert answer.payload == b"DONE\0\0\0\1"
    assert answer.authenticated
    assert [message.msg for message in area.air] == [Msg.COMMAND, Msg.CMD_RSP]
    assert area.air[0].station_id == EVERYONE
    assert area.done == [COMMAND]
    assert all(tag.application.done == [] for tag in area.tags[1:])


@every_mode
def test_authentication_and_command(parameters: AiotParameters) -> None:
    """R3.1, R3.39: both processes, one after the other; the payload is returned to the AF."""
    area = Area(parameters, devices=3)
    answer = area.operate()
    assert (answer.payload, answer.cause, answer.capability) == (b"DONE\0\0\0\1", None, 3)
    assert [message.msg for message in area.air] == [Msg.PAGING, Msg.AUTH_RSP, Msg.COMMAND, Msg.CMD_RSP]
    assert area.air[2].station_id == area.air[1].station_id == area.air[3].station_id
    assert area.done == [COMMAND]
    assert area.tag.counters["sent"] == 2


def test_hardened_command_needs_authentication_first() -> None:
    """S3-H: K_AIOTF exists only after AUTH-RSP, so a command alone is turned down, and refused by the device."""
    area = Area(HARDENED)
    assert area.operate(Process.COMMAND).cause is FailureCause.INVALID_MANDATORY_INFORMATION
    nonce = bytes(range(16))
    payload = b"\x25\0" + nonce + reference.temporary_id(KD, nonce, b"TC") + bytes(16)
    area.tell(Message(3, Msg.COMMAND, Prof.HARDENED, EVERYONE, payload))
    assert area.tag.counters["unexpected"] == 1


def test_what_is_configured_before_survives_a_power_loss() -> None:
    """R3.6, R3.7, R3.8: key, ID and policy are pre-configured and survive a power loss; else nothing is said."""
    memory = DeviceMemory(MemoryRows(DeviceMemory.rows_needed))
    assert memory.read() is None
    memory.provision(KD, DEVICE_ID, 0x35)
    found = memory.read()
    assert found is not None
    assert (found.key, found.device_id, found.policy) == (Secret(KD), DEVICE_ID, 0x35)
    area = Area(FLOOR)
    area.tag.power_off()
    assert area.operate().cause is None
    blank = make_tag(FLOOR)
    blank.device._memory = DeviceMemory(MemoryRows(DeviceMemory.rows_needed))
    blank.device.receive(area.air[0], 0)
    assert blank.device.counters["not_provisioned"] == 1
    assert blank.device.messages_to_send(0) == []
    for key, device_id, policy in [(KD[1:], DEVICE_ID, 0x25), (KD, b"", 0x25), (KD, DEVICE_ID, 0x80)]:
        with pytest.raises(ValueError):
            memory.provision(key, device_id, policy)


def test_command_operation_request() -> None:
    """R3.9: the AF names device and payload; an unknown device or an impossible request gets its cause."""
    area = Area(FLOOR)
    bad = [
        CommandOperationRequest(2, b"AIOT99999999", COMMAND),
        CommandOperationRequest(3, b"", COMMAND),
        CommandOperationRequest(4, DEVICE_ID, bytes(257)),
        CommandOperationRequest(5, DEVICE_ID, COMMAND, policy=0x80),
        CommandOperationRequest(6, DEVICE_ID, COMMAND, policy=0x04),
        CommandOperationRequest(7, DEVICE_ID, COMMAND, policy=0x00),
    ]
    for request in bad:
        area.function.backhaul_received(request, 0)
    answers = area.function.backhaul_to_send()
    assert [answer.operation_id for answer in answers] == [2, 3, 4, 5, 6, 7]
    assert {answer.cause for answer in answers} == {FailureCause.INVALID_MANDATORY_INFORMATION}
    assert not area.function.busy
    assert area.function.messages_to_send(0) == []


def test_network_nonces_are_fresh() -> None:
    """R3.10, R3.25, R3.40: every message of every operation has a network nonce and an ID never seen before."""
    area = Area(FLOOR)
    for number in range(20):
        area.operate(operation_id=number)
    paging = [message.payload for message in area.sent(Msg.PAGING)]
    commands = [message.payload[1:] for message in area.sent(Msg.COMMAND)]
    nonces = {payload[:16] for payload in paging + commands}
    assert len(nonces) == 40
    assert len({payload[16:24] for payload in paging + commands}) == 40


def test_device_nonces_are_fresh_and_independent() -> None:
    """R3.17, R3.34, R3.45: the device draws a nonce in step 3 and another in step 6."""
    area = Area(FLOOR)
    for number in range(20):
        area.operate(operation_id=number)
    nonces = [message.payload[:16] for message in area.sent(Msg.AUTH_RSP)]
    nonces += [message.payload[1:17] for message in area.sent(Msg.CMD_RSP)]
    assert len(set(nonces)) == 40


@every_mode
def test_protected_ids_are_the_references(parameters: AiotParameters) -> None:
    """R3.11, R3.12, R3.13, R3.15, R3.18, R3.19, R3.20, R3.26, R3.27, R3.31: all IDs as the reference has them."""
    area = Area(parameters)
    assert area.operate().cause is None
    mode, prof = int(parameters.id_mode), int(parameters.prof)
    size = parameters.protected_id_octets
    paging, answer, command, _ = area.air
    nn, dn = paging.payload[:16], answer.payload[:16]
    assert paging.payload == reference.paging(KD, DEVICE_ID, nn, mode, prof)
    assert answer.payload == reference.auth_response(KD, DEVICE_ID, nn, dn, 3, answer.station_id, mode, prof)
    at = 2 if parameters.hardened else 1
    nn2 = command.payload[at : at + 16]
    expected = reference.downlink_id(KD, DEVICE_ID, nn2, mode, 5, command.station_id, prof)
    assert command.payload[at + 16 : at + 16 + size] == expected


@every_mode
def test_another_device_stays_silent(parameters: AiotParameters) -> None:
    """R3.16: no match, no answer."""
    area = Area(parameters, devices=5)
    area.operate(Process.AUTHENTICATION)
    for tag in area.tags[1:]:
        assert tag.device.counters["other_device"] == 1
        assert tag.device.counters["sent"] == 0


@every_mode
def test_without_the_key_nobody_resolves_or_answers(parameters: AiotParameters) -> None:
    """R3.3, R3.4, R3.24: a device with the right ID and the wrong key neither recognises itself nor convinces."""
    area = Area(parameters, device_options={"key": bytes(range(16))})
    assert area.operate(Process.AUTHENTICATION).cause is FailureCause.NO_SUCC_INV_RESP
    assert area.tag.counters["other_device"] == 3
    forged = reference.auth_response(
        bytes(range(16)), DEVICE_ID, area.air[-1].payload[:16], bytes(16), 3, 0x1234, int(parameters.id_mode)
    )
    rogue = Area(parameters)
    answer = rogue.operate(
        Process.AUTHENTICATION, uplink=lambda m: [Message(3, Msg.AUTH_RSP, parameters.prof, 0x1234, forged)]
    )
    assert answer.cause is FailureCause.AUTH_FAILURE
    assert rogue.function.counters["bad_protected_id"] == 3
    assert rogue.function.counters["authenticated"] == 0


@pytest.mark.parametrize("parameters", [LITERAL, FLOOR], ids=name_of)
def test_command_is_the_references(parameters: AiotParameters) -> None:
    """R3.28, R3.29, R3.30, R3.35, R3.36, R3.37, R3.38, R3.41, R3.43: both messages as the reference has them."""
    area = Area(parameters)
    area.operate()
    command, response = area.air[2], area.air[3]
    nn, dn, prof = command.payload[1:17], response.payload[1:17], int(parameters.prof)
    head = b"\x25" + nn + reference.temporary_id(KD, nn)
    extra = reference.aad(command.station_id, 5, prof)
    assert command.payload == reference.guarded(0x25, reference.kdf(KD, b"CM", nn), nn, head, COMMAND, extra)
    keys = reference.kdf(KD, b"CR", nn, dn)
    extra = reference.aad(response.station_id, 6, prof)
    assert response.payload == reference.guarded(0x25, keys, dn, b"\x25" + dn, b"DONE\0\0\0\1", extra)


def test_hardened_session_is_bound_to_both_nonces() -> None:
    """R3.5, R3.41: in S3-H the downlink too depends on the device nonce (W3.1 closed)."""
    area = Area(HARDENED)
    area.operate()
    paging, answer, command, _ = area.air
    key = reference.kdf(KD, b"KS", paging.payload[:16], answer.payload[:16])[16:]
    nonce = command.payload[2:18]
    head = b"\x25\0" + nonce + reference.temporary_id(KD, nonce, b"TC")
    extra = reference.aad(command.station_id, 5, 3)
    keys = reference.kdf(key, b"CM", nonce, b"\0")
    assert command.payload == reference.guarded(0x25, keys, nonce, head, COMMAND, extra)


@every_variant
def test_literal_downlink_has_no_device_nonce(parameters: AiotParameters) -> None:
    """R3.5 (W3.1): under one network nonce the literal COMMAND is the same whatever the device contributed."""
    area = Area(parameters)
    area.operate()
    command, paging, answer = area.air[2], area.air[0], area.air[1]
    at = parameters.command_head_octets
    nonce = command.payload[at - 24 : at - 8]
    without_device = reference.ctr(reference.kdf(KD, b"CM", nonce)[:16], nonce, COMMAND)
    same = command.payload[at : at + 8] == without_device
    assert same is not parameters.hardened
    assert paging.payload[:16] != answer.payload[:16]


def test_the_message_says_how_it_is_protected() -> None:
    """R3.32, R3.42: the device follows the policy in the message."""
    for policy in (0x00, 0x01, 0x12, 0x25, 0x3F):
        area = Area(LITERAL)
        assert area.operate(policy=policy).payload == b"DONE\0\0\0\1"
        assert area.air[2].payload[0] == area.air[3].payload[0] == policy
        assert (COMMAND in area.air[2].payload) is not bool(policy & 0x09)


@every_variant
def test_a_command_that_does_not_verify_goes_no_further(parameters: AiotParameters) -> None:
    """R3.33: not executed, not answered."""
    area = Area(parameters)

    def spoil(message: Message) -> list[Message]:
        if message.msg != Msg.COMMAND:
            return [message]
        return [replace(message, payload=message.payload[:-1] + bytes([message.payload[-1] ^ 1]))]

    answer = area.operate(downlink=spoil)
    assert area.done == []
    assert area.tag.counters["bad_mic"] == 3
    assert answer.cause is FailureCause.LOW_ENERGY  # there, and then silent: all that the AIoTF can see


@every_variant
def test_a_response_that_does_not_verify_is_not_returned(parameters: AiotParameters) -> None:
    """R3.38, R3.39: the AF gets no payload from a response with a wrong MAC."""
    area = Area(parameters)

    def spoil(message: Message) -> list[Message]:
        if message.msg != Msg.CMD_RSP:
            return [message]
        return [replace(message, payload=message.payload[:-1] + bytes([message.payload[-1] ^ 1]))]

    answer = area.operate(uplink=spoil)
    assert (answer.cause, answer.payload) == (FailureCause.AUTH_FAILURE, None)
    assert area.function.counters["bad_mic"] == 3


@pytest.mark.parametrize("response_policy", ResponsePolicy)
def test_response_by_the_policy_of_the_request_or_the_stored_one(response_policy: ResponsePolicy) -> None:
    """R3.36, R3.37: either source of the response's policy works, and the message carries it."""
    area = Area(replace(LITERAL, response_policy=response_policy), device_options={"policy": 0x34})
    assert area.operate(policy=0x25).payload == b"DONE\0\0\0\1"
    assert area.air[3].payload[0] == (0x25 if response_policy is ResponsePolicy.REQUEST else 0x74)


def test_stored_policy_by_bit_6() -> None:
    """R3.8, R3.42 and rule 16: with b6 the stored policy counts and the received b0 to b5 are ignored."""
    area = Area(LITERAL, device_options={"policy": 0x34})
    assert area.operate(policy=0x40).payload == b"DONE\0\0\0\1"
    command, response = area.air[2], area.air[3]
    assert (command.payload[0], response.payload[0]) == (0x40, 0x74)
    assert len(command.payload) == 25 + 8 + 16
    assert COMMAND in command.payload


def test_capability_is_reported() -> None:
    """R3.22: the capability octet reaches the AF."""
    assert Area(FLOOR).operate(Process.AUTHENTICATION).capability == 3
    with pytest.raises(ValueError, match="capability"):
        make_tag(FLOOR).device.__class__(PROFILE, FLOOR, make_tag(FLOOR).memory, Area().network_entropy, capability=256)


@every_variant
def test_failure_causes(parameters: AiotParameters) -> None:
    """Page 4.4: nobody answers, somebody answers wrongly, a device that was there falls silent."""
    assert Area(parameters).operate(downlink=nothing).cause is FailureCause.NO_SUCC_INV_RESP
    assert Area(parameters).operate(uplink=losing_all(Msg.CMD_RSP)).cause is FailureCause.LOW_ENERGY
    assert Area(parameters).operate(downlink=losing_all(Msg.COMMAND)).cause is FailureCause.LOW_ENERGY
    assert Area(parameters, options={"retries": 0}).operate(downlink=nothing).cause is FailureCause.NO_SUCC_INV_RESP


@every_variant
@pytest.mark.parametrize("msg", Msg)
def test_one_lost_message_costs_a_repetition(parameters: AiotParameters, msg: Msg) -> None:
    """A lost message is repeated under a new nonce (R3.40); idempotence is the application's problem: it shows."""
    area = Area(parameters)
    interference = losing(msg)
    answer = area.operate(downlink=interference, uplink=interference)
    assert answer.cause is None
    executed_twice = msg is Msg.CMD_RSP
    assert answer.payload == b"DONE" + (2 if executed_twice else 1).to_bytes(4, "big")
    assert area.done == [COMMAND] * (2 if executed_twice else 1)


def test_operations_queue_one_behind_the_other() -> None:
    """Two requests for two devices are served in order, by one exchange at a time."""
    area = Area(FLOOR, devices=2)
    area.request(operation_id=1)
    area.request(operation_id=2, device_id=identity(1)[1])
    assert area.function.busy
    area.run()
    assert [answer.operation_id for answer in area.answers] == [1, 2]
    assert [tag.application.done for tag in area.tags] == [[COMMAND], [COMMAND]]
    assert not area.function.busy


def test_a_reply_timeout_replaces_the_end_of_slot() -> None:
    """A MAC that never says that a slot is over loses no operation."""
    area = Area(FLOOR, options={"reply_timeout_ns": 5, "retries": 1})
    area.request()
    assert area.function.next_deadline_ns() is None
    area.function.handle_deadline(10**12)
    area.function.messages_to_send(0)
    assert area.function.messages_to_send(1) == []
    assert area.function.next_deadline_ns() == 5
    area.function.handle_deadline(4)
    assert area.function.next_deadline_ns() == 5
    area.function.handle_deadline(5)
    area.function.messages_to_send(6)
    area.function.handle_deadline(11)
    assert area.function.backhaul_to_send()[0].cause is FailureCause.NO_SUCC_INV_RESP
    assert area.tag.next_deadline_ns() is None
    area.tag.handle_deadline(10**12)
    assert {event.kind for event in area.tag.events()} == {"parameters"}


def test_parameters_are_reported_first() -> None:
    """R3.46, R3.47, R3.48: profile, variant and the settings that stand for open notes come first at each end."""
    area = Area(FLOOR)
    for events in (area.function.events(), area.tag.events()):
        assert events[0].kind == "parameters"
        assert events[0].detail["variant"] == "S3-F"
        assert events[0].detail["exhaustion"].startswith("not prevented")
        assert "placeholder" in events[0].detail


def test_a_device_is_enrolled_once_and_with_what_fits() -> None:
    """A device is enrolled once, with a key and ID of the right size and a stored policy not below the floor."""
    area = Area(FLOOR)
    with pytest.raises(ValueError, match="known already"):
        area.function.enroll(DeviceRecord(DEVICE_ID, Secret(KD)))
    with pytest.raises(ValueError, match="below the floor"):
        area.function.enroll(DeviceRecord(identity(1)[1], Secret(KD), 0x21))
    with pytest.raises(ValueError, match="12 octets"):
        DeviceRecord(b"short", Secret(KD))
    with pytest.raises(ValueError, match="16 octets"):
        DeviceRecord(DEVICE_ID, Secret(b"short"))
    with pytest.raises(ValueError, match="MAC of length 0"):
        DeviceRecord(DEVICE_ID, Secret(KD), 0x04)
    with pytest.raises(ValueError, match="b6"):
        DeviceRecord(DEVICE_ID, Secret(KD), 0x65)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"policy_floor": 0x21}, "b2"),
        ({"policy_floor": 0x100}, "policy_floor"),
        ({"id_mode": IdMode.ENCRYPTED_UNPROTECTED}, "mode 2"),
        ({"response_data_max": -1}, "0…256"),
        ({"response_data_max": 257}, "0…256"),
        ({"prof": 4}, "4"),
    ],
)
def test_parameters_that_do_not_go_together(wanted: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        AiotParameters(**wanted)  # type: ignore[arg-type]
