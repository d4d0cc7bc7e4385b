"""Power lost at every point of every procedure (page 1.3, X11): no brick, no repeated nonce; the retry completes."""

from __future__ import annotations

import pytest

from ampradio.security import meter
from ampradio.security.aiot import AiotParameters, DeviceMemory, IdMode, Msg, Process, Prof
from ampradio.security.nvm import ROW_OCTETS, MemoryRows
from ampradio.security.session import Message
from tests.security.aiot.area import COMMAND, DEVICE_ID, KD, Area

CASES = [
    (AiotParameters(prof, mode), process)
    for prof in Prof
    for mode in (IdMode.ENCRYPTED, IdMode.TEMPORARY, IdMode.ENCRYPTED_UNPROTECTED)
    for process in Process
    if prof is not Prof.HARDENED or (mode is not IdMode(2) and process is not Process.COMMAND)
]


class DeviceMeter:
    """Loses power at the device's n-th primitive and counts those of the device only."""

    def __init__(self, call: int) -> None:
        self.fail_at = meter.FailAt(call)
        self.tally = meter.Tally()

    def hear(self, area: Area) -> None:
        tell = area.tell

        def metered_tell(message: Message) -> list[Message]:
            with meter.metered(self):
                return tell(message)

        area.tell = metered_tell  # type: ignore[method-assign]

    def spend(self, primitive: meter.Primitive, units: int) -> None:
        self.tally.spend(primitive, units)
        self.fail_at.spend(primitive, units)


@pytest.mark.parametrize(("parameters", "process"), CASES)
def test_cut_before_every_primitive(parameters: AiotParameters, process: Process) -> None:
    """X11: wherever the device dies, the repetition succeeds and no device nonce is seen twice."""
    undisturbed = DeviceMeter(10**9)
    area = Area(parameters)
    undisturbed.hear(area)
    area.operate(process)
    points = sum(undisturbed.tally.calls.values())
    assert points >= 3
    for call in range(points):
        cut = DeviceMeter(call)
        area = Area(parameters)
        cut.hear(area)
        answer = area.operate(process)
        assert cut.fail_at.failed
        assert answer.cause is None, call
        # executed before its answer was cut off means executed again: idempotence is the application's problem
        assert len(area.done) in ((0,) if process is Process.AUTHENTICATION else (1, 2))
        nonces = [m.payload[:16] for m in area.sent(Msg.AUTH_RSP)] + [m.payload[-32:] for m in area.sent(Msg.CMD_RSP)]
        assert len(set(nonces)) == len(nonces)
        assert area.tag.counters["power_off"] == 1


@pytest.mark.parametrize(("parameters", "process"), CASES)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_cut_around_every_message(parameters: AiotParameters, process: Process, after: bool) -> None:
    """X11: power lost before a message is heard, or when it was acted on and the answer not yet sent."""
    for msg in (Msg.PAGING, Msg.COMMAND):
        area = Area(parameters)
        left = [1]

        def cut(message: Message, area: Area = area, msg: Msg = msg, left: list[int] = left) -> list[Message]:
            if message.msg != msg or not left:
                return [message]
            left.pop()
            if after:
                area.tag.receive(message, area.now_ns)
            area.tag.power_off()
            assert area.tag.messages_to_send(area.now_ns) == []
            assert area.tag.answers_to == frozenset()
            return []

        answer = area.operate(process, downlink=cut)
        assert answer.cause is None
        assert set(area.done) <= {COMMAND}


def test_provisioning_cut_at_every_row_and_octet() -> None:
    """R3.6: whatever write is cut, and however torn, the device holds the old identity or the new one."""
    new_key, new_id = bytes(range(16)), b"AIOT00000077"
    rows = 4
    for row in range(rows):
        for torn in range(ROW_OCTETS + 1):
            memory = DeviceMemory(MemoryRows(DeviceMemory.rows_needed))
            memory.provision(KD, DEVICE_ID)
            with meter.metered(meter.FailAt(row, torn)), pytest.raises(meter.PowerLost):
                memory.provision(new_key, new_id)
            found = memory.read()
            assert found is not None
            assert (found.key.expose(), found.device_id) in ((KD, DEVICE_ID), (new_key, new_id))
    tally = meter.Tally()
    with meter.metered(tally):
        memory.provision(new_key, new_id)
    assert tally.units[meter.Primitive.NVM_ROW] == rows
