"""The page in a real browser: choosing, sorting, filtering, by mouse and by keyboard, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
SCREENS = {"desk": ({"width": 1280, "height": 800}, "light"), "phone": ({"width": 390, "height": 844}, "dark")}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])


def column(page: Page, number: int) -> list[str]:
    cells = page.locator(f"table.frames tbody tr td:nth-child({number})")
    return [text for text in cells.all_inner_texts() if text]


@pytest.mark.parametrize("screen", SCREENS)
def test_a_reader_finds_a_frame(browser: Browser, page_over_zmq: Path, screen: str) -> None:
    size, scheme = SCREENS[screen]
    page = browser.new_page(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_over_zmq.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 22, 28)"}[scheme]

    page.locator("g.message[data-message='2'] tspan").first.click()
    assert page.locator("#details").inner_text().startswith("2. SEC-RESPONSE")
    assert page.locator("tr.chosen td:nth-child(6)").inner_text() == "SEC-RESPONSE"
    page.focus("g.message[data-message='1']")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.locator("#details").inner_text().startswith("3. Ack")

    octets = page.locator("table.frames th button", has_text="octets")
    for order, up in (("ascending", True), ("descending", False)):
        octets.click()
        shown = [int(text) for text in column(page, 9)]
        assert shown == sorted(shown, reverse=not up) and len(set(shown)) > 3
        assert page.locator(f"th[aria-sort={order}]").inner_text().startswith("octets")
    page.locator("table.frames th button", has_text="clock").press("Enter")
    clocks = [float(text) for text in column(page, 13)]
    assert clocks == sorted(clocks) and clocks != sorted(clocks, key=str)
    page.fill("#search", "ul sec")
    assert page.locator("table.frames tbody tr:visible").count() == 2
    assert not said and asked == [page_over_zmq.as_uri()]
    page.close()
