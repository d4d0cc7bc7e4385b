"""The key log: what is told while one is in force, and that nobody keeps anything otherwise."""

from __future__ import annotations

import pytest

from ampradio.security.key_log import S1_PTK, KeyLog, keep, logged_to
from ampradio.security.secret import Secret
from tests.security.two_ends import SPA, TwoEnds, reference_for


class Kept:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.keys: list[tuple[str, bytes, bytes]] = []

    def keep(self, label: str, name: bytes, key: bytes) -> None:
        self.keys.append((label, name, key))


def test_the_transient_key_of_an_exchange_is_told_under_its_nonces() -> None:
    """KCK ‖ TK as an independent end derives them, named by what a capture shows: SPA, ANonce and SNonce."""
    log = Kept()
    ends = TwoEnds(readings=[b"x"])
    with logged_to(log):
        ends.exchange()
    holder = reference_for(ends)
    trigger, response = ends.air[0].payload, ends.air[1].payload
    assert (S1_PTK, SPA + trigger[6:22] + response[1:17], holder.kck + holder.tk) in log.keys
    assert {label for label, _, _ in log.keys} == {S1_PTK}


def test_outside_nothing_is_told() -> None:
    """Before a log is put in force, after it, and after it ended by an error."""
    log: KeyLog = Kept()
    keep(S1_PTK, b"before", Secret(bytes(16)))
    with pytest.raises(RuntimeError), logged_to(log):
        keep(S1_PTK, b"within", Secret(bytes(16)), Secret(bytes(8)))
        raise RuntimeError
    keep(S1_PTK, b"after", Secret(bytes(16)))
    assert isinstance(log, Kept) and log.keys == [(S1_PTK, b"within", bytes(24))]
