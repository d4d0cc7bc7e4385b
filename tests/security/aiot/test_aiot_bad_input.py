"""Whatever arrives: a counted drop, never an exception, an answer or an action that was not earned."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ampradio.security.aiot import AiotParameters, CommandOperationRequest, FailureCause, IdMode, Msg, Process, Prof
from ampradio.security.aiot.network import function as aiotf
from ampradio.security.session import Message
from tests.security.aiot.area import COMMAND, DEVICE_ID, KD, PROFILE, Area

EVERYONE = PROFILE.mac.broadcast_id
VARIANTS = [AiotParameters(prof, mode) for prof in Prof for mode in (IdMode.ENCRYPTED, IdMode.TEMPORARY)]
VARIANTS += [AiotParameters(Prof.LITERAL, IdMode.ENCRYPTED_UNPROTECTED)]
every_variant = pytest.mark.parametrize("parameters", VARIANTS, ids=lambda p: f"{p.report()['variant']}-{p.id_mode:d}")


@every_variant
@pytest.mark.parametrize("msg", Msg)
def test_every_other_length(parameters: AiotParameters, msg: Msg) -> None:
    """Every truncation and some surplus of every message."""
    for delta in [*range(-90, 0), 1, 2, 200]:
        area = Area(parameters, options={"retries": 0})

        def cut(message: Message, delta: int = delta) -> list[Message]:
            if message.msg != msg or -delta > len(message.payload):
                return [message]
            payload = message.payload[:delta] if delta < 0 else message.payload + bytes(delta)
            return [replace(message, payload=payload)]

        answer = area.operate(downlink=cut, uplink=cut)
        full = {Msg.PAGING: 24, Msg.AUTH_RSP: 25, Msg.COMMAND: 41, Msg.CMD_RSP: 33}
        if -delta <= full[msg]:
            assert answer.cause is not None
            assert area.done == ([COMMAND] if msg is Msg.CMD_RSP else [])


@every_variant
@given(
    st.integers(0, 7),
    st.integers(0, 31),
    st.integers(0, 15),
    st.sampled_from([EVERYONE, 0x1234, 0]),
    st.binary(max_size=120),
)
@settings(max_examples=60, deadline=None)
def test_random_octets(
    parameters: AiotParameters, proto: int, msg: int, prof: int, station_id: int, payload: bytes
) -> None:
    """Neither end is impressed by random messages, at rest or in the middle of an operation."""
    area = Area(parameters)
    area.request()
    for _ in range(2):
        for junk in (
            Message(proto, msg, prof, station_id, payload),
            Message(3, msg, parameters.prof, station_id, payload),
        ):
            area.tag.receive(junk, 0)
            area.function.receive(junk, 0)
        area.function.messages_to_send(0)
    assert area.done == []
    assert area.tag.messages_to_send(0) == []
    assert area.function.backhaul_to_send() == []
    assert area.function.counters["refused"] == 4
    assert area.tag.counters["refused"] == 4


def test_header_and_shim_of_others() -> None:
    """Another system, profile, station or message number: each with its own counter, at both ends."""
    parameters = AiotParameters(Prof.FLOOR)
    area = Area(parameters)
    area.request()
    (paging,) = area.function.messages_to_send(0)
    for wrong in (
        replace(paging, proto=1),
        replace(paging, prof=1),
        replace(paging, station_id=0x1234),
        replace(paging, msg=Msg.AUTH_RSP),
    ):
        area.tag.receive(wrong, 0)
        area.function.receive(wrong, 0)
    assert area.tag.messages_to_send(0) == []
    counters = area.tag.counters
    assert [counters[name] for name in ("other_system", "other_profile", "other_station", "unexpected")] == [1, 1, 1, 1]
    counters = area.function.counters
    assert [counters[name] for name in ("other_system", "other_profile", "unexpected")] == [1, 1, 1]
    area.function.receive(replace(paging, msg=Msg.CMD_RSP), 0)
    assert area.function.counters["unexpected"] == 2
    idle = Area(parameters)
    idle.function.receive(paging, 0)
    assert idle.function.counters["unexpected"] == 1


def test_a_response_from_another_station() -> None:
    """A CMD-RSP under another header ID than the run's is not looked at."""
    area = Area(AiotParameters(Prof.FLOOR), options={"retries": 0})

    def move(message: Message) -> list[Message]:
        return [replace(message, station_id=message.station_id ^ 1)] if message.msg == Msg.CMD_RSP else [message]

    assert area.operate(uplink=move).cause is FailureCause.LOW_ENERGY
    assert area.function.counters["other_station"] == 1


def test_end_of_a_slot_that_is_not_ours() -> None:
    """``end_of_slot`` for another station or an older message changes nothing."""
    area = Area(AiotParameters(Prof.FLOOR))
    area.function.end_of_slot(EVERYONE, 0)
    area.request()
    (paging,) = area.function.messages_to_send(0)
    area.function.end_of_slot(0x1234, 0)
    area.function.end_of_slot(EVERYONE, 0, replace(paging))
    assert area.function.messages_to_send(0) == []
    area.function.end_of_slot(EVERYONE, 0)
    assert area.function.messages_to_send(0)[0].msg == Msg.PAGING


def test_queues_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests beyond the queue, answers that nobody fetches and devices beyond the table have a limit."""
    monkeypatch.setattr(aiotf, "REQUESTS_MAX", 2)
    monkeypatch.setattr(aiotf, "ANSWERS_MAX", 3)
    area = Area(AiotParameters(Prof.FLOOR))
    for number in range(8):
        area.function.backhaul_received(CommandOperationRequest(number, DEVICE_ID, COMMAND), 0)
    answers = area.function.backhaul_to_send()
    assert [answer.operation_id for answer in answers] == [5, 6, 7]
    assert {answer.cause for answer in answers} == {FailureCause.ERROR_UNSPECIFIED}
    assert area.function.counters["answer_dropped"] == 3
    monkeypatch.setattr("ampradio.security.aiot.network.records.DEVICES_MAX", 1)
    with pytest.raises(ValueError, match="holds 1 devices"):
        Area(AiotParameters(Prof.FLOOR), devices=2)


def test_response_of_the_application_too_long() -> None:
    """More than the slot holds is cut, with an event."""
    area = Area(AiotParameters(Prof.FLOOR, response_data_max=4))
    assert area.operate().payload == b"DONE"
    assert area.tag.counters["response_too_long"] == 1


def test_no_secret_shows() -> None:
    """Neither key nor session key is in an event or a repr at either end."""
    area = Area(AiotParameters(Prof.HARDENED))
    area.operate(Process.AUTHENTICATION)
    shown = repr(area.network_events) + repr(area.tag.events()) + repr(area.tags[0].memory.read())
    shown += repr(area.tag._runs) + repr(area.function._records.get(DEVICE_ID))
    assert KD.hex() not in shown
    assert repr(KD) not in shown
    assert "Secret(16 octets)" in shown


def test_a_device_without_an_application() -> None:
    """The default application answers with nothing."""
    area = Area(AiotParameters(Prof.FLOOR))
    bare = type(area.tag)(PROFILE, area.parameters, area.tags[0].memory, area.network_entropy)
    area.tags[0] = replace(area.tags[0], device=bare)
    assert area.operate().payload == b""
