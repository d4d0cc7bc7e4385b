"""ID mode 3: the device is called by a stored T-ID, as in TS 29.369, and nobody else computes anything (S3-H)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security import meter
from ampradio.security.aiot import (
    AiotParameters,
    DeviceMemory,
    DeviceRecord,
    FailureCause,
    IdMode,
    Msg,
    Process,
    Prof,
)
from ampradio.security.nvm import ROW_OCTETS, MemoryRows
from ampradio.security.secret import Secret
from tests.security.aiot import reference_s3 as reference
from tests.security.aiot.area import (
    COMMAND,
    DEVICE_ID,
    KD,
    Area,
    first_t_id,
    flip,
    identity,
    losing_all,
)
from tests.security.aiot.test_aiot_outage import DeviceMeter

STORED = AiotParameters(Prof.HARDENED, IdMode.STORED)


def paged(area: Area) -> list[bytes]:
    return [message.payload[16:] for message in area.sent(Msg.PAGING)]


def test_a_new_name_after_every_command() -> None:
    """R3.2, R3.13, R3.40: each operation with a command calls the device by a T-ID never used before."""
    area = Area(STORED, devices=3)
    for number in range(4):
        assert area.operate(operation_id=number).payload == b"DONE" + (number + 1).to_bytes(4, "big")
    names = paged(area)
    assert names[0] == first_t_id(0)
    assert len(set(names)) == 4
    for number in range(3):
        paging, answer = area.air[4 * number : 4 * number + 2]
        assert names[number + 1] == reference.kdf(KD, b"TI", paging.payload[:16], answer.payload[:16])[:16]
    assert [len(message.payload) for message in area.air[:4]] == [32, 25, 42, 34]


def test_authentication_alone_keeps_the_name() -> None:
    """X9: nothing shows the device that its answer arrived, so both keep the name: two captures are linkable."""
    area = Area(STORED)
    for number in range(2):
        assert area.operate(Process.AUTHENTICATION, operation_id=number).authenticated
    assert paged(area) == [first_t_id(0)] * 2


def test_what_the_others_pay() -> None:
    """R3.44, W3.4: nothing; the device that is meant writes 4 NVM rows a command."""
    area = Area(STORED, devices=3)
    area.operate()
    tally = meter.Tally()
    with meter.metered(tally):
        for tag in area.tags[1:]:
            tag.device.receive(area.air[0], 0)
    assert tally.units == {}
    undisturbed = DeviceMeter(10**9)
    undisturbed.hear(area)
    area.operate(operation_id=2)
    units = undisturbed.tally.units
    assert (units[meter.Primitive.SHA256], units[meter.Primitive.NVM_ROW]) == (4 + 4 + 4 + 8 + 4, 4)


@pytest.mark.parametrize("msg", Msg)
def test_lost_messages_do_not_part_them(msg: Msg) -> None:
    """However many operations lose one and the same message, the next undisturbed one succeeds."""
    area = Area(STORED)
    for number in range(3):
        assert area.operate(downlink=losing_all(msg), uplink=losing_all(msg), operation_id=number).cause is not None
        area.tag.power_off()
    assert area.operate(operation_id=9).cause is None
    assert area.operate(operation_id=10).cause is None


def test_replayed_paging_does_not_part_them() -> None:
    """W3.3: a recorded PAGING under the previous name is answered, but changes no name."""
    area = Area(STORED)
    area.operate()
    old = area.air[0]
    for _ in range(5):
        assert len(area.tell(old)) == 1
    assert area.operate(operation_id=2).cause is None
    assert area.operate(operation_id=3).cause is None
    assert area.tell(old) == []  # two names later it means nobody


@pytest.mark.parametrize("process", [Process.AUTHENTICATION, Process.BOTH])
def test_cut_at_every_point(process: Process) -> None:
    """X11: primitives and NVM rows, torn at any octet: the network's name for the device is always one it knows."""
    calm = DeviceMeter(10**9)
    area = Area(STORED)
    calm.hear(area)
    area.operate(process)
    for call in range(sum(calm.tally.calls.values())):
        for torn in (0, 7, ROW_OCTETS):
            cut = DeviceMeter(call)
            cut.fail_at = meter.FailAt(call, torn)
            area = Area(STORED)
            cut.hear(area)
            assert area.operate(process).cause is None, call
            assert area.operate(operation_id=2).cause is None, call
            assert set(area.done) == {COMMAND}


def test_every_bit() -> None:
    """X3: every flipped bit of every message is noticed, the capability included."""
    for msg, octets in zip(Msg, (32, 25, 42, 34), strict=True):
        for bit in range(8 * octets):
            area = Area(STORED, options={"retries": 0})

            def tamper(message: object, msg: Msg = msg, bit: int = bit) -> list[object]:
                return [flip(message, bit) if message.msg == msg else message]  # type: ignore[arg-type,attr-defined]

            answer = area.operate(downlink=tamper, uplink=tamper)  # type: ignore[arg-type]
            assert answer.cause is not None, (msg, bit)


def test_what_cannot_be() -> None:
    """A T-ID of another size, none where one is needed, mode 3 outside S3-H; a device that never had one."""
    for prof in (Prof.LITERAL, Prof.FLOOR):
        with pytest.raises(ValueError, match="mode 3"):
            AiotParameters(prof, IdMode.STORED)
    with pytest.raises(ValueError, match="T-ID has 16"):
        DeviceRecord(DEVICE_ID, Secret(KD), 0x25, b"short")
    memory = DeviceMemory(MemoryRows(DeviceMemory.rows_needed))
    with pytest.raises(ValueError, match="T-ID has 16"):
        memory.provision(KD, DEVICE_ID, 0x25, b"short")
    area = Area(STORED)
    with pytest.raises(ValueError, match="first T-ID"):
        area.function.enroll(DeviceRecord(identity(1)[1], Secret(KD)))
    memory.provision(KD, DEVICE_ID)
    area.tag._memory = memory
    assert memory.t_ids() == ()
    assert area.operate().cause is FailureCause.NO_SUCC_INV_RESP
    assert replace(STORED, id_mode=IdMode.TEMPORARY).paging_id_octets == 8


def test_a_second_command_of_one_authentication() -> None:
    """Rule 18: the counter goes on within a session; the name changes once, and one NVM write is all it costs."""
    area = Area(STORED)
    area.operate()
    paging, answer, first, _ = area.air
    key = reference.kdf(KD, b"KS", paging.payload[:16], answer.payload[:16])[16:]
    names = area.tags[0].memory.t_ids()
    for counter in (1, 3):
        nonce = bytes([counter]) * 15 + b"\0"
        head = bytes([0x25, counter]) + nonce + reference.temporary_id(KD, nonce, b"TC")
        keys = reference.kdf(key, b"CM", nonce, bytes([counter]))
        extra = reference.aad(first.station_id, 5, 3)
        payload = reference.guarded(0x25, keys, nonce, head, COMMAND, extra)
        tally = meter.Tally()
        with meter.metered(tally):
            said = area.tell(replace(first, payload=payload))
        assert said[0].payload[1] == counter
        assert tally.units[meter.Primitive.NVM_ROW] == 0
        assert area.tell(replace(first, payload=payload)) == []
    assert area.tags[0].memory.t_ids() == names
    assert len(area.done) == 3


def test_a_response_to_another_command() -> None:
    """Rule 18: the echoed counter is looked at before the MAC."""
    area = Area(AiotParameters(Prof.HARDENED), options={"retries": 0})
    answer = area.operate(uplink=lambda m: [flip(m, 15)] if m.msg == Msg.CMD_RSP else [m])
    assert answer.cause is FailureCause.AUTH_FAILURE
    assert area.function.counters["replayed_counter"] == 1
