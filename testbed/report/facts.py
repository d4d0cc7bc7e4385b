"""The head of a report: what was run, with what, how it ended, and what about it is simulated or a placeholder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ampradio.profile.model import Entry
from testbed.event_words import number
from testbed.figures import figures_of
from testbed.report.source import Source, table_of
from testbed.results.rows import tally_of

AIRS = {
    "sim": ("simulated", "simulated in one process, without flowgraphs"),
    "zmq": ("simulated air", "GNU Radio flowgraphs joined by a simulated air over ZMQ"),
    "emu": ("emulated radios", "emulated PlutoSDRs, joined by a simulated air"),
    "pluto": ("radio", "PlutoSDRs"),
    "file": ("recording", "a recording, replayed"),
}
_STAMP = len("20260914T120000Z")


@dataclass(frozen=True)
class Figure:
    """One number that a reader looks for first."""

    name: str
    value: str
    unit: str = ""


def air_of(source: Source) -> tuple[str, str]:
    """Return one word for what stood between the stations, and one sentence."""
    radio = str(source.manifest.get("radio", ""))
    return AIRS.get(radio.partition(":")[0], (radio or "unknown air", f"radio {radio or 'not said'}"))


def verdict_of(source: Source) -> tuple[str, str]:
    """Return how the run ended as (good, bad or note, words)."""
    state, ok = str(source.manifest.get("state")), source.manifest.get("ok")
    if state == "finished":
        return ("good", "held: what was asked for came about") if ok else ("bad", "did not hold")
    reason = f": {source.manifest['reason']}" if source.manifest.get("reason") else ""
    words = {"running": "not finished: still running, or killed", "interrupted": "interrupted", "failed": "failed"}
    return ("note" if state != "failed" else "bad"), words.get(state, state) + reason


def facts_of(source: Source) -> list[tuple[str, str]]:
    """Return what was run, as names and values."""
    manifest = source.manifest
    systems, versions = manifest.get("systems"), source.table("versions")
    system = ", ".join(map(str, systems)) if isinstance(systems, list) else "?"
    number_of = source.table("security").get("system")
    stop_ns = number(manifest, "stop_ns")
    scale = manifest.get("time_scale")
    overrides = source.table("experiment").get("overrides")
    found = [
        (
            "Security system",
            f"{system}{f' ({number_of})' if number_of else ''}, variant {manifest.get('variant', '?')}",
        ),
        ("Radio", f"{manifest.get('radio', '?')} – {air_of(source)[1]}"),
        ("Time scale", f"pauses are {scale} times as long as the draft's" if scale not in (None, 1) else ""),
        ("Seed", str(source.table("seeds").get("run", "?"))),
        ("Profile", str(manifest.get("profile", "?"))),
        ("Began", _moment(manifest.get("wall_started"))),
        ("Ended", _moment(manifest.get("wall_ended"))),
        ("Air time", f"{stop_ns / 1e6:.3f} ms" if stop_ns is not None else "not said: the run did not end by itself"),
        ("Commit", str(manifest.get("commit") or "not from a checkout")),
        ("Versions", ", ".join(f"{name} {value}" for name, value in versions.items()) or "?"),
        ("Experiment's SHA-256", str(manifest.get("experiment_sha256", "?"))),
        ("Changed for this run", ", ".join(map(str, overrides)) if isinstance(overrides, list) else ""),
    ]
    return [(name, value) for name, value in found if value]


def figures(source: Source) -> list[Figure]:
    """Return the numbers that come first."""
    stop_ns = number(source.manifest, "stop_ns")
    energy = source.table("energy")
    spent_j = {key: value for key in table_of(energy.get("spent_j")) if (value := _spent(energy, key)) is not None}
    metered = {"spent_j": spent_j, "brown_outs": energy.get("brown_outs")} if energy else None
    got = figures_of(tally_of(source.manifest, source.events), int(stop_ns) if stop_ns is not None else None, metered)
    found = [
        Figure("messages ↓ / ↑", f"{_whole(got['messages_downlink'])} / {_whole(got['messages_uplink'])}"),
        Figure("octets ↓ / ↑", f"{_whole(got['octets_downlink'])} / {_whole(got['octets_uplink'])}"),
        Figure("air time ↓ / ↑", f"{_ms(got['air_time_downlink_ns'])} / {_ms(got['air_time_uplink_ns'])}", "ms"),
        Figure("handshake, mean", _ms(got["handshake_air_ns"]), "ms") if got["handshakes"] else None,
        Figure("SNR ↓ / ↑", f"{_db(got['snr_downlink_db'])} / {_db(got['snr_uplink_db'])}", "dB"),
        Figure("retries, drops", f"{_whole(got['retries'])}, {_whole(got['drops'])}"),
        Figure("energy spent", f"{(got['energy_j'] or 0) * 1e9:.1f}", "nJ") if got["energy_j"] is not None else None,
        Figure("brown-outs", _whole(got["brown_outs"])) if got["brown_outs"] is not None else None,
    ]
    return [each for each in found if each is not None]


def placeholders_of(source: Source) -> list[Entry]:
    """Return the numbers that this project chose itself, with their provenance; from the profile that was in force."""
    named = source.manifest.get("placeholders")
    names = set(map(str, named)) if isinstance(named, list) else set()
    found = [] if source.profile is None else [each for each in source.profile.entries if each.key in names]
    known = {each.key for each in found}
    return found + [Entry(name, "", "", "placeholder", "this profile is not here") for name in sorted(names - known)]


def assumptions_of(source: Source) -> list[tuple[str, str]]:
    """Return what beside the profile's numbers is nobody's but ours: of the system, and of the tag's costs."""
    system, energy = source.table("security"), source.table("energy")
    found = [("security system", str(system["placeholder"]))] if system.get("placeholder") else []
    costs = energy.get("placeholders")
    if isinstance(costs, list) and costs:
        found.append((f"cost table {energy.get('costs', '')}", ", ".join(map(str, costs))))
    return found


def parameters_of(source: Source) -> list[tuple[str, str]]:
    """Return the parameters of the security system that was in force."""
    return [(key.replace("_", " "), _plain(value)) for key, value in source.table("security").items()]


def _spent(energy: Mapping[str, object], cause: str) -> float | None:
    return number(table_of(energy.get("spent_j")), cause)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _moment(stamp: object) -> str:
    text = str(stamp or "")
    if len(text) != _STAMP or text[8] != "T":
        return ""
    return f"{text[:4]}-{text[4:6]}-{text[6:8]} {text[9:11]}:{text[11:13]}:{text[13:15]} UTC"


def _whole(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _ms(value_ns: float | None) -> str:
    return "–" if value_ns is None else f"{value_ns / 1e6:.3f}"


def _db(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
