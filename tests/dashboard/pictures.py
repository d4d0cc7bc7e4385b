"""``python -m tests.dashboard.pictures``: the pictures of docs/dashboard.md, taken of a live view in Chromium."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import ROOT
from tests.dashboard.conftest import CHROMIUM, FLAGS, film_of
from tests.dashboard.view import LiveView, authority, live_view

OUT = ROOT / "docs" / "img"
OCTETS_MAX = 250_000
COLOURS = 256
PATIENCE_MS = 120_000
ENERGY = """
# A tag that runs dry in the middle, and comes back.
name = "a-tag-runs-dry"
seed = 33713

[security]
system = "aiot"

[ap]
commands = ["READ 0x10", "READ 0x11", "READ 0x12"]
retries = 20
retry_pause_ms = 60.0

[[tags]]
name = "shelf-7"
readings = ["t=21.5C", "rh=41%", "t=21.7C"]
carrier_offset_hz = -310e3
chip_clock_ppm = -2500

[power]
incident_dbm = -14.0
"""


def opened(browser: Browser, view: LiveView, width: int, height: int, scheme: str, ratio: float = 1.0) -> Page:
    """Return a page at the live view."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        device_scale_factor=ratio,
        permissions=["camera"],
    )
    page = context.new_page()
    page.goto(view.url)
    page.wait_for_selector("#link[data-state=live]")
    page.wait_for_selector("#experiment option[value='examples/demo.toml']", state="attached")
    return page


def kept(page: Page, name: str, *, full_page: bool = False) -> None:
    """Take a picture with few colours, so that it is small."""
    page.wait_for_timeout(400)  # lines are drawn with the next frame, colours change gradually
    path = OUT / name
    page.screenshot(path=path, full_page=full_page)
    with Image.open(path) as taken:
        taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path.relative_to(ROOT)}: {size} octets")
    if size > OCTETS_MAX:
        sys.exit(f"{name} is larger than {OCTETS_MAX} octets")


def take(view: LiveView, browser: Browser) -> None:
    """Take all of them."""
    page = opened(browser, view, 1280, 800, "light")
    page.click("#start")
    expect(page.locator("#run-state")).to_have_text("✓ held", timeout=PATIENCE_MS)
    kept(page, "dash-light.png")
    page.click("nav a[data-view=provision]")
    page.fill("#reading", "23.4C")
    page.click("#camera")
    expect(page.locator("#provision-state")).to_contain_text("is provisioned", timeout=PATIENCE_MS)
    kept(page, "dash-provision.png")
    page = opened(browser, view, 1280, 800, "dark")
    page.select_option("#experiment", "own")
    page.fill("#own-text", ENERGY)
    page.select_option("#radio", "sim:")
    page.click("#start")
    expect(page.locator("#live-title")).to_have_text("a-tag-runs-dry", timeout=PATIENCE_MS)
    expect(page.locator("#run-state")).to_have_text("✓ held", timeout=PATIENCE_MS)
    page.select_option("#experiment", "examples/demo.toml")
    page.select_option("#span", "20")
    kept(page, "dash-dark.png")
    page = opened(browser, view, 390, 844, "dark", 2.0)
    page.evaluate("scrollTo(0, document.querySelector('.bar').offsetTop - 8)")
    kept(page, "dash-phone.png")


def main() -> int:
    """Start a live view with an authority and two tags, and take the pictures."""
    with tempfile.TemporaryDirectory(prefix="amp-pictures-") as name:
        folder = Path(name)
        with live_view(folder, *authority(folder)) as view, sync_playwright() as playwright:
            film = film_of(folder / "tags" / "sensor-2.png", folder / "camera.y4m")
            flags = [*FLAGS, f"--use-file-for-fake-video-capture={film}"]
            take(view, playwright.chromium.launch(executable_path=CHROMIUM, args=flags))
    return 0


if __name__ == "__main__":
    sys.exit(main())
