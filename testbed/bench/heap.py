"""Large arrays come and go many times a second here: the C library is told to keep what is freed for the next."""

from __future__ import annotations

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h of the GNU C library
_KEPT_BYTES = 1 << 29


def keep_freed_memory() -> bool:
    """Keep what this process frees, up to half a gigabyte; return whether the C library can (glibc).

    A page given back and asked for again costs some microseconds, more than the work on the samples in it.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    return all([mallopt(option, _KEPT_BYTES) == 1 for option in (_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD)])
