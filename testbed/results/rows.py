"""A run folder, or a sweep's table, as rows of the tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone

from testbed.figures import FIGURES, figures_of
from testbed.results.columns import FRAME
from testbed.run_record import Run
from testbed.tally import Tally

FRAME_KINDS = ("tx", "rx")
_OF_EVERY_EVENT = ("t_ns", "node", "kind")


def row_of(run: Run) -> dict[str, object]:
    """Return a run as one row of columns.RUN_FILE; what the manifest does not say is None."""
    manifest, tally = run.manifest, tally_of(run.manifest, run.events)
    elapsed_ns, placeholders, systems = (manifest.get(key) for key in ("stop_ns", "placeholders", "systems"))
    energy = _table(manifest.get("energy"))
    return {
        **{key: manifest.get(key) for key in ("name", "state", "ok", "variant", "radio", "profile", "commit")},
        "reason": manifest.get("reason") or None,
        "started": _time(manifest.get("wall_started")),
        "ended": _time(manifest.get("wall_ended")),
        "seed": _table(manifest.get("seeds")).get("run"),
        "system": systems[0] if isinstance(systems, list) and systems else None,
        "placeholders": len(placeholders) if isinstance(placeholders, list) else None,
        **figures_of(tally, elapsed_ns if isinstance(elapsed_ns, int) else None, energy or None),
        "experiment": manifest.get("experiment"),
        "frames": [
            {column: event.get(column) for column in FRAME} for event in run.events if event.get("kind") in FRAME_KINDS
        ],
        "events": [
            {
                **{key: event.get(key) for key in _OF_EVERY_EVENT},
                "detail": {key: value for key, value in event.items() if key not in _OF_EVERY_EVENT},
            }
            for event in run.events
        ],
    }


def tally_of(manifest: Mapping[str, object], events: Iterable[Mapping[str, object]]) -> Tally:
    """Return what a run's events come to; a handshake is what its manifest says."""
    tally, began = Tally(), _table(manifest.get("handshake"))
    if began:
        opening = began.get("opening")
        tally.opening = frozenset(str(each) for each in opening) if isinstance(opening, list) else tally.opening
        tally.proven = str(began.get("proven", tally.proven))
    for event in events:
        tally.take(event)
    return tally


def rows_of_points(points: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """Return a sweep's points as rows of columns.POINT."""
    rows = []
    for point in points:
        mean = _table(point.get("mean"))
        plain = {key: value for key, value in point.items() if key != "mean"}
        rows.append({**plain, **{f"mean_{name}": mean.get(name) for name in FIGURES}})
    return rows


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _time(stamp: object) -> str | None:
    try:
        moment = datetime.strptime(str(stamp), "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    return f"{moment:%Y-%m-%d %H:%M:%S}"
