"""A random enemy on the air: loses, doubles, changes, withholds and replays; then leaves."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from ampradio.security.aiot import AiotParameters, IdMode, Msg, Prof
from ampradio.security.session import Message
from tests.security.aiot.area import Area, flip

VARIANTS = [AiotParameters(prof, mode) for prof in Prof for mode in (IdMode.ENCRYPTED, IdMode.TEMPORARY)]
VARIANTS += [AiotParameters(Prof.HARDENED, IdMode.STORED)]


class Enemy:
    """Does to every message what the dice say."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._recorded: list[Message] = []

    def __call__(self, message: Message) -> list[Message]:
        self._recorded.append(message)
        deed = self._dice.random()
        if deed < 0.2:
            return []
        if deed < 0.35:
            return [message, message]
        if deed < 0.5:
            return [replace(message, payload=flip(message, self._dice.randrange(8 * len(message.payload))).payload)]
        if deed < 0.65:
            return [self._dice.choice(self._recorded), message]
        return [message]

    def cuts_power(self) -> bool:
        return self._dice.random() < 0.2


@pytest.mark.parametrize("parameters", VARIANTS, ids=lambda p: f"{p.report()['variant']}-{p.id_mode:d}")
@pytest.mark.parametrize("seed", range(12))
def test_hostile_air(parameters: AiotParameters, seed: int) -> None:
    """X1, X2, X3, X4, X11: only the AF's commands are executed, in S3-H each at most as often as sent."""
    area, enemy = Area(parameters, devices=2), Enemy(seed)
    for number in range(10):
        if enemy.cuts_power():
            area.tag.power_off()
        command = b"COMMAND" + bytes([number])
        answer = area.operate(downlink=enemy, uplink=enemy, operation_id=number, payload=command)
        if answer.payload is not None and answer.authenticated:
            assert answer.payload.startswith(b"DONE")
            assert command in area.done
    sent = len(area.sent(Msg.COMMAND))
    genuine = {b"COMMAND" + bytes([number]) for number in range(10)}
    if parameters.prof is Prof.LITERAL:  # W3.2: a flipped b2 leaves the MAC in the payload
        assert all(done[:8] in genuine for done in area.done)
    else:
        assert set(area.done) <= genuine
    if parameters.hardened:
        assert len(area.done) <= sent
        for command in genuine:
            assert area.done.count(command) <= 3  # one operation has three attempts
    assert area.operate(operation_id=99).cause is None
    assert area.tags[1].application.done == []
