"""The pages of the documentation as a reader meets them: fenced blocks with their commands, links, code spans."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.conftest import ROOT

PROMPT = "$ "


@dataclass(frozen=True)
class Command:
    """One command line of a page, and the output that the page shows for it."""

    text: str
    where: str
    shown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """A fenced block; ``where`` is the page and line of its first line of text."""

    language: str
    text: str
    where: str

    def commands(self) -> list[Command]:
        """Return the commands of a ``sh`` block (every line) or of a ``console`` block (lines behind a prompt)."""
        lines = self.text.replace("\\\n", " ").splitlines()
        if self.language == "sh":
            return [Command(line, self.where) for line in lines if line.strip() and not line.startswith("#")]
        found: list[tuple[str, list[str]]] = []
        for line in lines:
            if line.startswith(PROMPT):
                found.append((line.removeprefix(PROMPT), []))
            elif line.strip():
                assert found, f"{self.where}: output before the first `{PROMPT.strip()}` command"
                found[-1][1].append(line)
        return [Command(text, self.where, tuple(shown)) for text, shown in found]


class Page:
    """One Markdown file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path.relative_to(ROOT))

    @cached_property
    def _tokens(self) -> list[Token]:
        return MarkdownIt("commonmark").enable("table").parse(self.path.read_text(encoding="utf-8"))

    @property
    def blocks(self) -> list[Block]:
        """Fenced and indented blocks, in order."""
        return [
            Block(token.info.strip(), token.content, f"{self.name}:{(token.map or [0])[0] + 2}")
            for token in self._tokens
            if token.type in ("fence", "code_block")
        ]

    @property
    def links(self) -> list[str]:
        """Targets of links and pictures."""
        return [
            str(token.attrs["href" if token.type == "link_open" else "src"])
            for token in self._inline
            if token.type in ("link_open", "image")
        ]

    @property
    def code_spans(self) -> list[str]:
        """What stands `between backticks` in the text."""
        return [token.content for token in self._inline if token.type == "code_inline"]

    @property
    def anchors(self) -> set[str]:
        """What ``#…`` may follow this page's name: its headings, as GitHub names them."""
        headings = [
            inline.content
            for opened, inline in zip(self._tokens, self._tokens[1:], strict=False)
            if opened.type == "heading_open"
        ]
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    @property
    def _inline(self) -> list[Token]:
        return [child for token in self._tokens for child in token.children or []]


PAGES = [Page(path) for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))]
