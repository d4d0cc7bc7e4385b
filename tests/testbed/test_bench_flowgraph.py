"""``make bench-flowgraph``: what it feeds is what it says, loss is noticed, what it prints and writes is complete."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from testbed.bench import flowgraph
from testbed.bench.flowgraph_content import Content, content, stream_latencies
from testbed.bench.flowgraph_run import Collector, measured
from tests.conftest import ROOT

STRETCH_NS = 40_000_000


@pytest.fixture(scope="module")
def fed() -> Content:
    """40 ms with four PPDUs."""
    return content(100, 5, STRETCH_NS)


def test_the_content_is_what_it_says(fed: Content) -> None:
    """ON is louder than the noise where a PPDU is, and nowhere else; order, places and both lengths."""
    assert fed.samples.size == 800_000 and fed.samples.dtype == np.complex64
    power = np.abs(fed.samples) ** 2
    quiet = np.ones(power.size, np.bool_)
    for each in fed.ppdus:
        quiet[each.start : each.stop] = False
        assert power[each.start : each.start + 600].mean() == pytest.approx(1.1, rel=0.15)
        assert each.start < each.data_stop < each.stop
    assert power[quiet].mean() == pytest.approx(0.1, rel=0.02)
    assert len(fed.ppdus) == 4 and len({each.psdu for each in fed.ppdus}) == 4
    long, short = (fed.ppdus[index].stop - fed.ppdus[index].start for index in (0, 1))
    assert long > 2 * short
    assert content(0, 5, STRETCH_NS).ppdus == ()
    with pytest.raises(ValueError, match="do not fit"):
        content(1000, 5, STRETCH_NS)


def test_a_psdu_comes_out_once_its_data_are_in(fed: Content) -> None:
    """Never a microsecond before the data are in, nor 20 µs after."""
    after_ppdu, after_data = stream_latencies(fed)
    assert len(after_ppdu) == len(after_data) == 4
    assert all(-20 <= each < 400 for each in after_data)
    for each, data, placed in zip(after_ppdu, after_data, fed.ppdus, strict=True):
        assert data - each == placed.stop - placed.data_stop


def test_loss_is_noticed(fed: Content) -> None:
    """A stretch that lacks its end, and with it a PPDU, is reported so; a whole one is not."""
    whole, cut = Collector(), Collector()
    whole.receive(fed.samples)
    assert whole.lost(fed, 1) == {"lost_samples": 0, "lost_ppdus": 0, "wrong_ppdus": 0}
    cut.receive(fed.samples[: fed.ppdus[-1].start])
    missing = fed.samples.size - fed.ppdus[-1].start
    assert cut.lost(fed, 1) == {"lost_samples": missing, "lost_ppdus": 1, "wrong_ppdus": 0}


def test_a_flowgraph_that_fails_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a figure."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with pytest.raises(RuntimeError, match="do not fit"):
        measured("receive", 10_000, 1, 1)


def test_the_command_prints_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The fields a machine reads, every flowgraph in the table, nothing lost."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    code = flowgraph.main(["--quick"])
    figures = json.loads((tmp_path / "bench/out/flowgraph.json").read_text())
    printed = capsys.readouterr().out
    assert figures["lost_samples"] == figures["lost_ppdus"] == figures["wrong_ppdus"] == 0
    assert figures["ratio"] == pytest.approx(figures["rate_msps"] / figures["reference_msps"])
    assert figures["realtime_at_20msps"] == pytest.approx(figures["rate_msps"] / 20)
    assert figures["latency_ppdus"] == 20
    assert -1 < figures["latency_ms"]["median"] <= figures["latency_ms"]["p95"] <= figures["latency_ms"]["max"]
    assert figures["machine"]["cores"] >= 1
    assert 0 < figures["core_share"] <= 1.1
    for name in ("receive chain, 0 ", "receive chain, 10 ", "receive chain, 100 ", "bare", "stock", "wall time"):
        assert name in printed
    assert [bar["bar"] for bar in figures["bars"]] == [8, 1.5, 0]
    assert code == (0 if all(bar["holds"] for bar in figures["bars"]) else 1)


def test_wrong_options_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and the reason."""
    with pytest.raises(SystemExit) as stopped:
        flowgraph.main(["--repeat", "0"])
    assert stopped.value.code == 2
    assert "at least 1" in capsys.readouterr().err
