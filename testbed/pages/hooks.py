"""What mkdocs calls while it builds the site (mkdocs.yml names this file).

It adds pages that are made from the code, the changelog, and the files of the checkout that pages link to; it turns
links out of ``docs/`` into links to those copies, and calls a page that is linked by its file name by its title.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from testbed.pages.rooms import rooms
from testbed.pages.verbs import MARK, verbs_in_markdown

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = "Library"
OUTSIDE = re.compile(r"\]\(((?:\.\./)+[^)#\s]+)\)")
BY_FILE_NAME = re.compile(r"\[(?P<name>[\w-]+\.md)\]\((?P<link>(?:[\w./-]*/)?(?P=name)(?:#[\w-]+)?)\)")
COPIES = "files"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Give the navigation's section of the library a page per room."""
    for section in config.nav or ():
        for entry in next(iter(section.values())):
            if isinstance(entry, dict) and LIBRARY in entry:
                entry[LIBRARY] = [{room.title: room.page} for room in rooms()]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the library, the changelog, and copies of the files that pages link to."""
    for room in rooms():
        files.append(File.generated(config, room.page, content=room.text()))
    files.append(File.generated(config, "changelog.md", abs_src_path=str(ROOT / "CHANGELOG.md")))
    docs = Path(config.docs_dir)
    linked = {
        _target(page, link)
        for page in docs.rglob("*.md")
        for link in OUTSIDE.findall(page.read_text(encoding="utf-8"))
        if not _target(page, link).is_relative_to(docs)
    }
    for path in sorted(linked):
        name = "changelog.md" if path == ROOT / "CHANGELOG.md" else f"{COPIES}/{path.relative_to(ROOT)}.txt"
        if path.is_file() and name.startswith(COPIES):
            files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, **kwargs: Any) -> str:
    """Write the verbs where the page wants them, and lead links out of ``docs/`` to the copies."""
    if MARK in markdown:
        markdown = markdown.replace(MARK, verbs_in_markdown())
    title = dict(_titles(config.nav or []))
    markdown = BY_FILE_NAME.sub(lambda found: f"[{title.get(found['name'], found['name'])}]({found['link']})", markdown)
    here = Path(config.docs_dir) / page.file.src_uri
    return OUTSIDE.sub(lambda found: f"]({_inside(here, found[1], Path(config.docs_dir))})", markdown)


def _titles(entries: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Return file name and title of every page of the navigation that lies in ``docs/`` itself."""
    for entry in entries:
        for title, below in entry.items() if isinstance(entry, dict) else ():
            if isinstance(below, list):
                yield from _titles(below)
            elif "/" not in below:
                yield below, title


def _target(page: Path, link: str) -> Path:
    return (page.parent / link).resolve()


def _inside(page: Path, link: str, docs: Path) -> str:
    """Return ``link`` as it reads in the site."""
    target = _target(page, link)
    if target.is_relative_to(docs):
        return link
    copy = "changelog.md" if target == ROOT / "CHANGELOG.md" else f"{COPIES}/{target.relative_to(ROOT)}.txt"
    return posixpath.relpath(copy, posixpath.dirname(page.relative_to(docs).as_posix()) or ".")
