"""A run folder from anybody, cut or full of nonsense: a report with a warning or a clear error; no crash, no script."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from testbed.cli import main
from testbed.report.page import page_of
from testbed.report.source import read_source
from testbed.run_record import RunFolderError
from tests.report.conftest import Recorded
from tests.report.html_page import Page

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'></svg>{{7*7}}$\\frac$\u0000\ud800"
NONSENSE: list[Any] = [None, True, -1, 1e308, 10**400, "", SCRIPT, [], {}, [[]], {"a": {"b": []}}, "NaN", float("nan")]


def report(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Page, list[str]]:
    capsys.readouterr()
    out = folder.parent / "page.html"
    assert main(["report", str(folder), "--out", str(out), "--json"]) == 0
    return Page(out.read_text(encoding="utf-8")), json.loads(capsys.readouterr().out)["warnings"]


def copied(recorded: Recorded, tmp_path: Path) -> Path:
    return Path(shutil.copytree(recorded.path, tmp_path / "run"))


def test_a_killed_run(over_zmq: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cut wherever it stood: manifest of the beginning, half an event, half a sample, half a packet, no results."""
    folder = copied(over_zmq, tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())
    ended = ("stop_ns", "counters", "energy", "wall_ended", "reason", "security", "handshake")
    manifest = {key: value for key, value in manifest.items() if key not in ended} | {"state": "running", "ok": None}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "results.parquet").unlink()
    for name, kept in (
        ("events.jsonl", 4001),
        ("frames.pcapng", 1111),
        ("ap.sigmf-data", 400_003),
        ("tag.sigmf-data", 9),
    ):
        (folder / name).write_bytes((folder / name).read_bytes()[:kept])
    for name in ("ap", "tag"):
        meta = json.loads((folder / f"{name}.sigmf-meta").read_text())
        meta["global"]["amp:complete"] = False
        (folder / f"{name}.sigmf-meta").write_text(json.dumps(meta))
    page, warnings = report(folder, capsys)
    assert "middle of an event" in "\n".join(warnings)
    assert "not finished" in page.root.one("ul", class_="badges").text
    assert page.root.all("g", class_="message") and page.root.all("figure", id="plot-envelope")


def test_recordings_of_anybody(over_zmq: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One without its samples, and one whose annotations are nonsense: said, and the rest is there."""
    folder = copied(over_zmq, tmp_path)
    (folder / "ap.sigmf-data").unlink()
    path = folder / "tag.sigmf-meta"
    meta = json.loads(path.read_text())
    some = random.Random(6)
    for annotation in meta["annotations"]:
        annotation["core:label"] = SCRIPT
        if "amp:field" in annotation and some.random() < 0.3:
            place = some.choice(["core:sample_start", "core:sample_count"])
            annotation[place] = some.choice([-5, "7", None, 2**70, 1.5, 0])
        elif "amp:psdu_hex" in annotation and some.random() < 0.7:
            annotation["amp:clock_ppm"] = some.choice([-1e6, 1e300, "x"])
            annotation["amp:start_ns"] = some.choice([2**80, None, -7])
    path.write_text(json.dumps(meta))
    page, warnings = report(folder, capsys)
    said = "\n".join(warnings)
    assert "ap.sigmf-data is missing" in said and "tag.sigmf-meta" in said
    assert len(page.root.all("script")) == 1 and page.root.all("figure", id="plot-spectrum")


def test_nothing_of_a_run_is_code(
    simulated: dict[str, Recorded], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names and reasons that are HTML, script, template, formula or no character at all are text."""
    folder = copied(simulated["failed"], tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())
    for key in ("name", "variant", "radio", "profile", "commit", "wall_started", "reason"):
        manifest[key] = SCRIPT
    manifest |= {
        "state": "failed",
        "versions": {SCRIPT: SCRIPT},
        "counters": {SCRIPT: {SCRIPT: 3}},
        "placeholders": [SCRIPT],
    }
    manifest["experiment"]["tags"][0]["name"] = SCRIPT
    manifest["energy"] = {"spent_j": {SCRIPT: 1e-9}, "costs": SCRIPT, "placeholders": [SCRIPT]}
    manifest["security"] = {SCRIPT: SCRIPT, "placeholder": SCRIPT, "kdf": SCRIPT}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    lines = []
    for line in (folder / "events.jsonl").read_text().splitlines():
        event = json.loads(line)
        odd = {
            key: SCRIPT for key in ("name", "frame", "reason", "src", "dst", "which", "pos", "data_hex") if key in event
        }
        lines.append(json.dumps(event | odd | ({"node": SCRIPT} if event["node"] == "tag" else {})))
    lines.append(json.dumps({"t_ns": 5, "node": SCRIPT, "kind": "security.keys_installed", "pos": SCRIPT}))
    lines.append(json.dumps({"t_ns": 6, "node": SCRIPT, "kind": SCRIPT}))
    (folder / "events.jsonl").write_text("\n".join(lines) + "\n")
    page, _ = report(folder, capsys)
    assert len(page.root.all("script")) == 1 and not page.root.all("img")
    assert not [name for each in page.root.all() for name in each.attributes if name.startswith("on")]
    shown = SCRIPT.replace("\u0000", "\ufffd").replace("\ud800", "\ufffd")
    assert page.root.one("h1").text == shown
    names = [each.one("tspan", **{"font-weight": "600"}).text for each in page.root.all("g", class_="message")]
    assert names and set(names) == {shown}


def test_nonsense_in_its_place(simulated: dict[str, Recorded], tmp_path: Path) -> None:
    """Any value of manifest and events may be any other: there is a page, or it is no run folder."""
    some, text = random.Random(80211), {}
    for name in ("manifest.json", "events.jsonl"):
        text[name] = (simulated["powered"].path / name).read_text()
    pages = 0
    for _ in range(30):
        manifest = json.loads(text["manifest.json"])
        _spoil(manifest, some)
        lines = [_spoilt_line(line, some) for line in text["events.jsonl"].splitlines()]
        (tmp_path / "manifest.json").write_text(json.dumps(manifest))
        (tmp_path / "events.jsonl").write_text("\n".join(lines))
        try:
            Page(page_of(read_source(tmp_path, "run"), ()))
            pages += 1
        except RunFolderError as error:
            assert error.fix
    assert pages > 20


def _spoil(value: Any, some: random.Random, share: float = 0.06) -> None:
    for key in list(value if isinstance(value, dict) else range(len(value))):
        if some.random() < share:
            value[key] = some.choice(NONSENSE)
        elif isinstance(value[key], (dict, list)):
            _spoil(value[key], some, share)


def _spoilt_line(line: str, some: random.Random) -> str:
    if some.random() < 0.02:
        return some.choice(["", "nothing", "[1]", line[: len(line) // 2], "{" * 3000])
    event = json.loads(line)
    _spoil(event, some)
    return json.dumps(event)


def test_a_long_run_stays_small(
    simulated: dict[str, Recorded], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Thousands of PPDUs: below 5 MB, and it says what is not in it."""
    folder = copied(simulated["demo"], tmp_path)
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    period_ns = 1 + max(event["t_ns"] for event in events)
    sent = sum(event["kind"] == "tx" for event in events)
    times = -(-6_000 // sent)
    with (folder / "events.jsonl").open("w") as file:
        for number in range(times):
            for event in events:
                moved = {key: event[key] + number * period_ns for key in ("t_ns", "start_ns", "end_ns") if key in event}
                file.write(json.dumps(event | moved) + "\n")
    page, _ = report(folder, capsys)
    assert (tmp_path / "page.html").stat().st_size < 5_000_000
    assert f"{times * sent} PPDUs were sent" in page.root.one("section", id="frames").text
    assert "The first 3000 of them are here" in page.root.one("section", id="frames").text
    assert (
        f"Of {times * sent} messages the first 300 and the last 100 are drawn"
        in page.root.one("section", id="ladder").text
    )
