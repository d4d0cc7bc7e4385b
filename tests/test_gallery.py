"""The pictures of the documentation say what the runs say today, and every example has its page and picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.gallery.__main__ import main
from testbed.gallery.curves import data_of, rows_of_sweep
from testbed.gallery.drawing import what_it_says
from testbed.gallery.pictures import FOLDER, PICTURES, SLOW
from tests.conftest import ROOT
from tests.doc_pages import PAGES

AGAIN = "make it anew: python -m testbed.gallery"
EXAMPLES = sorted((ROOT / "examples").glob("*.toml"))


def _committed(name: str) -> object:
    return what_it_says((FOLDER / f"{name}.svg").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", [name for name in PICTURES if name not in SLOW or name == "attack"])
def test_a_picture_says_what_its_run_says(name: str) -> None:
    """Made anew, it has the same words and figures as the one in docs/."""
    assert what_it_says(PICTURES[name]()) == _committed(name), f"{name}: {AGAIN} {name}"


@pytest.mark.parametrize(
    ("picture", "example", "over", "runs"),
    [
        ("distance", "distance", ["channel.distance_m=60"], 20),
        ("snr", "minimal", ["channel.uplink_snr_db=-6", "ap.uplink_rate_kbps=1000"], 20),
        ("power", "powered", ["power.incident_dbm=-15.5"], 10),
    ],
)
def test_a_curve_is_of_the_sweep_it_names(picture: str, example: str, over: list[str], runs: int) -> None:
    """One point of each, run anew: a point depends on nothing but the file, its values and the seed."""
    [row] = [data_of(row) for row in rows_of_sweep(example, over, runs)]
    drawn = _committed(picture)
    assert isinstance(drawn, list) and row in drawn, f"{picture}: {AGAIN} {picture}"


def test_nothing_lies_about_unmade() -> None:
    """Every picture in the folder is one of the gallery, and is shown somewhere."""
    assert {path.stem for path in FOLDER.iterdir()} == set(PICTURES)
    shown = {(page.path.parent / link).resolve() for page in PAGES for link in page.links}
    assert [name for name in PICTURES if FOLDER / f"{name}.svg" not in shown] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_has_its_page(path: Path) -> None:
    """docs/examples/NAME.md links the file, shows a picture and gives the command."""
    [page] = [page for page in PAGES if page.name == f"docs/examples/{path.stem}.md"]
    assert f"../../examples/{path.name}" in page.links
    assert any(link.endswith(".svg") for link in page.links)
    typed = [block for block in page.blocks if block.language in ("sh", "console")]
    commands = [command.text for block in typed for command in block.commands()]
    assert any(path.name in command or command == f"amp {path.stem}" for command in commands)
    index = next(page for page in PAGES if page.name == "docs/examples/index.md")
    assert f"{path.stem}.md" in index.links


def test_an_unknown_picture_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """The command says which there are."""
    assert main(["dem"]) == 2
    assert "demo" in capsys.readouterr().err
