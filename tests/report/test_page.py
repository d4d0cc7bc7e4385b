"""`amp report`: the page holds what the run holds, loads nothing, and gives nothing away."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

import pytest

from testbed.capture.pcapng import LINKTYPE_AMP, read_pcapng
from testbed.capture.radio_header import Seen, decode
from testbed.cli import main
from tests.report.conftest import PSK, SYSTEMS, Recorded
from tests.report.html_page import Element, Page

SECTIONS = [
    *("run", "ladder", "frames", "envelope", "spectrum", "chips"),
    *("estimates", "energy", "keys", "counters", "placeholders"),
]

PLOTS = ["envelope", "fields", "spectrum", "spectrogram", "chips", "estimates", "keys"]


def page_of(path: Path, out: Path) -> Page:
    assert main(["report", str(path), "--out", str(out), "-q"]) == 0
    return Page(out.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def pages(simulated: dict[str, Recorded], written: Path) -> dict[str, Page]:
    return {name: page_of(each.path, written / f"{name}.html") for name, each in simulated.items()}


@pytest.fixture(scope="module")
def recorded(page_over_zmq: Path) -> Page:
    return Page(page_over_zmq.read_text(encoding="utf-8"))


def events_of(folder: Path, kind: str) -> list[dict[str, object]]:
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return [event for event in events if event["kind"] == kind]


def seen_in(folder: Path) -> list[tuple[Seen, bytes]]:
    interfaces, packets = read_pcapng(folder / "frames.pcapng")
    return [decode(each.octets) for each in packets if interfaces[each.interface].linktype == LINKTYPE_AMP]


def frame_rows(page: Page) -> list[list[Element]]:
    return [row.all("td") for row in page.root.one("table", class_="frames").one("tbody").all("tr")]


def test_the_page_loads_nothing(recorded: Page, pages: dict[str, Page]) -> None:
    """Only its own parts and pixels within it; its policy forbids the rest, and allows the one script."""
    for page in (recorded, *pages.values()):
        assert all(each.startswith(("#", "data:image/png;base64,")) for each in page.fetched())
        policy = page.root.one("meta", **{"http-equiv": "Content-Security-Policy"}).attributes["content"]
        script = page.root.one("script")
        digest = base64.b64encode(hashlib.sha256(script.text.encode()).digest()).decode()
        assert policy.startswith("default-src 'none'") and f"script-src 'sha256-{digest}'" in policy
        assert not [name for each in page.root.all() for name in each.attributes if name.startswith("on")]


def test_every_part_is_there_once(recorded: Page, pages: dict[str, Page]) -> None:
    """Sections as the navigation names them, no name twice, every reference met, every figure told in words."""
    for page in (recorded, *pages.values()):
        assert [each.attributes["id"] for each in page.root.all("section")] == SECTIONS
        names = Counter(each.attributes["id"] for each in page.root.all() if "id" in each.attributes)
        assert names.most_common(1)[0][1] == 1
        assert {each[1:] for each in page.fetched() if each.startswith("#")} <= set(names)
        assert all(each.attributes["aria-label"] for each in page.root.all("figure"))
    plots = [each.attributes["id"] for each in recorded.root.all("figure")]
    assert plots == [f"plot-{name}" for name in PLOTS]
    assert "Nothing was recorded" in pages["demo"].root.one("section", id="spectrum").text
    assert "simulated" in pages["demo"].root.one("ul", class_="badges").text


@pytest.mark.parametrize("name", [*SYSTEMS, "failed", "powered"])
def test_frames_and_ladder_are_those_of_the_run(
    name: str, simulated: dict[str, Recorded], pages: dict[str, Page]
) -> None:
    folder, page = simulated[name].path, pages[name]
    rows, packets = frame_rows(page), seen_in(folder)
    sent, taken = ([each for each in packets if each[0].sent is way] for way in (True, False))
    assert [(row[6].text, int(row[8].text)) for row in rows] == [(seen.kind.name, len(psdu)) for seen, psdu in sent]
    assert [float(row[1].text) for row in rows] == [round(seen.start_ns / 1e6, 4) for seen, _ in sent]
    arrived = [row for row in rows if "not heard" not in row[14].text]
    assert len(arrived) == len([each for each in taken if not _missed(folder, each[0])])
    strong = [f"{round(seen.rssi_dbfs or 0.0, 1) + 0.0:.1f}" for seen, _ in taken if not _missed(folder, seen)]
    assert sorted(row[11].text for row in arrived) == sorted(strong)
    messages, told = page.root.all("g", class_="message"), events_of(folder, "tx")
    assert [each.one("tspan", **{"font-weight": "600"}).text for each in messages] == [each["name"] for each in told]
    lost = {row[0].text for row in rows if "✓" not in row[14].text}
    assert {each.attributes["data-message"] for each in messages if "✗" in each.text} == lost
    assert bool(lost) is (name in ("failed", "powered"))


def _missed(folder: Path, seen: Seen) -> bool:
    """Tell whether a tag was dark when this came to its receiver."""
    return not seen.ap and any(
        abs(int(str(each["t_ns"])) - seen.end_ns) < 1000 for each in events_of(folder, "missed_dark")
    )


def test_no_key_is_in_it(
    simulated: dict[str, Recorded], over_zmq: Recorded, page_over_zmq: Path, pages: dict[str, Page], written: Path
) -> None:
    """Neither one from the command line nor one that was derived, in no way of writing it."""
    found = [(each, (written / f"{name}.html").read_bytes()) for name, each in simulated.items()]
    for made, page in (*found, (over_zmq, page_over_zmq.read_bytes())):
        assert len(made.keys) >= 3
        for key in made.keys:
            for shown in (key, key.hex().encode(), key.hex().upper().encode(), base64.b64encode(key).rstrip(b"=")):
                assert shown not in page
    assert PSK in simulated["failed"].keys


def test_plots_are_files_of_their_own(over_zmq: Recorded, page_over_zmq: Path, tmp_path: Path) -> None:
    """Whole SVG without variables that other programs do not know, and PNG; the same octets every time."""
    svg = sorted((page_over_zmq.parent / "svg").iterdir())
    png = sorted((page_over_zmq.parent / "png").iterdir())
    assert {each.stem for each in svg} == {each.stem for each in png} == {*PLOTS, "ladder"}
    for path in svg:
        assert ElementTree.parse(path).getroot().tag.endswith("svg") and "var(--" not in path.read_text()
    assert all(each.read_bytes().startswith(b"\x89PNG") for each in png)
    again = tmp_path / "again"
    assert main(["report", str(over_zmq.path), "--out", str(tmp_path / "p.html"), "-q", "--svg", str(again)]) == 0
    assert all((again / each.name).read_bytes() == each.read_bytes() for each in svg)
    assert (tmp_path / "p.html").read_bytes() == page_over_zmq.read_bytes()


def test_a_zipped_run_gives_the_same_page(
    simulated: dict[str, Recorded], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Moved, zipped, opened elsewhere; without --out the page lies in the folder, or beside the archive."""
    folder = tmp_path / "run.zip"
    moved = shutil.copytree(simulated["demo"].path, tmp_path / "deep" / "er" / "run")
    shutil.make_archive(str(tmp_path / "run"), "zip", moved.parent, moved.name)
    pages = []
    for path, out in ((moved, moved / "report.html"), (folder, tmp_path / "run.html")):
        capsys.readouterr()
        assert main(["report", str(path), "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"path": str(out), "plots": [], "warnings": []}
        pages.append(out.read_text().replace(f"from {path.name}.", "from it."))
    assert pages[0] == pages[1]


def test_what_is_no_run_is_the_callers_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.zip").write_text("no archive")
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "manifest.json").write_text('{"state": "fin')
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "manifest.json").write_text('{"state": 7}')
    for name in ("nothing", "empty", "text.zip", "torn", "other"):
        assert main(["report", str(tmp_path / name), "--json"]) == 2
        captured = capsys.readouterr()
        assert json.loads(captured.out)["error"]["fix"] and name in captured.err
    assert not list(tmp_path.rglob("*.html"))
