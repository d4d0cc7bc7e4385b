"""Where the tests find the reference material that lies beside the checkout."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("AMP_SHARED", ROOT.parent / "shared"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests on one worker, where they share what they set up; pages are read each by itself."""
    for item in items:
        if item.path.name != "test_docs.py":
            item.add_marker(pytest.mark.xdist_group(str(item.path.relative_to(ROOT))))
