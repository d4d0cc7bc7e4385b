"""Generating and updating the PMK: both methods, lost messages, power cuts."""

from __future__ import annotations

from contextlib import suppress

import pytest

from ampradio.security.amp import TagMemory
from ampradio.security.meter import PowerLost, Primitive, Tally, metered
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from tests.security import reference_s1
from tests.security.interference import Scripted, lose
from tests.security.pmk_updates import METHODS, VARIANTS, order_of, updating, works
from tests.security.two_ends import AA, ID, PSK, TwoEnds, only, reference_for


@pytest.mark.parametrize(("prof", "method"), VARIANTS)
@pytest.mark.parametrize("flow", [3, 4])
def test_an_update_takes_effect_at_the_next_trigger(prof: int, method: str, flow: int) -> None:
    """R1.25, R1.26, R1.41, rule 9: one NVM write, one message each way, new root afterwards."""
    ends = updating(prof, method, flow=flow)
    ends.exchange(command=b"A")
    assert ends.nvm.commits == 1 and ends.heard("tag", "pmk_committed", "version") == [1]
    assert ends.heard("ap", "pmk_updated") == [{"side": "ap", "station_id": ID, "version": 1, "recovered": False}]
    update, updated = ends.air[-2:]
    assert (update.msg, updated.msg) == (5, 6)
    octets = {(1, "derive"): 37, (2, "derive"): 45}.get((prof, method), 61)
    assert (len(update.payload) + 9, len(updated.payload) + 9) == (octets, 22)
    assert ends.tag.has_keys, "rule 9: U2 goes out under the current PTK, which the tag keeps until it dies"
    assert not ends.ap.has_keys(ID), "rule 8: at the AP it dies with U2"
    old = reference_for(ends)
    pn = 2 if flow == 4 else 1
    assert updated.payload == old.updated(pn, 1)
    works(ends, 1)
    root = ends.nvm.read().pmkv
    assert root is not None and root != Secret(PSK)
    start = len(ends.air) - (3 if flow == 3 else 4)
    assert ends.air[start + 2].payload == reference_for(ends, root.expose(), start).data(3, 0, b"still there?")


def test_wrap_is_what_the_page_says() -> None:
    """Page 2.4: AES-KW(KDF(PSK, "AMP KEK", ver, 128), PMKv'), 40 octets, flag b2; no vector exists for it."""
    ends = updating(method="wrap", version=0x0203, server_entropy=Scripted(bytes(range(32))))
    ends.exchange()
    kek = reference_s1.kdf(PSK, b"AMP KEK", b"\x02\x03", 128)
    wrapped = reference_s1.key_wrap(kek, bytes(range(32)))
    assert len(wrapped) == 40
    assert ends.air[3].payload == reference_for(ends).update(1, 0x0203, wrapped, flags=0b101)
    assert ends.nvm.read().pmkv == Secret(bytes(range(32)))


def test_a_new_modifier_is_a_new_pmk1_without_a_write() -> None:
    """R1.25: generation by Modifier; the AP gets PMK1 and nothing else (R1.10)."""
    ends = TwoEnds()
    one, two = ends.server.pmk1(b"modifier", AA), ends.server.pmk1(b"Modifier", AA)
    assert one.expose() == reference_s1.kdf(PSK, b"AMP PMK1", b"modifier" + AA, 256) != two.expose()
    ends.exchange()
    assert ends.nvm.commits == 0


@pytest.mark.parametrize(("prof", "method"), VARIANTS)
def test_update_after_update(prof: int, method: str) -> None:
    """R1.26: versions go up; the server follows when told."""
    ends = updating(prof, method)
    ends.exchange()
    ends.server.confirm(1)
    for version in (2, 7):
        ends.ap.request_update(ID, order_of(ends, method, version))
        ends.exchange()
        ends.server.confirm(version)
        works(ends, version)
    assert ends.nvm.commits == 3
    assert ends.server.pmk1(ends.modifier, AA) == Secret(
        reference_s1.pmk1(ends.nvm.read().root.expose(), ends.modifier, AA)
    )


@pytest.mark.parametrize("method", METHODS)
def test_a_lost_update_is_sent_again(method: str) -> None:
    """Page 2.4: the tag is still on the old root; the AP finds out and repeats U1 under a new PTK."""
    ends = updating(method=method)
    ends.exchange(downlink=only(2, lose))
    assert len(ends.heard("ap", "retry")) == 1 and ends.nvm.commits == 1
    assert ends.heard("ap", "pmk_updated", "recovered") == [False]
    works(ends, 1)


@pytest.mark.parametrize("method", METHODS)
def test_a_lost_confirmation_is_found_out_by_the_next_response(method: str) -> None:
    """W1.8, page 2.4: U2 lost → the AP tries PMK1(new) then PMK1(old); whichever MIC verifies wins."""
    ends = updating(method=method)
    ends.exchange(uplink=only(1, lose))
    assert ends.heard("ap", "pmk_updated", "recovered") == [True]
    assert ends.nvm.commits == 1 and [message.msg for message in ends.air].count(5) == 1
    works(ends, 1)


def test_a_lost_confirmation_says_nothing_about_a_command_before_it() -> None:
    """A command that SEC-ACK confirmed stays confirmed."""
    ends = updating(flow=4)
    ends.exchange(uplink=only(2, lose), command=b"A")
    assert ends.air[4].msg == 5 and len(ends.heard("ap", "retry")) == 1
    assert not ends.heard("ap", "command_unconfirmed")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("retries", [0, 2])
def test_an_update_stays_pending_over_failed_exchanges(method: str, retries: int) -> None:
    """W1.8: however long the tag is away, neither root is lost."""
    ends = updating(method=method, ap_options={"retries": retries})
    ends.exchange(uplink=lambda message: [message] if message.msg == 2 and len(ends.air) < 3 else [])
    assert ends.nvm.commits == 1 and len(ends.heard("ap", "failed")) == 1
    works(ends, 1)
    assert ends.heard("ap", "pmk_updated", "recovered") == [True]


class CutRow(Tally):
    """Loses power once, inside the write of one NVM row."""

    def __init__(self, row: int, torn_octets: int) -> None:
        super().__init__()
        self.row, self.torn_octets = row, torn_octets

    def spend(self, primitive: Primitive, units: int) -> None:
        super().spend(primitive, units)
        if primitive is Primitive.NVM_ROW and self.units[Primitive.NVM_ROW] == self.row + 1:
            raise PowerLost(self.torn_octets)


ROWS = TagMemory.rows_needed // 2 + 1


@pytest.mark.parametrize(("prof", "method"), VARIANTS)
@pytest.mark.parametrize("torn_octets", [0, 7])
@pytest.mark.parametrize("row", range(ROWS + 1))
def test_power_lost_around_the_commit(prof: int, method: str, row: int, torn_octets: int) -> None:
    """R1.38, W1.8, rule 9: U2 is never sent before the commit, and old or new root both lead on, whichever row is cut.

    The last case is power lost after the last row.
    """
    ends = updating(prof, method)
    cut = CutRow(row, torn_octets)

    def brown_out(message: Message) -> list[Message]:
        first = not cut.units[Primitive.NVM_ROW]
        with suppress(PowerLost), metered(cut):
            ends.tag.receive(message, ends.now_ns)
        if first and cut.units[Primitive.NVM_ROW]:
            ends.tag.power_off()
        return []

    ends.exchange(downlink=brown_out)
    committed = row == ROWS
    assert cut.units[Primitive.NVM_ROW] == (ROWS if committed else row + 1 + ROWS)  # cut, and then whole
    assert ends.heard("ap", "pmk_updated", "recovered") == [committed]
    works(ends, 1)
