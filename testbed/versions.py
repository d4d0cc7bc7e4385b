"""What a run was made with: versions of the parts that can change a result, and the commit."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from pathlib import Path

PACKAGES = ("ampradio", "numpy", "scipy", "cryptography", "pyzmq", "msgspec", "sigmf")
PATIENCE_S = 5.0
ROOT = Path(__file__).resolve().parent.parent


def versions() -> dict[str, str]:
    """Return the version of Python, of the packages that are there, and of GNU Radio when it is."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    gnuradio = _said(["gnuradio-config-info", "--version"])
    return found | ({"gnuradio": gnuradio} if gnuradio else {})


def commit() -> str | None:
    """Return the checkout's commit, with ``+`` when tracked files differ from it; None outside a checkout."""
    top = _said(["git", "-C", str(ROOT), "rev-parse", "--show-toplevel"])
    if not top or Path(top).resolve() != ROOT:
        return None
    head = _said(["git", "-C", str(ROOT), "rev-parse", "HEAD"])
    changed = _said(["git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no"])
    return f"{head}+" if head and changed else head or None


def _said(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
