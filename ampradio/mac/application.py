"""What a tag has to say when a plain Trigger asks: readings, its permanent ID, its operation status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ampradio.mac.response import Response
from ampradio.mac.trigger import AccessKind, ResponseType, TriggerParameters


def _nothing() -> bytes | None:
    return b""


@dataclass
class Application:
    """The tag's side of plain triggers.

    ``readings()`` gives the next reading; one that was not acknowledged is sent again before it is asked for another.
    None means that there is nothing to report: the tag stays out of random access and answers a slot of its own empty.
    A tag without ``status_units`` (64 µs units) cannot report its operation status and does not answer, nor does one
    without a ``permanent_id``, of as many octets as the profile says, when it is asked for that.
    """

    readings: Callable[[], bytes | None] = _nothing
    permanent_id: bytes = b""
    status_units: int | None = None
    mode_factor: int | None = None
    _unacknowledged: bytes | None = None

    def answer(self, station_id: int, parameters: TriggerParameters, rate_code: int) -> Response | None:
        """Return the Response that a trigger asks for, None when this tag has no answer to it."""
        kind = parameters.response_type
        if parameters.access is AccessKind.RANDOM_ID_ONLY:
            kind = ResponseType.ID_ONLY
        if kind is ResponseType.OPERATION_STATUS:
            if self.status_units is None:
                return None
            return Response(station_id, kind, b"", self.status_units, self.mode_factor, rate_code)
        if kind is ResponseType.PERMANENT_ID and not self.permanent_id:
            return None
        content = self._content(kind)
        if content is None and parameters.access is not AccessKind.SCHEDULED:
            return None
        return Response(station_id, kind, content or b"", ul_rate_code=rate_code)

    def acknowledged(self) -> None:
        """Let go of the reading that was sent."""
        self._unacknowledged = None

    def _content(self, kind: ResponseType) -> bytes | None:
        if kind is ResponseType.PERMANENT_ID:
            return self.permanent_id
        if kind is ResponseType.ID_ONLY:
            return b""
        if self._unacknowledged is None:
            self._unacknowledged = self.readings()
        return self._unacknowledged
