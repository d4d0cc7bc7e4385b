"""What S3 costs: octets of table 8.1, primitives of table 8.3, and what devices pay that nobody looks for (R3.44)."""

from __future__ import annotations

import pytest

from ampradio.security import meter
from ampradio.security.aiot import AiotParameters, IdMode, Msg, Process, Prof
from ampradio.security.meter import Primitive
from ampradio.security.session import Message
from tests.security.aiot.area import PROFILE, Area

SHIM = PROFILE.mac.shim_octets + PROFILE.mac.header_octets + PROFILE.mac.fcs_octets


def octets(area: Area) -> tuple[int, int]:
    """Octets of the AMP frames, downlink and uplink; every message of S3 fits one frame or more by fragments."""
    downlink = [message for message in area.air if message.msg in (Msg.PAGING, Msg.COMMAND)]
    uplink = [message for message in area.air if message.msg in (Msg.AUTH_RSP, Msg.CMD_RSP)]
    return sum(len(m.payload) + SHIM for m in downlink), sum(len(m.payload) + SHIM for m in uplink)


@pytest.mark.parametrize(
    ("parameters", "process", "expected"),
    [
        (AiotParameters(Prof.LITERAL), Process.AUTHENTICATION, (33, 34)),
        (AiotParameters(Prof.LITERAL, IdMode.ENCRYPTED), Process.AUTHENTICATION, (45, 46)),
        (AiotParameters(Prof.LITERAL), Process.COMMAND, (50, 42)),
        (AiotParameters(Prof.LITERAL), Process.BOTH, (83, 76)),
        (AiotParameters(Prof.FLOOR), Process.BOTH, (83, 76)),
        (AiotParameters(Prof.HARDENED), Process.BOTH, (84, 77)),
        (AiotParameters(Prof.LITERAL, IdMode.ENCRYPTED), Process.COMMAND, (62, 42)),
        (AiotParameters(Prof.LITERAL, IdMode.ENCRYPTED_UNPROTECTED), Process.AUTHENTICATION, (37, 38)),
    ],
)
def test_octets_of_table_8_1(parameters: AiotParameters, process: Process, expected: tuple[int, int]) -> None:
    """Table 8.1 and rules 17, 18: 8 octets of command and of response."""
    area = Area(parameters)
    area.operate(process)
    assert octets(area) == expected
    for message in area.sent(Msg.PAGING) + area.sent(Msg.COMMAND):
        answer = area.air[area.air.index(message) + 1]
        surplus = 8 if message.msg == Msg.COMMAND else 0  # response_data_max is 16, the response has 8
        assert message.reply_octets == len(answer.payload) + surplus


def cost_of(area: Area, number: int, messages: list[Message]) -> meter.Tally:
    tally = meter.Tally()
    device = area.tags[number].device
    with meter.metered(tally):
        for message in messages:
            device.receive(message, 0)
    return tally


def answered(parameters: AiotParameters, process: Process) -> meter.Tally:
    """What the device that is meant spends on a whole operation."""
    area = Area(parameters)
    tally = meter.Tally()
    tell = area.tell

    def metered_tell(message: Message) -> list[Message]:
        with meter.metered(tally):
            return tell(message)

    area.tell = metered_tell  # type: ignore[method-assign]
    assert area.operate(process).cause is None
    return tally


@pytest.mark.parametrize(
    ("parameters", "process", "sha", "aes", "rng"),
    [
        # table 8.3: 8-9 compressions; RNG is 16 for the nonce and 2 for the header ID of rule 19
        (AiotParameters(Prof.LITERAL), Process.AUTHENTICATION, 8, 0, 18),
        # PAGING and AUTH-RSP: one KDF each, CCM with 23 and 39 octets of AAD
        (AiotParameters(Prof.LITERAL, IdMode.ENCRYPTED), Process.AUTHENTICATION, 8, 6 + 7, 18),
        (AiotParameters(Prof.LITERAL, IdMode.ENCRYPTED_UNPROTECTED), Process.AUTHENTICATION, 8, 2, 18),
        # temporary ID, CM, CR: 12; CTR 1 + 1, CMAC 3 + 2 blocks and a sub-key each (end of section 11)
        (AiotParameters(Prof.LITERAL), Process.COMMAND, 12, 2 + 5 + 2, 18),
        (AiotParameters(Prof.FLOOR), Process.BOTH, 20, 9, 34),
        # S3-H: K_AIOTF costs 4 more
        (AiotParameters(Prof.HARDENED), Process.AUTHENTICATION, 12, 0, 18),
        (AiotParameters(Prof.HARDENED), Process.BOTH, 24, 9, 34),
    ],
)
def test_primitives_of_table_8_3(parameters: AiotParameters, process: Process, sha: int, aes: int, rng: int) -> None:
    """Table 8.3: what the device that is meant computes; it writes no NVM row."""
    units = answered(parameters, process).units
    assert units == {Primitive.SHA256: sha, Primitive.AES: aes, Primitive.RNG: rng} or (
        aes == 0 and units == {Primitive.SHA256: sha, Primitive.RNG: rng}
    )
    assert units[Primitive.NVM_ROW] == 0


@pytest.mark.parametrize("prof", Prof)
@pytest.mark.parametrize(
    ("mode", "sha", "aes"), [(IdMode.TEMPORARY, 4, 0), (IdMode.ENCRYPTED, 4, 6), (IdMode.ENCRYPTED_UNPROTECTED, 4, 1)]
)
def test_what_the_others_pay(prof: Prof, mode: IdMode, sha: int, aes: int) -> None:
    """R3.44: every device that hears a PAGING or a COMMAND to everyone computes, whoever is meant."""
    if prof is Prof.HARDENED and mode is IdMode.ENCRYPTED_UNPROTECTED:
        return
    parameters = AiotParameters(prof, mode)
    area = Area(parameters, devices=4)
    area.operate(Process.AUTHENTICATION if parameters.hardened else Process.BOTH)
    paging = area.sent(Msg.PAGING)[0]
    for number in (1, 2, 3):
        units = cost_of(area, number, [paging]).units
        assert (units[Primitive.SHA256], units[Primitive.AES], units[Primitive.RNG]) == (sha, aes, 0)
    if not parameters.hardened:
        area.operate(Process.COMMAND)
        units = cost_of(area, 1, area.sent(Msg.COMMAND)[-1:]).units
        assert (units[Primitive.SHA256], units[Primitive.AES]) == (sha, aes)
        directed = area.sent(Msg.COMMAND)[0]  # to the run's own ID: nobody else looks at it
        assert cost_of(area, 1, [directed]).units == {}


def test_the_silence_of_the_others_begins_at_the_match() -> None:
    """Page 4.4: up to the comparison all devices do the same (in mode 1: 4 of 8 compressions)."""
    area = Area(AiotParameters(Prof.LITERAL), devices=2)
    area.operate(Process.AUTHENTICATION)
    meant, other = (cost_of(area, number, area.sent(Msg.PAGING)) for number in (0, 1))
    assert (meant.units[Primitive.SHA256], other.units[Primitive.SHA256]) == (8, 4)
    assert meant.calls[Primitive.SHA256] - other.calls[Primitive.SHA256] == 1
