"""Where the tests find the reference material that lies beside the checkout."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("AMP_SHARED", ROOT.parent / "shared"))
