"""The security systems side by side: air time each way, and what an attacker achieves."""

from __future__ import annotations

from collections.abc import Sequence

from testbed.attack.matrix import ATTACKS, QUICK, TITLES
from testbed.attack.outcome import Outcome
from testbed.attack.suspects import SUSPECTS, Suspect
from testbed.compare.costs import costs_of
from testbed.experiment import load_experiment
from testbed.gallery.drawing import SERIES, as_svg, one_axes
from testbed.gallery.ladders import EXAMPLES
from testbed.report.palette import LIGHT

NS_PER_MS = 1e6
BROKEN, HELD = "#fbe0d3", "#dcefe7"


def air_times() -> str:
    """Return the air time of ``examples/compare.toml`` in each system, both ways, as SVG."""
    path = EXAMPLES / "compare.toml"
    seed = load_experiment(path).seed
    costs = [costs_of(path, suspect, seed) for suspect in SUSPECTS]
    figure, axes = one_axes()
    places = range(len(costs))
    down = [each.air_time_ns["downlink"] / NS_PER_MS for each in costs]
    up = [each.air_time_ns["uplink"] / NS_PER_MS for each in costs]
    axes.bar(places, down, color=SERIES[0], label="downlink")
    axes.bar(places, up, bottom=down, color=SERIES[1], hatch="//", edgecolor="white", label="uplink")
    axes.set_xticks(list(places), [each.label for each in costs])
    axes.set_ylabel("air time of two rounds, ms", fontsize=9)
    axes.legend(fontsize=8, frameon=False)
    data = {
        each.label: {"messages": each.messages, "octets": each.octets, "air_time_ns": each.air_time_ns}
        for each in costs
    }
    return as_svg(figure, data)


def attacked(labels: Sequence[str], attacks: Sequence[str]) -> str:
    """Return what ``attacks`` achieve against the systems called ``labels``, each cell by running it, as SVG."""
    suspects = {suspect.label: suspect for suspect in SUSPECTS}
    outcomes = [_outcome(attack, suspects[label]) for attack in attacks for label in labels]
    figure, axes = one_axes(8.0, 0.42 * len(attacks) + 0.6)
    rows = [[each for each in outcomes if each.attack == attack] for attack in attacks]
    table = axes.table(
        cellText=[[_short(each.text) for each in row] for row in rows],
        cellColours=[[BROKEN if each.broken else HELD for each in row] for row in rows],
        rowLabels=[f"{attack} {TITLES[attack]}" for attack in attacks],
        colLabels=list(labels),
        cellLoc="left",
        bbox=(0.0, 0.0, 1.0, 1.0),
    )
    table.auto_set_font_size(False)
    table.set_fontsize(8)
    for cell in table.get_celld().values():
        cell.set_edgecolor(LIGHT["line"])
    axes.axis("off")
    return as_svg(figure, [[each.attack, each.suspect, each.broken, each.text] for each in outcomes])


def _outcome(attack: str, suspect: Suspect) -> Outcome:
    return QUICK.get(attack, ATTACKS[attack])(suspect)


def _short(text: str, letters: int = 34) -> str:
    return text if len(text) <= letters else text[: letters - 1] + "…"
