"""What is known of each tag of a run: its state in words, how well it is heard, what it said last, its energy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ampradio.mac.ladder import AP_NAME
from testbed.event_words import number, shown
from testbed.report.messages import Stations

TAGS_MAX = 256
_STATES = {
    "security.authenticated": ("authenticated", "good"),
    "security.mutually_authenticated": ("authenticated both ways", "good"),
    "security.provisioned": ("provisioned", "good"),
    "security.completed": ("exchange completed", "good"),
    "security.failed": ("exchange failed", "bad"),
    "brown_out": ("run dry", "bad"),
    "power_off": ("run dry", "bad"),
    "power_on": ("charged again", "note"),
    "no_reply": ("does not answer", "bad"),
}


class TagList:
    """Takes events in order of air time; ``tags`` is what the page shows."""

    def __init__(self, manifest: Mapping[str, Any], stations: Stations) -> None:
        self._stations = stations
        experiment = manifest.get("experiment")
        experiment = experiment if isinstance(experiment, Mapping) else {}
        power = experiment.get("power")
        self._store = power.get("store") if isinstance(power, Mapping) else None
        self.tags: dict[str, dict[str, Any]] = {}
        listed = experiment.get("tags")
        for each in listed if isinstance(listed, list) else []:
            if isinstance(each, Mapping):
                self._entry(str(each.get("name") or "tag"), each.get("station_id"))
        self.changed = True

    def take(self, event: Mapping[str, object]) -> None:
        """Learn from one event."""
        entry = self._about(event)
        if entry is None:
            return
        kind = str(event.get("kind"))
        if kind in _STATES:
            entry["state"], entry["tone"] = _STATES[kind]
        elif kind == "rx":
            self._heard(entry, event)
        elif kind == "security.uplink_data":
            entry["reading"] = shown(event.get("data_hex"))
        elif kind == "energy" and isinstance(self._store, Mapping):
            self._charge(entry, event)
        else:
            return
        self.changed = True

    def _heard(self, entry: dict[str, Any], event: Mapping[str, object]) -> None:
        way = "up" if event.get("direction") == "UL" else "down"
        entry["frames"] += 1
        entry[f"snr_{way}"] = _rounded(number(event, "snr_db"), 1)
        if way == "up":
            entry["clock"] = _rounded(number(event, "clock_ppm"), 0)
            entry["carrier"] = _rounded(number(event, "cfo_hz"), 0)
        if entry["state"] == "not heard yet":
            entry["state"], entry["tone"] = "on the air", "note"

    def _charge(self, entry: dict[str, Any], event: Mapping[str, object]) -> None:
        assert isinstance(self._store, Mapping)
        off_v, full_v = number(self._store, "off_v") or 0.0, number(self._store, "full_v") or 0.0
        stored_v = number(event, "stored_v")
        if stored_v is None:
            return
        share = (stored_v**2 - off_v**2) / (full_v**2 - off_v**2) if full_v > off_v else 0.0
        entry["energy"] = {
            "volts": round(stored_v, 3),
            "share": round(min(max(share, 0.0), 1.0), 3),
            "off": off_v,
            "full": full_v,
        }

    def _about(self, event: Mapping[str, object]) -> dict[str, Any] | None:
        """Return the tag that an event is of: the one that tells it, or the one that the AP speaks of."""
        station = self._stations.name(event.get("node"))
        if station != AP_NAME:
            return self._entry(station)
        for key in ("src", "station_id", "id"):
            value = event.get(key)
            text = f"0x{value:04X}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
            if text in self._stations.by_id:
                return self._entry(self._stations.by_id[text])
        return next(iter(self.tags.values())) if len(self.tags) == 1 else None

    def _entry(self, name: str, station_id: object = None) -> dict[str, Any] | None:
        if name not in self.tags:
            if len(self.tags) >= TAGS_MAX:
                return None
            self.tags[name] = {"name": name, "id": None, "state": "not heard yet", "tone": "note", "frames": 0}
        if isinstance(station_id, int) and not isinstance(station_id, bool):
            self.tags[name]["id"] = f"0x{station_id & 0xFFFF:04X}"
        return self.tags[name]


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
