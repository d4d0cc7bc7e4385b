"""Every flowgraph opens and compiles in GNU Radio Companion, and what is committed is what it compiles to."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT

FOLDER = ROOT / "flowgraphs"
GRAPHS = sorted(FOLDER.glob("*.grc"))
COMPILER = "/usr/bin/grcc"


def compiled(graph: Path, folder: Path) -> dict[str, str]:
    """Compile with GRC's own compiler; the line that names GNU Radio's version is left out."""
    environment = {**os.environ, "GRC_BLOCKS_PATH": str(FOLDER / "blocks"), "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [COMPILER, "-o", str(folder), str(graph)], capture_output=True, text=True, env=environment, timeout=120
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return {path.name: without_version(path) for path in folder.glob("*.py")}


def without_version(path: Path) -> str:
    return "".join(line for line in path.read_text().splitlines(True) if "GNU Radio version:" not in line)


def test_the_eight_flowgraphs_are_there() -> None:
    names = ["air", "ap", "bistatic_air", "energizer", "pluto_ap", "pluto_tag", "replay", "tag"]
    assert [graph.stem for graph in GRAPHS] == names


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.stem)
def test_compiles_to_what_is_committed(graph: Path, tmp_path: Path) -> None:
    fresh = compiled(graph, tmp_path)
    assert list(fresh) == [f"amp_{graph.stem}.py"]
    for name, text in fresh.items():
        assert text == without_version(FOLDER / "generated" / name), f"run `make flowgraphs` and commit {name}"


def test_every_own_block_has_a_definition_that_names_a_real_class() -> None:
    """Each ``.block.yml`` imports and makes a class of ``flowgraphs.blocks`` with as many arguments as it has."""
    definitions = sorted((FOLDER / "blocks").glob("*.block.yml"))
    assert len(definitions) == 10
    for path in definitions:
        block = yaml.safe_load(path.read_text())
        namespace: dict[str, type] = {}
        exec(block["templates"]["imports"], namespace)
        call = re.search(r"(\w+)\(([^()]*)\)", block["templates"].get("make") or block["templates"]["var_make"])
        assert call is not None
        signature = inspect.signature(namespace[call[1]])
        assert len(call[2].split(",")) == len(signature.parameters), path.name
        given = set(re.findall(r"\$\{(\w+)\}", block["templates"].get("make") or block["templates"]["var_make"]))
        assert given - {"id"} == {parameter["id"] for parameter in block["parameters"]}, path.name
        assert block["documentation"].strip()


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.stem)
def test_every_block_keeps_its_reference(graph: Path) -> None:
    """A Python block whose last reference goes crashes the process (GNU Radio 3.10): each is an attribute."""
    text = (FOLDER / "generated" / f"amp_{graph.stem}.py").read_text()
    blocks = yaml.safe_load(graph.read_text())["blocks"]
    for block in blocks:
        if block["id"] not in ("parameter", "variable"):
            assert f"self.{block['name']} = " in text
