"""Putting fragments together again, within bounds: one message at a time per station, few stations."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from ampradio.mac.refusal import Reason, Refusal
from ampradio.mac.shim import Shim
from ampradio.profile.model import Mac
from ampradio.security.session import Message


@dataclass
class _Partial:
    shim: Shim
    payload: bytes


class Reassembler:
    """Collects fragments in order; a gap costs the whole message, a repeated fragment costs nothing.

    Fragment 0 always starts anew, so a message sent again replaces what was held of it.
    At most ``stations_max`` unfinished messages of at most 8 fragments are held; the oldest one gives way.
    """

    def __init__(self, mac: Mac, stations_max: int = 8) -> None:
        if stations_max < 1:
            raise ValueError(f"stations_max is {stations_max}, must be at least 1")
        self._mac = mac
        self._stations_max = stations_max
        self._partials: OrderedDict[int, _Partial] = OrderedDict()

    def add(self, station_id: int, shim: Shim, payload: bytes) -> Message | Refusal | None:
        """Return the whole message when ``payload`` completes it, None if more is to come, else why it is refused."""
        held = self._partials.pop(station_id, None)
        if shim.more and shim.fragment + 1 >= self._mac.fragments_max:
            return Refusal(Reason.BAD_SHIM, f"more after fragment {shim.fragment}", station_id=station_id)
        if shim.fragment == 0:
            held = None
        elif held is None or not _continues(held.shim, shim):
            if held is not None and _repeats(held.shim, shim):
                self._partials[station_id] = held
                return Refusal(Reason.FRAGMENT_REPEATED, f"fragment {shim.fragment}", station_id=station_id)
            return Refusal(Reason.FRAGMENT_OUT_OF_ORDER, f"fragment {shim.fragment}", station_id=station_id)
        whole = (held.payload if held else b"") + payload
        if not shim.more:
            return Message(shim.proto, shim.msg, shim.prof, station_id, whole)
        self._partials[station_id] = _Partial(shim, whole)
        if len(self._partials) > self._stations_max:
            self._partials.popitem(last=False)
        return None

    def clear(self) -> None:
        """Forget every unfinished message."""
        self._partials.clear()


def _same_message(one: Shim, other: Shim) -> bool:
    return (one.proto, one.msg, one.prof) == (other.proto, other.msg, other.prof)


def _continues(last: Shim, shim: Shim) -> bool:
    return _same_message(last, shim) and shim.fragment == last.fragment + 1


def _repeats(last: Shim, shim: Shim) -> bool:
    return _same_message(last, shim) and shim.fragment == last.fragment
