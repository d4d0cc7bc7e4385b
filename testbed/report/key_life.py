"""The life of keys: what a station made, how often it served, when it was erased; from events, which hold none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from testbed.event_words import number
from testbed.report.messages import Event
from testbed.report.source import Source

PREFIX = "security."
MADE = {
    "keys_installed": "session keys",
    "session_key": "session key",
    "group_key": "group key",
    "group_key_installed": "group key",
    "group_key_issued": "group key for a handover",
    "key_received": "key for a handover",
    "key_delivered": "key for a handover, delivered",
    "pmk_updated": "PMK",
    "pmk_committed": "PMK",
    "pmk_from_cache": "PMK, from the cache",
}
ERASED = {
    "keys_wiped": "session keys",
    "session_key_wiped": "session key",
    "key_dropped": "key for a handover",
    "key_expired": "key for a handover",
    "association_deleted": "session keys",
    "deauthenticated": "session keys",
}
_LOST = "brown_out"
_WHO = ("mn", "pos", "tpos", "id_type", "key_id", "version", "x", "cntr", "life", "life_s")
_PLAIN = (
    "session_key",
    "kdf",
    "cipher",
    "ptk_lifetime_ns",
    "key_lifetime_s",
    "pairwise",
    "group",
    "akms",
    "pmk_update",
)


@dataclass
class KeyLife:
    """One key at one station; ``uses`` counts protected PPDUs that the station sent or took while it had it."""

    station: str
    name: str
    made_ns: float
    detail: Mapping[str, str]
    uses: int = 0
    last_use_ns: float | None = None
    erased_ns: float | None = None
    why: str = ""

    @property
    def which(self) -> str:
        """What the station said of it, in words."""
        return _shown(self.detail)


def key_lives_of(source: Source) -> list[KeyLife]:
    """Return every key that a station told of, in the order in which they were made."""
    lives: list[KeyLife] = []
    held: dict[str, list[KeyLife]] = {}
    for event in source.events:
        kind, station = str(event.get("kind")), source.stations.name(event.get("node"))
        name, t_ns = kind.removeprefix(PREFIX), number(event, "t_ns") or 0.0
        own = held.setdefault(station, [])
        if kind.startswith(PREFIX) and name in MADE:
            lives.append(KeyLife(station, MADE[name], t_ns, _which(event)))
            own.append(lives[-1])
        elif kind.startswith(PREFIX) and name in ERASED:
            _erase(own, name, event, t_ns)
        elif kind == _LOST:
            for each in own:
                each.erased_ns, each.why = t_ns, "lost with the power, if it was volatile"
        elif kind in ("tx", "rx") and event.get("protected"):
            for each in own:
                each.uses += 1
                each.last_use_ns = t_ns
        held[station] = [each for each in own if each.erased_ns is None]
    return lives


def key_parameters(source: Source) -> list[tuple[str, str]]:
    """Return what the system says of its keys: how they are derived, what they are for, how long they may live."""
    told = source.table("security")
    return [(key.removesuffix("_ns").replace("_", " "), _valued(key, told[key])) for key in _PLAIN if key in told]


def _erase(held: list[KeyLife], name: str, event: Event, t_ns: float) -> None:
    which = _which(event)
    same = [each for each in held if each.name == ERASED[name]]
    exact = [each for each in same if which.items() <= each.detail.items()]
    for each in exact or same:
        each.erased_ns = t_ns
        each.why = str(event.get("reason", name)).replace("_", " ")


def _valued(key: str, value: object) -> str:
    return f"{value / 1e6:,g} ms" if key.endswith("_ns") and isinstance(value, int) else str(value)


def _which(event: Event) -> dict[str, str]:
    return {key: str(event[key]) for key in _WHO if isinstance(event.get(key), (str, int))}


def _shown(which: Mapping[str, str]) -> str:
    named = ((f"{key} {value}" if key != "life_s" else f"life {value} s") for key, value in which.items())
    return ", ".join(each.replace("_", " ") for each in named)
