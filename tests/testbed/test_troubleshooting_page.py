"""docs/troubleshooting.md knows every check of `amp doctor` and every reason for which a run can be given up."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from testbed.doctor import run_checks
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
SOURCES = [
    *(ROOT / "testbed" / "runner").glob("*.py"),
    *(ROOT / "flowgraphs").glob("*.py"),
    *(ROOT / "ampradio" / "sap").glob("*_side.py"),
    ROOT / "testbed" / "leash.py",
]
GIVES_UP = {"RunError", "MacGoneError", "PhyGoneError", "EnvironmentFault", "_failed", "fail"}


def _reasons(path: Path) -> list[str]:
    """Return the longest piece of fixed text of every reason that a file gives up for."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and node.args and _name(node.func) in GIVES_UP:
            parts = node.args[0].values if isinstance(node.args[0], ast.JoinedStr) else [node.args[0]]
            texts = [str(part.value).strip() for part in parts if isinstance(part, ast.Constant)]
            found.append(max(texts, key=len, default=""))
    return [reason for reason in found if re.search("[a-z]{3}", reason)]


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_every_check_of_the_doctor_has_its_row() -> None:
    """And the page has no row of a check that is gone."""
    section = PAGE.partition("## The checks of amp doctor")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+?) \|", section, re.MULTILINE)[1:]
    assert rows == [check.name for check in run_checks()]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_reason_to_give_up_has_its_row(path: Path) -> None:
    """Exit code 3 during a run: message, cause and fix."""
    section = PAGE.partition("## Exit code 3")[2].partition("\n## ")[0]
    assert [reason for reason in _reasons(path) if reason not in section] == []


def test_reasons_are_found_at_all() -> None:
    """The rule is not satisfied by a reader that finds nothing."""
    reasons = [reason for path in SOURCES for reason in _reasons(path)]
    assert len(reasons) >= 9 and "the run was ended by its owner" in reasons
