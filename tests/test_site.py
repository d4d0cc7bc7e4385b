"""The site: built without a warning, links and anchors whole, nothing asked of the network, everything public in it."""

from __future__ import annotations

import argparse
import functools
import html
import http.server
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from testbed.cli import VERBS, program
from testbed.pages.rooms import rooms
from tests.conftest import ROOT

ASKS = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"}
SHEET = re.compile(r"url\(\s*['\"]?(?!data:)([^)'\"]+)|@import\s+['\"]([^'\"]+)")
ELSEWHERE = re.compile(r"(?:[a-z]+:)?//")


class _Asked(HTMLParser):
    """What a browser would fetch to show a page, and where its links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        where = given.get(ASKS.get(tag, ""))  # a script may as well stand in the page
        if where is not None and given.get("rel") not in ("canonical", "next", "prev"):
            self.asked.append(where)
        self.asked += [each.split()[0] for each in (given.get("srcset") or "").split(",") if each.strip()]
        self.anchors |= {given.get("id") or "", given.get("name") or ""}
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make docs` builds it, with a network that leads nowhere."""
    folder = tmp_path_factory.mktemp("site") / "site"
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, **nowhere, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr and "ERROR" not in done.stderr, done.stderr
    return folder


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[Path, _Asked]:
    """Every page of the site, read."""
    return {path: _Asked(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}


def test_nothing_is_asked_of_the_network(site: Path, pages: dict[Path, _Asked]) -> None:
    """Scripts, styles, fonts, icons and pictures are files of the site."""
    assert len(pages) > 50
    for path, page in pages.items():
        for asked in page.asked:
            assert not ELSEWHERE.match(asked), f"{path.relative_to(site)}: {asked}"
            base = site if asked.startswith("/") else path.parent  # the page of what is not there may be shown anywhere
            assert asked and (base / asked.lstrip("/").partition("?")[0]).exists(), f"{path.name}: {asked}"
    for path in site.rglob("*.css"):
        for found in SHEET.findall(path.read_text(encoding="utf-8")):
            assert not ELSEWHERE.match("".join(found)), f"{path.name}: {found}"


def test_links_lead_somewhere(site: Path, pages: dict[Path, _Asked]) -> None:
    """Every link inside the site ends at a file of it, and at an anchor that is there."""
    for path, page in pages.items():
        if path.name == "404.html":
            continue
        for link in page.links:
            if ELSEWHERE.match(link) or link.startswith("mailto:"):
                assert link.startswith("https://"), f"{path.relative_to(site)}: {link}"
                continue
            name, _, anchor = link.partition("#")
            target = (path.parent / name).resolve() if name else path
            target = target / "index.html" if target.is_dir() else target
            assert target.exists(), f"{path.relative_to(site)}: {link}"
            if anchor and target.suffix == ".html":
                assert html.unescape(anchor) in pages[target].anchors, f"{path.relative_to(site)}: {link}"


def test_every_verb_is_in_the_reference(site: Path) -> None:
    """With every option of its own, deeds included: what the parsers know, the page says."""
    text = html.unescape(re.sub(r"<[^>]+>", "", (site / "cli.html").read_text(encoding="utf-8")))

    def walk(parser: argparse.ArgumentParser) -> None:
        assert parser.prog in text, parser.prog
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for each in action.choices.values():
                    walk(each)
            for word in action.option_strings[:1] if action.help != argparse.SUPPRESS else ():
                assert word in text or word in ("-h", "--version"), f"{parser.prog} {word}"

    walk(program(VERBS)[0])


def test_every_public_module_is_in_the_reference(pages: dict[Path, _Asked], site: Path) -> None:
    """A page per room of the library, and on it each of its modules."""
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "ampradio").rglob("*.py")
        if not path.stem.startswith("_")
    }
    told = {module for room in rooms() for module in room.modules}
    assert modules - told == set()
    for room in rooms():
        anchors = pages[site / Path(room.page).with_suffix(".html")].anchors
        assert set(room.modules) <= anchors, room.name


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    """The site behind a web server of this machine."""
    handler = functools.partial(_Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_a_browser_reads_and_searches_it(served: str) -> None:
    """Chromium: no error, no request off this machine, the search finds a word and leads to its page."""
    asked: list[str] = []
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page: Page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        for name in ("index.html", "examples/powered.html", "cli.html"):
            page.goto(served + name)
            assert page.locator("article h1").is_visible()
        page.locator("[data-md-component=search-query]").fill("brown-out")
        page.locator(".md-search-result__link").first.wait_for(timeout=20_000)
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(served + "examples/powered.html")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        browser.close()
    assert errors == []
    assert [url for url in asked if not url.startswith((served, "data:", "blob:"))] == []
    assert wide <= 0, "on a phone the page scrolls sideways"
