"""Memory that a process which works block by block keeps, instead of handing it back after each block."""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3  # glibc's malloc.h
_KEPT = 64 << 20


def keep_memory() -> None:
    """Let the C library keep what it got: pages that come back for every block cost more than the arithmetic on them.

    For the whole process, so for one that does nothing else. Other C libraries than GNU's are left as they are.
    """
    if not sys.platform.startswith("linux"):
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "gnu_get_libc_version"):
        for parameter in (_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD):
            library.mallopt(parameter, _KEPT)
