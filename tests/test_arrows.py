"""The house: which room may import which, and that pure rooms touch no radio, socket, thread or clock."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

GROUND = {"profile", "vectors", "psdu", "accelerator"}
MAY_IMPORT = {
    "profile": {"profile", "vectors"},
    "vectors": set(),
    "psdu": {"profile"},
    "accelerator": set(),
    "phy": GROUND | {"phy"},
    "channel": GROUND | {"channel"},
    "power": GROUND | {"power"},
    "security": GROUND | {"security"},
    "mac": GROUND | {"security", "mac"},
    "sap": {"vectors", "sap"},
    "radio": {"radio"},
}
PURE = ("profile", "vectors", "psdu", "accelerator", "phy", "channel", "power", "mac", "security")
OUTSIDE = {
    "gnuradio", "zmq", "adi", "iio", "pmt",
    "socket", "selectors", "select", "asyncio", "threading", "multiprocessing", "subprocess", "concurrent",
    "time", "datetime", "sched", "signal",
}  # fmt: skip


def modules(package: str) -> list[Path]:
    return [path for path in sorted((ROOT / package).rglob("*.py"))]


def imports(path: Path) -> set[str]:
    """Every module that a file imports, at any depth, relative imports resolved."""
    found: set[str] = set()
    package = ".".join(path.relative_to(ROOT).with_suffix("").parts[:-1]).split(".")
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            found.add(".".join([*base, *([node.module] if node.module else [])]))
    return found


def room_of(path: Path) -> str:
    parts = path.relative_to(ROOT / "ampradio").with_suffix("").parts
    return parts[0]


@pytest.mark.parametrize("path", modules("ampradio"), ids=lambda path: str(path.relative_to(ROOT)))
def test_arrows_inside_the_library(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    for name in imports(path):
        parts = name.split(".")
        assert parts[0] not in ("flowgraphs", "testbed"), f"{path} imports {name}"
        if parts[0] == "ampradio" and len(parts) > 1:
            assert parts[1] in MAY_IMPORT[room], f"{path} imports {name}"
        if room in PURE:
            assert parts[0] not in OUTSIDE, f"{path} imports {name}"


def test_flowgraphs_do_not_know_the_testbed() -> None:
    paths = modules("flowgraphs")
    assert len(paths) > 20
    for path in paths:
        assert not {name for name in imports(path) if name.split(".")[0] == "testbed"}, path


def test_the_check_sees_an_import_when_there_is_one() -> None:
    """The rule is not satisfied by a checker that reads nothing."""
    assert "zmq" in imports(ROOT / "ampradio/sap/phy_side.py")
    assert "ampradio.security.session" in imports(ROOT / "ampradio/mac/secure.py")
    assert len(modules("ampradio")) > 60
