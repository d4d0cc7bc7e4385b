"""The weaknesses of Solution #9, each shown on the variant that has it and not on the one without (page 4.3, 8.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import cycle

import pytest

from ampradio.security import meter
from ampradio.security.aiot import AiotParameters, FailureCause, IdMode, Msg, Process, Prof
from ampradio.security.session import Message
from tests.security.aiot import reference_s3 as reference
from tests.security.aiot.area import COMMAND, DEVICE_ID, KD, PROFILE, Area, flip, nothing

EVERYONE = PROFILE.mac.broadcast_id
LITERAL, FLOOR, HARDENED = (AiotParameters(prof) for prof in Prof)
every_variant = pytest.mark.parametrize("parameters", [LITERAL, FLOOR, HARDENED], ids=["S3-L", "S3-F", "S3-H"])


def recorded(area: Area, msg: Msg) -> Message:
    return area.sent(msg)[-1]


@every_variant
def test_x1_replayed_command(parameters: AiotParameters) -> None:
    """W3.1, X1, R3.5: a recorded COMMAND is executed again in S3-L and S3-F, and not in S3-H."""
    area = Area(parameters)
    area.operate()
    command = recorded(area, Msg.COMMAND)
    area.tell(command)
    executed = len(area.done)
    assert executed == (1 if parameters.hardened else 2)
    if parameters.hardened:
        assert area.tag.counters["replayed_counter"] == 1
    area.tag.power_off()
    area.tell(command)
    assert len(area.done) == executed  # its header ID died with the power


@pytest.mark.parametrize("parameters", [LITERAL, FLOOR], ids=["S3-L", "S3-F"])
def test_x1_replayed_command_alone_survives_a_reboot(parameters: AiotParameters) -> None:
    """W3.1: sent to everyone, the recorded COMMAND works for ever: the device holds nothing to know it by."""
    area = Area(parameters)
    area.operate(Process.COMMAND)
    for _ in range(3):
        area.tag.power_off()
        area.tell(recorded(area, Msg.COMMAND))
    assert area.done == [COMMAND] * 4


def test_x1_hardened_command_of_an_old_session() -> None:
    """S3-H: an old COMMAND under the ID of a new session meets another K_AIOTF; to everyone it is refused as well."""
    area = Area(HARDENED)
    area.operate()
    old = recorded(area, Msg.COMMAND)
    area.operate(Process.AUTHENTICATION)
    (station_id,) = area.tag.answers_to
    area.tell(replace(old, station_id=station_id))
    area.tell(replace(old, station_id=EVERYONE))
    assert area.done == [COMMAND]
    assert area.tag.counters["bad_mic"] == 1
    assert area.tag.counters["unexpected"] == 1


@every_variant
def test_x1_replayed_paging(parameters: AiotParameters) -> None:
    """W3.3, X9, X10: the target answers a recorded PAGING again, in every variant: presence test and drain."""
    area = Area(parameters, devices=4)
    area.operate(Process.AUTHENTICATION)
    first = recorded(area, Msg.AUTH_RSP)
    again = area.tell(recorded(area, Msg.PAGING))
    assert [message.msg for message in again] == [Msg.AUTH_RSP]
    assert again[0].payload[:16] != first.payload[:16]
    assert area.tag.counters["sent"] == 2


@every_variant
def test_x9_two_captures_without_replay_share_nothing(parameters: AiotParameters) -> None:
    """X9, R3.2: no octet string of four or more, and no header ID, comes twice."""
    area = Area(parameters)
    for number in range(2):
        area.operate(operation_id=number)
    half = len(area.air) // 2
    for one in area.air[:half]:
        grams = {one.payload[at : at + 4] for at in range(2, len(one.payload) - 3)}
        for other in area.air[half:]:
            assert not any(gram in other.payload for gram in grams)
    assert len({message.station_id for message in area.sent(Msg.AUTH_RSP)}) == 2


@every_variant
def test_x2_replayed_uplink(parameters: AiotParameters) -> None:
    """X2: a recorded response convinces the AIoTF of nothing, for the network nonce is its own and new."""
    area = Area(parameters)
    area.operate()
    replayed = {Msg.PAGING: recorded(area, Msg.AUTH_RSP), Msg.COMMAND: recorded(area, Msg.CMD_RSP)}

    def replay(message: Message) -> Iterable[Message]:
        area.function.receive(replayed[Msg(message.msg)], area.now_ns)
        return []

    answer = area.operate(downlink=replay, operation_id=2)
    assert answer.cause is FailureCause.AUTH_FAILURE
    assert area.function.counters["authenticated"] == 1
    if not parameters.hardened:
        assert area.operate(Process.COMMAND, downlink=replay, operation_id=3).cause is FailureCause.AUTH_FAILURE


@every_variant
@pytest.mark.parametrize("mode", [IdMode.ENCRYPTED, IdMode.TEMPORARY])
def test_x3_every_bit_of_every_message(parameters: AiotParameters, mode: IdMode) -> None:
    """X3: under the default policy every flipped bit is detected, but for an unprotected capability and W3.2."""
    parameters = replace(parameters, id_mode=mode)
    lengths = [len(message.payload) for message in run_of(parameters)]
    for msg, octets in zip(Msg, lengths, strict=True):
        for bit in range(8 * octets):
            area = Area(parameters, options={"retries": 0})

            def tamper(message: Message, msg: Msg = msg, bit: int = bit) -> list[Message]:
                return [flip(message, bit) if message.msg == msg else message]

            answer = area.operate(downlink=tamper, uplink=tamper)
            capability = msg is Msg.AUTH_RSP and bit >= 8 * (octets - 1)
            believed_policy = parameters.prof is Prof.LITERAL and msg in (Msg.COMMAND, Msg.CMD_RSP) and bit == 5
            if believed_policy:  # W3.2: 0x25 becomes 0x21, which asks for no MAC
                assert (answer.cause, answer.authenticated) == (None, False)
            elif capability and not (parameters.hardened and mode is IdMode.TEMPORARY):
                assert answer.capability != 3
                assert answer.cause is None
            else:
                assert answer.cause is not None, (msg, bit)
                assert area.done == ([COMMAND] if msg is Msg.CMD_RSP else [])


def run_of(parameters: AiotParameters) -> list[Message]:
    area = Area(parameters)
    area.operate()
    return area.air


def test_x3_without_integrity_the_content_changes() -> None:
    """X3, W3.8: under policy 0x01 a flipped bit of the ciphertext is a flipped bit of the command, unnoticed."""
    area = Area(LITERAL)

    def tamper(message: Message) -> list[Message]:
        return [flip(message, 8 * 25 + 7) if message.msg == Msg.COMMAND else message]

    assert area.operate(policy=0x01, downlink=tamper).cause is None
    assert area.done == [bytes([COMMAND[0] ^ 1]) + COMMAND[1:]]


@pytest.mark.parametrize("mode", [IdMode.ENCRYPTED, IdMode.ENCRYPTED_UNPROTECTED])
def test_x3_malleable_id(mode: IdMode) -> None:
    """W3.5: with CTR alone (mode 2) whoever flips the difference of two IDs calls the other device of the same key."""
    parameters = AiotParameters(Prof.LITERAL, mode)
    area = Area(parameters, devices=2, device_options={"key": KD})
    other = area.tags[1].memory.read()
    assert other is not None
    difference = bytes(one ^ two for one, two in zip(DEVICE_ID, other.device_id, strict=True))

    def steer(message: Message) -> list[Message]:
        octets = bytearray(message.payload)
        for index, octet in enumerate(difference):
            if 16 + index < len(octets):
                octets[16 + index] ^= octet
        return [replace(message, payload=bytes(octets))]

    area.operate(Process.AUTHENTICATION, downlink=steer)
    answered = [tag.device.counters["sent"] > 0 for tag in area.tags]
    assert answered == [False, mode is IdMode.ENCRYPTED_UNPROTECTED]


@every_variant
def test_x4_duplicates_and_disorder(parameters: AiotParameters) -> None:
    """X4: doubled and reordered messages end in no deadlock; what was done is done once in S3-H."""
    area = Area(parameters)
    answer = area.operate(downlink=lambda m: [m, m], uplink=lambda m: [m, m])
    assert answer.cause is None
    assert len(area.done) == (1 if parameters.hardened else 2)
    disorder = Area(parameters)
    held: list[Message] = []

    def swap(message: Message) -> list[Message]:
        held.append(message)
        return [] if len(held) == 1 else [held.pop(0)]

    disorder.operate(downlink=swap)
    assert disorder.operate(operation_id=2).cause is None


@every_variant
def test_x5_rogue_gateway(parameters: AiotParameters) -> None:
    """X5: without the key nobody makes a device answer or act; what is left is replay."""
    area = Area(parameters, devices=3)
    for number in range(50):
        nonce = number.to_bytes(16, "big")
        area.tell(Message(3, Msg.PAGING, parameters.prof, EVERYONE, nonce + bytes(8)))
        head = b"\0" + bytes(parameters.counter_octets)
        area.tell(Message(3, Msg.COMMAND, parameters.prof, EVERYONE, head + nonce + bytes(8) + COMMAND))
    assert all(tag.device.counters["sent"] == 0 and tag.application.done == [] for tag in area.tags)


@every_variant
def test_x6_rogue_tag(parameters: AiotParameters) -> None:
    """X6, R3.24: without the key nobody convinces the AIoTF as long as the policy has integrity."""
    area = Area(parameters)

    def rogue(message: Message) -> list[Message]:
        octets = parameters.auth_response_octets if message.msg == Msg.PAGING else 40
        msg = Msg.AUTH_RSP if message.msg == Msg.PAGING else Msg.CMD_RSP
        area.function.receive(Message(3, msg, parameters.prof, 0x1234, b"\x25" * octets), area.now_ns)
        return []

    assert area.operate(downlink=rogue).cause is FailureCause.AUTH_FAILURE
    assert area.function.counters["authenticated"] == 0


@every_variant
def test_x6_forged_response_with_a_policy_of_its_own(parameters: AiotParameters) -> None:
    """W3.2 on the uplink: S3-L believes a response that says of itself that nothing protects it."""
    area = Area(parameters)

    def forge(message: Message) -> list[Message]:
        if message.msg != Msg.CMD_RSP:
            return [message]
        return [replace(message, payload=bytes(1 + parameters.counter_octets) + bytes(16) + b"FORGED")]

    answer = area.operate(uplink=forge)
    if parameters.prof is Prof.LITERAL:
        assert (answer.payload, answer.authenticated) == (b"FORGED", False)
    else:
        assert answer.cause is FailureCause.AUTH_FAILURE
        assert area.function.counters["policy_below_floor"] == 3


def test_w38_success_without_integrity_authenticates_nobody() -> None:
    """W3.8: with integrity off step 7 "succeeds" for anybody; the answer to the AF says so."""
    area = Area(LITERAL)

    def anybody(message: Message) -> list[Message]:
        if message.msg == Msg.PAGING:
            return [message]
        area.function.receive(
            Message(3, Msg.CMD_RSP, 1, message.station_id, b"\0" + bytes(16) + b"NOBODY"), area.now_ns
        )
        return []

    answer = area.operate(downlink=anybody, policy=0x00)
    assert (answer.payload, answer.cause, answer.authenticated) == (b"NOBODY", None, False)


@every_variant
def test_x8_policy_downgrade(parameters: AiotParameters) -> None:
    """W3.2, X8, R3.42: a captured nonce and Protected ID with policy "none" and a command of the attacker's own."""
    area = Area(parameters)

    def downgrade(message: Message) -> list[Message]:
        if message.msg != Msg.COMMAND:
            return [message]
        head = message.payload[1 : parameters.command_head_octets]
        return [replace(message, payload=b"\0" + head + b"PERMANENT_DISABLE")]

    area.operate(downlink=downgrade, uplink=lambda m: [] if m.msg == Msg.CMD_RSP else [m])
    if parameters.prof is Prof.LITERAL:
        assert area.done == [b"PERMANENT_DISABLE"] * 3
    else:
        assert area.done == []
        assert area.tag.counters["policy_below_floor"] == 3


@every_variant
def test_x10_fake_paging_drains_everybody(parameters: AiotParameters) -> None:
    """W3.4, R3.44, R3.47: random octets make every device in the area compute; n devices pay n times."""
    spent = []
    for devices in (1, 8):
        area = Area(parameters, devices=devices)
        tally = meter.Tally()
        with meter.metered(tally):
            area.tell(Message(3, Msg.PAGING, parameters.prof, EVERYONE, bytes(range(24))))
        assert all(tag.device.counters["other_device"] == 1 for tag in area.tags)
        spent.append(tally.units[meter.Primitive.SHA256])
    assert spent == [4, 32]


@every_variant
def test_x12_the_key_opens_the_past(parameters: AiotParameters) -> None:
    """W3.6, X12: who reads K_D out of a device reads every recorded command, in every variant: no forward secrecy."""
    area = Area(parameters)
    for number in range(3):
        area.operate(operation_id=number, payload=bytes([number]) * 8)
    for number in range(3):
        paging, answer, command, _ = area.air[4 * number : 4 * number + 4]
        base, at = KD, parameters.command_head_octets
        extra = (b"\0",) if parameters.hardened else ()
        if parameters.hardened:
            base = reference.kdf(KD, b"KS", paging.payload[:16], answer.payload[:16])[16:]
        nonce = command.payload[at - 24 : at - 8]
        keys = reference.kdf(base, b"CM", nonce, *extra)
        assert reference.ctr(keys[:16], nonce, command.payload[at:-8]) == bytes([number]) * 8


class Repeating:
    """A weak generator: the same two nonces over and over."""

    seeded = True

    def __init__(self) -> None:
        self._nonces = cycle([bytes(range(16)), bytes(range(16, 32))])

    def octets(self, count: int) -> bytes:
        return next(self._nonces) if count == 16 else b"\x34\x12"


@every_variant
def test_w37_repeated_device_nonce_repeats_the_keystream(parameters: AiotParameters) -> None:
    """W3.7: replayed COMMAND, repeated device nonce: two responses under one keystream; S3-H answers once."""
    area = Area(parameters, device_entropy=Repeating())
    area.operate()
    first = recorded(area, Msg.CMD_RSP)
    more = []
    for _ in range(2):
        more += area.tell(recorded(area, Msg.COMMAND))
    if parameters.hardened:
        assert more == []
        return
    second = more[1]
    assert second.payload[1:17] == first.payload[1:17]
    difference = bytes(one ^ two for one, two in zip(first.payload[17:25], second.payload[17:25], strict=True))
    plain = bytes(one ^ two for one, two in zip(b"DONE\0\0\0\1", b"DONE\0\0\0\3", strict=True))
    assert difference == plain


@every_variant
def test_dead_entropy_sends_nothing(parameters: AiotParameters) -> None:
    """A source that gives constants is refused at both ends before anything is sent under it."""

    class Dead:
        seeded = True

        def octets(self, count: int) -> bytes:
            return bytes(count)

    class OnlyBroadcastIds:
        seeded = True

        def octets(self, count: int) -> bytes:
            return bytes(range(16)) if count == 16 else b"\xff\xff"

    area = Area(parameters, network_entropy=Dead())
    assert area.operate().cause is FailureCause.ERROR_UNSPECIFIED
    assert area.air == []
    for source in (Dead(), OnlyBroadcastIds()):
        area = Area(parameters, device_entropy=source)
        assert area.operate().cause is FailureCause.NO_SUCC_INV_RESP
        assert area.tag.counters["entropy_refused"] == 1 + 2
        assert area.tag.counters["sent"] == 0


@every_variant
def test_jammed_air_ends(parameters: AiotParameters) -> None:
    """X4: nothing gets through, nothing hangs, and the next operation works."""
    area = Area(parameters)
    assert area.operate(downlink=nothing).cause is FailureCause.NO_SUCC_INV_RESP
    assert area.operate(operation_id=2).cause is None
