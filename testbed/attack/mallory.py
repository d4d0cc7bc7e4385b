"""The attacker's transmitters: one that says prepared PPDUs as an AP would, one that answers as a tag would."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from ampradio.mac.events import Event
from ampradio.mac.exchange import Transmission
from ampradio.profile import Profile
from ampradio.vectors import RxVector, Tx


class Mallory:
    """A station on the downlink side that is silent until it is given something to say."""

    def __init__(self) -> None:
        self._script: list[Tx] = []

    def say(self, recorded: Sequence[Transmission], start_ns: int, gap_ns: int = 20_000_000) -> None:
        """Send recorded PPDUs again from ``start_ns`` on, ``gap_ns`` apart, so that each may be answered."""
        self._script = [
            Tx(each.tx.psdu, each.tx.vector, start_ns + index * gap_ns) for index, each in enumerate(recorded)
        ]

    def receive(self, psdu: bytes, rx: RxVector, now_ns: int) -> None:
        """Listen in silence."""

    def ppdus_to_send(self, now_ns: int) -> list[Tx]:
        """Return the whole script at once."""
        script, self._script = self._script, []
        return script

    def next_deadline_ns(self) -> int | None:
        """Return None."""
        return None

    def handle_deadline(self, now_ns: int) -> None:
        """Do nothing."""

    def events(self) -> list[Event]:
        """Return nothing."""
        return []

    def silent_until_ns(self) -> int:
        """Promise nothing."""
        return 0


class Parrot:
    """A rogue tag that answers every downlink frame with what a genuine tag once answered to the frame in its place."""

    def __init__(self, heard: Sequence[Transmission], profile: Profile) -> None:
        """Take everything that was heard of an honest exchange."""
        self._answers: deque[list[Transmission]] = deque()
        for each in heard:
            if each.tx.vector.kind.is_downlink:
                self._answers.append([])
            elif self._answers:
                self._answers[-1].append(each)
        self._sifs_ns = profile.timing.amp_sifs_ns
        self._short_frame_octets = profile.mac.short_frame_octets
        self._outgoing: list[Tx] = []
        self._silent_until_ns = 0
        self.answered = 0

    def receive(self, psdu: bytes, rx: RxVector, now_ns: int) -> None:
        """Answer with the recorded reply, its fragments as far apart as they were."""
        if len(psdu) <= self._short_frame_octets or not rx.kind.is_downlink:
            return
        answer = self._answers.popleft() if self._answers else []
        for each in answer:
            start_ns = rx.end_ns + self._sifs_ns + each.tx.start_ns - answer[0].tx.start_ns
            self._outgoing.append(Tx(each.tx.psdu, each.tx.vector, start_ns))
            self._silent_until_ns = start_ns + each.end_ns - each.tx.start_ns
        self.answered += len(answer)

    def ppdus_to_send(self, now_ns: int) -> list[Tx]:
        """Return what is to be sent."""
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def next_deadline_ns(self) -> int | None:
        """Return None."""
        return None

    def handle_deadline(self, now_ns: int) -> None:
        """Do nothing."""

    def events(self) -> list[Event]:
        """Return nothing."""
        return []

    def silent_until_ns(self) -> int:
        """Return the end of what was said last."""
        return self._silent_until_ns
