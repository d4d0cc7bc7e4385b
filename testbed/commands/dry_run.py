"""`amp run --dry-run`: what PlutoSDRs would send, by station and PPDU, and what a region says to it."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from testbed.exits import DONE, CallerMistake
from testbed.experiment import Experiment

if TYPE_CHECKING:
    from testbed.runner.on_air import OnAir


def show_on_air(args: argparse.Namespace, experiment: Experiment) -> int:
    """Print it; raises RegulatoryError when it may not be sent."""
    from testbed.runner.on_air import on_air

    if not experiment.choice.plutos:
        raise CallerMistake(
            f"{experiment.radio} sends nothing that a dry run could show", "give --radio emu: or pluto:ADDRESS,ADDRESS"
        )
    what = on_air(experiment)
    if args.json:
        print(json.dumps({"dry_run": what.as_dict()}, ensure_ascii=False))
    elif not args.quiet:
        _print(Console(), what)
    return DONE


def _print(console: Console, what: OnAir) -> None:
    table = Table(title="What would be sent, if nothing is lost")
    for title in ("station", "PPDU", "kind", "rate", "octets", "each lasts", "how many"):
        table.add_column(title)
    for each in what.rehearsal.ppdus:
        rate = f"{each.rate_bps / 1e3:g} kb/s"
        lasts = f"{each.duration_ns / 1e6:.3f} ms"
        table.add_row(each.role, each.name, each.kind.name, rate, str(each.octets), lasts, str(each.count))
    console.print(table)
    for out in what.outgoing:
        power = f"{out.on_power_dbm:.1f} dBm at the connector, on {100 * out.duty:.2f} % of the time"
        console.print(f"{out.role}: {out.centre_hz / 1e6:g} MHz, {power}", markup=False, highlight=False)
        console.print(f"  {out.guarded.statement}", markup=False, highlight=False, soft_wrap=True)
    seconds = what.rehearsal.air_ns / 1e9
    kind = "without their non-AMP portion" if what.narrow else "whole"
    console.print(f"{seconds:.3f} s of air at time_scale {what.time_scale}; PPDUs {kind}", highlight=False)
