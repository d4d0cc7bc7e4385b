"""README.md and docs/ hold: every command runs, every link resolves, every example is what it says it is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from testbed.cli import VERBS, main
from tests.conftest import ROOT
from tests.doc_pages import PAGES, Block, Command, Page
from tests.doc_reader import Reader, targets

BY_NAME = {page.name: page for page in PAGES}
COMMANDS = ("sh", "console")
LOOKS_LIKE_A_COMMAND = re.compile(r"^\s*(\$ |amp |make |python3? |sudo |pip |source )", re.MULTILINE)
LOOKS_LIKE_A_PATH = re.compile(r"(ampradio|bench|docs|examples|flowgraphs|testbed|tests)/[\w./*-]*\w[\w./*-]*")
SAYS_WHAT_TO_DO = [page for page in PAGES if any(block.language != "text" for block in page.blocks)]

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@pytest.mark.timeout(1500)  # several commands, each with the reader's patience
@pytest.mark.parametrize("page", SAYS_WHAT_TO_DO, ids=lambda page: page.name)
def test_everything_a_page_shows_works(page: Page, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Every block of a page in order: commands are typed, files written, examples parsed; what is unknown fails."""
    reader = Reader(tmp_path / "checkout")
    request.addfinalizer(reader.leave)
    for block in page.blocks:
        if block.language in COMMANDS:
            for command in block.commands():
                reader.type(command)
        elif block.language == "toml":
            reader.write(block)
        elif block.language == "python":
            reader.run_python(block)
        elif block.language == "json":
            json.loads(block.text)
        else:
            assert block.language == "text", f"{block.where}: label the block: sh, console, toml, python, json or text"
            assert not LOOKS_LIKE_A_COMMAND.search(block.text), f"{block.where}: commands belong in a sh block"


@pages
def test_every_block_is_labelled(page: Page) -> None:
    """An unlabelled block would be nobody's to check."""
    assert [block.where for block in page.blocks if not block.language] == []


@pages
def test_links_resolve(page: Page) -> None:
    """To files of the checkout, to headings of pages; elsewhere by https alone."""
    for link in page.links:
        if ":" in link.split("/")[0]:
            assert link.startswith("https://"), link
            continue
        name, _, anchor = link.partition("#")
        path = (page.path.parent / name).resolve() if name else page.path
        assert path.exists() and path.is_relative_to(ROOT), link
        if anchor:
            assert anchor in BY_NAME[str(path.relative_to(ROOT))].anchors, link


@pages
def test_files_spoken_of_exist(page: Page) -> None:
    """A path between backticks is one of the checkout, or one that a command writes and git ignores."""
    ignored = tuple(line for line in (ROOT / ".gitignore").read_text().split() if "/" in line.rstrip("/"))
    for span in page.code_spans:
        if LOOKS_LIKE_A_PATH.fullmatch(span) and not span.startswith(ignored):
            assert list(ROOT.glob(span.rstrip("/").replace("NAME", "*"))), f"{page.name}: {span}"


@pages
def test_commands_spoken_of_exist(page: Page, capsys: pytest.CaptureFixture[str]) -> None:
    """`amp VERB --option` and `make TARGET` in running text name what there is."""
    for span in page.code_spans:
        words = span.split()
        if words[:1] == ["make"] and len(words) > 1:
            assert words[1] in targets(), f"{page.name}: {span}"
        elif words[:1] == ["amp"] and len(words) > 1 and words[1].islower():
            assert words[1] in VERBS, f"{page.name}: {span}"
            assert main([words[1], "--help"]) == 0
            known = capsys.readouterr().out
            assert all(word in known for word in words if re.match("--[a-z]", word)), f"{page.name}: {span}"


def test_the_index_leads_everywhere() -> None:
    """Every page of docs/ is linked from docs/index.md, and that from the README."""
    index = BY_NAME["docs/index.md"]
    assert "docs/index.md" in BY_NAME["README.md"].links
    linked = {(index.path.parent / link.partition("#")[0]).resolve() for link in index.links if ":" not in link}
    missing = {page.name for page in PAGES if page.path.parent == index.path.parent and page.path not in linked}
    assert missing - {"docs/index.md"} == set()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("amp profil", ()),
        ("amp profile", ("there is no such line",)),
        ("amp replay runs/<folder>", ()),
        ("amp profile <name>", ()),
        ("make everything", ()),
        ("gnuradio-companion flowgraphs/none.grc", ()),
        ("rm -rf docs", ()),
        ("amp profile | tee copy", ()),
    ],
)
def test_the_reader_is_not_easily_pleased(text: str, shown: tuple[str, ...], tmp_path: Path) -> None:
    """A page with a command that fails, or that nobody knows how to check, fails."""
    with pytest.raises(AssertionError):
        Reader(tmp_path / "checkout").type(Command(text, "a page", shown))


def test_commands_of_a_block() -> None:
    """Comments and continued lines in ``sh``; prompts and output in ``console``."""
    block = Block("sh", "# first\namp run FILE \\\n  --seed 3\n\namp doctor  # why\n", "a page")
    assert [command.text for command in block.commands()] == ["amp run FILE    --seed 3", "amp doctor  # why"]
    block = Block("console", "$ amp profile\none\ntwo\n$ amp doctor\n", "a page")
    assert [(command.text, command.shown) for command in block.commands()] == [
        ("amp profile", ("one", "two")), ("amp doctor", ()),
    ]  # fmt: skip
