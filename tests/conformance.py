"""Requirement → tests: which test names which requirement of the protocols page; docs/conformance.md from it.

``python -m tests.conformance RESULTS.xml`` writes the page from a run's JUnit results (``make conformance`` does both).
"""

from __future__ import annotations

import ast
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT, SHARED

PAGE = ROOT / "docs" / "conformance.md"
SYSTEMS = {
    1: "S1, 802.11bp AMP secure communication",
    2: "S2, provisioning after 11-25/0263r0",
    3: "S3, 3GPP TR 33.713 Solution #9",
    4: "S4, 802.11i link establishment",
    5: "S5, 802.21 key delivery",
}
_ITEM = re.compile(r"^- \[ \] R(\d)\.(\d+) \(([^)]*)\) (.+)$", re.MULTILINE)
_RANGE = re.compile(r"R(\d)\.(\d+)(?:\s*(?:to|-|–|…)\s*(?:R\1\.)?(\d+))?")


@dataclass(frozen=True, order=True)
class Requirement:
    """One item; ``kind`` are its letters, T testable, C constraint, P property, N note, A assumption, E text."""

    system: int
    number: int
    kind: str = ""
    text: str = ""

    @property
    def name(self) -> str:
        """As tests write it."""
        return f"R{self.system}.{self.number}"

    @property
    def is_testable(self) -> bool:
        """All but what has nothing to run."""
        return self.kind.split(",")[0].strip() != "E"


def requirements() -> list[Requirement]:
    """Return every item of the page's five checklists, in order."""
    page = (SHARED / "design" / "protocols.md").read_text(encoding="utf-8")
    return [Requirement(int(s), int(n), kind, text) for s, n, kind, text in _ITEM.findall(page)]


def named_in(text: str) -> set[str]:
    """Return the requirements that a text names; ``R1.16 to R1.18`` and ``R5.49–51`` name all in between."""
    found = set()
    for system, first, last in _RANGE.findall(text):
        found |= {f"R{system}.{number}" for number in range(int(first), int(last or first) + 1)}
    return found


def tests_by_requirement() -> dict[str, list[str]]:
    """Return requirement → ``tests/path.py::test`` of every test whose name or docstring names it."""
    tests: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
                for name in named_in(f"{node.name} {ast.get_docstring(node) or ''}"):
                    tests[name].append(f"{path.relative_to(ROOT)}::{node.name}")
    return dict(tests)


def missing() -> list[str]:
    """Return the testable requirements that no test names."""
    tests = tests_by_requirement()
    return [each.name for each in requirements() if each.is_testable and each.name not in tests]


def results(junit: Path) -> dict[str, str]:
    """Return test → ``passed`` or ``failed`` of a JUnit file, all parameters of a test together."""
    outcome: dict[str, str] = {}
    for case in ElementTree.parse(junit).getroot().iter("testcase"):
        path = case.get("classname", "").replace(".", "/") + ".py"
        name = f"{path}::{case.get('name', '').partition('[')[0]}"
        bad = any(child.tag in ("failure", "error", "skipped") for child in case)
        outcome[name] = "failed" if bad or outcome.get(name) == "failed" else "passed"
    return outcome


def page(outcome: dict[str, str]) -> str:
    """Return the page."""
    tests = tests_by_requirement()
    lines = [
        "# Conformance",
        "",
        "Which test shows which requirement of the five systems, and how it ended. Written by `make conformance`; a",
        "test holds the mapping.",
        "",
        "T testable, C constraint, P property claimed, N note, A assumption, E editorial: nothing to run.",
    ]
    for system, title in SYSTEMS.items():
        lines += ["", f"## {title}", "", "| requirement | what | test | result |", "|---|---|---|---|"]
        for each in requirements():
            if each.system != system:
                continue
            own = tests.get(each.name, [])
            shown = ", ".join(f"`{test.removeprefix('tests/')}`" for test in own[:3])
            more = f" and {len(own) - 3} more" if len(own) > 3 else ""
            ended = {outcome.get(test, "not run") for test in own}
            result = "nothing to run" if not own else "passed" if ended == {"passed"} else ", ".join(sorted(ended))
            text = each.text.replace("|", "/")
            lines.append(f"| {each.name} ({each.kind}) | {text} | {shown}{more} | {result} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(results(Path(sys.argv[1]))), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {len(requirements())} requirements, {len(missing())} without a test")
