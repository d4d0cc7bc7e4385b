"""``make bench-phy``: packets and samples per second on one core, mode by mode, beside their references.

The link simulation (modulate, channel, receive) by batch, beside noise alone and beside a GNU Radio flowgraph per
packet; one frame through the streaming receiver beside its time on the air; the AMP-Sync search beside a copy of the
same samples and beside the obvious detector; a link at waveform level beside Sionna's, where that is installed; and
whether any number of processes finds the same. What is compared is measured in this run.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from ampradio import accelerator
from ampradio.profile import load_profile
from testbed.bench import detectors, frames, waveform
from testbed.bench.bars import Bar, bench_console, print_bars
from testbed.bench.frames import FrameTime
from testbed.bench.heap import keep_freed_memory
from testbed.bench.out import write_figures
from testbed.bench.packet_flowgraph import packets_per_s
from testbed.bench.packet_link import OCTETS
from testbed.bench.packet_modes import MODES
from testbed.bench.packet_workers import simulate
from testbed.bench.packets import PARTS, Rates, measure
from testbed.bench.phy_tables import print_detectors, print_frames, print_rates, print_references, print_waveforms
from testbed.bench.stopwatch import warning, with_core_share
from testbed.bench.unmeasured import says_why
from testbed.bench.waveform import SIONNA_BAR, WaveformRates

SEED = 20260911
REPEAT = 7
COPY_BAR, NAIVE_BAR, FRAME_BAR, FLOWGRAPH_BAR = 0.12, 8.0, 1.0, 8.0
NOISE_ONLY_BAR, SINGLE_BAR = 0.1, 5.0
PROCESSES = (1, 2, 3)


@dataclass(frozen=True)
class Effort:
    """How much is measured: batch sizes, frames, flowgraphs, noise samples, packets."""

    batches: tuple[int, ...] = (1, 8, 16, 32, 64)
    frames: int = 20
    flowgraphs: int = 40
    noise_samples: int = 1 << 20
    waveform_batches: tuple[int, ...] = (16, 32, 64, 128, 256)
    waveform_packets: int = 16_384
    shared_packets: int = 200


QUICK = Effort((1, 16), 1, 10, 1 << 18, (16, 64), 1024, 40)


@dataclass(frozen=True)
class Figures:
    """Everything that was measured; ``sionna`` may be the reason why it was not."""

    rates: list[Rates]
    flowgraphs: list[float]
    frames: list[FrameTime]
    detectors: dict[str, float]
    opened: dict[str, float]
    waveform: WaveformRates
    sionna: WaveformRates | str
    same_with_any_processes: list[bool]
    core_share: dict[str, float]


@says_why
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write ``bench/out/phy.json``; 1 when something is below its bar."""
    parser = argparse.ArgumentParser(prog="bench-phy", description=__doc__)
    parser.add_argument("--repeat", type=int, default=REPEAT, help=f"turns to take medians of (default {REPEAT})")
    parser.add_argument("--quick", action="store_true", help="one turn, two batches, a short buffer")
    parser.add_argument("--seed", type=int, default=SEED, help=f"default {SEED}")
    parser.add_argument("--page", action="store_true", help="write docs/speed.md from the last figures, and end")
    arguments = parser.parse_args(argv)
    if arguments.page:
        from testbed.bench.phy_page import write_page

        print(f"written: {write_page(Path())}")
        return 0
    if arguments.repeat < 1 or arguments.seed < 0:
        parser.error("repeat is at least 1, the seed is not negative")
    effort, repeat = (QUICK, 1) if arguments.quick else (Effort(), arguments.repeat)
    console = bench_console()
    keep_freed_memory()
    found = _measured(console, effort, repeat, arguments.seed)
    print_rates(console, found.rates, found.flowgraphs)
    print_frames(console, found.frames)
    print_detectors(console, found.detectors, found.opened)
    print_waveforms(console, found.waveform, found.sionna)
    print_references(console)
    bars, yardsticks = _bars(found), _yardsticks(found)
    print_bars(console, "Bars of the exit code", bars)
    print_bars(console, "Yardsticks, not of the exit code", yardsticks)
    console.print(f"accelerator: {'numba' if accelerator.is_on() else 'none, numpy alone'}")
    given = ", ".join(f"{name} {share:.0%}" for name, share in found.core_share.items())
    console.print(f"share of a core that this run was given: {given}")
    if warning(found.core_share.values()):
        console.print(warning(found.core_share.values()))
    path = write_figures("phy", _written(found, bars, yardsticks, repeat, arguments.seed))
    console.print(f"written to {path}")
    missed = [bar.what for bar in bars if not bar.holds]
    console.print("missed: " + ("; ".join(missed) if missed else "none"))
    return 1 if missed else 0


def _measured(console: Console, effort: Effort, repeat: int, seed: int) -> Figures:
    rates: list[Rates] = []
    graphs: list[float] = []
    times: list[FrameTime] = []
    same: list[bool] = []
    shares: dict[str, float] = {}
    with console.status("measuring") as status:
        for mode in MODES:
            status.update(f"measuring {mode.name}")
            each, shares[mode.name] = with_core_share(partial(measure, mode, effort.batches, repeat, seed))
            rates.append(each)
            graphs.append(packets_per_s(each.samples, effort.flowgraphs, repeat))
            times += frames.measure(mode, effort.frames, seed)
            outcomes = {simulate(mode, effort.shared_packets, seed, processes) for processes in PROCESSES}
            same.append(len(outcomes) == 1)
        status.update("measuring detectors")
        work = partial(detectors.measure, effort.noise_samples, repeat, seed)
        found, shares["detectors"] = with_core_share(work)
        opened = detectors.opened(effort.noise_samples, seed)
        status.update("measuring a link at waveform level, and Sionna's")
        batches, packets = effort.waveform_batches, effort.waveform_packets
        ours = waveform.measure(batches, packets, repeat, seed)
        theirs = waveform.measure_sionna(batches, packets, repeat)
    return Figures(rates, graphs, times, found, opened, ours, theirs, same, shares)


def _bars(found: Figures) -> list[Bar]:
    searched = found.detectors[detectors.DETECTOR]
    bars = [
        Bar("detector / numpy copy", searched / found.detectors["copy"], COPY_BAR),
        Bar("detector / naive detector", searched / found.detectors["naive"], NAIVE_BAR),
    ]
    bars += [_decoded(each) for each in found.frames if each.octets == OCTETS]
    for rates, graph in zip(found.rates, found.flowgraphs, strict=True):
        what = f"{rates.mode.name}: chain / flowgraph per packet"
        bars.append(Bar(what, rates.best("full chain") / graph, FLOWGRAPH_BAR))
    for rates, same in zip(found.rates, found.same_with_any_processes, strict=True):
        bars.append(Bar(f"{rates.mode.name}: same with {', '.join(map(str, PROCESSES))} processes", float(same), 1.0))
    if isinstance(found.sionna, WaveformRates):
        bars.append(Bar("waveform level / Sionna", found.waveform.best / found.sionna.best, SIONNA_BAR))
    return bars


def _yardsticks(found: Figures) -> list[Bar]:
    bars = []
    for each in found.rates:
        ratio = each.best("full chain") / each.best("noise only")
        bars.append(Bar(f"{each.mode.name}: full chain / noise only", ratio, NOISE_ONLY_BAR))
        bars.append(Bar(f"{each.mode.name}: full chain / its batch 1", each.over_single("full chain"), SINGLE_BAR))
    bars += [_decoded(each) for each in found.frames if each.octets != OCTETS]
    for frame in found.frames:
        what = f"{frame.mode.name}, {frame.octets} octets: floor, search and frame, air times"
        bars.append(Bar(what, frame.air_times_in_all, FRAME_BAR, at_most=True))
    return bars


def _decoded(frame: FrameTime) -> Bar:
    what = f"{frame.mode.name}, {frame.octets} octets: one frame decoded, air times"
    return Bar(what, frame.air_times, FRAME_BAR, at_most=True)


def _written(
    found: Figures, bars: Sequence[Bar], yardsticks: Sequence[Bar], repeat: int, seed: int
) -> dict[str, Any]:
    theirs = found.sionna
    return {
        "modes": [_mode_figures(each, graph) for each, graph in zip(found.rates, found.flowgraphs, strict=True)],
        "frames": [each.figures() for each in found.frames],
        "detectors_msps": found.detectors,
        "gate_opened_share": found.opened,
        "waveform": found.waveform.figures(),
        "sionna": theirs.figures() if isinstance(theirs, WaveformRates) else {"not_measured": theirs},
        "same_with_any_processes": all(found.same_with_any_processes),
        "bars": [bar.figures() for bar in bars],
        "yardsticks": [bar.figures() for bar in yardsticks],
        "accelerator": accelerator.NUMBA if accelerator.is_on() else accelerator.NONE,
        "sample_rate_sps": load_profile().preamble.sample_rate_sps,
        "core_share": found.core_share,
        "repeat": repeat,
        "seed": seed,
    }


def _mode_figures(rates: Rates, flowgraph_per_s: float) -> dict[str, Any]:
    per_s = {part: {str(batch): rate for batch, rate in some.items()} for part, some in rates.per_s.items()}
    return {
        "mode": rates.mode.name,
        "rate_kbps": rates.mode.rate_bps // 1000,
        "samples_per_packet": rates.samples,
        "packets_per_s": per_s,
        "best_packets_per_s": {part: rates.best(part) for part in PARTS},
        "best_msps": {part: rates.best(part) * rates.samples / 1e6 for part in PARTS},
        "full_chain_over_noise_only": rates.best("full chain") / rates.best("noise only"),
        "full_chain_over_batch_1": rates.over_single("full chain"),
        "flowgraph_per_packet_per_s": flowgraph_per_s,
        "full_chain_over_flowgraph": rates.best("full chain") / flowgraph_per_s,
        "decoded": rates.decoded,
    }


if __name__ == "__main__":
    raise SystemExit(main())
