"""Time of the emulated radios: the wall's, or elastic, as far as the receivers have got.

All times are counted in seconds since the clock began, exactly (Fraction), so that a sample index of any rate is exact.
"""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

from ampradio.radio.emulator.iio_tree import Refused

_LOOK_EVERY_S = 0.02
_HOLDS_FOR_S = 1.0


@dataclass(eq=False)
class Pace:
    """A receive stream's hold on elastic time: until ``limit`` nobody else waits for it."""

    limit: Fraction
    waiting: bool = False
    asked_s: float = field(default_factory=time.monotonic)


class Clock(Protocol):
    """What streams need of time."""

    def now(self, pace: Pace | None) -> Fraction:
        """Return the time at which something done now by the owner of ``pace`` begins."""

    def asked(self, pace: Pace) -> Fraction:
        """Return the time at which the owner of ``pace`` asks for its next block."""

    def enter(self, slack: Fraction) -> Pace:
        """Return the pace of a new receive stream that runs ahead of the others by ``slack`` seconds at most."""

    def leave(self, pace: Pace) -> None:
        """Forget a receive stream."""

    def wait(self, until: Fraction, patience_s: float | None, gone: Callable[[], bool], pace: Pace | None) -> None:
        """Return at ``until``; raises Refused: ETIMEDOUT after ``patience_s``, EPIPE when ``gone`` says so."""


class WallClock:
    """Real time."""

    def __init__(self) -> None:
        self._began_ns = time.monotonic_ns()

    def now(self, pace: Pace | None) -> Fraction:
        return Fraction(time.monotonic_ns() - self._began_ns, 1_000_000_000)

    def asked(self, pace: Pace) -> Fraction:
        return self.now(None)

    def enter(self, slack: Fraction) -> Pace:
        return Pace(slack)

    def leave(self, pace: Pace) -> None:
        pass

    def wait(self, until: Fraction, patience_s: float | None, gone: Callable[[], bool], pace: Pace | None) -> None:
        gives_up = None if patience_s is None else time.monotonic() + patience_s
        while (left_s := float(until - self.now(pace))) > 0:
            time.sleep(min(left_s, _LOOK_EVERY_S))
            _give_up(gives_up, gone)


class ElasticClock:
    """Time goes as fast as the receivers read: to the end of the block that the slowest waits for, and no further.

    A stream that asked for nothing for a second of wall time no longer holds the others. While a radio receives, what
    it sends begins where its own stream may have been granted to others, which does not depend on how threads run:
    the same programs give the same samples.
    """

    def __init__(self) -> None:
        self._now = Fraction(0)
        self._paces: dict[Pace, Fraction] = {}
        self._moved = threading.Condition()

    def now(self, pace: Pace | None) -> Fraction:
        with self._moved:
            return self._now if pace is None else max(self._now, pace.limit)

    def asked(self, pace: Pace) -> Fraction:
        with self._moved:  # how far the others have got within its grant must not show
            return self._now if self._now > pace.limit else pace.limit - self._paces[pace]

    def enter(self, slack: Fraction) -> Pace:
        with self._moved:
            pace = Pace(self._now + slack)
            self._paces[pace] = slack
            return pace

    def leave(self, pace: Pace) -> None:
        with self._moved:
            self._paces.pop(pace, None)
            self._moved.notify_all()

    def wait(self, until: Fraction, patience_s: float | None, gone: Callable[[], bool], pace: Pace | None) -> None:
        gives_up = None if patience_s is None else time.monotonic() + patience_s
        with self._moved:
            if pace is not None:
                pace.limit, pace.waiting = max(pace.limit, until), True
                self._moved.notify_all()
            try:
                while self._now < until:
                    granted = min((each.limit for each in self._paces if self._holds(each, pace)), default=until)
                    if granted >= until:
                        self._now = until
                        self._moved.notify_all()
                        break
                    self._moved.wait(_LOOK_EVERY_S)
                    _give_up(gives_up, gone)
            finally:
                if pace is not None:
                    pace.waiting, pace.asked_s = False, time.monotonic()
                    pace.limit = max(pace.limit, until + self._paces.get(pace, Fraction(0)))
                    self._moved.notify_all()

    def _holds(self, pace: Pace, asking: Pace | None) -> bool:
        return pace is not asking and (pace.waiting or time.monotonic() - pace.asked_s < _HOLDS_FOR_S)


def _give_up(gives_up: float | None, gone: Callable[[], bool]) -> None:
    if gone():
        raise Refused(errno.EPIPE)
    if gives_up is not None and time.monotonic() >= gives_up:
        raise Refused(errno.ETIMEDOUT)
