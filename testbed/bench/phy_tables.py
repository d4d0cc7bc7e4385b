"""What ``make bench-phy`` prints: one table for each thing it measures, and a prototype's figures beside them."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from testbed.bench.frames import WEAK_ECN0_DB, FrameTime
from testbed.bench.out import machine
from testbed.bench.packet_link import OCTETS
from testbed.bench.packet_modes import ECN0_DB
from testbed.bench.packets import PARTS, Rates
from testbed.bench.waveform import BITS, WaveformRates, theory_ber

REFERENCES = (
    ("full chain, 250 kb/s, batch 64", "1100 packet/s at 20 MS/s; 2707 at 4 MS/s, batch 256"),
    ("full chain, 1 Mb/s, batch 256", "5290 packet/s at 4 MS/s, 3480 at 10 MS/s"),
    ("full chain over its batch 1; over noise alone", "6.6; 0.13 (4 MS/s)"),
    ("flowgraph per packet", "247 to 281 packet/s (4 MS/s)"),
    ("one frame, batch 1", "numpy 2.2 ms, 4 to 11 air times; numba 0.05 to 0.1 ms"),
    ("detector, numpy, one clock; five clocks", "792 to 1066; 302 to 391 MS/s at 20 MS/s"),
    ("naive detector; numpy copy", "59 to 88 MS/s; 5300 MS/s in 65 k blocks"),
    ("waveform level, known timing", "20 k packet/s; Sionna 2.2.0 11.8 k at batch 64 (4 MS/s)"),
)
REFERENCE_MACHINE = "2 vCPU AMD EPYC (Zen 4), numpy 1.24.2, one core; a numpy prototype, uncoded in every mode"


def print_rates(console: Console, rates: Sequence[Rates], flowgraphs: Sequence[float]) -> None:
    """Print packets and samples per second of each part, and of a flowgraph per packet."""
    table = Table(box=box.SIMPLE_HEAD)
    table.title = f"Packets per second of CPU time, {OCTETS} octets, Ec/N0 {ECN0_DB:g} dB"
    for heading in ("mode", "part", "best", "at batch", "batch 1", "MS/s"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each, graph in zip(rates, flowgraphs, strict=True):
        for part in PARTS:
            best = each.best(part)
            row = (f"{best:.0f}", str(each.best_batch(part)), f"{each.per_s[part][1]:.0f}", _msps(best, each))
            table.add_row(each.mode.name, part, *row)
        row = ("", "", f"{graph:.0f}", _msps(graph, each))
        table.add_row(each.mode.name, "flowgraph per packet", *row, end_section=True)
    console.print(table)
    decoded = ", ".join(f"{each.mode.name} {each.decoded:.1%} of {each.samples} samples each" for each in rates)
    console.print(f"decoded: {decoded}")


def print_frames(console: Console, times: Sequence[FrameTime]) -> None:
    """Print how long one frame takes beside how long it is on the air."""
    title = "One frame, CPU time in ms: once its AMP-Sync is found, and with floor, search and noise before it"
    names = ("mode", "receiver", "octets", "on the air", "decode", "ratio", "in all", "ratio")
    table = Table(*names, f"at {WEAK_ECN0_DB:g} dB", title=title)
    for each in times:
        row = [f"{each.air_s * 1e3:.3f}", f"{each.decode_s * 1e3:.3f}", f"{each.air_times:.2f}"]
        row += [f"{each.receive_s * 1e3:.3f}", f"{each.air_times_in_all:.2f}"]
        kind = "streaming" if each.mode.streams else "batch of 1"
        weak = "" if each.weak_s is None else f"{each.weak_s * 1e3:.3f}"
        table.add_row(each.mode.name, kind, str(each.octets), *row, weak)
    console.print(table)


def print_detectors(console: Console, found: dict[str, float], opened: dict[str, float]) -> None:
    """Print MS/s of the tag's detector and of what it is compared with, and how much its gate hands to the search."""
    table = Table("noise through", "MS/s", "/ copy", "/ naive", title="AMP-Sync detector over noise at 20 MS/s")
    for name, msps in found.items():
        table.add_row(name, f"{msps:.0f}", f"{msps / found['copy']:.3f}", f"{msps / found['naive']:.2f}")
    console.print(table)
    shares = ", ".join(f"{name} {share:.3%}" for name, share in opened.items())
    console.print(f"share that the gate handed to the search: {shares}")


def print_waveforms(console: Console, ours: WaveformRates, sionna: WaveformRates | str) -> None:
    """Print packets per second of the link at waveform level, and Sionna's, or why that was not measured."""
    table = Table("link", "packet/s", "at batch", "bit error rate", title=f"Waveform level, {BITS} bits, known timing")
    for each in (ours, sionna):
        if isinstance(each, WaveformRates):
            table.add_row(each.name, f"{each.best:.0f}", str(each.best_batch), f"{each.ber:.2e}")
    console.print(table)
    console.print(f"½·exp(−γ/2) is {theory_ber():.2e}")
    if isinstance(sionna, str):
        console.print(f"Sionna was not measured: {sionna}", markup=False)


def print_references(console: Console) -> None:
    """Print what a prototype reached, and where, and which machine this is."""
    table = Table("reference", "reached", title="A prototype's figures")
    for what, reached in REFERENCES:
        table.add_row(what, reached)
    console.print(table)
    console.print(f"there: {REFERENCE_MACHINE}")
    here = machine()
    console.print(f"here: {here['cpu']}, {here['cores']} cores, Python {here['python']}")


def _msps(packets_per_s: float, rates: Rates) -> str:
    return f"{packets_per_s * rates.samples / 1e6:.1f}"
