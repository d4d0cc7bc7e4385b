"""What a run came to: the table at its end, and the same as one JSON document (``amp run --json``)."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from testbed.experiment.plan import Experiment
from testbed.experiment.systems import variant_of
from testbed.radio_words import radio_lines
from testbed.tally import DIRECTIONS, Handshake, Tally, Traffic


@dataclass(frozen=True)
class Summary:
    """The figures of one run; air time is virtual in simulation, ``wall_s`` is what it took to compute."""

    ok: bool
    run_folder: Path
    system: str
    variant: str
    parameters: Mapping[str, str | int | bool | float]
    profile: str
    placeholders: tuple[str, ...]
    radio: str
    seed: int
    traffic: dict[str, Traffic]
    acks: Traffic
    excitations: Traffic
    handshakes: tuple[Handshake, ...]
    snr_db: dict[str, float | None]
    readings: int
    commands: int
    retries: int
    drops: int
    elapsed_ns: int
    wall_s: float
    reason: str = ""
    energy: Mapping[str, object] | None = None
    time_scale: int = 1
    sifs_ns: int = 0
    radios: Mapping[str, object] | None = None

    def as_dict(self) -> dict[str, object]:
        """Return the document of cli.md, with what else a machine may want."""
        return {
            "run_folder": str(self.run_folder),
            "ok": self.ok,
            "reason": self.reason,
            "systems": [self.system],
            "variant": self.variant,
            "security": dict(self.parameters),
            "energy": None if self.energy is None else dict(self.energy),
            "profile": self.profile,
            "placeholders": list(self.placeholders),
            "radio": self.radio,
            "time_scale": self.time_scale,
            "radios": None if self.radios is None else dict(self.radios),
            "seed": self.seed,
            "messages": {each: self.traffic[each].messages for each in DIRECTIONS},
            "octets": {each: self.traffic[each].octets for each in DIRECTIONS},
            "air_time_ns": {each: self.traffic[each].air_time_ns for each in DIRECTIONS},
            "acks": asdict(self.acks),
            "excitations": asdict(self.excitations),
            "handshakes": [{"air_ns": each.air_ns, "wall_s": round(each.wall_s, 6)} for each in self.handshakes],
            "snr_db": {each: _rounded(self.snr_db[each]) for each in DIRECTIONS},
            "readings": self.readings,
            "commands": self.commands,
            "retries": self.retries,
            "drops": self.drops,
            "elapsed_ns": self.elapsed_ns,
            "wall_s": round(self.wall_s, 3),
        }

    def table(self) -> Table:
        """Return the table for a person."""
        title, style = ("Exchange done", "bold green") if self.ok else ("Exchange failed", "bold red")
        table = Table(title=title, title_style=style)
        table.add_column("")
        table.add_column("downlink", justify="right")
        table.add_column("uplink", justify="right")
        down, up = (self.traffic[each] for each in DIRECTIONS)
        table.add_row("messages", str(down.messages), str(up.messages))
        table.add_row("octets", str(down.octets), str(up.octets))
        table.add_row("air time", _ms(down.air_time_ns), _ms(up.air_time_ns))
        table.add_row("SNR, received", *(_db(self.snr_db[each]) for each in DIRECTIONS))
        table.add_row("commands / readings", str(self.commands), str(self.readings))
        table.add_row("Acks", f"{self.acks.messages}, {_ms(self.acks.air_time_ns)}", "")
        if self.excitations.messages:
            table.add_row("excitations", f"{self.excitations.messages}, {_ms(self.excitations.air_time_ns)}", "")
        table.add_row("retries / drops", f"{self.retries} / {self.drops}", "", end_section=True)
        table.add_row("handshake, air time", _handshake_air(self.handshakes), "")
        table.add_row("handshake, wall time", _handshake_wall(self.handshakes), "")
        table.add_row("the run", f"{_ms(self.elapsed_ns)} of air", f"{self.wall_s:.2f} s wall")
        return table

    def show(self, console: Console) -> None:
        """Print the table and what stands below it."""
        console.print(self.table())
        for line in self.lines():
            console.print(line, markup=False, highlight=False, soft_wrap=True)

    def lines(self) -> list[str]:
        """Return what stands below the table: what was run, how firm its numbers are, where it lies."""
        return [
            *([f"Why: {self.reason}"] if self.reason else []),
            f"System: {self.system}, {self.variant}; {_described(self.parameters)}",
            *([] if self.energy is None else [f"Tag's energy: {_spent(self.energy)}"]),
            f"Run: seed {self.seed}, radio {self.radio}",
            *([] if self.time_scale == 1 else [_stretched(self.time_scale, self.sifs_ns)]),
            *([] if self.radios is None else radio_lines(self.radios)),
            f"Profile: {self.profile}, with {len(self.placeholders)} placeholders (amp profile --placeholders)",
            f"Run folder: {self.run_folder}",
        ]


def summary_of(
    experiment: Experiment,
    tally: Tally,
    run_folder: Path,
    *,
    parameters: Mapping[str, str | int | bool | float],
    energy: Mapping[str, object] | None = None,
    ok: bool,
    elapsed_ns: int,
    wall_s: float,
    reason: str = "",
    radios: Mapping[str, object] | None = None,
) -> Summary:
    """Return the summary of a run from what was counted."""
    return Summary(
        ok=ok,
        run_folder=run_folder,
        system=experiment.security.system,
        variant=variant_of(experiment.security),
        parameters=parameters,
        energy=energy,
        profile=experiment.profile.name,
        placeholders=tuple(entry.key for entry in experiment.profile.placeholders()),
        radio=experiment.radio,
        seed=experiment.seed,
        traffic=dict(tally.traffic),
        acks=tally.acks,
        excitations=tally.excitations,
        handshakes=tuple(tally.handshakes),
        snr_db={each: statistics.fmean(values) if values else None for each, values in tally.snr_db.items()},
        readings=tally.counts["security.uplink_data"],
        commands=tally.counts["security.command"] + tally.counts["security.downlink_data"],
        retries=tally.counts["retry"],
        drops=tally.counts["drop"],
        elapsed_ns=elapsed_ns,
        wall_s=wall_s,
        reason=reason,
        time_scale=experiment.time_scale,
        sifs_ns=experiment.profile.timing.amp_sifs_ns,
        radios=radios,
    )


def _described(parameters: Mapping[str, str | int | bool | float]) -> str:
    said = ("system", "variant", "prof", "placeholder")
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in parameters.items() if key not in said)


def _stretched(time_scale: int, sifs_ns: int) -> str:
    return f"Time: spaces between PPDUs {time_scale} times the draft's, an AMP SIFS of {sifs_ns / 1e6:g} ms"


def _spent(energy: Mapping[str, object]) -> str:
    spent_j = energy["spent_j"]
    assert isinstance(spent_j, dict)
    by_cause = ", ".join(f"{cause} {joules * 1e9:.1f}" for cause, joules in spent_j.items())
    total = f"{sum(spent_j.values()) * 1e9:.1f} nJ spent ({by_cause}); {energy['brown_outs']} brown-outs"
    return f"{total}; cost table {energy['costs']}" + (", placeholders" if energy["placeholders"] else "")


def _ms(time_ns: float) -> str:
    return f"{time_ns / 1e6:.3f} ms"


def _db(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} dB"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _handshake_air(handshakes: Sequence[Handshake]) -> str:
    if not handshakes:
        return "none"
    return f"{_ms(statistics.fmean(each.air_ns for each in handshakes))}{_of(handshakes)}"


def _handshake_wall(handshakes: Sequence[Handshake]) -> str:
    if not handshakes:
        return "none"
    return f"{statistics.fmean(each.wall_s for each in handshakes):.3f} s{_of(handshakes)}"


def _of(handshakes: Sequence[Handshake]) -> str:
    return f" (mean of {len(handshakes)})" if len(handshakes) > 1 else ""
