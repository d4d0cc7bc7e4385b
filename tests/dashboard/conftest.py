"""One live view and one Chromium for all tests of this room; every page is watched for what it must not do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Request, Route, sync_playwright

from tests.dashboard.view import LiveView, authority, live_view

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
CAMERA = (640, 480)


@pytest.fixture(scope="session")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveView]:
    folder = tmp_path_factory.mktemp("live")
    with live_view(folder, *authority(folder)) as running:
        yield running


def film_of(picture: Path, film: Path) -> Path:
    """Write what a camera before ``picture`` sees, as a film of one frame."""
    seen = Image.new("L", CAMERA, 90)
    label = Image.open(picture).convert("L").resize((300, 330)).rotate(7, fillcolor=90, expand=True)
    seen.paste(label, (140, 60))
    width, height = CAMERA
    plain = np.full(width * height // 2, 128, np.uint8).tobytes()
    head = f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode()
    film.write_bytes(head + b"FRAME\n" + seen.tobytes() + plain)
    return film


@pytest.fixture(scope="module")  # Playwright keeps an event loop in this thread, where other tests want their own
def browser(view: LiveView) -> Iterator[Browser]:
    """Chromium, whose camera sees the label of sensor-2."""
    film = film_of(view.folder / "tags" / "sensor-2.png", view.folder / "camera.y4m")
    with sync_playwright() as playwright:
        flags = [*FLAGS, f"--use-file-for-fake-video-capture={film}"]
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=flags)


class Watched:
    """What a page did that nobody asked for."""

    def __init__(self, page: Page, host: str) -> None:
        self.errors: list[str] = []
        self.abroad: list[str] = []
        self.requests: list[Request] = []
        self._host, self._forgiven = host, ""
        page.on("console", lambda message: self._said(message.type, message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._asked)
        page.route("**/*", self._only_here)

    def _said(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not (self._forgiven and self._forgiven in text):
            self.errors.append(text)

    def forgive(self, text: str) -> None:
        """Let the browser say that a request was refused, where that is what is tried."""
        self._forgiven = text

    def _asked(self, request: Request) -> None:
        self.requests.append(request)
        parts = urlsplit(request.url)
        if parts.netloc != self._host and parts.scheme not in ("blob", "data"):
            self.abroad.append(request.url)

    def _only_here(self, route: Route) -> None:
        if urlsplit(route.request.url).netloc == self._host:
            route.continue_()
        else:
            route.abort()


@pytest.fixture
def watched(browser: Browser, view: LiveView, request: pytest.FixtureRequest) -> Iterator[tuple[Page, Watched]]:
    """A page at the live view, 1280×800 and light unless ``request`` says otherwise; it must not err or go abroad."""
    settings = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light", **getattr(request, "param", {})}
    context = browser.new_context(permissions=["camera"], **settings)
    page = context.new_page()
    seen = Watched(page, view.host)
    page.goto(view.url)
    page.wait_for_selector("#link[data-state=live]")
    page.wait_for_selector("#experiment option[value='examples/demo.toml']", state="attached")
    yield page, seen
    context.close()
    assert seen.errors == []
    assert seen.abroad == []
    assert seen.requests


@pytest.fixture
def page(watched: tuple[Page, Watched]) -> Page:
    return watched[0]
