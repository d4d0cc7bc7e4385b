"""Benches: each measures ours and its reference in one run, on one core unless it says otherwise."""

import os

# before numpy is loaded: its BLAS would take every core
os.environ.setdefault("OMP_NUM_THREADS", "1")
