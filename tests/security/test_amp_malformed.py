"""S1 messages cut short at every octet, and a tag whose memory is empty: refused, and nothing follows."""

from __future__ import annotations

import pytest

from ampradio.security.amp import AmpParameters, PmkRecord, TagMemory
from ampradio.security.nvm import MemoryRows
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from tests.security.two_ends import AA, ID, PSK, TwoEnds, with_payload

CONSEQUENCES = {
    1: ("tag", "sent"),
    2: ("ap", "authenticated"),
    3: ("tag", "command"),
    4: ("ap", "mutually_authenticated"),
    5: ("tag", "pmk_committed"),
    6: ("ap", "pmk_updated"),
}
"""What each message brings about, and at which end."""


def cut(msg: int, length: int | None, prof: int) -> TwoEnds:
    """Return both ends after an exchange with an update in which message ``msg`` was cut to ``length`` octets."""
    ends = TwoEnds(AmpParameters(prof, flow=4), readings=[b"21.5 C"], ap_options={"retries": 0})
    ends.ap.request_update(ID, ends.server.derive(1, ends.modifier, AA))

    def shorten(message: Message) -> list[Message]:
        return [with_payload(message, message.payload[:length])] if message.msg == msg else [message]

    ends.exchange(shorten, shorten, command=b"open")
    return ends


@pytest.mark.parametrize("prof", [1, 2])
@pytest.mark.parametrize("msg", CONSEQUENCES)
def test_every_truncation_is_refused(msg: int, prof: int) -> None:
    """X3, architecture: no octet less is a message; it is counted, and what would have followed from it does not."""
    side, consequence = CONSEQUENCES[msg]
    whole = cut(msg, None, prof)
    assert whole.heard(side, consequence) and not whole.heard(side, "refused")
    octets = next(len(message.payload) for message in whole.air if message.msg == msg)
    for length in range(octets):
        ends = cut(msg, length, prof)
        assert set(ends.heard(side, "refused", "reason")) <= {"malformed", "bad_mic", "encryption"}, length
        assert len(ends.heard(side, "refused")) == 1 and not ends.heard(side, consequence), length


def test_a_tag_that_was_never_enrolled_has_no_record() -> None:
    """The maker's mistake, told at the first use; once enrolled, the record is there, and after a power loss too."""
    rows = MemoryRows(TagMemory.rows_needed)
    memory = TagMemory(rows)
    with pytest.raises(ValueError, match="never enrolled"):
        memory.read()
    memory.commit(PmkRecord(Secret(PSK)))
    assert TagMemory(rows).read() == PmkRecord(Secret(PSK))
