"""The live view in Chromium: what a person does with it, and what the page shows held against the run folder."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from testbed.dashboard.application import PAGE
from testbed.event_log import without_wall
from testbed.experiment import load_experiment
from testbed.run_record import read_run
from tests.conftest import ROOT
from tests.dashboard.conftest import Watched
from tests.dashboard.view import LiveView, amp, live_view

PATIENCE_MS = 60_000
LONG = """
name = "long"
max_air_time_s = 60.0

[[tags]]
readings = [{readings}]
""".format(readings=", ".join(f'"reading {number}"' for number in range(400)))
SCALE_PIXELS = int(re.findall(r"const LEFT = (\d+)", (PAGE / "air.js").read_text())[0]) + 1
DARK_PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True, "is_mobile": True}


def until(condition: Callable[[], Any], patience_s: float = 30.0) -> Any:
    end = time.monotonic() + patience_s
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    assert found
    return found


def events_of(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def messages_on(page: Page) -> list[tuple[str, str]]:
    """Return name and fate of every PPDU in the ladder."""
    return [
        (each.get_attribute("data-name") or "", each.get_attribute("data-outcome") or "")
        for each in page.locator("#ladder .message").all()
    ]


def pixels(page: Page, canvas: str) -> dict[str, Any]:
    """Return how many colours a canvas has right of its scale, and in which column it is brightest, of 0 to 1."""
    found: dict[str, Any] = page.locator(canvas).evaluate(
        """(canvas, left) => {
          const ratio = canvas.width / canvas.getBoundingClientRect().width;
          const from = Math.ceil(left * ratio), across = canvas.width - from;
          const { data } = canvas.getContext("2d").getImageData(from, 0, across, canvas.height);
          const seen = new Set(), bright = new Float64Array(across);
          for (let at = 0; at < data.length; at += 4) {
            seen.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
            if (data[at + 3]) bright[(at / 4) % across] += data[at] + data[at + 1];
          }
          let best = 0;
          bright.forEach((sum, column) => { if (sum > bright[best]) best = column; });
          return { colours: seen.size, brightest: best / across };
        }""",
        SCALE_PIXELS,
    )
    return found


@pytest.fixture(scope="module")
def unwatched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo as `amp run` does it with nobody looking on."""
    folder = tmp_path_factory.mktemp("unwatched")
    amp("run", str(ROOT / "examples/demo.toml"), "--quiet", "--out", "run", cwd=folder)
    return folder / "run"


@pytest.fixture(scope="module")
def finished(view: LiveView, unwatched: Path) -> Path:
    """The same run among those of the live view."""
    there = view.folder / "runs" / "20260101T000000Z-demo"
    return Path(shutil.copytree(unwatched, there))


def test_a_run_that_is_watched_shows_all_and_is_the_same_as_one_that_is_not(
    page: Page, view: LiveView, unwatched: Path
) -> None:
    """Started by keyboard alone; ladder, tag, waterfall and counters against the folder; captures equal to the bit."""
    page.locator("#experiment").focus()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.locator("#start")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#stop")).to_be_focused(timeout=10_000)
    expect(page.locator("#run-state")).to_have_text("✓ held", timeout=PATIENCE_MS)
    run = view.runs()[-1]
    events = events_of(run)

    sent = [event["name"] for event in events if event["kind"] == "tx"]
    assert [name for name, _ in messages_on(page)] == sent
    assert {fate for _, fate in messages_on(page)} == {"received"}
    assert len(sent) == 18  # three rounds of four frames and two Acks
    last = [event for event in events if event["kind"] == "rx"][-1]
    expect(page.locator("#ladder .message").last).to_contain_text(f"SNR {last['snr_db']:.1f} dB")
    expect(page.locator("#ladder")).to_contain_text("tag1 has authenticated the AP")
    row = page.locator("#tag-rows tr")
    expect(row).to_contain_text("tag1 0x0234")
    expect(row).to_contain_text("rh=42%")

    air = pixels(page, "#waterfall")
    assert air["colours"] > 60
    offset_hz = load_experiment(ROOT / "examples/demo.toml").tags[0].carrier_offset_hz
    assert (air["brightest"] - 0.5) * 20e6 == pytest.approx(offset_hz, abs=100e3)
    assert pixels(page, "#envelope")["colours"] > 4 and pixels(page, "#spectrum")["colours"] > 4

    recorded = (run / "ap.sigmf-data").stat().st_size // 8
    counted = page.locator('[data-counter="samples.ap"]')
    assert (counted.text_content() or "").replace("\u202f", "") == str(recorded)
    for name in ("crc", "late", "losses", "dropped"):
        expect(page.locator(f'[data-counter="{name}"]')).to_have_text("0")

    for name in ("ap.sigmf-data", "tag.sigmf-data"):
        assert digest(run / name) == digest(unwatched / name), name
    assert [without_wall(event) for event in events] == [without_wall(event) for event in events_of(unwatched)]


def test_the_ladder_grows_and_stop_leaves_a_run_that_can_be_read(page: Page, view: LiveView) -> None:
    """A pasted experiment of 400 rounds over zmq:; Stop by keyboard, as Ctrl-C."""
    page.select_option("#experiment", "own")
    page.fill("#own-text", LONG)
    page.locator("#start").press("Enter")
    expect(page.locator("#live-title")).to_have_text("long", timeout=PATIENCE_MS)
    expect(page.locator("#run-state")).to_have_text("running", timeout=PATIENCE_MS)
    heights: set[int] = set()
    counted: list[int] = []
    end = time.monotonic() + 60
    while len(counted) < 5 and time.monotonic() < end:
        count = page.locator("#ladder .message").count()
        if count and (not counted or count > counted[-1]):
            counted.append(count)
            heights.add(page.locator("#ladder").evaluate("(box) => box.scrollTop"))
        page.wait_for_timeout(30)
    assert len(counted) == 5, counted
    expect(page.locator("#run-state")).to_have_text("running")
    assert len(heights) > 1, "the newest message stays in sight"
    answer = view.ask("/api/start", method="POST", body=b'{"experiment": "examples/demo.toml"}')
    assert answer.status == 409 and "already" in answer.document["error"]["reason"]
    page.locator("#stop").focus()
    page.keyboard.press("Space")
    expect(page.locator("#run-state")).to_have_text("✗ interrupted", timeout=PATIENCE_MS)
    expect(page.locator("#start")).to_be_focused()
    run = read_run(view.runs()[-1])
    assert run.state == "interrupted" and not run.torn
    assert len([event for event in run.events if event["kind"] == "tx"]) >= counted[-1]
    assert not [child for child in children(view.process.pid) if "testbed" in child]
    page.locator("#envelope").focus()
    span = page.locator("#span").input_value()
    page.keyboard.press("-")
    assert int(page.locator("#span").input_value()) > int(span)
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#follow")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("End")
    expect(page.locator("#follow")).to_have_attribute("aria-pressed", "true")


def children(pid: int) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == pid:
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
    return found


def secrets_of(tag: Path) -> list[str]:
    """Return what a tag's file and its label hold that is nobody else's, in hex."""
    kept = json.loads(tag.read_text())
    label = hashlib.sha256(bytes.fromhex(kept["public"])).hexdigest()
    return [label, *(kept[name] for name in ("public", "private", "serial", "psk", "z"))]


def nothing_told(view: LiveView, tag: str, *texts: str) -> None:
    """No secret of a tag, nor what its label says, is in a text, in the log, or in what pages are told."""
    secrets = secrets_of(view.folder / "tags" / f"{tag}.tag.json")
    places = [*texts, view.log.read_text(), view.whole()[1].decode(), view.ask("/api/runs").body.decode()]
    for secret in secrets:
        assert not [place for place in places if secret.lower() in place.lower()]


def bound(view: LiveView, name: str) -> int:
    """Return to how many gateways the server has bound a tag."""
    listed = json.loads(amp("keys", "list", "--db", "as.sqlite", "--key-file", "as.key", "--json", cwd=view.folder))
    return int(next(row["bound"] for row in listed["devices"] if row["name"] == name))


def test_a_tag_is_provisioned_from_a_picture_of_its_label(page: Page, view: LiveView) -> None:
    assert bound(view, "sensor-1") == 0
    page.click("nav a[data-view=provision]")
    page.fill("#reading", "23.4C")
    page.set_input_files("#picture", view.folder / "tags" / "sensor-1.png")
    expect(page.locator("#provision-state")).to_have_text("✓ sensor-1 is provisioned.", timeout=PATIENCE_MS)
    expect(page.locator("#provision-steps")).to_contain_text("23.4C")
    assert bound(view, "sensor-1") == 1
    page.click("text=Watch it on the air")
    expect(page.locator("#ladder .message").first).to_contain_text("PROV")
    expect(page.locator("#tag-rows")).to_contain_text("sensor-1")
    nothing_told(view, "sensor-1", page.content())
    assert not list(Path(view.live.removeprefix("ipc://")).parent.glob("label*"))


def test_a_tag_is_provisioned_before_the_camera(page: Page, view: LiveView) -> None:
    page.click("nav a[data-view=provision]")
    page.click("#camera")
    expect(page.locator("#provision-state")).to_have_text("✓ sensor-2 is provisioned.", timeout=PATIENCE_MS)
    expect(page.locator("#camera")).to_have_text("Use the camera")
    assert bound(view, "sensor-2") == 1
    nothing_told(view, "sensor-2", page.content())


def test_a_picture_that_is_no_label_is_told_in_words(watched: tuple[Page, Watched], tmp_path: Path) -> None:
    page, seen = watched
    seen.forgive("the server responded with a status of 422")
    page.click("nav a[data-view=provision]")
    for name, octets in (("text.png", b"no picture"), ("large.png", bytes(13 << 20))):
        (tmp_path / name).write_bytes(octets)
        page.set_input_files("#picture", tmp_path / name)
        expect(page.locator("#provision-state")).to_have_attribute("data-tone", "bad")
        expect(page.locator("#provision-state")).to_contain_text("picture")


@pytest.mark.parametrize("watched", [DARK_PHONE], indirect=True)
def test_a_finished_run_on_a_phone(watched: tuple[Page, Watched], finished: Path) -> None:
    """Every view fits 390 pixels; the run list opens a run with its ladder and recording."""
    page, _ = watched
    for name in ("live", "runs", "provision"):
        page.click(f"nav a[data-view={name}]")
        assert page.evaluate("document.documentElement.scrollWidth") == 390, name
    page.click("nav a[data-view=runs]")
    page.click(f"text={finished.name}")
    expect(page.locator("#showing")).to_be_visible()
    sent = [event["name"] for event in events_of(finished) if event["kind"] == "tx"]
    expect(page.locator("#ladder .message")).to_have_count(len(sent))
    assert [name for name, _ in messages_on(page)] == sent
    until(lambda: pixels(page, "#waterfall")["colours"] > 60)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.click("text=Back to what happens now")
    expect(page.locator("#showing")).to_be_hidden()


def test_a_run_that_was_given_is_shown_and_one_of_another_terminal(
    browser: Browser, unwatched: Path, tmp_path: Path
) -> None:
    with live_view(tmp_path, str(unwatched)) as other:
        page = browser.new_page()
        page.goto(other.url)
        expect(page.locator("#showing")).to_be_visible()
        expect(page.locator("#live-title")).to_have_text("demo")
        expect(page.locator("#ladder .message")).to_have_count(18)
        page.click("text=Back to what happens now")
        expect(page.locator("#live-title")).to_have_text("No run yet")
        experiment = str(ROOT / "examples/minimal.toml")
        amp("run", experiment, "--radio", "sim:", "--quiet", "--out", "elsewhere", cwd=tmp_path, live=other.live)
        expect(page.locator("#live-title")).to_have_text("minimal")
        expect(page.locator("#run-state")).to_have_text("✓ held")
        sent = [event["name"] for event in events_of(tmp_path / "elsewhere") if event["kind"] == "tx"]
        assert [name for name, _ in messages_on(page)] == sent
        assert pixels(page, "#waterfall")["colours"] > 60
        page.close()


def luminance(colour: str) -> float:
    """Relative luminance of ``rgb(r, g, b)`` (WCAG 2.2)."""
    parts = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


TEXTS = """() => [...document.querySelectorAll("body *")].flatMap((element) => {
  if (element.disabled || element.tagName === "OPTION" || element.tagName === "OPTGROUP") return [];
  const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const box = element.getBoundingClientRect();
  if (!own || !box.width || !box.height) return [];
  const style = getComputedStyle(element);
  let behind = element, paper = "";
  while (behind && !paper) {
    const { backgroundColor } = getComputedStyle(behind);
    if (!/^rgba\\(.*, 0\\)$/.test(backgroundColor)) paper = backgroundColor;
    behind = behind.parentElement;
  }
  const ink = element instanceof SVGElement ? style.fill : style.color;
  return [[element.textContent.trim().slice(0, 40), ink, paper || "rgb(255, 255, 255)"]];
})"""


@pytest.mark.parametrize("watched", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True)
def test_every_text_can_be_read(watched: tuple[Page, Watched], finished: Path) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1 at least, in both schemes, in every view, as the browser has computed it."""
    page, _ = watched
    page.click("nav a[data-view=runs]")
    page.click(f"text={finished.name}")
    expect(page.locator("#showing")).to_be_visible()
    expect(page.locator("#ladder .message").first).to_be_visible()
    seen = []
    for name in ("", "runs", "provision"):
        if name:
            page.click(f"nav a[data-view={name}]")
        page.wait_for_timeout(200)  # colours change gradually
        seen += page.evaluate(TEXTS)
    assert len(seen) > 60
    poor = {(text, ink, paper) for text, ink, paper in seen if contrast(ink, paper) < 4.5}
    assert poor == set()


def test_everything_is_reached_by_keyboard(page: Page) -> None:
    """Tab goes through every control of the live view, in the order in which they stand, and shows where it is."""
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    reached: list[str] = []
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.dataset.view || ''"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none" or reached[-1] in ("", "main"), reached
    bar = ["live", "runs", "provision", "experiment", "radio", "seed", "start"]
    wanted = [*bar, "span", "follow", "envelope", "ladder"]
    assert [each for each in reached if each in wanted][: len(wanted)] == wanted
